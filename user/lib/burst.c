// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "lib/burst.h"

#define FEW 256

void burst_add_span(struct burst *b, uint64_t owner, uint64_t since, uint64_t ts)
{
	if (b->n == b->size) {
		size_t size = b->size ? 2 * b->size : 64;
		struct burst_event *all = realloc(b->all, size * sizeof(*all));

		if (!all)
			return;
		b->all = all;
		b->size = size;
	}
	b->all[b->n++] = (struct burst_event){ owner, ts, since };
}

void burst_add(struct burst *b, uint64_t owner, uint64_t ts)
{
	burst_add_span(b, owner, 0, ts);
}

static int compare(const void *pa, const void *pb)
{
	const struct burst_event *x = pa, *y = pb;

	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return (x->ts > y->ts) - (x->ts < y->ts);
}

void burst_sort(struct burst *b)
{
	if (b->n)
		qsort(b->all, b->n, sizeof(*b->all), compare);
}

/* Returns how many events sort before `at`. */
static size_t before(const struct burst *b, const struct burst_event *at)
{
	size_t low = 0, high = b->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&b->all[middle], at) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t burst_near(const struct burst *b, uint64_t owner, uint64_t ts, uint64_t apart)
{
	struct burst_event from = { owner, ts >= apart ? ts - apart + 1 : 0, 0 };
	struct burst_event to = { owner, ts + apart, 0 };

	return before(b, &to) - before(b, &from);
}

/* Returns the first event after which nothing ended for longer than gap, from i towards step. */
static size_t edge(const struct burst *b, size_t i, int step, uint64_t gap)
{
	for (;;) {
		size_t next = i + step;
		uint64_t x, y;

		if (next >= b->n || b->all[next].owner != b->all[i].owner) /* or -1 */
			return i;
		x = b->all[i].ts;
		y = b->all[next].ts;
		if ((x > y ? x - y : y - x) > gap)
			return i;
		i = next;
	}
}

uint32_t burst_beside(const struct burst *b, const struct burst_event *f, uint64_t gap)
{
	size_t i = before(b, f), begin, end;
	uint32_t n = 0;

	if (i >= b->n || compare(&b->all[i], f))
		return 0;
	begin = edge(b, i, -1, gap);
	end = edge(b, i, 1, gap);
	if (end - begin > FEW)
		return end - begin + 1;
	for (; begin <= end; begin++)
		n += b->all[begin].since <= f->ts && b->all[begin].ts >= f->since;
	return n;
}

void burst_free(struct burst *b)
{
	free(b->all);
	*b = (struct burst){};
}
