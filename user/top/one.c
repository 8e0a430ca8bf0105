// SPDX-License-Identifier: GPL-2.0-only
/* One connection that was opened: who and why, its last frames, handshake, histograms, counters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/container.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "top/top.h"
#include "decode/ws.h"

#define FRAMES 200
#define TEXT_MAX 160 /* payload bytes shown of a frame */
#define HEAD_LINES 6 /* above what the tab shows */

enum tab { TAB_FRAMES, TAB_HANDSHAKE, TAB_HISTOGRAMS, TAB_COUNTERS, TAB_VERDICTS, TABS };

static const char *const tab_names[TABS] = { "1 Frames", "2 Handshake", "3 Histograms",
					     "4 Counters", "5 Verdicts" };

const char *const top_conn_help[] = {
	"Esc q Backspace              back to the table",
	"1 to 5, Tab, Left Right      frames, handshake, histograms, counters, verdicts",
	"Up Down PgUp PgDn Home End   scroll; End stays with the newest frame",
	"p                            pause: all stands still",
	"Ctrl-L                       draw anew",
	"? h F1                       these lines",
	"F10                          quit",
	"",
	"A frame: the time; -> to the server or <- to the client; opcode; FIN;",
	"the reserved bits that are set (1: compressed); mask; length of its payload.",
	"Payload is shown with -s N or -s full. A compressed message may refer to what",
	"came before it: what came before this view was opened has not been kept.",
	NULL,
};

struct line {
	uint64_t ts;
	struct frame_event f;
	char *text; /* escaped payload, close reason, or what a line says that is no frame */
	bool is_frame;
};

static struct top_row *row;
static struct line lines[FRAMES];
static uint64_t n_lines; /* ever: the last FRAMES of them are there */
static uint64_t n_missed; /* while the screen stood still */
static struct wst_stats stats;
static struct wst_hists *hists; /* NULL: none came yet */
static enum tab tab;
static uint32_t first; /* line of the tab at the top */
static bool at_end; /* frames: the newest stays in sight */

void top_conn__open(struct top_row *r)
{
	top_conn__close();
	row = r;
	tab = TAB_FRAMES;
	first = 0;
	at_end = true;
}

void top_conn__close(void)
{
	for (int i = 0; i < FRAMES; i++)
		free(lines[i].text);
	memset(lines, 0, sizeof(lines));
	memset(&stats, 0, sizeof(stats));
	free(hists);
	hists = NULL;
	n_lines = n_missed = 0;
	row = NULL;
}

struct top_row *top_conn__row(void)
{
	return row;
}

static struct line *new_line(uint64_t ts)
{
	struct line *l = &lines[n_lines++ % FRAMES];

	free(l->text);
	*l = (struct line){ .ts = ts };
	return l;
}

static void add_frame(const struct event *e)
{
	const struct frame_event *f = &e->frame;
	struct line *l = new_line(e->ts);
	struct buf b = {};

	l->f = *f;
	l->f.payload = l->f.reason = l->f.inflated = (struct span){};
	l->is_frame = true;
	if (f->opcode == WS_OP_CLOSE && f->code) {
		const char *name = ws_close_name(f->code);

		buf_printf(&b, "%u %s ", f->code, name ? name : "");
		buf_escaped(&b, f->reason.p, f->reason.n);
	} else if (f->compressed && !f->inflated.n) {
		if (f->inflate_error)
			buf_printf(&b, "(%s)", inflate_error_text(f->inflate_error));
	} else if (f->has_payload && f->payload.n) {
		struct span p = f->compressed ? f->inflated : f->payload;

		buf_char(&b, '"');
		buf_escaped(&b, p.p, p.n < TEXT_MAX ? p.n : TEXT_MAX);
		buf_str(&b, f->payload.n < f->len || f->inflate_error ? "\"..." : "\"");
	}
	if (f->rtt_us >= 0) {
		buf_str(&b, " rtt ");
		buf_duration(&b, f->rtt_us * 1000);
	}
	buf_char(&b, 0);
	l->text = b.data;
}

static void add_note(const struct event *e)
{
	struct line *l = new_line(e->ts);
	struct buf b = {};

	if (e->type == EV_CLOSE)
		buf_str(&b, "closed");
	else
		buf_printf(&b, "%s decoding again after %llu bytes (%s)",
			   e->resync->h.dir == WST_C2S ? "->" : "<-",
			   (unsigned long long)e->resync->skipped, why_name(e->resync->why));
	buf_char(&b, 0);
	l->text = b.data;
}

static void take_stats(const struct event *e)
{
	stats = *e->stats;
	if (!e->conn->hists)
		return;
	if (!hists)
		hists = malloc(sizeof(*hists));
	if (hists)
		*hists = *e->conn->hists;
}

void top_conn__event(const struct event *e, bool paused)
{
	if ((e->type == EV_CLOSE && e->stats->how != WST_UNSEEN) || e->type == EV_STATS)
		take_stats(e);
	if (e->type != EV_FRAME && e->type != EV_RESYNC && e->type != EV_CLOSE)
		return;
	if (paused)
		n_missed++;
	else if (e->type == EV_FRAME)
		add_frame(e);
	else
		add_note(e);
}

static void add_why(struct buf *b, uint64_t now)
{
	const struct conn *c = row->c;
	uint64_t end = row->closed ? row->closed : now;
	uint64_t since = row->active ? row->active : c->opened;
	const char *how = end_name(row->how, END_TEXT);
	bool client = !!(row->flags & WST_FIRST_LOCAL) == (c->role == WST_CLIENT);

	if (row->closed && row->how == WST_UNSEEN) {
		buf_str(b, "closed unseen, after no more than ");
	} else if (row->closed) {
		buf_printf(b,
			   row->how == WST_TIMEOUT ? "given up: the %s did not answer (%s" :
						     "closed by the %s (%s",
			   client ? "client" : "server", how ? how : "?");
		if (c->close_code)
			buf_printf(b, ", %u", c->close_code);
		buf_str(b, ") after ");
	} else {
		buf_str(b, "open for ");
	}
	buf_duration(b, end > c->opened ? end - c->opened : 0);
	if (c->midstream)
		buf_str(b, " that wstrace has seen");
	buf_str(b, row->closed ? ", idle before it " : ", idle ");
	buf_duration(b, end > since ? end - since : 0);
	if (c->close_code && !row->closed)
		buf_printf(b, ", close code %u", c->close_code);
}

static void add_counts(struct buf *b)
{
	for (int dir = 0; dir < WST_DIRS; dir++) {
		const struct wst_counts *n = &stats.counts[dir];

		buf_printf(b, "%s %llu frames ", dir == WST_C2S ? "->" : "<-",
			   (unsigned long long)counts_frames(n));
		buf_bytes(b, n->bytes);
		buf_str(b, "  ");
	}
}

static void add_tcp(struct buf *b)
{
	buf_str(b, "TCP: rtt ");
	buf_duration(b, stats.rtt_us * 1000ULL);
	buf_printf(b, "  resent %u  unsent %u B  unread %u B", stats.retrans, stats.unsent,
		   stats.unread);
	if (stats.lost)
		buf_printf(b, "  lost %llu events", (unsigned long long)stats.lost);
}

static void draw_tabs(bool paused)
{
	int x = 1;

	screen_str(HEAD_LINES - 1, 0, screen_cols(), LOOK_HEAD, "");
	for (enum tab t = 0; t < TABS; t++) {
		enum look look = t == tab			? LOOK_BOLD :
				 t == TAB_VERDICTS && row->rule ? LOOK_BAD :
								  LOOK_HEAD;

		screen_str(HEAD_LINES - 1, x, strlen(tab_names[t]), look, tab_names[t]);
		x += strlen(tab_names[t]) + 2;
	}
	if (paused)
		screen_str(HEAD_LINES - 1, x, 10, LOOK_WARN, "PAUSED (p)");
}

static void draw_head(uint64_t now, bool paused)
{
	const struct conn *c = row->c;
	bool server = c->role == WST_SERVER;
	struct buf b = {};

	buf_printf(&b, " #%u  ", c->number);
	if (c->pid) {
		buf_escaped(&b, c->comm, strnlen(c->comm, sizeof(c->comm)));
		buf_printf(&b, "[%u]  ", c->pid);
	}
	buf_printf(&b, "%s -> %s  (this end: %s)", server ? c->remote : c->local,
		   server ? c->local : c->remote, server ? "server" : "client");
	screen_put(0, 0, screen_cols(), LOOK_HEAD, b.data, b.len);
	b.len = 0;
	if (row->rule)
		buf_printf(&b, "! %s  ", row->rule->id);
	else if (row->refused)
		buf_printf(&b, "! %u  ", row->refused);
	buf_str(&b, row->target ? row->target : "no request seen");
	screen_put(1, 1, screen_cols() - 1, top_row_marked(row) ? LOOK_BAD : LOOK_BOLD, b.data,
		   b.len);
	b.len = 0;
	add_why(&b, now);
	screen_put(2, 1, screen_cols() - 1, row->closed ? LOOK_WARN : LOOK_PLAIN, b.data, b.len);
	b.len = 0;
	if (stats.h.ts)
		add_counts(&b);
	else
		buf_str(&b, "counters come with the next second");
	screen_put(3, 1, screen_cols() - 1, LOOK_PLAIN, b.data, b.len);
	b.len = 0;
	if (stats.h.ts)
		add_tcp(&b);
	screen_put(4, 1, screen_cols() - 1, LOOK_PLAIN, b.data ? b.data : "", b.len);
	draw_tabs(paused);
	buf_free(&b);
}

static void add_line(struct buf *b, const struct line *l)
{
	const struct frame_event *f = &l->f;
	time_t s = l->ts / 1000000000;
	char time[16], size[16];
	struct buf n = {};
	struct tm tm;

	strftime(time, sizeof(time), "%H:%M:%S", localtime_r(&s, &tm));
	buf_printf(b, "%s.%06u ", time, (unsigned int)(l->ts / 1000 % 1000000));
	if (!l->is_frame) {
		buf_str(b, l->text ? l->text : "");
		return;
	}
	buf_bytes(&n, f->len);
	snprintf(size, sizeof(size), "%.*s", (int)n.len, n.data ? n.data : "");
	buf_free(&n);
	buf_printf(b, "%s %-6s %s %c%c%c %s %9s  ", f->dir == WST_C2S ? "->" : "<-",
		   ws_op_name(f->opcode), f->fin ? "FIN" : "-  ", f->rsv & 4 ? '1' : '-',
		   f->rsv & 2 ? '2' : '-', f->rsv & 1 ? '3' : '-', f->masked ? "mask" : "-   ",
		   size);
	buf_str(b, l->text ? l->text : "");
}

/* The first line to be drawn of n where height have room. */
static uint32_t clamp(uint32_t n, uint32_t height)
{
	if (n <= height)
		first = 0;
	else if (first > n - height)
		first = n - height;
	return first;
}

static void draw_frames(int y, int height)
{
	uint32_t n = n_lines < FRAMES ? n_lines : FRAMES;
	struct buf b = {};

	if (at_end)
		first = n;
	clamp(n, height);
	at_end = first + height >= n;
	if (!n)
		screen_str(y, 1, screen_cols() - 1, LOOK_DIM,
			   row->closed ? "closed: no more frames come" :
			   row->c->pid ? "frames are shown as they pass, from now on" :
					 "");
	for (int i = 0; i < height && first + i < n; i++) {
		const struct line *l = &lines[(n_lines - n + first + i) % FRAMES];
		enum look look = !l->is_frame		    ? LOOK_WARN :
				 l->f.opcode == WS_OP_CLOSE ? LOOK_BAD :
				 l->f.opcode & 8	    ? LOOK_GOOD :
							      LOOK_PLAIN;

		b.len = 0;
		add_line(&b, l);
		screen_put(y + i, 1, screen_cols() - 1, look, b.data, b.len);
	}
	buf_free(&b);
}

/* Draws b's lines from `first` on, those that are too long in several. */
static void draw_text(const struct buf *b, int y, int height)
{
	int width = screen_cols() - 1, used;
	uint32_t n = 0;

	for (int pass = 0; pass < 2; pass++) { /* the first one counts */
		const char *p = b->data, *end = p + b->len;

		for (n = 0; p < end; n++) {
			const char *stop = memchr(p, '\n', end - p);
			size_t len = (stop ? stop : end) - p;
			size_t fits = screen_fit(p, len, width, &used);

			if (!fits && len)
				fits = len; /* a wide character on a narrow screen */
			if (pass && n >= first && n < first + height)
				screen_put(y + n - first, 1, width, LOOK_PLAIN, p, fits);
			p += fits;
			if (fits == len)
				p += stop ? 1 : 0;
		}
		if (!pass)
			clamp(n, height);
	}
}

static void add_handshake(struct buf *b)
{
	if (!row->request && !row->response)
		buf_str(b, row->c->midstream ?
				   "not seen: the connection was open before wstrace\n" :
				   "not seen (yet)\n");
	if (row->request)
		buf_str(b, row->request);
	if (row->request && row->response)
		buf_char(b, '\n');
	if (row->response)
		buf_str(b, row->response);
}

static void add_histograms(struct buf *b)
{
	size_t before = b->len;

	for (int i = 0; hists && i < WST_HIST_KINDS; i++) {
		if (b->len > before)
			buf_char(b, '\n');
		before = b->len;
		hist_draw(b, &hists->hist[i], &hist_kinds[i], 0);
	}
	if (!b->len)
		buf_str(b, "nothing has been measured yet\n");
}

static void add_counters(struct buf *b)
{
	const struct conn *c = row->c;
	const struct wst_counts *n = stats.counts;

	buf_printf(b, "%-16s %14s %14s\n", "", "-> to server", "<- to client");
	for (int i = 0; i < WST_OPS; i++)
		buf_printf(b, "%-16s %14llu %14llu\n", count_names[i],
			   (unsigned long long)n[WST_C2S].frames[i],
			   (unsigned long long)n[WST_S2C].frames[i]);
	buf_printf(b, "%-16s %14llu %14llu\n", "messages", (unsigned long long)n[WST_C2S].messages,
		   (unsigned long long)n[WST_S2C].messages);
	buf_printf(b, "%-16s %14llu %14llu\n", "payload bytes",
		   (unsigned long long)n[WST_C2S].bytes, (unsigned long long)n[WST_S2C].bytes);
	buf_printf(b, "%-16s %14llu %14llu\n", "TCP bytes", (unsigned long long)n[WST_C2S].stream,
		   (unsigned long long)n[WST_S2C].stream);
	buf_printf(b, "%-16s", "last frame");
	for (int dir = 0; dir < WST_DIRS; dir++)
		buf_printf(b, " %14s",
			   stats.last_b0[dir] ? ws_op_name(stats.last_b0[dir] & 15) : "-");
	buf_printf(b, "\n\n%-16s %llu bytes\n%-16s %llu\n", "passed unseen",
		   (unsigned long long)stats.gaps, "events lost", (unsigned long long)stats.lost);
	buf_printf(b, "%-16s %u\n%-16s ", "netns", c->netns, "cgroup");
	if (c->cgroup)
		buf_escaped(b, c->cgroup, strlen(c->cgroup));
	else
		buf_char(b, '-');
	buf_printf(b, "\n%-16s ", "container");
	if (c->container)
		buf_escaped(b, c->container, container_short(c->container));
	else
		buf_char(b, '-');
	buf_char(b, '\n');
}

static void add_verdicts(struct buf *b)
{
	buf_str(b, row->verdicts ? row->verdicts : "none: nothing has been found wrong\n");
	if (row->rule)
		buf_printf(b, "\nwstrace --explain %s says more\n", row->rule->id);
}

void top_conn__draw(uint64_t now, bool paused)
{
	static void (*const adds[TABS])(struct buf *) = { [TAB_HANDSHAKE] = add_handshake,
							  [TAB_HISTOGRAMS] = add_histograms,
							  [TAB_COUNTERS] = add_counters,
							  [TAB_VERDICTS] = add_verdicts };
	int height = screen_rows() - HEAD_LINES - 1;
	struct buf b = {};

	if (!paused && n_missed) {
		struct line *l = new_line(now);

		buf_printf(&b, "%llu lines while the screen stood still",
			   (unsigned long long)n_missed);
		buf_char(&b, 0);
		l->text = b.data;
		b = (struct buf){};
		n_missed = 0;
	}
	draw_head(now, paused);
	if (height < 1)
		return;
	if (tab == TAB_FRAMES) {
		draw_frames(HEAD_LINES, height);
		return;
	}
	adds[tab](&b);
	draw_text(&b, HEAD_LINES, height);
	buf_free(&b);
}

static void choose(enum tab t)
{
	tab = t;
	first = 0;
	at_end = t == TAB_FRAMES;
}

void top_conn__key(uint32_t key)
{
	int page = screen_rows() - HEAD_LINES - 2;

	page = page > 0 ? page : 1;
	if (key >= '1' && key < '1' + TABS)
		choose(key - '1');
	else if (key == SK_TAB || key == SK_RIGHT)
		choose((tab + 1) % TABS);
	else if (key == SK_LEFT)
		choose((tab + TABS - 1) % TABS);
	else if (key == SK_UP || key == 'k')
		first -= first > 0;
	else if (key == SK_DOWN || key == 'j')
		first++;
	else if (key == SK_PAGE_UP)
		first = first > (uint32_t)page ? first - page : 0;
	else if (key == SK_PAGE_DOWN || key == ' ')
		first += page;
	else if (key == SK_HOME)
		first = 0;
	else if (key == SK_END)
		first = UINT32_MAX / 2;
	if (key == SK_UP || key == 'k' || key == SK_PAGE_UP || key == SK_HOME)
		at_end = false;
}
