// SPDX-License-Identifier: GPL-2.0-only
/* All connections: by port and path, and one by one. */
#include <stdio.h>
#include <string.h>
#include "lib/units.h"
#include "report/html.h"

#define GROUPS_SHOWN 40
#define BLOCK 500 /* connections that unfold together */
#define OPEN_UP_TO 60 /* so few are not folded */

static int by_trouble(const struct report_group *a, const struct report_group *b)
{
	int x = a->verdicts ? 1 + a->worst : 0, y = b->verdicts ? 1 + b->worst : 0;

	if (x != y)
		return y - x;
	return a->conns < b->conns ? 1 : a->conns > b->conns ? -1 : 0;
}

static void cell(struct buf *b, uint64_t n)
{
	buf_str(b, "<td class=r>");
	html_count(b, n);
}

static void cell_or_blank(struct buf *b, uint64_t n, const char *class)
{
	buf_printf(b, "<td class=\"r %s\">", class);
	if (n)
		html_count(b, n);
}

static void draw_group(struct buf *b, const struct report_group *g, const char *name)
{
	buf_str(b, "<tr><td class=\"x w\">");
	if (name)
		buf_str(b, name);
	else if (g->path[0])
		html_text(b, g->path);
	else
		buf_str(b, "no request was seen");
	buf_str(b, "<td>");
	if (!name)
		buf_u64(b, g->port);
	buf_str(b, "<td class=wide>");
	html_text(b, g->comm);
	cell(b, g->conns);
	cell_or_blank(b, g->websockets, "wide");
	cell_or_blank(b, g->failed, g->failed ? "error-text" : "");
	cell_or_blank(b, g->verdicts, "");
	cell_or_blank(b, g->frames, "wide");
	buf_str(b, "<td class=\"r wide\">");
	if (g->bytes)
		buf_bytes(b, g->bytes);
	buf_str(b, "<td class=\"r wide\">");
	if (g->slowest_ns)
		html_duration(b, g->slowest_ns);
	buf_char(b, '\n');
}

static void draw_groups(struct page *p)
{
	struct report_group *g, *next, left = {};
	unsigned int shown = 0, more = 0;
	struct buf *b = p->b;

	HASH_SORT(p->r->groups, by_trouble);
	buf_str(b, "<div class=\"card scroll\"><table class=list><thead><tr><th>Path<th>Port<th "
		   "class=wide>Process<th class=r>Connections<th class=\"r wide\">WebSocket<th "
		   "class=r>Failed<th class=r>Verdicts<th class=\"r wide\">Frames<th class=\"r "
		   "wide\">Payload<th class=\"r wide\">Slowest handshake</thead><tbody>\n");
	HASH_ITER(hh, p->r->groups, g, next)
	{
		if (shown++ < GROUPS_SHOWN) {
			draw_group(b, g, NULL);
			continue;
		}
		more++;
		left.conns += g->conns;
		left.websockets += g->websockets;
		left.failed += g->failed;
		left.verdicts += g->verdicts;
		left.frames += g->frames;
		left.bytes += g->bytes;
		if (g->slowest_ns > left.slowest_ns)
			left.slowest_ns = g->slowest_ns;
	}
	if (more) {
		char name[48];

		snprintf(name, sizeof(name), "%u more paths and ports", more);
		draw_group(b, &left, name);
	}
	if (p->r->others.conns)
		draw_group(b, &p->r->others, "paths and ports beyond those told apart");
	buf_str(b, "</tbody></table></div>\n");
}

static void draw_result(struct buf *b, const struct report_conn *c)
{
	bool bad = report_failed(c);

	if (bad)
		buf_str(b, "<span class=error-text>");
	if (c->status)
		buf_printf(b, "%u", c->status);
	else if (c->how == WST_REFUSED)
		buf_str(b, "refused");
	else if (c->midstream)
		buf_str(b, "open before");
	else if (c->opaque)
		buf_str(b, why_name(c->opaque));
	else if (c->wanted)
		buf_str(b, c->closed ? "no answer" : "none yet");
	if (c->undecoded) {
		buf_str(b, ", ");
		buf_bytes(b, c->undecoded);
		buf_str(b, " not decoded");
	}
	if (bad)
		buf_str(b, "</span>");
}

static void draw_ended(struct buf *b, const struct report_conn *c)
{
	static const char *const hows[] = { [WST_FIN] = "FIN",
					    [WST_RST_SENT] = "RST",
					    [WST_RST_RECEIVED] = "RST",
					    [WST_TIMEOUT] = "timeout",
					    [WST_EXIT] = "exit" };

	if (!c->closed)
		buf_str(b, "open");
	else if (c->how == WST_UNSEEN)
		buf_str(b, "not seen");
	else if (c->how && c->how < sizeof(hows) / sizeof(hows[0]) && hows[c->how])
		buf_printf(b, "%s, %s", c->by_client ? "client" : "server", hows[c->how]);
	if (c->code)
		buf_printf(b, ", %u", c->code);
}

static void draw_conn(struct buf *b, const struct report_conn *c, uint64_t end)
{
	uint64_t until = c->closed ? c->closed : end;

	buf_str(b, "<tr><td class=r>");
	html_link(b, c);
	buf_str(b, "<td class=wide>");
	html_clock(b, c->opened);
	buf_str(b, "<td class=wide>");
	html_text(b, report_client_addr(c));
	buf_str(b, "<td class=wide>");
	if (c->role == WST_SERVER && c->pid)
		html_process(b, c->comm, c->pid);
	else
		html_text(b, report_server_addr(c));
	buf_str(b, "<td class=\"x w\">");
	if (c->target)
		html_bytes(b, c->target, strlen(c->target), 100);
	buf_str(b, "<td class=r>");
	draw_result(b, c);
	buf_str(b, "<td>");
	if (c->rule)
		buf_str(b, c->rule->id);
	buf_str(b, "<td class=\"r wide\">");
	html_duration(b, until > c->opened ? until - c->opened : 0);
	for (int dir = 0; dir < WST_DIRS; dir++)
		cell_or_blank(b, c->frames[dir], "");
	buf_str(b, "<td class=\"r wide\">");
	buf_bytes(b, c->bytes[0] + c->bytes[1]);
	buf_str(b, "<td class=wide>");
	draw_ended(b, c);
	buf_char(b, '\n');
}

static int by_number(const struct report_conn *a, const struct report_conn *b)
{
	return a->number < b->number ? -1 : 1;
}

static void open_block(struct buf *b, const struct report_conn *first, uint32_t left, bool open)
{
	const struct report_conn *last = first, *c = first;
	unsigned int failed = 0, judged = 0;

	for (uint32_t i = 0; i < left && i < BLOCK; i++, c = c->hh.next) {
		last = c;
		failed += report_failed(c);
		judged += c->rule != NULL;
	}
	buf_printf(b, "<details class=\"card block\"%s><summary>", open ? " open" : "");
	html_count(b, left < BLOCK ? left : BLOCK);
	buf_printf(b, " connections, #%u to #%u", first->number, last->number);
	if (failed)
		buf_printf(b, " <span class=when>· %u failed</span>", failed);
	if (judged)
		buf_printf(b, " <span class=when>· %u with a verdict</span>", judged);
	buf_str(b, "</summary><div class=scroll><table class=list><thead><tr><th class=r>#<th "
		   "class=wide>Opened<th class=wide>Client<th class=wide>Server<th>Target<th "
		   "class=r>Answer<th>Verdict<th class=\"r wide\">Lasted<th class=r>→<th "
		   "class=r>←<th class=\"r wide\">Payload<th class=wide>Closed "
		   "by</thead><tbody>\n");
}

static void draw_conns(struct page *p)
{
	struct report_conn *c, *next;
	uint32_t n = 0, all = HASH_COUNT(p->r->conns);

	HASH_SORT(p->r->conns, by_number);
	HASH_ITER(hh, p->r->conns, c, next)
	{
		if (n % BLOCK == 0)
			open_block(p->b, c, all - n, all <= OPEN_UP_TO);
		draw_conn(p->b, c, p->r->last_ts);
		if (++n % BLOCK == 0 || n == all)
			buf_str(p->b, "</tbody></table></div></details>\n");
	}
}

void page__tables(struct page *p)
{
	buf_str(p->b,
		"<h2 id=all>All connections</h2><p class=note>By path and port first, what went "
		"wrong at the top; * stands for numbers and ids in paths.</p>\n");
	draw_groups(p);
	draw_conns(p);
}
