// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "lib/checksum.h"

static uint64_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t csum_add(uint64_t sum, const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t a = 0, b = 0, c = 0, d = 0;
	uint16_t v;

	/* 32-bit words in 64-bit sums lose no carry below 2^34 bytes; four sums run in parallel. */
	for (; n >= 16; n -= 16, p += 16) {
		a += load32(p);
		b += load32(p + 4);
		c += load32(p + 8);
		d += load32(p + 12);
	}
	for (; n >= 4; n -= 4, p += 4)
		a += load32(p);
	for (; n >= 2; n -= 2, p += 2) {
		memcpy(&v, p, sizeof(v));
		b += v;
	}
	if (n) { /* an odd byte counts as if a zero followed */
		v = 0;
		memcpy(&v, p, 1);
		b += v;
	}
	return sum + a + b + c + d;
}

uint16_t csum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}
