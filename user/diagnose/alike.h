/* SPDX-License-Identifier: GPL-2.0-only */
/* Times after which a server's connections ended, the last ones, to find those that are alike. */
#ifndef DIAGNOSE_ALIKE_H
#define DIAGNOSE_ALIKE_H

#include <stdint.h>

#define ALIKE_MAX 16

/* Starts as zeros. */
struct alike {
	struct {
		uint64_t ns, ended; /* the time, and when that connection ended */
	} last[ALIKE_MAX];
	uint32_t n;
};

/* What is known of a time among the others. */
struct alike_count {
	uint32_t alike; /* connections with about the same one, with this one */
	uint32_t moments; /* at which those ended: what ends together is one */
	uint32_t all; /* connections that are remembered */
};

/* Remembers that a connection ended after ns. */
void alike__add(struct alike *a, uint64_t ns, uint64_t ended);

/* Compares one that was added with the others. way: by how much the path can make them differ. */
struct alike_count alike__count(const struct alike *a, uint64_t ns, uint64_t ended, uint64_t way);

#endif
