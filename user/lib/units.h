/* SPDX-License-Identifier: GPL-2.0-only */
/* Units of time, and sizes and times in words. */
#ifndef LIB_UNITS_H
#define LIB_UNITS_H

#include "lib/buf.h"

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_SEC 1000000000ULL

/* Appends a size in bytes: "17 B", "1.2 KiB", up to EiB. */
void buf_bytes(struct buf *b, uint64_t bytes);

/* Appends a time in nanoseconds: "340 us", "1.2 ms", "2.50 s", "3.0 min", "2.0 h". */
void buf_duration(struct buf *b, uint64_t ns);

#endif
