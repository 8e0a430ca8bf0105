/* SPDX-License-Identifier: GPL-2.0-only */
/* What every part of the load generator calls: clocks, memory, giving up. */
#ifndef UTIL_H
#define UTIL_H

#include <stddef.h>
#include <stdint.h>

#define SEC_NS 1000000000ull

/* Says "wsload: cannot ..." and ends the process with status 1. */
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */
uint64_t cpu_us(void); /* of the whole process */

/* Never returns NULL: ends the process where memory has run out. */
void *xrealloc(void *p, size_t size);

#endif
