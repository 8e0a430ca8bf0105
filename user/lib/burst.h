/* SPDX-License-Identifier: GPL-2.0-only */
/* A sorted list of (owner, time), to count how many events of one owner fall into a window. */
#ifndef LIB_BURST_H
#define LIB_BURST_H

#include <stddef.h>
#include <stdint.h>

struct burst_event {
	uint64_t owner, ts; /* any numbers; ts and burst_near()'s `apart` have the same unit */
};

/* Starts as zeros. */
struct burst {
	struct burst_event *all;
	size_t n, size;
};

/* Appends an event. When memory ran out, the event is left out. */
void burst_add(struct burst *b, uint64_t owner, uint64_t ts);

/* Sorts the list: to be called after the last burst_add() and before the first burst_near(). */
void burst_sort(struct burst *b);

/* Returns how many of owner's events lie less than `apart` before or after ts. */
uint32_t burst_near(const struct burst *b, uint64_t owner, uint64_t ts, uint64_t apart);

/* Frees the events; b is an empty list after that. */
void burst_free(struct burst *b);

#endif
