// SPDX-License-Identifier: GPL-2.0-only
/* The screen, around the table or the connection that is open: header, footer, help, menu. */
#include <string.h>
#include <time.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "top/screen.h"
#include "top/top.h"

#define HEADER 3 /* lines above the titles */

/* Draws a line, and empties b for the next one. */
static void bar(int y, enum look look, struct buf *b)
{
	screen_put(y, 0, screen_cols(), look, b->data ? b->data : "", b->len);
	b->len = 0;
}

static void draw_header(const struct top *t, uint64_t now)
{
	const struct top_table *table = &t->table;
	time_t s = now / NS_PER_SEC;
	struct buf b = {};
	char time[16];
	struct tm tm;

	strftime(time, sizeof(time), "%H:%M:%S", localtime_r(&s, &tm));
	buf_printf(&b, "wstrace %s%s  port %s  %s", time, t->paused ? "  PAUSED (p goes on)" : "",
		   t->o->port_list, t->run->backend);
	bar(0, t->paused ? LOOK_WARN : LOOK_BOLD, &b);

	buf_printf(&b, "Connections %u, %u ended", top_rows__open(&t->rows), t->rows.n_closed);
	if (t->totals.refused)
		buf_printf(&b, ", %llu not followed", (unsigned long long)t->totals.refused);
	buf_str(&b, "   Frames/s ");
	top_count(&b, t->frames_rate);
	buf_str(&b, "   Bytes/s ");
	top_bytes(&b, t->bytes_rate);
	buf_printf(&b, "   Lost events %llu", (unsigned long long)t->lost);
	bar(1, t->lost || t->totals.refused ? LOOK_WARN : LOOK_PLAIN, &b);

	buf_printf(&b, "%u of %u by %s%s", table->n ? table->line + 1 : 0, table->n,
		   top_columns[table->column].title, table->reverse ? ", reversed" : "");
	if (*table->filter) {
		buf_str(&b, "   Filter: ");
		buf_escaped(&b, table->filter, strlen(table->filter));
	}
	bar(2, *table->filter ? LOOK_WARN : LOOK_PLAIN, &b);
	buf_free(&b);
}

static void draw_footer(const struct top *t)
{
	static const char *const texts[] = {
		[MODE_TABLE] =
			"Enter Open  / Filter  <> F6 Sort  r Reverse  p Pause  ? Help  q Quit",
		[MODE_ONE] = "Esc Back  1-5 Tab Views  Arrows PgUp PgDn Scroll  p Pause  ? Help",
		[MODE_HELP] = "any key goes back",
		[MODE_SORT] = "Sort by: arrows and Enter, or the letter; Esc leaves it",
	};
	struct buf b = {};

	if (t->mode == MODE_FILTER) {
		buf_str(&b, "Filter (process, address, target, container, !): ");
		buf_escaped(&b, t->table.filter, strlen(t->table.filter));
		buf_str(&b, "_  Enter keeps, Esc clears");
	} else {
		buf_str(&b, texts[t->mode]);
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

static void draw_columns_help(int y)
{
	struct buf b = {};

	for (int i = 0; i < top_n_columns; i++) {
		buf_printf(&b, " %c %-8s", top_columns[i].letter, top_columns[i].title);
		screen_put(y, 0, 12, LOOK_BOLD, b.data, b.len);
		b.len = 0;
		screen_str(y++, 12, screen_cols() - 12, LOOK_PLAIN, top_columns[i].help);
	}
	buf_free(&b);
}

/* No more than 24 lines, with the footer. */
static void draw_help(const struct top *t)
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

	buf_printf(&b, " wstrace %s --top, every %llu s; \"recently\" is the last 5 to 10 s",
		   WSTRACE_VERSION, (unsigned long long)t->o->interval);
	bar(0, LOOK_HEAD, &b);
	buf_free(&b);
	if (t->below_help == MODE_ONE)
		draw_keys(1, top_one_help);
	else
		draw_columns_help(draw_keys(1, keys));
}

static void draw_menu(const struct top *t)
{
	struct buf b = {};

	for (int i = 0; i < top_n_columns; i++) {
		enum look look = i == t->choice ? LOOK_SELECTED : LOOK_BOLD;

		buf_printf(&b, " %c  %-8s ", top_columns[i].letter, top_columns[i].title);
		screen_put(HEADER + 1 + i, 0, 14, look, b.data, b.len);
		b.len = 0;
	}
	buf_free(&b);
}

void top_draw(struct top *t, uint64_t now)
{
	screen_begin();
	if (t->mode == MODE_HELP) {
		draw_help(t);
	} else if (t->mode == MODE_ONE) {
		top_one__draw(t->one, now, t->paused);
	} else {
		draw_header(t, now);
		top_table__draw(&t->table, HEADER, screen_rows() - HEADER - 1, now);
		if (t->mode == MODE_SORT)
			draw_menu(t);
	}
	draw_footer(t);
	screen_end();
}
