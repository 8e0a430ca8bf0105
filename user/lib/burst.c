// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "lib/burst.h"

void moments_add(struct moments *m, uint64_t who, uint64_t ts)
{
	if (m->n == m->size) {
		size_t size = m->size ? 2 * m->size : 64;
		struct happened *all = realloc(m->all, size * sizeof(*all));

		if (!all)
			return;
		m->all = all;
		m->size = size;
	}
	m->all[m->n++] = (struct happened){ who, ts };
}

static int compare(const void *pa, const void *pb)
{
	const struct happened *a = pa, *b = pb;

	if (a->who != b->who)
		return a->who < b->who ? -1 : 1;
	return (a->ts > b->ts) - (a->ts < b->ts);
}

void moments_sort(struct moments *m)
{
	if (m->n)
		qsort(m->all, m->n, sizeof(*m->all), compare);
}

/* How many come before the moment at. */
static size_t before(const struct moments *m, const struct happened *at)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&m->all[middle], at) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t moments_near(const struct moments *m, uint64_t who, uint64_t ts, uint64_t apart)
{
	struct happened from = { who, ts >= apart ? ts - apart + 1 : 0 }, to = { who, ts + apart };

	return before(m, &to) - before(m, &from);
}

void moments_free(struct moments *m)
{
	free(m->all);
	*m = (struct moments){};
}
