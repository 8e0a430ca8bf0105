/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What out_text.c, which writes one line an event, and text_conn.c share, and nobody else. The
 * latter writes those of a connection as a whole: opened, as it stands, and over.
 */
#ifndef OUT_TEXT_H
#define OUT_TEXT_H

#include "out/output.h"

#define TEXT_INDENT "                                         " /* of what follows a line */

extern const struct options *text_options; /* from the output's start on */

/*
 * Starts a line, with the columns that each event has; dir: two more. Returns line_start()'s
 * buffer; line_end() is the caller's.
 */
struct buf *text_line(const struct event *e, const char *dir);

/* "->" or "<-", for an enum wst_dir. */
const char *text_arrow(uint8_t dir);

/* EV_OPEN, EV_STATS, EV_CLOSE. */
void text_open(const struct event *e);
void text_stats(const struct event *e);
void text_close(const struct event *e);

#endif
