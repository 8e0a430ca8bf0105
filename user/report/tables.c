// SPDX-License-Identifier: GPL-2.0-only
/* Draws tables of all connections: by port and path, and one by one. */
#include <stdio.h>
#include <string.h>
#include "decode/names.h"
#include "report/page.h"

#define GROUPS_SHOWN 40
#define TARGET_SHOWN 100 /* most bytes of a target that are shown */
#define BLOCK 500 /* connections in a part of the list that unfolds */
#define OPEN_UP_TO 60 /* connections up to which the list is unfolded */

static int by_trouble(const struct report_group *a, const struct report_group *b)
{
	int x = a->verdicts ? 1 + a->worst : 0, y = b->verdicts ? 1 + b->worst : 0;

	if (x != y)
		return y - x;
	return a->conns < b->conns ? 1 : a->conns > b->conns ? -1 : 0;
}

/*
 * Draws a group's row. name: a text instead of path and port, for several groups together; NULL:
 * none.
 */
static void draw_group(struct buf *b, const struct report_group *g, const char *name)
{
	html(b, "<tr><td class=\"x w\">%s<td>",
	     name	? name :
	     g->path[0] ? g->path :
			  "no request was seen");
	if (!name)
		html(b, "%u", g->port);
	html(b,
	     "<td class=wide>%s<td class=r>%'ju<td class=\"r wide\">%s<td class=\"r %s\">%s"
	     "<td class=\"r \">%s<td class=\"r wide\">%s<td class=\"r wide\">%s"
	     "<td class=\"r wide\">%s\n",
	     g->comm, g->conns, text_some(g->websockets).s, g->failed ? "error-text" : "",
	     text_some(g->failed).s, text_some(g->verdicts).s, text_some(g->frames).s,
	     g->bytes ? text_size(g->bytes).s : "",
	     g->slowest_ns ? text_duration(g->slowest_ns).s : "");
}

static void add_group(struct report_group *to, const struct report_group *g)
{
	to->conns += g->conns;
	to->websockets += g->websockets;
	to->failed += g->failed;
	to->verdicts += g->verdicts;
	to->frames += g->frames;
	to->bytes += g->bytes;
	if (g->slowest_ns > to->slowest_ns)
		to->slowest_ns = g->slowest_ns;
}

static void draw_groups(struct page *p)
{
	struct report_group *g, *next, left = {};
	unsigned int shown = 0, more = 0;
	struct buf *b = p->b;
	char name[48];

	HASH_SORT(p->r->groups, by_trouble);
	html(b, "<div class=\"card scroll\"><table class=list><thead><tr><th>Path<th>Port"
		"<th class=wide>Process<th class=r>Connections<th class=\"r wide\">WebSocket"
		"<th class=r>Failed<th class=r>Verdicts<th class=\"r wide\">Frames"
		"<th class=\"r wide\">Payload<th class=\"r wide\">Slowest handshake"
		"</thead><tbody>\n");
	HASH_ITER(hh, p->r->groups, g, next)
	{
		if (shown++ < GROUPS_SHOWN) {
			draw_group(b, g, NULL);
			continue;
		}
		more++;
		add_group(&left, g);
	}
	if (more) {
		snprintf(name, sizeof(name), "%u more paths and ports", more);
		draw_group(b, &left, name);
	}
	if (p->r->others.conns)
		draw_group(b, &p->r->others, "paths and ports beyond those told apart");
	html(b, "</tbody></table></div>\n");
}

static void draw_result(struct buf *b, const struct report_conn *c)
{
	bool bad = report_failed(c);

	if (bad)
		html(b, "<span class=error-text>");
	if (c->status)
		html(b, "%u", c->status);
	else if (c->how == WST_REFUSED)
		html(b, "refused");
	else if (c->midstream)
		html(b, "open before");
	else if (c->opaque)
		html(b, "%s", why_name(c->opaque));
	else if (c->wanted)
		html(b, c->closed ? "no answer" : "none yet");
	if (c->undecoded)
		html(b, ", %s not decoded", text_size(c->undecoded).s);
	if (bad)
		html(b, "</span>");
}

static void draw_ended(struct buf *b, const struct report_conn *c)
{
	if (!c->closed)
		html(b, "open");
	else if (c->how == WST_UNSEEN)
		html(b, "not seen");
	else
		ending_short(b, &c->end);
	if (!c->closed && c->code)
		html(b, ", %u", c->code);
}

static void draw_conn(struct buf *b, const struct report_conn *c, uint64_t end)
{
	uint64_t until = c->closed ? c->closed : end;

	html(b, "<tr><td class=r>");
	html_link(b, c);
	html(b, "<td class=wide>%s<td class=wide>%s<td class=wide>", text_clock(c->opened).s,
	     report_client_addr(c));
	if (c->role == WST_SERVER && c->pid)
		html_process(b, c->comm, c->pid);
	else
		html(b, "%s", report_server_addr(c));
	html(b, "<td class=\"x w\">");
	if (c->target)
		html_bytes(b, c->target, strlen(c->target), TARGET_SHOWN);
	html(b, "<td class=r>");
	draw_result(b, c);
	html(b,
	     "<td>%s<td class=\"r wide\">%s<td class=\"r \">%s<td class=\"r \">%s"
	     "<td class=\"r wide\">%s<td class=wide>",
	     c->rule ? c->rule->id : "", text_duration(until > c->opened ? until - c->opened : 0).s,
	     text_some(c->frames[0]).s, text_some(c->frames[1]).s,
	     text_size(c->bytes[0] + c->bytes[1]).s);
	draw_ended(b, c);
	html(b, "\n");
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
	html(b, "<details class=\"card block\"%s><summary>%'u connections, #%u to #%u",
	     open ? " open" : "", left < BLOCK ? left : BLOCK, first->number, last->number);
	if (failed)
		html(b, " <span class=when>· %u failed</span>", failed);
	if (judged)
		html(b, " <span class=when>· %u with a verdict</span>", judged);
	html(b, "</summary><div class=scroll><table class=list><thead><tr><th class=r>#"
		"<th class=wide>Opened<th class=wide>Client<th class=wide>Server<th>Target"
		"<th class=r>Answer<th>Verdict<th class=\"r wide\">Lasted<th class=r>→<th class=r>←"
		"<th class=\"r wide\">Payload<th class=wide>Closed by</thead><tbody>\n");
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
			html(p->b, "</tbody></table></div></details>\n");
	}
}

void page__tables(struct page *p)
{
	html(p->b, "<h2 id=all>All connections</h2>"
		   "<p class=note>By path and port first, what went wrong at the top; * stands for "
		   "numbers and ids in paths.</p>\n");
	draw_groups(p);
	draw_conns(p);
}
