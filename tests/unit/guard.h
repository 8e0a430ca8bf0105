/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the parsers in bpf/ share: memory that ends in a fault, and random numbers. */
#ifndef GUARD_H
#define GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_MAX 4096 /* bytes that can stand before the guard page; no page is smaller */

/* Copies n bytes to where the byte behind them is unreadable: a parser that looks there crashes. */
static inline const unsigned char *guard_put(const void *from, size_t n)
{
	static unsigned char *end;

	if (!end) {
		size_t page = sysconf(_SC_PAGESIZE);

		end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
		if (end == MAP_FAILED || mprotect(end + page, page, PROT_NONE))
			abort();
		end += page;
	}
	if (n > GUARD_MAX)
		abort();
	return memcpy(end - n, from, n);
}

/* splitmix64: the same numbers everywhere, so that a failure's seed says all. */
static inline unsigned long long rnd(unsigned long long *seed)
{
	unsigned long long z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#endif
