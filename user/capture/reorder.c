// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "capture/reorder.h"

/* Bytes that each piece costs beside its data; this limits the number of small pieces, too. */
#define PIECE_COST 512

static int before_or_at(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

int reorder_keep(struct reorder *q, const struct piece *n, const uint8_t *p)
{
	uint32_t seq = n->seq, have = n->have, len = n->len;
	struct piece **at = &q->first, *new;

	if (q->last && before_or_at(q->last->seq + q->last->len, seq))
		at = &q->last->next;
	for (; *at && before_or_at((*at)->seq, seq); at = &(*at)->next)
		if (before_or_at(seq + len, (*at)->seq + (*at)->len) && (*at)->have >= have)
			return 0;
	new = malloc(sizeof(*new) + have);
	if (!new)
		return -1;
	*new = *n;
	if (have)
		memcpy(new->data, p, have);
	new->next = *at;
	*at = new;
	if (!new->next)
		q->last = new;
	q->cost += PIECE_COST + have;
	return 1;
}

void reorder_drop(struct reorder *q)
{
	struct piece *p = q->first;

	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->cost -= PIECE_COST + p->have;
	free(p);
}
