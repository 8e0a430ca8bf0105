// SPDX-License-Identifier: GPL-2.0-only
/* The page from top to bottom. */
#include <errno.h>
#include <string.h>
#include "report/html.h"

#define ROWS_SHOWN 30 /* of what was wrong */
#define LINKS_SHOWN 8

static void draw_capital(struct buf *b, const char *s)
{
	buf_char(b, *s >= 'a' && *s <= 'z' ? *s - 32 : *s);
	html_text(b, s + 1);
}

static unsigned int rows(const struct page *p)
{
	unsigned int n = 0;

	while (p->diagnose && diagnose__row(p->diagnose, n))
		n++;
	return n;
}

/* The finding is the title. */
static void draw_title(struct page *p, unsigned int n)
{
	const struct rule_help *help = NULL;

	buf_str(p->b, "<h1>");
	if (n)
		help = rule_help(diagnose__row(p->diagnose, 0)->rule->id);
	if (!n)
		buf_str(p->b, "Nothing wrong was found");
	else if (help)
		draw_capital(p->b, help->title);
	else
		buf_str(p->b, diagnose__row(p->diagnose, 0)->rule->id);
	if (n > 1)
		buf_printf(p->b, ", and %u more finding%s", n - 1, n == 2 ? "" : "s");
	buf_str(p->b, "</h1>\n");
}

static void draw_lead(struct page *p)
{
	const struct run_info *run = p->run;
	struct buf *b = p->b;

	buf_str(b, "<p class=lead>");
	if (run->host[0]) {
		html_text(b, run->host);
		buf_str(b, ", ");
	}
	if (p->o->n_files) {
		buf_printf(b, "read from %s", p->o->n_files == 1 ? "" : "captures: ");
		for (unsigned int i = 0; i < p->o->n_files && i < 8; i++) {
			const char *slash = strrchr(p->o->files[i], '/');

			buf_str(b, i ? ", " : "");
			html_text(b, slash ? slash + 1 : p->o->files[i]);
		}
		buf_str(b, p->o->n_files > 8 ? " and more, " : ", ");
	}
	if (p->r->first_ts) {
		html_date(b, p->r->first_ts);
		buf_str(b, ", for ");
		html_duration(b, p->r->last_ts - p->r->first_ts);
	}
	if (p->o->port_list) {
		buf_str(b, ", port ");
		html_text(b, p->o->port_list);
	}
	buf_str(b, ". Times are local. <b>→</b> is from the WebSocket client to the server, "
		   "<b>←</b> "
		   "from the server to the client.</p>\n");
}

static void sum_start(struct buf *b, const char *name, uint64_t n)
{
	buf_printf(b, "<div><dt>%s</dt><dd>", name);
	html_count(b, n);
	buf_str(b, "<small>");
}

static void draw_sums(struct page *p)
{
	const struct report *r = p->r;
	struct buf *b = p->b;
	uint64_t verdicts = r->n_verdicts[0] + r->n_verdicts[1] + r->n_verdicts[2];

	buf_str(b, "<dl class=sums>");
	sum_start(b, "Connections", p->totals->conns);
	html_count(b, r->n_open);
	buf_str(b, " open at the end</small></dd></div>");
	sum_start(b, "WebSockets", r->n_websockets);
	buf_str(b, "opened or joined</small></dd></div>");
	sum_start(b, "Failed handshakes", r->n_failed);
	html_count(b, r->n_slow);
	buf_str(b, " were slow</small></dd></div>");
	sum_start(b, "Verdicts", verdicts);
	html_count(b, r->n_verdicts[SEV_ERROR]);
	buf_printf(b, " error%s, ", r->n_verdicts[SEV_ERROR] == 1 ? "" : "s");
	html_count(b, r->n_verdicts[SEV_WARNING]);
	buf_printf(b, " warning%s</small></dd></div>", r->n_verdicts[SEV_WARNING] == 1 ? "" : "s");
	sum_start(b, "Frames", p->totals->frames);
	buf_bytes(b, p->totals->bytes);
	buf_str(b, " payload</small></dd></div>");
	sum_start(b, "Events lost", p->totals->lost);
	buf_str(b, p->totals->lost ? "frames are missing" : "nothing is missing");
	buf_str(b, "</small></dd></div></dl>\n");
}

static void draw_nav(struct page *p, unsigned int n)
{
	struct report_conn *c, *next;
	bool chains = false;

	HASH_ITER(hh, p->r->conns, c, next)
	chains |= c->up != 0;
	buf_str(p->b, "<nav>");
	if (n)
		buf_str(p->b, "<a href=\"#wrong\">What is wrong</a>");
	if (p->r->activity.width)
		buf_str(p->b, "<a href=\"#time\">Over time</a>");
	if (chains)
		buf_str(p->b, "<a href=\"#chains\">Chains</a>");
	buf_str(p->b, "<a href=\"#detail\">In detail</a><a href=\"#hists\">Histograms</a><a "
		      "href=\"#all\">All connections</a><a href=\"#limits\">What is left "
		      "out</a></nav>\n");
}

/* The connections shown in detail that had this verdict at this place. */
static void draw_refs(struct page *p, const struct diagnose_row *row)
{
	struct buf *b = p->b;
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n_cases && n < LINKS_SHOWN; i++) {
		const struct report_case *c = &p->cases[i];

		if (!page__is_at(c, row))
			continue;
		for (unsigned int k = 0; k < c->n && n < LINKS_SHOWN; k++) {
			const struct report_verdict *v = c->legs[k]->verdicts;

			while (v && strcmp(v->rule->id, row->rule->id))
				v = v->next;
			if (!v)
				continue;
			buf_str(b, n++ ? ", " : "<p class=refs>In detail: ");
			html_link(b, c->legs[k]);
		}
	}
	if (n)
		buf_str(b, "</p>");
}

static void draw_help(struct buf *b, const struct rule_help *help)
{
	if (!help)
		return;
	buf_str(b, "<details class=more><summary>Why it happens, how to see it, and the fix "
		   "elsewhere</summary><dl class=facts><dt>What it means</dt><dd>");
	html_prose(b, help->cause);
	if (help->see) {
		buf_str(b, "</dd><dt>How to see it</dt><dd>");
		html_prose(b, help->see);
	}
	for (int i = 0; i < PROXIES; i++) {
		if (!help->proxy[i])
			continue;
		buf_printf(b, "</dd><dt>%s</dt><dd>", proxy_names[i]);
		html_prose(b, help->proxy[i]);
	}
	buf_str(b, "</dd></dl></details>");
}

static void draw_row(struct page *p, const struct diagnose_row *row)
{
	struct buf *b = p->b;

	buf_printf(b, "<article class=\"card verdict %s\"><header>",
		   severity_name(row->rule->severity));
	html_badge(b, row->rule->severity);
	buf_printf(b, "<h3>%s</h3><span>", row->rule->id);
	html_count(b, row->count);
	buf_printf(b, " %s</span><span class=where>port %u <span class=w>",
		   row->count == 1 ? "time" : "times", row->port);
	html_bytes(b, row->path, strlen(row->path), 120);
	buf_str(b, "</span></span></header><p>");
	html_text(b, row->text);
	buf_str(b, "</p><p class=fix><b>Fix</b>");
	html_text(b, row->fix);
	buf_str(b, "</p>");
	draw_refs(p, row);
	draw_help(b, rule_help(row->rule->id));
	buf_str(b, "</article>\n");
}

static void draw_wrong(struct page *p, unsigned int n)
{
	struct buf *b = p->b;

	if (!n)
		return;
	buf_str(b, "<h2 id=wrong>What is wrong</h2><p class=note>The worst first. A connection "
		   "gets one verdict a cause; what is alike on a port and path is counted once "
		   "here.</p>\n");
	for (unsigned int i = 0; i < n && i < ROWS_SHOWN; i++)
		draw_row(p, diagnose__row(p->diagnose, i));
	if (n > ROWS_SHOWN)
		buf_printf(
			b,
			"<p class=note>%u more are not shown here; each connection's verdict is in "
			"the table of all connections.</p>\n",
			n - ROWS_SHOWN);
}

static void draw_detail(struct page *p)
{
	struct buf *b = p->b;

	buf_str(b, "<h2 id=detail>In detail</h2><p class=note>");
	if (p->n_cases)
		buf_str(b, "Connections with a verdict first, then failed and slow handshakes "
			   "(from 500 ms), the slowest ones, and the first ones, to compare with. "
			   "In the pictures time runs evenly but for the long silences, which are "
			   "grey.");
	else
		buf_str(b, "No connection was seen.");
	buf_str(b, "</p>");
	if (p->n_cases)
		buf_str(b, "<div class=key><span>data to the server</span><span class=kdown>data "
			   "to the client</span><span class=kctl>ping, pong</span><span "
			   "class=kcls>close</span><span class=kgap>silence</span></div>\n");
	for (unsigned int i = 0; i < p->n_cases; i++)
		page__case(p, &p->cases[i],
			   i < (p->cases[0].rule ? CASES_OPEN : 3) &&
				   (!p->cases[0].rule || p->cases[i].rule));
}

static void draw_histograms(struct page *p)
{
	buf_str(p->b,
		"<h2 id=hists>Histograms</h2><p class=note>Of all connections together, each bar "
		"twice as far as the one before it. A p99 is at most 12&nbsp;% off.</p><div "
		"class=hists>\n");
	if (!page__histograms(p->b, p->r->hists, p->r->delay))
		buf_str(p->b, "<p class=note>Nothing was counted.</p>");
	buf_str(p->b, "</div>\n");
}

static void limit(struct buf *b, uint64_t n, const char *what)
{
	if (!n)
		return;
	buf_str(b, "<li>");
	html_count(b, n);
	buf_printf(b, " %s</li>\n", what);
}

static void draw_limits(struct page *p)
{
	const struct report *r = p->r;
	struct buf *b = p->b;

	buf_str(b, "<h2 id=limits>What is left out</h2><ul class=note>\n");
	limit(b, p->cases_left_out,
	      "chains with a verdict or something remarkable are only in the table: there are "
	      "enough like them above.");
	limit(b, r->conns_dropped,
	      "connections are in no table but the one by path and port, or in none where they "
	      "were open and there was no room.");
	limit(b, r->details_dropped,
	      "connections that ended and had no verdict then gave up their headers and frames for "
	      "later ones.");
	limit(b, r->no_detail,
	      "connections were opened when there was no room for their headers and frames.");
	limit(b, p->totals->lost, "events were lost: the event buffer was full (--ringbuf).");
	limit(b, p->totals->refused, "connections were not followed (--max-conns).");
	buf_printf(b,
		   "<li>Of a connection the first %u and the last %u frames are kept; the bars "
		   "between them in the pictures count those that are not.</li>\n",
		   TRAIL_FIRST, TRAIL_LAST);
	buf_printf(b, "<li>%s</li>\n",
		   r->show_secrets ? "Secrets are shown: cookies, credentials and query values are "
				     "in this page." :
				     "Cookies, credentials and the values of queries read "
				     "[redacted]; payload, where it was kept (-s), does not.");
	buf_str(b, "<li>TLS is not read: of such connections there are addresses and times "
		   "only.</li></ul>\n");
}

int page__write(struct buf *b, struct report *r, const struct options *o,
		const struct run_info *run, const struct run_totals *totals,
		const struct diagnose *diagnose)
{
	static struct page page; /* too big for a stack to like */
	struct page *p = &page;
	unsigned int n;

	*p = (struct page){
		.b = b, .r = r, .o = o, .run = run, .totals = totals, .diagnose = diagnose
	};
	n = rows(p);
	page__choose(p);
	buf_str(b, "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n");
	page__style(b);
	buf_str(b, "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
		   "<meta name=referrer content=no-referrer>\n"
		   "<title>wstrace: ");
	html_text(b, run->host[0] ? run->host : "captures");
	buf_str(b,
		"</title>\n</head>\n<body>\n<header class=top><p class=brand>wstrace report</p>\n");
	draw_title(p, n);
	draw_lead(p);
	draw_sums(p);
	draw_nav(p, n);
	buf_str(b, "</header>\n<main>\n");
	draw_wrong(p, n);
	page__activity(p);
	page__chains(p);
	draw_detail(p);
	draw_histograms(p);
	page__tables(p);
	draw_limits(p);
	buf_str(b, "</main>\n<footer><p>wstrace " WSTRACE_VERSION ", ");
	html_text(b, run->backend);
	if (run->kernel[0]) {
		buf_str(b, ", kernel ");
		html_text(b, run->kernel);
	}
	buf_str(b, "</p></footer>\n</body>\n</html>\n");
	return b->failed || r->out_of_memory ? -ENOMEM : 0;
}
