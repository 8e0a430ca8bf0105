/* SPDX-License-Identifier: GPL-2.0-only */
/* A sorted list of (owner, time), to count how many events of one owner fall into a window. */
#ifndef LIB_BURST_H
#define LIB_BURST_H

#include <stddef.h>
#include <stdint.h>

struct burst_event {
	uint64_t owner, ts; /* any numbers; ts and burst_near()'s `apart` have the same unit */
	uint64_t since; /* when what ended at ts began */
};

/* Starts as zeros. */
struct burst {
	struct burst_event *all;
	size_t n, size;
};

/* Appends an event. When memory ran out, the event is left out. */
void burst_add(struct burst *b, uint64_t owner, uint64_t ts);

/* Appends the end, at ts, of what had begun at since. */
void burst_add_span(struct burst *b, uint64_t owner, uint64_t since, uint64_t ts);

/* Sorts the list: to be called after the last burst_add() and before the first burst_near(). */
void burst_sort(struct burst *b);

/* Returns how many of owner's events lie less than `apart` before or after ts. */
uint32_t burst_near(const struct burst *b, uint64_t owner, uint64_t ts, uint64_t apart);

/*
 * Returns how many spans ended at one moment with f, which is one of them: none of them later than
 * gap after another one. Those that were not there together do not count; of very many all do.
 */
uint32_t burst_beside(const struct burst *b, const struct burst_event *f, uint64_t gap);

/* Frees the events; b is an empty list after that. */
void burst_free(struct burst *b);

#endif
