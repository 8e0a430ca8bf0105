// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "report/axis.h"

/*
 * Least length of a gap that becomes a break, ns, and its least share of the time not yet in
 * breaks.
 */
#define WORTH_NS 100000000
#define WORTH_PERCENT 30

static uint64_t length(const struct span_of_time *s)
{
	return s->to - s->from;
}

static int by_time(const void *a, const void *b)
{
	const struct span_of_time *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

void axis__build(struct report_axis *a, uint64_t from, uint64_t to, const struct span_of_time *gaps,
		 uint32_t n)
{
	uint64_t rest = to - from;
	uint64_t used = 0; /* a bit for each gap that is a break already */

	*a = (struct report_axis){ .from = from, .to = to };
	while (a->n < AXIS_BREAKS) {
		const struct span_of_time *longest = NULL;

		for (uint32_t i = 0; i < n && i < 64; i++)
			if (!(used >> i & 1) && (!longest || length(&gaps[i]) > length(longest)))
				longest = &gaps[i];
		if (!longest || length(longest) < WORTH_NS ||
		    length(longest) < rest / 100 * WORTH_PERCENT)
			break;
		used |= 1ULL << (longest - gaps);
		rest -= length(longest);
		a->breaks[a->n++] = *longest;
	}
	qsort(a->breaks, a->n, sizeof(*a->breaks), by_time);
}

double axis__at(const struct report_axis *a, uint64_t ts)
{
	uint64_t rest = a->to - a->from, before = 0;
	double wide = AXIS_BREAK_WIDTH, at = 0;

	ts = ts < a->from ? a->from : ts > a->to ? a->to : ts;
	for (uint32_t i = 0; i < a->n; i++)
		rest -= length(&a->breaks[i]);
	if (!rest && a->n)
		wide = 100.0 / a->n;
	for (uint32_t i = 0; i < a->n && ts > a->breaks[i].from; i++) {
		uint64_t in = ts < a->breaks[i].to ? ts - a->breaks[i].from : length(&a->breaks[i]);

		at += wide * in / length(&a->breaks[i]);
		before += in;
	}
	if (rest)
		at += (100 - a->n * wide) * (ts - a->from - before) / rest;
	return at;
}

uint32_t spans__common(struct span_of_time *to, uint32_t max, const struct span_of_time *a,
		       uint32_t n_a, const struct span_of_time *b, uint32_t n_b)
{
	uint32_t n = 0;

	for (uint32_t i = 0, k = 0; i < n_a && k < n_b && n < max;) {
		uint64_t from = a[i].from > b[k].from ? a[i].from : b[k].from;
		uint64_t end = a[i].to < b[k].to ? a[i].to : b[k].to;

		if (from < end)
			to[n++] = (struct span_of_time){ from, end };
		if (a[i].to < b[k].to)
			i++;
		else
			k++;
	}
	return n;
}
