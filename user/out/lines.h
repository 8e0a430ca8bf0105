/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of text on their way to a descriptor that somebody reads, or does not. */
#ifndef OUT_LINES_H
#define OUT_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/buf.h"
#include "run.h"

struct lines;

/*
 * Lines for fd, which stays the caller's; name is what messages call it. live: events do not wait,
 * so a terminal that cannot keep up has frames' lines left out, and after a second a message says
 * that nobody reads. run stays, and says when waiting is to end. Returns NULL when memory ran out.
 */
struct lines *lines__new(int fd, const char *name, bool live, const struct run_info *run);

/* The text to be written, at the start of a line. */
struct buf *lines__start(struct lines *l);

/* The line is complete. frame: it may be left out where a terminal cannot keep up; that is counted.
 */
void lines__end(struct lines *l, bool frame);

/*
 * Writes out what has gathered. Returns 0; -EPIPE where the reader has gone; another -errno where
 * the descriptor takes no more.
 */
int lines__flush(struct lines *l);

/*
 * Writes out the rest, says on stderr what went wrong, a reader that has gone excepted, and frees
 * l. Returns as lines__flush() does. Accepts NULL.
 */
int lines__close(struct lines *l);

#endif
