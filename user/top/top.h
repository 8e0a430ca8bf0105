/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the output "top", from the bottom to the top: rows.c keeps a row a connection,
 * columns.c says what is drawn of it, table.c draws the table, one.c a connection that was opened;
 * draw.c draws the screen around them, keys.c does what keys ask for, and top.c takes the events.
 * Only screen.c knows the terminal.
 */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include "out/output.h"
#include "top/one.h"
#include "top/table.h"

/* What is on the screen. */
enum top_mode { MODE_TABLE, MODE_ONE, MODE_HELP, MODE_SORT, MODE_FILTER };

/* Times are CLOCK_REALTIME, ns. */
struct top {
	const struct options *o;
	const struct run_info *run;
	struct top_rows rows;
	struct top_table table;
	struct top_one *one; /* NULL: none is open */

	struct run_totals totals;
	uint64_t totals_ts; /* 0: none came yet */
	double frames_rate, bytes_rate; /* a second, between the last two totals */
	uint64_t lost; /* events */

	enum top_mode mode, below_help; /* below_help: what help was called from */
	int choice; /* column, in the menu of MODE_SORT */
	bool paused;
	uint64_t paused_at;

	bool opened; /* the screen is */
	bool failed; /* it could not be */
	bool quit;
	bool key_pressed; /* since the screen was drawn */
	bool stale; /* something came since the rows were arranged */
	uint64_t drawn, arranged; /* when last; 0: at once */
};

/* Has the rows arranged before they are drawn next. */
static inline void top_renew(struct top *t)
{
	t->stale = true;
	t->arranged = 0;
}

/* Goes back from a connection to the table, if one is open. */
void top_leave_one(struct top *t);

/* Does what a key asks for. */
void top_key(struct top *t, uint32_t key, uint64_t now);

/* Draws the whole screen. now: what time it shows. */
void top_draw(struct top *t, uint64_t now);

#endif
