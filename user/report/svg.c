// SPDX-License-Identifier: GPL-2.0-only
/* Pictures. Places across are percentages: they fit any width, and text keeps its size. */
#include <string.h>
#include "lib/units.h"
#include "report/axis.h"
#include "report/html.h"
#include "decode/ws.h"

#define LANE_HEIGHT 52
#define MIDDLE 26
#define SPANS 32
#define S 1000000000ULL

/* A frame at the very edge must not be cut in half. */
static double inset(double percent)
{
	return 0.8 + percent * 0.984;
}

static double place(const struct report_axis *a, uint64_t ts)
{
	return inset(axis__at(a, ts));
}

static const char *frame_class(uint8_t opcode, uint8_t dir)
{
	if (opcode == WS_OP_CLOSE)
		return "cls";
	if (opcode & 8)
		return "ctl";
	return dir == WST_C2S ? "up" : "down";
}

/* 2.5 to 6 pixels: a pixel for each factor of 32. */
static double radius(uint64_t len)
{
	double r = 2.5;

	for (; len >= 32 && r < 6; len /= 32)
		r += 1;
	return r;
}

static void draw_frame(struct buf *b, const struct report_axis *a, const struct report_frame *f)
{
	buf_printf(b, "<circle class=\"%s\" cx=\"%.2f%%\" cy=\"%d\" r=\"%.1f\"><title>",
		   frame_class(f->opcode, f->dir), place(a, f->ts),
		   f->dir == WST_C2S ? MIDDLE - 12 : MIDDLE + 12, radius(f->len));
	html_since(b, a->from, f->ts);
	buf_printf(b, " %s %s ", f->dir == WST_C2S ? "→" : "←", ws_op_name(f->opcode));
	buf_bytes(b, f->len);
	buf_str(b, "</title></circle>");
}

/* Frames that were dropped, as bars: only where the kept ones leave a hole. */
static void draw_dropped(struct buf *b, const struct report_axis *a, const struct report_trail *t)
{
	uint64_t from = trail__at(t, TRAIL_FIRST - 1)->ts, to = trail__at(t, TRAIL_FIRST)->ts;
	uint32_t most = 1;

	for (int i = 0; i < BINS; i++)
		for (int dir = 0; dir < WST_DIRS; dir++)
			most = t->bins->n[i][dir] > most ? t->bins->n[i][dir] : most;
	for (int i = 0; i < BINS; i++) {
		uint64_t start = t->bins->start + i * t->bins->width, end = start + t->bins->width;
		double x, width;

		start = start < from ? from : start;
		end = end > to ? to : end;
		if (start >= end)
			continue;
		x = place(a, start);
		width = place(a, end) - x;
		for (int dir = 0; dir < WST_DIRS; dir++) {
			double h = 3 + 17.0 * t->bins->n[i][dir] / most;

			if (t->bins->n[i][dir])
				buf_printf(b,
					   "<rect class=\"dense %s\" x=\"%.2f%%\" width=\"%.2f%%\" "
					   "y=\"%.1f\" height=\"%.1f\"/>",
					   dir ? "down" : "up", x, width > 0.15 ? width : 0.15,
					   dir == WST_C2S ? MIDDLE - 3 - h : MIDDLE + 3.0, h);
		}
	}
}

static void draw_tick(struct buf *b, const struct report_axis *a, uint64_t ts, const char *class,
		      int y1, int y2)
{
	if (ts)
		buf_printf(b,
			   "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
			   class, place(a, ts), place(a, ts), y1, y2);
}

/* So short that it fits into a silence on a phone. */
static void add_short(struct buf *b, uint64_t ns)
{
	if (ns < S)
		buf_printf(b, "%.0f ms", ns / 1e6);
	else if (ns < 120 * S)
		buf_printf(b, ns < 10 * S ? "%.1f s" : "%.0f s", ns / 1e9);
	else if (ns < 7200 * S)
		buf_printf(b, "%.0f min", ns / 60e9);
	else
		buf_printf(b, "%.0f h", ns / 3600e9);
}

static void draw_lane(struct buf *b, const struct report_axis *a, const struct report_conn *c)
{
	const struct report_trail *t = c->detail ? &c->detail->trail : NULL;
	double from = place(a, c->opened), to = place(a, c->closed ? c->closed : a->to);

	buf_printf(b, "<svg height=\"%d\" role=\"img\" aria-label=\"frames of #%u over time\">",
		   LANE_HEIGHT, c->number);
	for (uint32_t i = 0; i < a->n; i++)
		buf_printf(
			b,
			"<rect class=\"gap\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"0\" height=\"%d\"/>",
			place(a, a->breaks[i].from),
			place(a, a->breaks[i].to) - place(a, a->breaks[i].from) - 0.2, LANE_HEIGHT);
	buf_printf(b, "<rect class=\"life\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%d\" height=\"2\"/>",
		   from, to - from, MIDDLE - 1);
	draw_tick(b, a, c->request_ts, "hs", MIDDLE - 18, MIDDLE);
	draw_tick(b, a, c->response_ts, c->websocket ? "hs ok" : "hs bad", MIDDLE, MIDDLE + 18);
	if (t && trail__dropped(t) && t->bins)
		draw_dropped(b, a, t);
	for (uint32_t i = 0; t && i < t->n; i++)
		draw_frame(b, a, trail__at(t, i));
	draw_tick(b, a, c->closed, c->how == WST_FIN ? "fin" : "fin rst", MIDDLE - 8, MIDDLE + 8);
	for (uint32_t i = 0; i < a->n; i++) {
		buf_printf(b, "<text x=\"%.2f%%\" y=\"%d\">",
			   (place(a, a->breaks[i].from) + place(a, a->breaks[i].to)) / 2,
			   MIDDLE + 4);
		add_short(b, a->breaks[i].to - a->breaks[i].from);
		buf_str(b, "</text>");
	}
	buf_str(b, "</svg>");
}

/* When nothing happened on any leg. Returns how many spans. */
static uint32_t silences(const struct report_case *c, uint64_t from, uint64_t to,
			 struct span_of_time spans[SPANS])
{
	struct span_of_time common[SPANS];
	uint32_t n = 1;

	spans[0] = (struct span_of_time){ from, to };
	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_conn *leg = c->legs[i];
		struct span_of_time own[TRAIL_GAPS + 2];
		uint32_t k = 0;

		if (!leg->detail)
			continue;
		if (leg->opened > from)
			own[k++] = (struct span_of_time){ from, leg->opened };
		for (uint32_t g = 0; g < leg->detail->trail.n_gaps; g++)
			own[k++] = leg->detail->trail.gaps[g];
		if (leg->detail->trail.last_ts < to)
			own[k++] = (struct span_of_time){ leg->detail->trail.last_ts, to };
		n = spans__common(common, SPANS, spans, n, own, k);
		memcpy(spans, common, n * sizeof(*spans));
	}
	return n;
}

static void lane_head(struct page *p, const struct report_case *c, unsigned int i)
{
	const struct report_conn *leg = c->legs[i];
	struct buf *b = p->b;

	buf_printf(b, "<p><b>#%u</b> <span class=w>", leg->number);
	html_text(b, report_client_addr(leg));
	buf_str(b, " → ");
	html_text(b, report_server_addr(leg));
	buf_str(b, "</span> · ");
	if (!leg->frames[0] && !leg->frames[1])
		buf_str(b, "no frames");
	for (int dir = 0; dir < WST_DIRS && (leg->frames[0] || leg->frames[1]); dir++) {
		buf_str(b, dir ? ", ← " : "→ ");
		html_count(b, leg->frames[dir]);
		buf_str(b, leg->frames[dir] == 1 ? " frame " : " frames ");
		buf_bytes(b, leg->bytes[dir]);
	}
	buf_str(b, " · ");
	html_end(b, leg);
	if (leg->rtt_us) {
		buf_str(b, " · tcp rtt ");
		html_duration(b, leg->rtt_us * 1000ULL);
	}
	if (leg->retrans)
		buf_printf(b, " · %u segments sent again", leg->retrans);
	if (leg->lost)
		buf_printf(b, " · %llu events lost", (unsigned long long)leg->lost);
	buf_str(b, "</p>");
}

void page__timeline(struct page *p, const struct report_case *c)
{
	uint64_t from = c->legs[0]->opened, to = 0;
	struct span_of_time spans[SPANS];
	struct report_axis axis;

	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_conn *leg = c->legs[i];
		uint64_t end = leg->closed ? leg->closed : p->r->last_ts;

		from = leg->opened < from ? leg->opened : from;
		to = end > to ? end : to;
	}
	if (to <= from)
		return;
	axis__build(&axis, from, to, spans, silences(c, from, to, spans));
	buf_str(p->b, "<h4>Frames over time</h4>");
	for (unsigned int i = 0; i < c->n; i++) {
		buf_str(p->b, "<div class=lane>");
		lane_head(p, c, i);
		draw_lane(p->b, &axis, c->legs[i]);
		buf_str(p->b, "</div>");
	}
	buf_str(p->b, "<div class=axis><span>");
	html_clock(p->b, from);
	buf_str(p->b, "</span><span>");
	html_since(p->b, from, to);
	buf_str(p->b, "</span></div>");
}

#define HALF 38 /* of the chart of the whole run */

/* A mark for each time that had verdicts. */
static void draw_verdicts(struct buf *b, const struct report_axis *a,
			  const struct report_bins *bins)
{
	for (int i = 0; bins->width && i < BINS; i++) {
		uint64_t start = bins->start + i * bins->width;

		if (bins->n[i][0] + bins->n[i][1])
			buf_printf(b,
				   "<rect class=\"%s\" x=\"%.2f%%\" y=\"0\" width=\"3\" "
				   "height=\"7\"><title>%u</title></rect>",
				   bins->n[i][0] ? "error" : "warning", place(a, start),
				   bins->n[i][0] + bins->n[i][1]);
	}
}

void page__activity(struct page *p)
{
	const struct report_bins *bins = &p->r->activity;
	uint64_t from = p->r->first_ts, to = p->r->last_ts;
	struct report_axis a = { .from = from, .to = to };
	struct buf *b = p->b;
	uint32_t most = 0;

	for (int i = 0; i < BINS; i++)
		for (int dir = 0; dir < WST_DIRS; dir++)
			most = bins->n[i][dir] > most ? bins->n[i][dir] : most;
	if (!most || to <= from)
		return;
	buf_str(b, "<h2 id=time>Over time</h2><p class=note>Frames per ");
	html_duration(b, bins->width);
	buf_printf(
		b,
		", at most %u: to the server above the line, to the client below. Marks at the top "
		"are verdicts, red ones errors.</p><div class=card><svg height=\"%d\" role=\"img\" "
		"aria-label=\"frames over time\">",
		most, 2 * HALF + 12);
	for (int i = 0; i < BINS; i++) {
		uint64_t start = bins->start + i * bins->width, end = start + bins->width;

		if (start > to)
			break;
		for (int dir = 0; dir < WST_DIRS; dir++) {
			double h = (double)HALF * bins->n[i][dir] / most, x = place(&a, start);

			if (!bins->n[i][dir])
				continue;
			h = h < 1 ? 1 : h;
			buf_printf(b,
				   "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
				   "height=\"%.1f\"/>",
				   dir ? "down" : "up", x, (place(&a, end) - x) * 0.8 + 0.05,
				   dir == WST_C2S ? HALF + 10 - h : HALF + 12, h);
		}
	}
	buf_printf(b, "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", HALF + 11,
		   HALF + 11);
	draw_verdicts(b, &a, &p->r->verdicts);
	buf_str(b, "</svg><div class=axis><span>");
	html_clock(b, from);
	buf_str(b, "</span><span>");
	html_clock(b, to);
	buf_str(b, "</span></div></div>\n");
}

static void value(struct buf *b, const struct hist_kind *kind, uint64_t v)
{
	if (!strcmp(kind->unit, "us"))
		html_duration(b, v * 1000);
	else
		buf_bytes(b, v);
}

#define HIST_HEIGHT 56

/* A bar for each power of two, as hist_draw() has lines. */
static void draw_bars(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind)
{
	struct hist_rows rows;
	int first, last;
	double width;

	hist_rows(h, &rows);
	first = rows.first;
	last = rows.last;
	while (last - first < 7) { /* one bar as wide as the picture says less */
		first -= first > 0;
		last++;
	}
	width = 100.0 / (last - first + 1);
	buf_printf(b, "<svg height=\"%d\" role=\"img\" aria-label=\"histogram\">", HIST_HEIGHT);
	for (int i = rows.first; i <= rows.last; i++) {
		double height = (double)(HIST_HEIGHT - 2) * rows.n[i] / rows.most;

		if (!rows.n[i])
			continue;
		height = height < 1.5 ? 1.5 : height;
		buf_printf(b,
			   "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
			   "height=\"%.1f\"><title>",
			   kind->dir == WST_S2C ? "down" : "up", (i - first) * width + width * 0.06,
			   width * 0.88, HIST_HEIGHT - height, height);
		value(b, kind, hist_row_low(i));
		buf_str(b, " to ");
		value(b, kind, hist_row_low(i + 1));
		buf_printf(b, ": %llu</title></rect>", (unsigned long long)rows.n[i]);
	}
	buf_str(b, "</svg><div class=axis><span>");
	value(b, kind, hist_row_low(first));
	buf_str(b, "</span><span>");
	value(b, kind, hist_row_low(last + 1));
	buf_str(b, "</span></div>");
}

void page__histogram(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind)
{
	struct hist_summary s;

	hist_summarise(h, &s);
	if (!s.count)
		return;
	buf_str(b, "<div class=\"card hist\"><h3>");
	for (const char *p = kind->title; *p; p++) { /* the terminal's arrows */
		if (p[0] == '-' && p[1] == '>')
			buf_str(b, "→"), p++;
		else if (p[0] == '<' && p[1] == '-')
			buf_str(b, "←"), p++;
		else
			buf_char(b, p == kind->title && *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	}
	buf_str(b, "</h3><p>");
	html_count(b, s.count);
	buf_str(b, " · p50 ");
	value(b, kind, s.p50);
	buf_str(b, " · p99 ");
	value(b, kind, s.p99);
	buf_str(b, " · max ");
	value(b, kind, s.max);
	buf_str(b, "</p>");
	draw_bars(b, h, kind);
	buf_str(b, "</div>\n");
}

bool page__histograms(struct buf *b, const struct wst_hist *hists, const struct wst_hist *delay)
{
	static const struct hist_kind delays[WST_DIRS] = {
		{ "proxy_delay", "proxy's own delay ->", "us", WST_C2S },
		{ "proxy_delay", "proxy's own delay <-", "us", WST_S2C },
	};
	size_t before = b->len;

	for (int i = 0; hists && i < WST_HIST_KINDS; i++)
		page__histogram(b, &hists[i], &hist_kinds[i]);
	for (int dir = 0; delay && dir < WST_DIRS; dir++)
		page__histogram(b, &delay[dir], &delays[dir]);
	return b->len > before;
}
