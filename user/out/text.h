/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the output "text": text.c writes one line an event, text_conn.c those of a
 * connection as a whole: opened, as it stands, and over.
 */
#ifndef OUT_TEXT_H
#define OUT_TEXT_H

#include "out/lines.h"
#include "out/output.h"
#include "out/summary.h"

#define TEXT_INDENT "                                         " /* of what follows a line */

struct text {
	const struct options *o;
	struct lines *lines;
	bool colour;
	struct summary *summary; /* of -H, for the end */
};

/*
 * Starts a line, with the columns that each event has; dir: two more. Returns the buffer of
 * lines__start(); lines__end() is the caller's.
 */
struct buf *text_line(struct text *t, const struct event *e, const char *dir);

/* EV_OPEN, EV_STATS, EV_CLOSE. */
void text_open(struct text *t, const struct event *e);
void text_stats(struct text *t, const struct event *e);
void text_close(struct text *t, const struct event *e);

#endif
