// SPDX-License-Identifier: GPL-2.0-only
/* Draws the page from top to bottom. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "report/page.h"
#include "rules/plain.h"

#define ROWS_SHOWN 30 /* most verdicts that are shown, */
#define LINKS_SHOWN 8 /* and most links to connections of each */
#define FILES_SHOWN 8

static unsigned int rows(const struct page *p)
{
	unsigned int n = 0;

	while (p->diagnose && diagnose__verdict(p->diagnose, n))
		n++;
	return n;
}

/* Draws the title: the worst verdict. */
static void draw_title(struct page *p, unsigned int n)
{
	const struct rule *worst = n ? diagnose__verdict(p->diagnose, 0)->rule : NULL;
	const struct rule_help *help = worst ? rule_help(worst->id) : NULL;

	if (!worst)
		html(p->b, "<h1>Nothing wrong was found");
	else if (help)
		html(p->b, "<h1>%c%s", toupper(help->title[0]), help->title + 1);
	else
		html(p->b, "<h1>%s", worst->id);
	if (n > 1)
		html(p->b, ", and %u more finding%s", n - 1, n == 2 ? "" : "s");
	html(p->b, "</h1>\n");
}

static void draw_files(struct buf *b, const struct options *o)
{
	html(b, "read from %s", o->n_files == 1 ? "" : "captures: ");
	for (unsigned int i = 0; i < o->n_files && i < FILES_SHOWN; i++) {
		const char *slash = strrchr(o->files[i], '/');

		html(b, "%s%s", i ? ", " : "", slash ? slash + 1 : o->files[i]);
	}
	html(b, o->n_files > FILES_SHOWN ? " and more, " : ", ");
}

static void draw_lead(struct page *p)
{
	const struct report *r = p->r;
	struct buf *b = p->b;

	html(b, "<p class=lead>");
	if (p->run->host[0])
		html(b, "%s, ", p->run->host);
	if (p->o->n_files)
		draw_files(b, p->o);
	if (r->first_ts)
		html(b, "%s, for %s", text_date(r->first_ts).s,
		     text_duration(r->last_ts - r->first_ts).s);
	if (p->o->port_list)
		html(b, ", port %s", p->o->port_list);
	html(b, ". Times are local. <b>→</b> is from the WebSocket client to the server, "
		"<b>←</b> from the server to the client.</p>\n");
}

static void draw_sums(struct page *p)
{
	const struct run_totals *t = p->totals;
	const struct report *r = p->r;
	uint64_t errors = r->n_verdicts[SEV_ERROR], warnings = r->n_verdicts[SEV_WARNING];
	uint64_t verdicts = r->n_verdicts[0] + r->n_verdicts[1] + r->n_verdicts[2];

	html(p->b,
	     "<dl class=sums>"
	     "<div><dt>Connections</dt><dd>%'ju<small>%'ju open at the end</small></dd></div>"
	     "<div><dt>WebSockets</dt><dd>%'ju<small>opened or joined</small></dd></div>"
	     "<div><dt>Failed handshakes</dt><dd>%'ju<small>%'ju were slow</small></dd></div>"
	     "<div><dt>Verdicts</dt><dd>%'ju<small>%'ju error%s, %'ju warning%s</small></dd></div>"
	     "<div><dt>Hung up</dt><dd>%'ju<small>%'ju clients, %'ju servers, %'ju proxies"
	     "</small></dd></div>"
	     "<div><dt>Frames</dt><dd>%'ju<small>%s payload</small></dd></div>"
	     "<div><dt>Events lost</dt><dd>%'ju<small>%s</small></dd></div>"
	     "</dl>\n",
	     t->conns, r->n_open, r->n_websockets, r->n_failed, r->n_slow, verdicts, errors,
	     errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", r->hangups.all,
	     hangups__by(&r->hangups, ENDER_CLIENT), hangups__by(&r->hangups, ENDER_SERVER),
	     hangups__by(&r->hangups, ENDER_PROXY), t->frames, text_size(t->bytes).s, t->lost,
	     t->lost ? "frames are missing" : "nothing is missing");
}

static void draw_nav(struct page *p, unsigned int n)
{
	struct report_conn *c, *next;
	bool chains = false;

	HASH_ITER(hh, p->r->conns, c, next)
	chains |= c->up != 0;
	html(p->b, "<nav>");
	if (n)
		html(p->b, "<a href=\"#wrong\">What is wrong</a>");
	if (p->r->activity.width)
		html(p->b, "<a href=\"#time\">Over time</a>");
	if (chains)
		html(p->b, "<a href=\"#chains\">Chains</a>");
	html(p->b, "<a href=\"#detail\">In detail</a>"
		   "<a href=\"#hists\">Histograms</a>"
		   "<a href=\"#all\">All connections</a>"
		   "<a href=\"#limits\">What is left out</a></nav>\n");
}

/* Draws links to the connections shown in detail that had this verdict at this port and path. */
static void draw_refs(struct page *p, const struct verdict_row *row)
{
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
			html(p->b, n++ ? ", " : "<p class=refs>In detail: ");
			html_link(p->b, c->legs[k]);
		}
	}
	if (n)
		html(p->b, "</p>");
}

static void draw_help(struct buf *b, const struct rule_help *help)
{
	char *plain;

	if (!help)
		return;
	html(b, "<details class=more>"
		"<summary>Why it happens, how to see it, and the fix elsewhere</summary>"
		"<dl class=facts><dt>What it means</dt><dd>");
	html_prose(b, help->cause);
	if (help->see) {
		html(b, "</dd><dt>How to see it</dt><dd>");
		html_prose(b, help->see);
	}
	for (int i = 0; i < PROXIES; i++) {
		if (!help->proxy[i])
			continue;
		html(b, "</dd><dt>%s</dt><dd>", proxy_names[i]);
		plain = rule_plain(help->proxy[i]);
		if (plain)
			html_lines(b, plain);
		free(plain);
	}
	html(b, "</dd></dl></details>");
}

static void draw_row(struct page *p, const struct verdict_row *row)
{
	struct buf *b = p->b;

	html(b, "<article class=\"card verdict %s\"><header>", severity_name(row->rule->severity));
	html_badge(b, row->rule->severity);
	html(b,
	     "<h3>%s</h3><span>%'ju %s</span>"
	     "<span class=where>%s%s%sport %u <span class=w>",
	     row->rule->id, row->count, row->count == 1 ? "time" : "times",
	     row->hop ? row->hop : "", row->hops ? " and others" : "",
	     row->hop && *row->hop ? " \xc2\xb7 " : "", row->port);
	html_bytes(b, row->path, strlen(row->path), 120);
	html(b, "</span></span></header><p>%s</p>", row->text);
	html_fix(b, row->fix);
	draw_refs(p, row);
	draw_help(b, rule_help(row->rule->id));
	html(b, "</article>\n");
}

static void draw_wrong(struct page *p, unsigned int n)
{
	if (!n)
		return;
	html(p->b, "<h2 id=wrong>What is wrong</h2>"
		   "<p class=note>The worst first. A connection gets one verdict a cause; what is "
		   "alike on a port and path is counted once here.</p>\n");
	for (unsigned int i = 0; i < n && i < ROWS_SHOWN; i++)
		draw_row(p, diagnose__verdict(p->diagnose, i));
	if (n > ROWS_SHOWN)
		html(p->b,
		     "<p class=note>%u more are not shown here; each connection's verdict is in "
		     "the table of all connections.</p>\n",
		     n - ROWS_SHOWN);
}

static void draw_detail(struct page *p)
{
	bool sick = p->n_cases && p->cases[0].rule;

	if (!p->n_cases) {
		html(p->b, "<h2 id=detail>In detail</h2>"
			   "<p class=note>No connection was seen.</p>");
		return;
	}
	html(p->b, "<h2 id=detail>In detail</h2>"
		   "<p class=note>Connections with a verdict first, then failed and slow "
		   "handshakes (from 500 ms), the slowest ones, and the first ones, to compare "
		   "with. In the pictures time runs evenly but for the long silences, which are "
		   "grey.</p>"
		   "<div class=key><span>data to the server</span>"
		   "<span class=kdown>data to the client</span>"
		   "<span class=kctl>ping, pong</span>"
		   "<span class=kcls>close</span>"
		   "<span class=kgap>silence</span></div>\n");
	for (unsigned int i = 0; i < p->n_cases; i++)
		page__case(p, &p->cases[i], sick ? i < CASES_OPEN && p->cases[i].rule : i < 3);
}

static void draw_histograms(struct page *p)
{
	html(p->b, "<h2 id=hists>Histograms</h2>"
		   "<p class=note>Of all connections together, each bar twice as far as the one "
		   "before it. A p99 is at most 12&nbsp;%% off.</p><div class=hists>\n");
	if (!page__histograms(p->b, p->r->hists, p->r->delay))
		html(p->b, "<p class=note>Nothing was counted.</p>");
	html(p->b, "</div>\n");
}

static void limit(struct buf *b, uint64_t n, const char *what)
{
	if (n)
		html(b, "<li>%'ju %s</li>\n", n, what);
}

static void draw_limits(struct page *p)
{
	const struct report *r = p->r;
	struct buf *b = p->b;

	html(b, "<h2 id=limits>What is left out</h2><ul class=note>\n");
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
	html(b,
	     "<li>Of a connection the first %u and the last %u frames are kept; the bars between "
	     "them in the pictures count those that are not.</li>\n"
	     "<li>%s</li>\n"
	     "<li>TLS is not read: of such connections there are addresses and times only.</li>"
	     "</ul>\n",
	     TRAIL_FIRST, TRAIL_LAST,
	     p->o->show_secrets ? "Secrets are shown: cookies, credentials and query values are in "
				  "this page." :
				  "Cookies, credentials and the values of queries read [redacted]; "
				  "payload, where it was kept (-s), does not.");
}

static void draw_header(struct page *p, unsigned int n)
{
	html(p->b, "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n");
	page__style(p->b);
	html(p->b,
	     "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
	     "<meta name=referrer content=no-referrer>\n"
	     "<title>wstrace: %s</title>\n</head>\n<body>\n"
	     "<header class=top><p class=brand>wstrace report</p>\n",
	     p->run->host[0] ? p->run->host : "captures");
	draw_title(p, n);
	draw_lead(p);
	draw_sums(p);
	draw_nav(p, n);
	html(p->b, "</header>\n");
}

static void draw_footer(struct page *p)
{
	html(p->b, "<footer><p>wstrace %s, %s", WSTRACE_VERSION, p->run->backend);
	if (p->run->kernel[0])
		html(p->b, ", kernel %s", p->run->kernel);
	html(p->b, "</p></footer>\n</body>\n</html>\n");
}

int page__write(struct buf *b, struct report *r, const struct options *o,
		const struct run_info *run, const struct run_totals *totals,
		const struct diagnose *diagnose)
{
	struct page page = {
		.b = b, .r = r, .o = o, .run = run, .totals = totals, .diagnose = diagnose
	};
	struct page *p = &page;
	unsigned int n = rows(p);

	page__choose(p);
	draw_header(p, n);
	html(b, "<main>\n");
	draw_wrong(p, n);
	page__activity(p);
	page__chains(p);
	draw_detail(p);
	draw_histograms(p);
	page__tables(p);
	draw_limits(p);
	html(b, "</main>\n");
	draw_footer(p);
	return b->failed || r->out_of_memory ? -ENOMEM : 0;
}
