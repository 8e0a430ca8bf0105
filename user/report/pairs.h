/* SPDX-License-Identifier: GPL-2.0-only */
/* Names with values: the headers of a head, the facts of a verdict. */
#ifndef REPORT_PAIRS_H
#define REPORT_PAIRS_H

#include "lib/buf.h"

#define PAIRS_BYTES_MAX 8192 /* kept */

/* Names and values, one after the other. To be freed by buf_free(&bytes). */
struct report_pairs {
	struct buf bytes;
	uint32_t n, left_out; /* pairs */
};

/* Reads the pair at *at, which is 0 at first, and moves *at on. Returns false behind the last. */
bool pairs__next(const struct report_pairs *p, size_t *at, struct span *name, struct span *value);

/* Copies a pair; beyond PAIRS_BYTES_MAX bytes it is counted in left_out. */
void pairs__add(struct report_pairs *p, struct span name, struct span value);

#endif
