// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bpf/ws_frame.h"
#include "lib/container.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "top/one.h"
#include "top/screen.h"

#define FRAMES 200
#define TEXT_MAX 160 /* payload bytes shown of a frame */
#define HEAD_LINES 6 /* above what the tab shows */

enum tab { TAB_FRAMES, TAB_HANDSHAKE, TAB_HISTOGRAMS, TAB_COUNTERS, TAB_VERDICTS, TABS };

static const char *const tab_names[TABS] = { "1 Frames", "2 Handshake", "3 Histograms",
					     "4 Counters", "5 Verdicts" };

const char *const top_one_help[] = {
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

struct top_one {
	struct top_row *row;
	struct line lines[FRAMES];
	uint64_t n_lines; /* ever: the last FRAMES of them are there */
	uint64_t n_missed; /* while the screen stood still */
	struct wst_stats stats;
	struct wst_hists *hists; /* NULL: none came yet */
	enum tab tab;
	uint32_t first; /* line of the tab at the top */
	bool at_end; /* frames: the newest stays in sight */
};

struct top_one *top_one__new(struct top_row *r)
{
	struct top_one *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->row = r;
	o->at_end = true;
	return o;
}

void top_one__free(struct top_one *o)
{
	if (!o)
		return;
	for (int i = 0; i < FRAMES; i++)
		free(o->lines[i].text);
	free(o->hists);
	free(o);
}

struct top_row *top_one__row(const struct top_one *o)
{
	return o ? o->row : NULL;
}

static struct line *new_line(struct top_one *o, uint64_t ts)
{
	struct line *l = &o->lines[o->n_lines++ % FRAMES];

	free(l->text);
	*l = (struct line){ .ts = ts };
	return l;
}

/* Appends a frame's payload, close code or why neither can be shown. */
static void add_content(struct buf *b, const struct frame_event *f)
{
	if (f->opcode == WS_OP_CLOSE && f->code) {
		const char *name = ws_close_name(f->code);

		buf_printf(b, "%u %s ", f->code, name ? name : "");
		buf_escaped(b, f->reason.p, f->reason.n);
	} else if (f->compressed && !f->inflated.n) {
		if (f->inflate_error)
			buf_printf(b, "(%s)", inflate_error_text(f->inflate_error));
	} else if (f->has_payload && f->payload.n) {
		struct span p = f->compressed ? f->inflated : f->payload;

		buf_char(b, '"');
		buf_escaped(b, p.p, p.n < TEXT_MAX ? p.n : TEXT_MAX);
		buf_str(b, f->payload.n < f->len || f->inflate_error ? "\"..." : "\"");
	}
}

static void add_frame(struct top_one *o, const struct event *e)
{
	struct line *l = new_line(o, e->ts);
	struct buf b = {};

	l->f = e->frame;
	l->f.payload = l->f.reason = l->f.inflated = (struct span){};
	l->is_frame = true;
	add_content(&b, &e->frame);
	if (e->frame.rtt_us >= 0) {
		buf_str(&b, " rtt ");
		buf_duration(&b, e->frame.rtt_us * NS_PER_US);
	}
	buf_char(&b, 0);
	l->text = b.data;
}

static void add_note(struct top_one *o, const struct event *e)
{
	struct line *l = new_line(o, e->ts);
	struct buf b = {};

	if (e->type == EV_CLOSE) {
		buf_str(&b, "closed");
	} else {
		buf_printf(&b, "%s ", dir_arrow(e->resync->h.dir));
		resync_sentence(&b, e->resync);
	}
	buf_char(&b, 0);
	l->text = b.data;
}

static void take_stats(struct top_one *o, const struct event *e)
{
	o->stats = *e->stats;
	if (!e->conn->hists)
		return;
	if (!o->hists)
		o->hists = malloc(sizeof(*o->hists));
	if (o->hists)
		*o->hists = *e->conn->hists;
}

void top_one__event(struct top_one *o, const struct event *e, bool paused)
{
	if ((e->type == EV_CLOSE && e->stats->how != WST_UNSEEN) || e->type == EV_STATS)
		take_stats(o, e);
	if (e->type != EV_FRAME && e->type != EV_RESYNC && e->type != EV_CLOSE)
		return;
	if (paused)
		o->n_missed++;
	else if (e->type == EV_FRAME)
		add_frame(o, e);
	else
		add_note(o, e);
}

static void add_why(struct buf *b, const struct top_row *r, uint64_t now)
{
	uint64_t opened = r->who->opened, end = r->closed ? r->closed : now;
	uint64_t since = r->active ? r->active : opened;

	if (!r->closed) {
		buf_str(b, "open for ");
	} else if (r->end.how == WST_UNSEEN) {
		buf_str(b, "closed unseen, after no more than ");
	} else {
		ending_sentence(b, &r->end, (struct span){});
		if (r->ender) {
			buf_str(b, ", ");
			buf_escaped(b, r->ender, strlen(r->ender));
		}
		buf_str(b, " after ");
	}
	buf_duration(b, end > opened ? end - opened : 0);
	if (r->who->midstream)
		buf_str(b, " that wstrace has seen");
	buf_str(b, r->closed ? ", idle before it " : ", idle ");
	buf_duration(b, end > since ? end - since : 0);
	if (r->close_code && !r->closed)
		buf_printf(b, ", close code %u", r->close_code);
}

static void add_counts(struct buf *b, const struct wst_stats *stats)
{
	for (int dir = 0; dir < WST_DIRS; dir++) {
		if (dir)
			buf_str(b, "  ");
		counts_sentence(b, dir, &stats->counts[dir]);
	}
}

static void add_tcp(struct buf *b, const struct wst_stats *stats)
{
	buf_str(b, "TCP: rtt ");
	buf_duration(b, stats->rtt_us * NS_PER_US);
	buf_printf(b, "  resent %u  unsent %u B  unread %u B", stats->retrans, stats->unsent,
		   stats->unread);
	if (stats->lost)
		buf_printf(b, "  lost %llu events", (unsigned long long)stats->lost);
}

static void draw_tabs(const struct top_one *o, bool paused)
{
	int x = 1;

	screen_str(HEAD_LINES - 1, 0, screen_cols(), LOOK_HEAD, "");
	for (enum tab t = 0; t < TABS; t++) {
		enum look look = LOOK_HEAD;

		if (t == o->tab)
			look = LOOK_BOLD;
		else if (t == TAB_VERDICTS && o->row->rule)
			look = LOOK_BAD;
		screen_str(HEAD_LINES - 1, x, strlen(tab_names[t]), look, tab_names[t]);
		x += strlen(tab_names[t]) + 2;
	}
	if (paused)
		screen_str(HEAD_LINES - 1, x, 10, LOOK_WARN, "PAUSED (p)");
}

/* Draws a line of the head, and empties b for the next one. */
static void head_line(int y, enum look look, struct buf *b)
{
	screen_put(y, 1, screen_cols() - 1, look, b->data ? b->data : "", b->len);
	b->len = 0;
}

static void add_name(struct buf *b, const struct conn_id *who)
{
	bool server = who->role == WST_SERVER;

	buf_printf(b, "#%u  ", who->number);
	if (who->pid) {
		buf_escaped(b, who->comm, strnlen(who->comm, sizeof(who->comm)));
		buf_printf(b, "[%u]  ", who->pid);
	}
	buf_printf(b, "%s -> %s  (this end: %s)", server ? who->remote : who->local,
		   server ? who->local : who->remote, server ? "server" : "client");
}

static void draw_head(const struct top_one *o, uint64_t now, bool paused)
{
	const struct top_row *r = o->row;
	struct buf b = {};

	screen_str(0, 0, 1, LOOK_HEAD, "");
	add_name(&b, r->who);
	head_line(0, LOOK_HEAD, &b);
	if (r->rule)
		buf_printf(&b, "! %s  ", r->rule->id);
	else if (r->refused)
		buf_printf(&b, "! %u  ", r->refused);
	buf_str(&b, r->target ? r->target : "no request seen");
	head_line(1, top_row__marked(r) ? LOOK_BAD : LOOK_BOLD, &b);
	add_why(&b, r, now);
	head_line(2, r->closed ? LOOK_WARN : LOOK_PLAIN, &b);
	if (o->stats.h.ts)
		add_counts(&b, &o->stats);
	else
		buf_str(&b, "counters come with the next second");
	head_line(3, LOOK_PLAIN, &b);
	if (o->stats.h.ts)
		add_tcp(&b, &o->stats);
	head_line(4, LOOK_PLAIN, &b);
	draw_tabs(o, paused);
	buf_free(&b);
}

static void add_time(struct buf *b, uint64_t ts)
{
	time_t s = ts / NS_PER_SEC;
	char text[16];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&s, &tm));
	buf_printf(b, "%s.%06u ", text, (unsigned int)(ts / NS_PER_US % 1000000));
}

static void add_line(struct buf *b, const struct line *l)
{
	const struct frame_event *f = &l->f;
	struct buf size = {};

	add_time(b, l->ts);
	if (l->is_frame) {
		buf_bytes(&size, f->len);
		buf_printf(b, "%s %-6s %s %c%c%c %s %9.*s  ", dir_arrow(f->dir),
			   ws_op_name(f->opcode), f->fin ? "FIN" : "-  ", f->rsv & 4 ? '1' : '-',
			   f->rsv & 2 ? '2' : '-', f->rsv & 1 ? '3' : '-',
			   f->masked ? "mask" : "-   ", (int)size.len, size.data ? size.data : "");
		buf_free(&size);
	}
	buf_str(b, l->text ? l->text : "");
}

/* Has the first line such that what is drawn of n lines fills height, where there are as many. */
static void clamp(struct top_one *o, uint32_t n, uint32_t height)
{
	if (n <= height)
		o->first = 0;
	else if (o->first > n - height)
		o->first = n - height;
}

static enum look line_look(const struct line *l)
{
	if (!l->is_frame)
		return LOOK_WARN;
	if (l->f.opcode == WS_OP_CLOSE)
		return LOOK_BAD;
	return l->f.opcode & 8 ? LOOK_GOOD : LOOK_PLAIN;
}

static const char *no_frames(const struct top_row *r)
{
	if (r->closed)
		return "closed: no more frames come";
	return r->who->pid ? "frames are shown as they pass, from now on" : "";
}

static void draw_frames(struct top_one *o, int y, int height)
{
	uint32_t n = o->n_lines < FRAMES ? o->n_lines : FRAMES;
	struct buf b = {};

	if (o->at_end)
		o->first = n;
	clamp(o, n, height);
	o->at_end = o->first + height >= n;
	if (!n)
		screen_str(y, 1, screen_cols() - 1, LOOK_DIM, no_frames(o->row));
	for (int i = 0; i < height && o->first + i < n; i++) {
		const struct line *l = &o->lines[(o->n_lines - n + o->first + i) % FRAMES];

		b.len = 0;
		add_line(&b, l);
		screen_put(y + i, 1, screen_cols() - 1, line_look(l), b.data, b.len);
	}
	buf_free(&b);
}

/* Draws b's lines from `first` on, those that are too long in several. */
static void draw_text(struct top_one *o, const struct buf *b, int y, int height)
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
			if (pass && n >= o->first && n < o->first + height)
				screen_put(y + n - o->first, 1, width, LOOK_PLAIN, p, fits);
			p += fits;
			if (fits == len)
				p += stop ? 1 : 0;
		}
		if (!pass)
			clamp(o, n, height);
	}
}

static void add_handshake(struct buf *b, const struct top_one *o)
{
	const struct top_row *r = o->row;

	if (!r->request && !r->response)
		buf_str(b, r->who->midstream ?
				   "not seen: the connection was open before wstrace\n" :
				   "not seen (yet)\n");
	if (r->request)
		buf_str(b, r->request);
	if (r->request && r->response)
		buf_char(b, '\n');
	if (r->response)
		buf_str(b, r->response);
}

static void add_histograms(struct buf *b, const struct top_one *o)
{
	size_t before = b->len;

	for (int i = 0; o->hists && i < WST_HIST_KINDS; i++) {
		if (b->len > before)
			buf_char(b, '\n');
		before = b->len;
		hist_draw(b, &o->hists->hist[i], &hist_kinds[i], 0);
	}
	if (!b->len)
		buf_str(b, "nothing has been measured yet\n");
}

static void add_both(struct buf *b, const char *name, uint64_t c2s, uint64_t s2c)
{
	buf_printf(b, "%-16s %14llu %14llu\n", name, (unsigned long long)c2s,
		   (unsigned long long)s2c);
}

static void add_place(struct buf *b, const struct top_row *r)
{
	const char *cgroup = top_row__cgroup(r), *container = top_row__container(r);

	buf_printf(b, "%-16s %u\n%-16s ", "netns", r->who->netns, "cgroup");
	if (cgroup)
		buf_escaped(b, cgroup, strlen(cgroup));
	else
		buf_char(b, '-');
	buf_printf(b, "\n%-16s ", "container");
	if (container)
		buf_escaped(b, container, container_short(container));
	else
		buf_char(b, '-');
	buf_char(b, '\n');
}

static void add_counters(struct buf *b, const struct top_one *o)
{
	const struct wst_counts *c2s = &o->stats.counts[WST_C2S], *s2c = &o->stats.counts[WST_S2C];

	buf_printf(b, "%-16s %14s %14s\n", "", "-> to server", "<- to client");
	for (int op = 0; op < WST_OPS; op++)
		add_both(b, count_names[op], c2s->frames[op], s2c->frames[op]);
	add_both(b, "messages", c2s->messages, s2c->messages);
	add_both(b, "payload bytes", c2s->bytes, s2c->bytes);
	add_both(b, "TCP bytes", c2s->stream, s2c->stream);
	buf_printf(b, "%-16s", "last frame");
	for (int dir = 0; dir < WST_DIRS; dir++) {
		uint8_t b0 = o->stats.last_b0[dir];

		buf_printf(b, " %14s", b0 ? ws_op_name(b0 & WS_OPCODE) : "-");
	}
	buf_printf(b, "\n\n%-16s %llu bytes\n%-16s %llu\n", "passed unseen",
		   (unsigned long long)o->stats.gaps, "events lost",
		   (unsigned long long)o->stats.lost);
	add_place(b, o->row);
}

static void add_verdicts(struct buf *b, const struct top_one *o)
{
	const struct top_row *r = o->row;

	buf_str(b, r->verdicts ? r->verdicts : "none: nothing has been found wrong\n");
	if (r->rule)
		buf_printf(b, "\nwstrace --explain %s says more\n", r->rule->id);
}

/* Says how many lines were left out while the screen stood still. */
static void add_missed(struct top_one *o, uint64_t now)
{
	struct line *l = new_line(o, now);
	struct buf b = {};

	buf_printf(&b, "%llu lines while the screen stood still", (unsigned long long)o->n_missed);
	buf_char(&b, 0);
	l->text = b.data;
	o->n_missed = 0;
}

void top_one__draw(struct top_one *o, uint64_t now, bool paused)
{
	static void (*const adds[TABS])(struct buf *, const struct top_one *) = {
		[TAB_HANDSHAKE] = add_handshake,
		[TAB_HISTOGRAMS] = add_histograms,
		[TAB_COUNTERS] = add_counters,
		[TAB_VERDICTS] = add_verdicts,
	};
	int height = screen_rows() - HEAD_LINES - 1;
	struct buf b = {};

	if (!paused && o->n_missed)
		add_missed(o, now);
	draw_head(o, now, paused);
	if (height < 1)
		return;
	if (o->tab == TAB_FRAMES) {
		draw_frames(o, HEAD_LINES, height);
		return;
	}
	adds[o->tab](&b, o);
	draw_text(o, &b, HEAD_LINES, height);
	buf_free(&b);
}

static void choose(struct top_one *o, enum tab t)
{
	o->tab = t;
	o->first = 0;
	o->at_end = t == TAB_FRAMES;
}

void top_one__key(struct top_one *o, uint32_t key)
{
	uint32_t page = screen_rows() > HEAD_LINES + 2 ? screen_rows() - HEAD_LINES - 2 : 1;

	if (key >= '1' && key < '1' + TABS)
		choose(o, key - '1');
	else if (key == SK_TAB || key == SK_RIGHT)
		choose(o, (o->tab + 1) % TABS);
	else if (key == SK_LEFT)
		choose(o, (o->tab + TABS - 1) % TABS);
	else if (key == SK_UP || key == 'k')
		o->first -= o->first > 0;
	else if (key == SK_DOWN || key == 'j')
		o->first++;
	else if (key == SK_PAGE_UP)
		o->first = o->first > page ? o->first - page : 0;
	else if (key == SK_PAGE_DOWN || key == ' ')
		o->first += page;
	else if (key == SK_HOME)
		o->first = 0;
	else if (key == SK_END)
		o->first = UINT32_MAX / 2;
	if (key == SK_UP || key == 'k' || key == SK_PAGE_UP || key == SK_HOME)
		o->at_end = false;
}
