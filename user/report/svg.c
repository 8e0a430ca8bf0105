// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws pictures. Horizontal places are percentages: they fit any width, and text keeps its size.
 */
#include <ctype.h>
#include <string.h>
#include "decode/ws.h"
#include "report/axis.h"
#include "report/page.h"

#define LANE_HEIGHT 52 /* pixels, as all heights are */
#define MIDDLE 26
#define SPANS 32
#define S 1000000000ULL

/* Returns a place, percent, a little away from the edges, where half a frame would be cut off. */
static double inset(double percent)
{
	return 0.8 + percent * 0.984;
}

static double place(const struct report_axis *a, uint64_t ts)
{
	return inset(axis__at(a, ts));
}

static double at_least(double v, double least)
{
	return v > least ? v : least;
}

static const char *frame_class(uint8_t opcode, uint8_t dir)
{
	if (opcode == WS_OP_CLOSE)
		return "cls";
	if (opcode & 8)
		return "ctl";
	return dir == WST_C2S ? "up" : "down";
}

/* Returns a frame's radius, 2.5 to 6 pixels: one pixel more for each factor of 32. */
static double radius(uint64_t len)
{
	double r = 2.5;

	for (; len >= 32 && r < 6; len /= 32)
		r += 1;
	return r;
}

static void draw_frame(struct buf *b, const struct report_axis *a, const struct report_frame *f)
{
	bool up = f->dir == WST_C2S;

	html(b, "<circle class=\"%s\" cx=\"%.2f%%\" cy=\"%d\" r=\"%.1f\">",
	     frame_class(f->opcode, f->dir), place(a, f->ts), up ? MIDDLE - 12 : MIDDLE + 12,
	     radius(f->len));
	html(b, "<title>%s %s %s %s</title></circle>", text_since(a->from, f->ts).s, up ? "→" : "←",
	     ws_op_name(f->opcode), text_size(f->len).s);
}

/* Returns the largest number in the bins. */
static uint32_t highest(const struct report_bins *bins)
{
	uint32_t most = 0;

	for (int i = 0; i < BINS; i++)
		for (int dir = 0; dir < WST_DIRS; dir++)
			most = bins->n[i][dir] > most ? bins->n[i][dir] : most;
	return most;
}

/* Draws dropped frames as bars, between the first and the last frames that are kept. */
static void draw_dropped(struct buf *b, const struct report_axis *a, const struct report_trail *t)
{
	uint64_t from = trail__at(t, TRAIL_FIRST - 1)->ts, to = trail__at(t, TRAIL_FIRST)->ts;
	uint32_t most = at_least(highest(t->bins), 1);

	for (int i = 0; i < BINS; i++) {
		uint64_t start = t->bins->start + i * t->bins->width, end = start + t->bins->width;
		double x, width;

		start = start < from ? from : start;
		end = end > to ? to : end;
		if (start >= end)
			continue;
		x = place(a, start);
		width = at_least(place(a, end) - x, 0.15);
		for (int dir = 0; dir < WST_DIRS; dir++) {
			double h = 3 + 17.0 * t->bins->n[i][dir] / most;

			if (t->bins->n[i][dir])
				html(b,
				     "<rect class=\"dense %s\" x=\"%.2f%%\" width=\"%.2f%%\" "
				     "y=\"%.1f\" height=\"%.1f\"/>",
				     dir == WST_C2S ? "up" : "down", x, width,
				     dir == WST_C2S ? MIDDLE - 3 - h : MIDDLE + 3.0, h);
		}
	}
}

/* Draws a stroke at ts, unless that is 0. */
static void draw_tick(struct buf *b, const struct report_axis *a, uint64_t ts, const char *class,
		      int y1, int y2)
{
	if (ts)
		html(b, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
		     class, place(a, ts), place(a, ts), y1, y2);
}

/* Appends a time, ns, in so few characters that it fits into a silence on a phone. */
static void add_short(struct buf *b, uint64_t ns)
{
	if (ns < S)
		html(b, "%.0f ms", ns / 1e6);
	else if (ns < 10 * S)
		html(b, "%.1f s", ns / 1e9);
	else if (ns < 120 * S)
		html(b, "%.0f s", ns / 1e9);
	else if (ns < 7200 * S)
		html(b, "%.0f min", ns / 60e9);
	else
		html(b, "%.0f h", ns / 3600e9);
}

static void draw_silence(struct buf *b, const struct report_axis *a, const struct span_of_time *s)
{
	html(b, "<rect class=\"gap\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"0\" height=\"%d\"/>",
	     place(a, s->from), place(a, s->to) - place(a, s->from) - 0.2, LANE_HEIGHT);
}

/* Draws the length of a silence in words. To be called last, so that it is on top of all else. */
static void draw_length(struct buf *b, const struct report_axis *a, const struct span_of_time *s)
{
	html(b, "<text x=\"%.2f%%\" y=\"%d\">", (place(a, s->from) + place(a, s->to)) / 2,
	     MIDDLE + 4);
	add_short(b, s->to - s->from);
	html(b, "</text>");
}

static void draw_lane(struct buf *b, const struct report_axis *a, const struct report_conn *c)
{
	const struct report_trail *t = c->detail ? &c->detail->trail : NULL;
	double from = place(a, c->opened), to = place(a, c->closed ? c->closed : a->to);

	html(b, "<svg height=\"%d\" role=\"img\" aria-label=\"frames of #%u over time\">",
	     LANE_HEIGHT, c->number);
	for (uint32_t i = 0; i < a->n; i++)
		draw_silence(b, a, &a->breaks[i]);
	html(b, "<rect class=\"life\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%d\" height=\"2\"/>", from,
	     to - from, MIDDLE - 1);
	draw_tick(b, a, c->request_ts, "hs", MIDDLE - 18, MIDDLE);
	draw_tick(b, a, c->response_ts, c->websocket ? "hs ok" : "hs bad", MIDDLE, MIDDLE + 18);
	if (t && trail__dropped(t) && t->bins)
		draw_dropped(b, a, t);
	for (uint32_t i = 0; t && i < t->n; i++)
		draw_frame(b, a, trail__at(t, i));
	draw_tick(b, a, c->closed, c->how == WST_FIN ? "fin" : "fin rst", MIDDLE - 8, MIDDLE + 8);
	for (uint32_t i = 0; i < a->n; i++)
		draw_length(b, a, &a->breaks[i]);
	html(b, "</svg>");
}

/* Finds the times in which nothing happened on any leg. Returns the number of spans. */
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

static void lane_head(struct buf *b, const struct report_conn *leg)
{
	bool any = leg->frames[0] || leg->frames[1];

	html(b, "<p><b>#%u</b> <span class=w>%s → %s</span> · ", leg->number,
	     report_client_addr(leg), report_server_addr(leg));
	if (!any)
		html(b, "no frames");
	for (int dir = 0; dir < WST_DIRS && any; dir++)
		html(b, "%s%'ju frame%s %s", dir ? ", ← " : "→ ", leg->frames[dir],
		     leg->frames[dir] == 1 ? "" : "s", text_size(leg->bytes[dir]).s);
	html(b, " · ");
	html_end(b, leg);
	if (leg->rtt_us)
		html(b, " · tcp rtt %s", text_duration(leg->rtt_us * 1000ULL).s);
	if (leg->retrans)
		html(b, " · %u segments sent again", leg->retrans);
	if (leg->lost)
		html(b, " · %ju events lost", leg->lost);
	html(b, "</p>");
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
	html(p->b, "<h4>Frames over time</h4>");
	for (unsigned int i = 0; i < c->n; i++) {
		html(p->b, "<div class=lane>");
		lane_head(p->b, c->legs[i]);
		draw_lane(p->b, &axis, c->legs[i]);
		html(p->b, "</div>");
	}
	html(p->b, "<div class=axis><span>%s</span><span>%s</span></div>", text_clock(from).s,
	     text_since(from, to).s);
}

#define HALF 38 /* height of each direction in the chart of the whole run */

/* Draws frames to the server as bars up, those to the client as bars down. */
static void draw_activity(struct buf *b, const struct report_axis *a,
			  const struct report_bins *bins, uint32_t most)
{
	for (int i = 0; i < BINS; i++) {
		uint64_t start = bins->start + i * bins->width, end = start + bins->width;

		if (start > a->to)
			break;
		for (int dir = 0; dir < WST_DIRS; dir++) {
			double h = at_least((double)HALF * bins->n[i][dir] / most, 1);
			double x = place(a, start);

			if (bins->n[i][dir])
				html(b,
				     "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" "
				     "height=\"%.1f\"/>",
				     dir == WST_C2S ? "up" : "down", x,
				     (place(a, end) - x) * 0.8 + 0.05,
				     dir == WST_C2S ? HALF + 10 - h : HALF + 12, h);
		}
	}
}

/* Draws a mark for each time that had verdicts. */
static void draw_verdicts(struct buf *b, const struct report_axis *a,
			  const struct report_bins *bins)
{
	for (int i = 0; bins->width && i < BINS; i++) {
		uint64_t start = bins->start + i * bins->width;
		uint32_t errors = bins->n[i][0], others = bins->n[i][1];

		if (errors + others)
			html(b,
			     "<rect class=\"%s\" x=\"%.2f%%\" y=\"0\" width=\"3\" height=\"7\">"
			     "<title>%u</title></rect>",
			     errors ? "error" : "warning", place(a, start), errors + others);
	}
}

void page__activity(struct page *p)
{
	const struct report_bins *bins = &p->r->activity;
	struct report_axis a = { .from = p->r->first_ts, .to = p->r->last_ts };
	uint32_t most = highest(bins);

	if (!most || a.to <= a.from)
		return;
	html(p->b,
	     "<h2 id=time>Over time</h2><p class=note>Frames per %s, at most %u: to the server "
	     "above the line, to the client below. Marks at the top are verdicts, red ones errors."
	     "</p><div class=card>"
	     "<svg height=\"%d\" role=\"img\" aria-label=\"frames over time\">",
	     text_duration(bins->width).s, most, 2 * HALF + 12);
	draw_activity(p->b, &a, bins, most);
	html(p->b, "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", HALF + 11,
	     HALF + 11);
	draw_verdicts(p->b, &a, &p->r->verdicts);
	html(p->b, "</svg><div class=axis><span>%s</span><span>%s</span></div></div>\n",
	     text_clock(a.from).s, text_clock(a.to).s);
}

/* Returns a value of a histogram in words. */
static struct text text_value(const struct hist_kind *kind, uint64_t v)
{
	return strcmp(kind->unit, "us") ? text_size(v) : text_duration(v * 1000);
}

#define HIST_HEIGHT 56
#define ROWS_DRAWN 8 /* at least, since one bar as wide as the picture would say little */

/* Draws a bar for each power of two, where hist_draw() has lines. */
static void draw_bars(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind)
{
	struct hist_rows rows;
	int first, last;
	double width;

	hist_rows(h, &rows);
	first = rows.first;
	last = rows.last;
	while (last - first + 1 < ROWS_DRAWN) {
		first -= first > 0;
		last++;
	}
	width = 100.0 / (last - first + 1);
	html(b, "<svg height=\"%d\" role=\"img\" aria-label=\"histogram\">", HIST_HEIGHT);
	for (int i = rows.first; i <= rows.last; i++) {
		double height = at_least((HIST_HEIGHT - 2.0) * rows.n[i] / rows.most, 1.5);

		if (!rows.n[i])
			continue;
		html(b,
		     "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\">"
		     "<title>%s to %s: %ju</title></rect>",
		     kind->dir == WST_S2C ? "down" : "up", (i - first) * width + width * 0.06,
		     width * 0.88, HIST_HEIGHT - height, height,
		     text_value(kind, hist_row_low(i)).s, text_value(kind, hist_row_low(i + 1)).s,
		     rows.n[i]);
	}
	html(b, "</svg><div class=axis><span>%s</span><span>%s</span></div>",
	     text_value(kind, hist_row_low(first)).s, text_value(kind, hist_row_low(last + 1)).s);
}

/*
 * Draws the histogram's title, with a capital, and with arrows for -> and <-. Titles are our own
 * text and need no escaping.
 */
static void draw_title(struct buf *b, const char *title)
{
	buf_char(b, toupper(*title++));
	while (*title) {
		bool up = !strncmp(title, "->", 2), down = !strncmp(title, "<-", 2);

		if (up || down)
			html(b, "%s", up ? "→" : "←");
		else
			buf_char(b, *title);
		title += up || down ? 2 : 1;
	}
}

static void draw_histogram(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind)
{
	struct hist_summary s;

	hist_summarise(h, &s);
	if (!s.count)
		return;
	html(b, "<div class=\"card hist\"><h3>");
	draw_title(b, kind->title);
	html(b, "</h3><p>%'ju · p50 %s · p99 %s · max %s</p>", s.count, text_value(kind, s.p50).s,
	     text_value(kind, s.p99).s, text_value(kind, s.max).s);
	draw_bars(b, h, kind);
	html(b, "</div>\n");
}

bool page__histograms(struct buf *b, const struct wst_hist *hists, const struct wst_hist *delay)
{
	static const struct hist_kind delays[WST_DIRS] = {
		{ "proxy_delay", "proxy's own delay ->", "us", WST_C2S },
		{ "proxy_delay", "proxy's own delay <-", "us", WST_S2C },
	};
	size_t before = b->len;

	for (int i = 0; hists && i < WST_HIST_KINDS; i++)
		draw_histogram(b, &hists[i], &hist_kinds[i]);
	for (int dir = 0; delay && dir < WST_DIRS; dir++)
		draw_histogram(b, &delay[dir], &delays[dir]);
	return b->len > before;
}
