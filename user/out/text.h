/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the output "text". text.c writes a line for each event; text_conn.c writes the
 * lines about a whole connection: its opening, counters, close.
 */
#ifndef OUT_TEXT_H
#define OUT_TEXT_H

#include "out/hangups.h"
#include "out/lines.h"
#include "out/output.h"
#include "out/summary.h"

/* in front of lines that continue an event */
#define TEXT_INDENT "                                         "

struct text {
	const struct options *o;
	struct lines *lines;
	bool colour;
	struct summary *summary; /* for -H, at the end */
	struct hangups hangups;
	struct buf length; /* scratch */
	uint64_t minute; /* of the last line, since 1970; 0: none */
	int year, day; /* of the last line, or when the output began, as struct tm has them */
};

/*
 * Starts a line with the columns that each event has. dir: the text of the column DIR. Returns the
 * buffer of lines__start(); the caller calls lines__end().
 */
struct buf *text_line(struct text *t, const struct event *e, const char *dir);

void text_open(struct text *t, const struct event *e); /* writes an EV_OPEN */
void text_stats(struct text *t, const struct event *e); /* writes an EV_STATS */
void text_close(struct text *t, const struct event *e); /* writes an EV_CLOSE */

#endif
