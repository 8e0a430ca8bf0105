/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes and times as people read them. */
#ifndef LIB_UNITS_H
#define LIB_UNITS_H

#include "lib/buf.h"

/* Appends a size in bytes: "17 B", "1.2 KiB", up to EiB. */
void buf_bytes(struct buf *b, uint64_t bytes);

/* Appends a time in nanoseconds: "340 us", "1.2 ms", "2.50 s", "3.0 min", "2.0 h". */
void buf_duration(struct buf *b, uint64_t ns);

#endif
