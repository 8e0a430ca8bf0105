// SPDX-License-Identifier: GPL-2.0-only
/* user/capture/pcapng_read.h: any file at all. What it hands out lies in memory, and ASan knows
 * where. */
#include <stdlib.h>
#include <string.h>

#include "capture/pcapng_read.h"

#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	FILE *f = n ? fmemopen((void *)p, n, "r") : NULL;
	struct pcapng_reader *r;
	struct pcapng_got k;
	const char *why;
	int got;

	if (!f)
		return 0;
	r = pcapng_reader__new(f);
	while ((got = pcapng_reader__next(r, &k, &why)) > 0) {
		uint8_t *copy = malloc(k.caplen + 1);

		memcpy(copy, k.data, k.caplen);
		free(copy);
		CHECK(!why && k.source && k.caplen <= PCAPNG_BLOCK_MAX);
		CHECK(!k.source->description || strlen(k.source->description) <= 65535);
	}
	CHECK((got < 0) == !!why);
	pcapng_reader__free(r);
	fclose(f);
	return 0;
}
