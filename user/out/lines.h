/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of text on their way to a descriptor, which may have no reader. */
#ifndef OUT_LINES_H
#define OUT_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/buf.h"
#include "run.h"

struct lines;

/*
 * Creates lines for fd, which stays the caller's; name: what messages call fd. live: events do not
 * wait, so that a terminal that cannot keep up gets fewer lines of frames, and after a second
 * without a reader a message says so. run->ending tells when waiting is to end. Returns NULL when
 * memory ran out.
 */
struct lines *lines__new(int fd, const char *name, bool live, const struct run_info *run);

/* Starts a line. Returns the buffer to append it to, which is l's. */
struct buf *lines__start(struct lines *l);

/* Ends the line. frame: it may be left out, and counted, where a terminal cannot keep up. */
void lines__end(struct lines *l, bool frame);

/*
 * Writes gathered lines. Returns 0, -EPIPE where the reader has gone, or another -errno where
 * nothing can be written any more.
 */
int lines__flush(struct lines *l);

/*
 * Writes the rest and frees l. Returns as lines__flush() does, after a message on stderr; -EPIPE
 * gets none. Accepts NULL.
 */
int lines__close(struct lines *l);

#endif
