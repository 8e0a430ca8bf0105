// SPDX-License-Identifier: GPL-2.0-only
/* Draws one chain in detail: a card that unfolds. */
#include <string.h>
#include "decode/ws.h"
#include "report/page.h"

#define VALUE_SHOWN 512 /* most bytes of a fact that are shown */
#define TARGET_SHOWN 100

static void draw_facts(struct buf *b, const struct report_pairs *facts)
{
	struct span name, value;
	size_t at = 0;

	if (!facts->n)
		return;
	html(b, "<details class=\"more paper\"><summary>The facts it rests on</summary>"
		"<dl class=facts>");
	while (pairs__next(facts, &at, &name, &value)) {
		html(b, "<dt>");
		for (size_t i = 0; i < name.n; i++)
			html(b, "%c", name.p[i] == '_' ? ' ' : name.p[i]);
		html(b, "</dt><dd class=w>");
		html_bytes(b, value.p, value.n, VALUE_SHOWN);
		html(b, "</dd>");
	}
	html(b, "</dl></details>");
}

static void draw_verdict(struct buf *b, const struct report_verdict *v)
{
	html(b, "<div class=\"verdict %s\"><p>", severity_name(v->rule->severity));
	html_badge(b, v->rule->severity);
	html(b, " <b>%s</b></p><p>%s</p>", v->rule->id, v->text);
	html_fix(b, v->fix);
	draw_facts(b, &v->evidence);
	html(b, "</div>");
}

static void draw_note(struct buf *b, const struct report_frame *f)
{
	if (f->rtt_us != UINT32_MAX)
		html(b, "rtt %s", text_duration(f->rtt_us * 1000ULL).s);
	if (f->opcode == WS_OP_CLOSE && f->code)
		html(b, "%u %s", f->code, ws_close_name(f->code));
	if (f->text)
		html(b, " <span class=w>&quot;%.*s&quot;", f->text_len, f->text);
	if (f->text && f->text_cut)
		html(b, "&hellip;");
	if (f->text)
		html(b, "</span>");
}

/*
 * Draws a frame's row. from: start of the chain, ns. before: time of the frame before, ns; 0: f is
 * the first.
 */
static void draw_frame(struct buf *b, const struct report_frame *f, uint64_t from, uint64_t before)
{
	static const char *const rsv[] = { "",	    " RSV3",  " RSV2",	" RSV23",
					   " RSV1", " RSV13", " RSV12", " RSV123" };
	bool up = f->dir == WST_C2S;

	html(b, "<tr><td class=r>%s<td class=\"r wide\">%s", text_since(from, f->ts).s,
	     before && f->ts > before ? text_duration(f->ts - before).s : "");
	html(b, "<td class=%s>%s %s<td>%s%s<td class=wide>%s<td class=r>%s<td class=x>",
	     up ? "up" : "down", up ? "→" : "←", ws_op_name(f->opcode), f->fin ? "FIN" : "",
	     rsv[f->rsv], f->masked ? "masked" : "", text_size(f->len).s);
	draw_note(b, f);
}

static void draw_frames(struct buf *b, const struct report_conn *c, uint64_t from)
{
	const struct report_trail *t = c->detail ? &c->detail->trail : NULL;
	uint64_t dropped = t ? trail__dropped(t) : 0;

	if (!t || !t->n)
		return;
	html(b, "<details class=more><summary>Frames of #%u: ", c->number);
	if (dropped)
		html(b, "the first %u and the last %u of %'ju", TRAIL_FIRST, TRAIL_LAST, t->seen);
	else
		html(b, "all %u", t->n);
	html(b, "</summary><div class=scroll><table class=frames><thead><tr><th class=r>Time"
		"<th class=\"r wide\">Gap<th>Frame<th>Bits<th class=wide>Mask<th class=r>Length<th>"
		"</thead><tbody>");
	for (uint32_t i = 0; i < t->n; i++) {
		if (i == TRAIL_FIRST && dropped)
			html(b, "<tr><td colspan=7 class=cut>%'ju frames are not kept", dropped);
		draw_frame(b, trail__at(t, i), from, i ? trail__at(t, i - 1)->ts : 0);
	}
	html(b, "</tbody></table></div></details>\n");
}

/* Draws the histograms of each leg, with a heading unless there are none. */
static void draw_hists(struct buf *b, const struct report_case *c)
{
	size_t before = b->len;
	bool any = false;

	html(b, "<details class=more><summary>Histograms</summary>");
	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_detail *d = c->legs[i]->detail;
		size_t start = b->len;

		html(b, "<h4>#%u</h4><div class=hists>", c->legs[i]->number);
		if (d && page__histograms(b, d->hists ? d->hists->hist : NULL, d->delay)) {
			html(b, "</div>");
			any = true;
		} else {
			b->len = start;
		}
	}
	if (any)
		html(b, "</details>\n");
	else
		b->len = before;
}

static void draw_summary(struct buf *b, const struct report_case *c)
{
	const struct report_conn *first = c->legs[0];

	html(b, "<summary><h3>");
	for (unsigned int i = 1; i < c->n;
	     i++) /* targets of links; for the first leg the card itself is one */
		html(b, "<i id=c%u></i>", c->legs[i]->number);
	html(b, "<span class=w>");
	if (first->target)
		html_bytes(b, first->target, strlen(first->target), TARGET_SHOWN);
	else
		html(b, "%s", report_server_addr(first));
	html(b, "</span></h3>");
	if (c->rule) {
		html_badge(b, c->rule->severity);
		html(b, "<span>%s</span>", c->rule->id);
	} else {
		html(b, "<span class=when>%s%s%s</span>", c->why, c->why_us ? ", p99 " : "",
		     c->why_us ? text_duration(c->why_us * 1000).s : "");
	}
	html(b, "<span class=when>");
	for (unsigned int i = 0; i < c->n; i++)
		html(b, "%s#%u", i ? " → " : "", c->legs[i]->number);
	html(b, " · %s</span></summary>", text_clock(first->opened).s);
}

/* Verdicts of the chain, and how its legs were joined. */
static void draw_findings(struct buf *b, const struct report_case *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		for (const struct report_verdict *v = c->legs[i]->verdicts; v; v = v->next)
			draw_verdict(b, v);
		if (i && c->legs[i]->down && c->legs[i]->by_time)
			html(b,
			     "<p class=note>#%u and #%u were joined by process and time: no "
			     "Sec-WebSocket-Key tells.</p>",
			     c->legs[i - 1]->number, c->legs[i]->number);
	}
	for (unsigned int i = 0; i < c->n; i++)
		if (c->legs[i]->ender) {
			html(b, "<p class=note>This chain was %s.</p>", c->legs[i]->ender);
			break;
		}
	if (c->alike)
		html(b,
		     "<p class=note>%'ju more like this, of the same port and path, %s in the "
		     "<a href=\"#all\">table of all connections</a>.</p>",
		     c->alike, c->alike == 1 ? "is" : "are");
}

void page__case(struct page *p, const struct report_case *c, bool open)
{
	struct buf *b = p->b;
	bool detail = true;

	html(b, "<details class=\"card case\" id=c%u%s>", c->legs[0]->number, open ? " open" : "");
	draw_summary(b, c);
	html(b, "<div class=inside>");
	draw_findings(b, c);
	page__sequence(p, c);
	page__heads(p, c);
	page__timeline(p, c);
	for (unsigned int i = 0; i < c->n; i++) {
		detail &= c->legs[i]->detail != NULL;
		draw_frames(b, c->legs[i], c->legs[0]->opened);
	}
	draw_hists(b, c);
	if (!detail)
		html(b, "<p class=note>Headers and frames were no longer kept when this came up."
			"</p>");
	html(b, "</div></details>\n");
}
