// SPDX-License-Identifier: GPL-2.0-only
/* --top: what is on the screen, and what keys do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/escape.h"
#include "top/top.h"

#define MS 1000000ULL
#define DRAW_DATA (250 * MS) /* at least so long between two drawings, for what has come */
#define DRAW_KEY (100 * MS) /* and for keys */
#define ARRANGE (500 * MS)
#define CLOSED_MOST 20000 /* closed rows that may wait while all stands still */
#define HEADER 3 /* lines above the titles */

enum mode { MODE_LIST, MODE_CONN, MODE_HELP, MODE_SORT, MODE_FILTER };

static const struct options *opts;
static const struct run_info *info;
static struct run_totals totals;
static double frames_rate, bytes_rate;
static uint64_t totals_ts, lost;

static bool opened, failed;
static enum mode mode, below_help;
static struct top_view view = { .column = 4 }; /* messages a second */
static struct top_row *selected;
static uint32_t line, first, page = 1; /* selected, at the top of the screen, rows on it */
static int left = TOP_FIXED; /* column */
static int must; /* column to be brought into sight; 0: none */
static int choice; /* in the menu of columns */
static bool pinned; /* the user went to a row: the selection stays with that connection */
static bool stale = true, paused, quit, key_pressed;
static uint64_t paused_at, drawn, arranged;

static bool top_wanted(const struct options *o)
{
	return o->top;
}

static int top_usable(const struct options *o)
{
	(void)o;
	if (!screen__unusable())
		return 0;
	fprintf(stderr, "wstrace: --top: %s\n", screen__unusable());
	return 2;
}

static int top_open(void **self, const struct options *o, const struct run_info *run)
{
	*self = NULL;
	opts = o;
	info = run;
	return 0;
}

static void forget_rows(void)
{
	view.n = 0;
	selected = NULL;
	top_conn__close();
	if (mode == MODE_CONN)
		mode = MODE_LIST;
}

static void top_event(void *self, const struct event *e)
{
	struct top_row *r;

	(void)self;
	if (e->type == EV_LEG || (paused && e->type == EV_STATS))
		return;
	if (e->type == EV_VERDICT) {
		top_rows__verdict(e);
		stale = true;
		return;
	}
	/* Frames cross for the connection that is open; control frames for all, and are counted. */
	r = e->type == EV_FRAME || e->type == EV_RESYNC ? e->conn->row : top_rows__event(e);
	if (r && r == top_conn__row())
		top_conn__event(e, paused);
	if (!r && e->type == EV_CLOSE) /* no memory: the row is gone, and may have been in use */
		forget_rows();
	stale |= e->type != EV_FRAME;
}

static void top_lost(void *self, uint64_t ts, uint64_t events)
{
	(void)self;
	(void)ts;
	lost += events;
}

static void top_totals(void *self, uint64_t ts, const struct run_totals *t)
{
	double seconds = ts > totals_ts ? (ts - totals_ts) / 1e9 : 1;

	(void)self;
	if (paused)
		return;
	if (totals_ts) {
		frames_rate = (t->frames - totals.frames) / seconds;
		bytes_rate = (t->bytes - totals.bytes) / seconds;
	}
	totals = *t;
	totals_ts = ts;
}

static void bar(int y, enum look look, struct buf *b)
{
	screen_put(y, 0, screen_cols(), look, b->data ? b->data : "", b->len);
	b->len = 0;
}

static void draw_header(uint64_t now)
{
	time_t s = now / 1000000000;
	struct buf b = {};
	char time[16];
	struct tm tm;

	strftime(time, sizeof(time), "%H:%M:%S", localtime_r(&s, &tm));
	buf_printf(&b, "wstrace %s%s  port %s  %s", time, paused ? "  PAUSED (p goes on)" : "",
		   opts->port_list, info->backend);
	bar(0, paused ? LOOK_WARN : LOOK_BOLD, &b);

	buf_printf(&b, "Connections %u, %u ended", top_rows__open(), top_rows__closed());
	if (totals.refused)
		buf_printf(&b, ", %llu not followed", (unsigned long long)totals.refused);
	buf_str(&b, "   Frames/s ");
	top_count(&b, frames_rate);
	buf_str(&b, "   Bytes/s ");
	top_bytes(&b, bytes_rate);
	buf_printf(&b, "   Lost events %llu", (unsigned long long)lost);
	bar(1, lost || totals.refused ? LOOK_WARN : LOOK_PLAIN, &b);

	buf_printf(&b, "%u of %u by %s%s", view.n ? line + 1 : 0, view.n,
		   top_columns[view.column].title, view.reverse ? ", reversed" : "");
	if (*view.filter) {
		buf_str(&b, "   Filter: ");
		buf_escaped(&b, view.filter, strlen(view.filter));
	}
	bar(2, *view.filter ? LOOK_WARN : LOOK_PLAIN, &b);
	buf_free(&b);
}

static void draw_footer(void)
{
	static const char *const texts[] = {
		[MODE_LIST] =
			"Enter Open  / Filter  <> F6 Sort  r Reverse  p Pause  ? Help  q Quit",
		[MODE_CONN] = "Esc Back  1-5 Tab Views  Arrows PgUp PgDn Scroll  p Pause  ? Help",
		[MODE_HELP] = "any key goes back",
		[MODE_SORT] = "Sort by: arrows and Enter, or the letter; Esc leaves it",
	};
	struct buf b = {};

	if (mode == MODE_FILTER) {
		buf_str(&b, "Filter (process, address, target, container, !): ");
		buf_escaped(&b, view.filter, strlen(view.filter));
		buf_str(&b, "_  Enter keeps, Esc clears");
	} else {
		buf_str(&b, texts[mode]);
	}
	bar(screen_rows() - 1, LOOK_HEAD, &b);
	buf_free(&b);
}

static int draw_keys(int y, const char *const *keys)
{
	while (*keys)
		screen_str(y++, 1, screen_cols() - 1, LOOK_PLAIN, *keys++);
	return y;
}

/* No more than 24 lines, with the footer. */
static void draw_help(void)
{
	static const char *const keys[] = {
		"Up Down PgUp PgDn Home End   move; Left Right: other columns",
		"Enter      open a connection; Esc or q goes back",
		"< >        sort by the column beside; F6: by one of a list; or by its letter",
		"r I        reverse the order   / F4  filter, ! is those with a mark; Esc clears",
		"p          pause: all stands still   Ctrl-L  draw anew",
		"? h F1     these lines              q F10 quit",
		"!          it has a verdict (Enter tells), or no WebSocket came about",
		NULL,
	};
	struct buf b = {};
	int y = 1;

	buf_printf(&b, " wstrace %s --top, every %llu s; \"recently\" is the last 5 to 10 s",
		   WSTRACE_VERSION, (unsigned long long)opts->interval);
	bar(0, LOOK_HEAD, &b);
	if (below_help == MODE_CONN) {
		draw_keys(y, top_conn_help);
		buf_free(&b);
		return;
	}
	y = draw_keys(y, keys);
	for (int i = 0; i < top_n_columns; i++) {
		buf_printf(&b, " %c %-8s", top_columns[i].letter, top_columns[i].title);
		screen_put(y, 0, 12, LOOK_BOLD, b.data, b.len);
		b.len = 0;
		screen_str(y++, 12, screen_cols() - 12, LOOK_PLAIN, top_columns[i].help);
	}
	buf_free(&b);
}

static void draw_menu(void)
{
	struct buf b = {};

	for (int i = 0; i < top_n_columns; i++) {
		buf_printf(&b, " %c  %-8s ", top_columns[i].letter, top_columns[i].title);
		screen_put(HEADER + 1 + i, 0, 14, i == choice ? LOOK_SELECTED : LOOK_BOLD, b.data,
			   b.len);
		b.len = 0;
	}
	buf_free(&b);
}

/* The selection after the rows have been arranged anew. */
static void find_selected(void)
{
	if (pinned && selected && selected->line < view.n)
		line = selected->line;
	if (line >= view.n)
		line = view.n ? view.n - 1 : 0;
	selected = view.n ? view.rows[line] : NULL;
}

static void arrange(uint64_t now)
{
	/* What was selected may be freed. */
	if (selected && selected != top_conn__row() && selected->closed) {
		pinned = false;
		selected = NULL;
	}
	top_rows__arrange(&view, now, !paused || top_rows__closed() > CLOSED_MOST, top_conn__row());
	find_selected();
	stale = false;
	arranged = now;
}

static void draw(uint64_t now)
{
	screen_begin();
	if (mode == MODE_HELP) {
		draw_help();
	} else if (mode == MODE_CONN) {
		top_conn__draw(now, paused);
	} else {
		if (line < first)
			first = line;
		if (line >= first + page)
			first = line - page + 1;
		if (view.n <= page)
			first = 0;
		draw_header(now);
		page = top_list__draw(&view, HEADER, screen_rows() - HEADER - 1, first, selected,
				      now, &left, must);
		page = page ? page : 1;
		must = 0;
		if (mode == MODE_SORT)
			draw_menu();
	}
	draw_footer();
	screen_end();
}

static void sort_by(int column)
{
	view.reverse = view.column == column && view.reverse;
	view.column = column;
	must = column;
	pinned = false;
	line = 0;
	stale = true;
	arranged = 0;
}

static bool sort_letter(uint32_t key)
{
	for (int i = 0; i < top_n_columns; i++)
		if ((uint32_t)top_columns[i].letter == key)
			return sort_by(i), true;
	return false;
}

static void move_to(int64_t to)
{
	int64_t last = view.n ? view.n - 1 : 0;

	line = to < 0 ? 0 : to > last ? last : to;
	selected = view.n ? view.rows[line] : NULL;
	pinned = line > 0;
}

static void leave_conn(void)
{
	top_conn__close();
	mode = MODE_LIST;
	stale = true;
	arranged = 0;
}

static void set_paused(uint64_t now)
{
	paused = !paused;
	paused_at = now;
	stale = true;
}

/* Keys that mean the same in the list and in a connection. Returns whether it was one. */
static bool common_key(uint32_t key, uint64_t now)
{
	if (key == '?' || key == 'h' || key == SK_F + 1) {
		below_help = mode;
		mode = MODE_HELP;
	} else if (key == 'p') {
		set_paused(now);
	} else if (key == 'L' - '@') {
		screen_repaint();
	} else if (key == SK_F + 10) {
		quit = true;
	} else {
		return false;
	}
	return true;
}

static bool move_key(uint32_t key)
{
	if (key == SK_UP || key == 'k')
		move_to((int64_t)line - 1);
	else if (key == SK_DOWN || key == 'j')
		move_to((int64_t)line + 1);
	else if (key == SK_PAGE_UP)
		move_to((int64_t)line - page);
	else if (key == SK_PAGE_DOWN || key == ' ')
		move_to((int64_t)line + page);
	else if (key == SK_HOME)
		move_to(0);
	else if (key == SK_END)
		move_to(INT64_MAX);
	else if (key == SK_LEFT)
		left -= left > TOP_FIXED;
	else if (key == SK_RIGHT)
		left += left < top_n_columns - 1;
	else
		return false;
	return true;
}

static void list_key(uint32_t key, uint64_t now)
{
	int n = top_n_columns;

	if (move_key(key) || common_key(key, now) || sort_letter(key))
		return;
	if (key == SK_ENTER && selected) {
		top_conn__open(selected);
		mode = MODE_CONN;
	} else if (key == '<' || key == ',') {
		sort_by((view.column + n - 1) % n);
	} else if (key == '>' || key == '.') {
		sort_by((view.column + 1) % n);
	} else if (key == SK_F + 6) {
		choice = view.column;
		mode = MODE_SORT;
	} else if (key == 'r' || key == 'R' || key == 'I') {
		view.reverse = !view.reverse;
		stale = true;
		arranged = 0;
	} else if (key == '/' || key == SK_F + 4) {
		mode = MODE_FILTER;
	} else if (key == SK_ESC && *view.filter) {
		*view.filter = 0;
		stale = true;
		arranged = 0;
	} else if (key == 'q') {
		quit = true;
	}
}

static void conn_key(uint32_t key, uint64_t now)
{
	if (key == SK_ESC || key == 'q' || key == SK_BACKSPACE)
		leave_conn();
	else if (!common_key(key, now))
		top_conn__key(key);
}

static void menu_key(uint32_t key)
{
	mode = MODE_LIST;
	if (key == SK_ENTER) {
		sort_by(choice);
	} else if (key == SK_UP || key == 'k') {
		choice -= choice > 0;
		mode = MODE_SORT;
	} else if (key == SK_DOWN || key == 'j') {
		choice += choice < top_n_columns - 1;
		mode = MODE_SORT;
	} else {
		sort_letter(key);
	}
}

static void filter_key(uint32_t key)
{
	size_t n = strlen(view.filter);
	char utf8[4];
	int len = 0;

	if (key == SK_ENTER || key == SK_ESC) {
		mode = MODE_LIST;
		if (key == SK_ESC)
			*view.filter = 0;
	} else if (key == SK_BACKSPACE) {
		while (n && (view.filter[n - 1] & 0xc0) == 0x80)
			n--;
		view.filter[n ? n - 1 : 0] = 0;
	} else if (key == 'U' - '@') {
		*view.filter = 0;
	} else if (key >= 0x20 && key < 0x80) {
		utf8[len++] = key;
	} else if (key >= 0xa0 && key < 0x800) {
		utf8[len++] = 0xc0 | key >> 6;
		utf8[len++] = 0x80 | (key & 0x3f);
	} else if (key >= 0x800 && key < 0x10000) {
		utf8[len++] = 0xe0 | key >> 12;
		utf8[len++] = 0x80 | (key >> 6 & 0x3f);
		utf8[len++] = 0x80 | (key & 0x3f);
	}
	if (len && n + len < sizeof(view.filter)) {
		memcpy(view.filter + n, utf8, len);
		view.filter[n + len] = 0;
	}
	pinned = false;
	line = 0;
	stale = true;
	arranged = 0;
}

static void on_key(uint32_t key, uint64_t now)
{
	key_pressed = true;
	if (key == SK_RESIZE)
		return;
	switch (mode) {
	case MODE_LIST:
		list_key(key, now);
		break;
	case MODE_CONN:
		conn_key(key, now);
		break;
	case MODE_HELP:
		mode = below_help;
		break;
	case MODE_SORT:
		menu_key(key);
		break;
	case MODE_FILTER:
		filter_key(key);
		break;
	}
}

static bool top_tick(void *self, uint64_t ts, uint64_t *focus)
{
	uint64_t shown;
	uint32_t key;
	bool due;

	(void)self;
	if (!opened && !screen_writable())
		return true;
	/* Not before the line on stderr that says that events flow. */
	if (!opened && screen__open(info->ending, info->ctx)) {
		failed = true;
		return false;
	}
	opened = true;
	while (!quit && (key = screen_key()) != SK_NONE)
		on_key(key, ts);
	*focus = top_conn__row() && !top_conn__row()->closed ? top_conn__row()->c->id : 0;
	if (quit || screen_gone())
		return false;
	if (ts < drawn || ts < arranged) /* the clock was set back */
		drawn = arranged = 0;
	shown = paused ? paused_at : ts;
	due = paused ? !arranged : ts - arranged >= (stale ? ARRANGE : 2 * ARRANGE);
	if (due || top_rows__closed() > CLOSED_MOST)
		arrange(shown);
	if (ts - drawn < (key_pressed ? DRAW_KEY : DRAW_DATA) || (paused && !key_pressed) ||
	    !screen_writable())
		return true;
	draw(shown);
	drawn = ts;
	key_pressed = false;
	return true;
}

static int top_close(void *self, uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	(void)self;
	(void)ts;
	(void)d;
	(void)t;
	screen__close();
	top_conn__close();
	top_rows__free();
	free(view.rows);
	view.rows = NULL;
	if (failed)
		fprintf(stderr, "wstrace: --top: cannot use this terminal: set TERM\n");
	return 0;
}

const struct output output_top = {
	.name = "top",
	.needs = NEEDS_HISTS | NEEDS_LIVE,
	.wanted = top_wanted,
	.usable = top_usable,
	.open = top_open,
	.event = top_event,
	.lost = top_lost,
	.totals = top_totals,
	.tick = top_tick,
	.close = top_close,
};
