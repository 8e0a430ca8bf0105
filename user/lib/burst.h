/* SPDX-License-Identifier: GPL-2.0-only */
/* When things happened, and to whom: how many happened to the same one at about the same time. */
#ifndef LIB_BURST_H
#define LIB_BURST_H

#include <stddef.h>
#include <stdint.h>

struct happened {
	uint64_t who, ts;
};

/* Starts as zeros. */
struct moments {
	struct happened *all;
	size_t n, size;
};

/* One for which memory ran out is left out. */
void moments_add(struct moments *m, uint64_t who, uint64_t ts);

/* To be called after the last moments_add() and before the first moments_near(). */
void moments_sort(struct moments *m);

/* How many of who's lie less than apart from ts; times in one unit, any. */
uint32_t moments_near(const struct moments *m, uint64_t who, uint64_t ts, uint64_t apart);

void moments_free(struct moments *m);

#endif
