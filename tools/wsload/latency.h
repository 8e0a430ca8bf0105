/* SPDX-License-Identifier: GPL-2.0-only */
/* Latencies, counted in slots that are right to 3 %. */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

void latency_add(uint64_t ns);

/* The upper edge, in ns, of the slot that holds the @permille-th of the latencies. */
uint64_t latency_quantile(unsigned int permille);

uint64_t latency_max(void); /* ns */

#endif
