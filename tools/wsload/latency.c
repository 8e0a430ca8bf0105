// SPDX-License-Identifier: GPL-2.0-only
#include "latency.h"

#define HIST_SUB 32 /* slots per power of two */
#define HIST_SLOTS (60 * HIST_SUB)

static uint64_t hist[HIST_SLOTS], hist_max;

static unsigned int hist_slot(uint64_t v)
{
	unsigned int shift = v < HIST_SUB ? 0 : 63 - __builtin_clzll(v) - 5;

	return shift * HIST_SUB + (v >> shift);
}

void latency_add(uint64_t ns)
{
	hist[hist_slot(ns)]++;
	hist_max = ns > hist_max ? ns : hist_max;
}

uint64_t latency_quantile(unsigned int permille)
{
	uint64_t total = 0, seen = 0, edge;
	unsigned int i;

	for (i = 0; i < HIST_SLOTS; i++)
		total += hist[i];
	for (i = 0; i < HIST_SLOTS && total; i++) {
		seen += hist[i];
		if (seen * 1000 < total * permille || !seen)
			continue;
		edge = i;
		if (i >= 2 * HIST_SUB)
			edge = (i % HIST_SUB + HIST_SUB + 1ull) << (i / HIST_SUB - 1);
		return edge < hist_max ? edge : hist_max;
	}
	return 0;
}

uint64_t latency_max(void)
{
	return hist_max;
}
