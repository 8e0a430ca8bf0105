/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of names with values: the headers of a head, or the facts of a verdict. */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include "lib/buf.h"

#define PAIRS_BYTES_MAX 8192 /* most bytes that are kept */

/* All zero is an empty list. To be freed by buf_free(&bytes). */
struct report_pairs {
	struct buf bytes;
	uint32_t n, left_out; /* pairs */
};

/* Reads the pair at *at, which is 0 at first, and moves *at on. Returns false behind the last. */
bool pairs__next(const struct report_pairs *p, size_t *at, struct span *name, struct span *value);

/* Appends a copy of a pair. Beyond PAIRS_BYTES_MAX bytes, pairs are only counted, in left_out. */
void pairs__add(struct report_pairs *p, struct span name, struct span value);

#endif
