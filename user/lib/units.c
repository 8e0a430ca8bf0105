// SPDX-License-Identifier: GPL-2.0-only
#include "lib/units.h"

void buf_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = n;
	int i = -1;

	while (v >= 1023.95 && i < 5) {
		v /= 1024;
		i++;
	}
	if (i < 0)
		buf_printf(b, "%llu B", (unsigned long long)n);
	else
		buf_printf(b, "%.1f %s", v, units[i]);
}

void buf_duration(struct buf *b, uint64_t ns)
{
	if (ns < 1000000)
		buf_printf(b, "%.0f us", ns / 1e3);
	else if (ns < 1000000000)
		buf_printf(b, "%.1f ms", ns / 1e6);
	else if (ns < 120 * 1000000000ULL)
		buf_printf(b, "%.2f s", ns / 1e9);
	else if (ns < 7200 * 1000000000ULL)
		buf_printf(b, "%.1f min", ns / 60e9);
	else
		buf_printf(b, "%.1f h", ns / 3600e9);
}
