/* SPDX-License-Identifier: GPL-2.0-only */
/* A queue of segments of one direction that came before others which belong in front of them. */
#ifndef CAPTURE_REORDER_H
#define CAPTURE_REORDER_H

#include <stddef.h>
#include <stdint.h>

struct piece {
	struct piece *next;
	uint64_t ts; /* when it came, ns */
	uint32_t seq; /* of the first byte */
	uint32_t have; /* bytes in data */
	uint32_t len; /* bytes that were sent */
	uint8_t data[];
};

/* All zero is an empty queue. */
struct reorder {
	struct piece *first, *last; /* by seq; sequence numbers wrap */
	size_t cost; /* memory that they take up, in bytes, about */
};

/*
 * Keeps a copy of a piece. Returns 1, or 0 where one piece in the queue holds all of it, or -1
 * when memory ran out.
 */
int reorder_keep(struct reorder *q, uint64_t ts, uint32_t seq, const uint8_t *p, uint32_t have,
		 uint32_t len);

/* Frees the first piece. There has to be one. */
void reorder_drop(struct reorder *q);

#endif
