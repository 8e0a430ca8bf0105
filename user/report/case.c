// SPDX-License-Identifier: GPL-2.0-only
/* One chain in detail. */
#include <string.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "report/html.h"
#include "decode/ws.h"

static void draw_facts(struct buf *b, const struct report_pairs *facts)
{
	struct span name, value;
	size_t at = 0;

	if (!facts->n)
		return;
	buf_str(b, "<details class=\"more paper\"><summary>The facts it rests on</summary><dl "
		   "class=facts>");
	while (pairs__next(facts, &at, &name, &value)) {
		buf_str(b, "<dt>");
		for (size_t i = 0; i < name.n; i++)
			buf_char(b, name.p[i] == '_' ? ' ' : name.p[i]); /* names are ours */
		buf_str(b, "</dt><dd class=w>");
		html_bytes(b, value.p, value.n, 512);
		buf_str(b, "</dd>");
	}
	buf_str(b, "</dl></details>");
}

static void draw_verdict(struct buf *b, const struct report_verdict *v)
{
	buf_printf(b, "<div class=\"verdict %s\"><p>", severity_name(v->rule->severity));
	html_badge(b, v->rule->severity);
	buf_printf(b, " <b>%s</b></p><p>", v->rule->id);
	html_text(b, v->text);
	buf_str(b, "</p><p class=fix><b>Fix</b>");
	html_text(b, v->fix);
	buf_str(b, "</p>");
	draw_facts(b, &v->evidence);
	buf_str(b, "</div>");
}

static void draw_note(struct buf *b, const struct report_frame *f)
{
	if (f->rtt_us != UINT32_MAX) {
		buf_str(b, "rtt ");
		html_duration(b, f->rtt_us * 1000ULL);
	}
	if (f->opcode == WS_OP_CLOSE && f->code) {
		const char *name = ws_close_name(f->code);

		buf_printf(b, "%u %s", f->code, name ? name : "");
	}
	if (!f->text)
		return;
	buf_str(b, " <span class=w>&quot;");
	buf_html(b, f->text, f->text_len);
	buf_printf(b, "&quot;%s</span>", f->text_cut ? "&hellip;" : "");
}

static void draw_frame(struct buf *b, const struct report_frame *f, uint64_t from, uint64_t before)
{
	static const char *const rsv[] = { "",	    " RSV3",  " RSV2",	" RSV23",
					   " RSV1", " RSV13", " RSV12", " RSV123" };

	buf_str(b, "<tr><td class=r>");
	html_since(b, from, f->ts);
	buf_str(b, "<td class=\"r wide\">");
	if (before && f->ts > before)
		html_duration(b, f->ts - before);
	buf_printf(b, "<td class=%s>%s %s<td>%s%s<td class=wide>%s<td class=r>",
		   f->dir == WST_C2S ? "up" : "down", f->dir == WST_C2S ? "→" : "←",
		   ws_op_name(f->opcode), f->fin ? "FIN" : "", rsv[f->rsv],
		   f->masked ? "masked" : "");
	buf_bytes(b, f->len);
	buf_str(b, "<td class=x>");
	draw_note(b, f);
}

static void draw_frames(struct page *p, const struct report_conn *c, uint64_t from)
{
	const struct report_trail *t = c->detail ? &c->detail->trail : NULL;
	struct buf *b = p->b;

	if (!t || !t->n)
		return;
	buf_printf(b, "<details class=more><summary>Frames of #%u: ", c->number);
	if (trail__dropped(t)) {
		buf_printf(b, "the first %u and the last %u of ", TRAIL_FIRST, TRAIL_LAST);
		html_count(b, t->seen);
	} else {
		buf_printf(b, "all %u", t->n);
	}
	buf_str(b, "</summary><div class=scroll><table class=frames><thead><tr><th class=r>Time<th "
		   "class=\"r wide\">Gap<th>Frame<th>Bits<th class=wide>Mask<th "
		   "class=r>Length<th></thead><tbody>");
	for (uint32_t i = 0; i < t->n; i++) {
		if (i == TRAIL_FIRST && trail__dropped(t)) {
			buf_str(b, "<tr><td colspan=7 class=cut>");
			html_count(b, trail__dropped(t));
			buf_str(b, " frames are not kept");
		}
		draw_frame(b, trail__at(t, i), from, i ? trail__at(t, i - 1)->ts : 0);
	}
	buf_str(b, "</tbody></table></div></details>\n");
}

static void draw_hists(struct page *p, const struct report_case *c)
{
	size_t before = p->b->len;
	bool any = false;

	buf_str(p->b, "<details class=more><summary>Histograms</summary>");
	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_detail *d = c->legs[i]->detail;
		size_t start = p->b->len;

		buf_printf(p->b, "<h4>#%u</h4><div class=hists>", c->legs[i]->number);
		if (d && page__histograms(p->b, d->hists ? d->hists->hist : NULL, d->delay)) {
			buf_str(p->b, "</div>");
			any = true;
		} else {
			p->b->len = start;
		}
	}
	if (any)
		buf_str(p->b, "</details>\n");
	else
		p->b->len = before;
}

static void draw_summary(struct buf *b, const struct report_case *c)
{
	const struct report_conn *first = c->legs[0];

	buf_str(b, "<summary>");
	buf_str(b, "<h3>");
	for (unsigned int i = 1; i < c->n; i++) /* for links; the first one is the card itself */
		buf_printf(b, "<i id=c%u></i>", c->legs[i]->number);
	buf_str(b, "<span class=w>");
	if (first->target)
		html_bytes(b, first->target, strlen(first->target), 100);
	else
		html_text(b, report_server_addr(first));
	buf_str(b, "</span></h3>");
	if (c->rule) {
		html_badge(b, c->rule->severity);
		buf_printf(b, "<span>%s</span>", c->rule->id);
	} else {
		buf_printf(b, "<span class=when>%s", c->why);
		if (c->why_us) {
			buf_str(b, ", p99 ");
			html_duration(b, c->why_us * 1000);
		}
		buf_str(b, "</span>");
	}
	buf_str(b, "<span class=when>");
	for (unsigned int i = 0; i < c->n; i++)
		buf_printf(b, "%s#%u", i ? " → " : "", c->legs[i]->number);
	buf_str(b, " · ");
	html_clock(b, first->opened);
	buf_str(b, "</span></summary>");
}

void page__case(struct page *p, const struct report_case *c, bool open)
{
	struct buf *b = p->b;
	uint64_t from = c->legs[0]->opened;
	bool detail = true;

	buf_printf(b, "<details class=\"card case\" id=c%u%s>", c->legs[0]->number,
		   open ? " open" : "");
	draw_summary(b, c);
	buf_str(b, "<div class=inside>");
	for (unsigned int i = 0; i < c->n; i++) {
		detail &= c->legs[i]->detail != NULL;
		for (const struct report_verdict *v = c->legs[i]->verdicts; v; v = v->next)
			draw_verdict(b, v);
		if (i && c->legs[i]->down && c->legs[i]->by_time)
			buf_printf(b,
				   "<p class=note>#%u and #%u were joined by process and time: no "
				   "Sec-WebSocket-Key tells.</p>",
				   c->legs[i - 1]->number, c->legs[i]->number);
	}
	if (c->alike) {
		buf_str(b, "<p class=note>");
		html_count(b, c->alike);
		buf_printf(b,
			   " more like this, of the same port and path, %s in the "
			   "<a href=\"#all\">table of all connections</a>.</p>",
			   c->alike == 1 ? "is" : "are");
	}
	page__sequence(p, c);
	page__heads(p, c);
	page__timeline(p, c);
	for (unsigned int i = 0; i < c->n; i++)
		draw_frames(p, c->legs[i], from);
	draw_hists(p, c);
	if (!detail)
		buf_str(b, "<p class=note>Headers and frames were no longer kept when this came "
			   "up.</p>");
	buf_str(b, "</div></details>\n");
}
