// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include "diagnose/alike.h"
#include "lib/units.h"

#define MOMENT (NS_PER_SEC / 10) /* what ends closer together has ended together */

void alike__add(struct alike *a, uint64_t ns, uint64_t ended)
{
	a->last[a->n % ALIKE_MAX].ns = ns;
	a->last[a->n++ % ALIKE_MAX].ended = ended;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int compare(const void *pa, const void *pb)
{
	uint64_t x = *(const uint64_t *)pa, y = *(const uint64_t *)pb;

	return (x > y) - (x < y);
}

struct alike_count alike__count(const struct alike *a, uint64_t ns, uint64_t ended, uint64_t way)
{
	struct alike_count c = { .all = a->n < ALIKE_MAX ? a->n : ALIKE_MAX };
	uint64_t when[ALIKE_MAX + 1];
	bool found = false;

	for (uint32_t i = 0; i < c.all; i++) {
		if (apart(a->last[i].ns, ns) * 50 > ns + 50 * way)
			continue;
		found |= apart(a->last[i].ended, ended) <= MOMENT;
		when[c.alike++] = a->last[i].ended;
	}
	if (!found) /* so many ended that this moment is forgotten */
		when[c.alike++] = ended;
	qsort(when, c.alike, sizeof(when[0]), compare);
	for (uint32_t i = 0; i < c.alike; i++)
		c.moments += !i || when[i] - when[i - 1] > MOMENT;
	return c;
}
