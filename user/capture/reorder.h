/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of early segments of one direction: they came before others that belong in front of them.
 */
#ifndef CAPTURE_REORDER_H
#define CAPTURE_REORDER_H

#include <stddef.h>
#include <stdint.h>

struct piece {
	struct piece *next;
	uint64_t ts; /* when it came, ns */
	uint64_t packet; /* of the segment */
	uint32_t seq; /* sequence number of the first byte */
	uint32_t have; /* bytes in data, which were captured */
	uint32_t len; /* bytes that were sent */
	uint8_t data[];
};

/* All zero is an empty queue. */
struct reorder {
	struct piece *first, *last; /* in the order of seq, which wraps */
	size_t cost; /* bytes of memory that the pieces use, about */
};

/*
 * Keeps a copy of n's data, which is at p, and of its numbers. Returns 1, 0 if one piece in the
 * queue holds all of it already, or -1 when memory ran out.
 */
int reorder_keep(struct reorder *q, const struct piece *n, const uint8_t *p);

/* Frees the first piece of a queue that is not empty. */
void reorder_drop(struct reorder *q);

#endif
