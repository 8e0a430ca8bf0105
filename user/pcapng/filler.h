/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills in the rest of a head whose start alone was kept. */
#ifndef PCAPNG_FILLER_H
#define PCAPNG_FILLER_H

#include <stdint.h>
#include "lib/buf.h"

/*
 * Appends `rest` bytes to b, which holds the start of an HTTP head, so that the head ends with
 * them: a line that was cut is ended, headers "X-Wstrace-Cut: ..." fill the space. wanted: a header
 * line that is needed, left out where it has no room; NULL: none.
 */
void filler_add(struct buf *b, uint64_t rest, const char *wanted);

#endif
