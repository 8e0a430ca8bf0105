// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "capture/gunzip.h"

#define WINDOW 15 /* log2 of what the format allows */
#define GZIP 16 /* zlib's mark for: with a header of gzip */

struct gunzip {
	gunzip_read_fn read;
	void *ctx;
	z_stream z;
	bool input_over; /* read() has come to its end */
	bool between; /* a member is over */
	bool over;
	const char *error;
	char in[65536];
};

bool gunzip_starts(const char *p, size_t n)
{
	return n >= 3 && p[0] == '\x1f' && p[1] == '\x8b' && p[2] == 8;
}

struct gunzip *gunzip__new(gunzip_read_fn read, void *ctx, const char *p, size_t n)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->read = read;
	g->ctx = ctx;
	memcpy(g->in, p, n);
	g->z.next_in = (Bytef *)g->in;
	g->z.avail_in = n;
	if (inflateInit2(&g->z, WINDOW + GZIP) == Z_OK)
		return g;
	free(g);
	return NULL;
}

void gunzip__free(struct gunzip *g)
{
	if (g)
		inflateEnd(&g->z);
	free(g);
}

static void fail(struct gunzip *g, const char *why)
{
	g->error = why;
	g->over = true;
}

/* Goes on with the next member. What follows the last one, mostly zeros, does not count. */
static void next_member(struct gunzip *g)
{
	g->between = false;
	if (!g->z.avail_in || *g->z.next_in != 0x1f || inflateReset(&g->z) != Z_OK)
		g->over = true;
}

static void unpack(struct gunzip *g)
{
	switch (inflate(&g->z, Z_NO_FLUSH)) {
	case Z_OK:
		break;
	case Z_STREAM_END:
		g->between = true;
		break;
	case Z_BUF_ERROR:
		if (g->input_over && !g->z.avail_in)
			fail(g, "its gzip data end too soon");
		break;
	case Z_MEM_ERROR:
		fail(g, "out of memory");
		break;
	default:
		fail(g, "its gzip data are damaged");
	}
}

ssize_t gunzip__read(struct gunzip *g, char *p, size_t n)
{
	g->z.next_out = (Bytef *)p;
	g->z.avail_out = n < (1U << 30) ? n : 1U << 30;
	n = g->z.avail_out;
	while (!g->over && g->z.avail_out == n) {
		if (!g->z.avail_in && !g->input_over) {
			ssize_t got = g->read(g->ctx, g->in, sizeof(g->in));

			if (got < 0)
				return -1;
			g->input_over = !got;
			g->z.next_in = (Bytef *)g->in;
			g->z.avail_in = got;
		}
		if (g->between)
			next_member(g);
		if (!g->over)
			unpack(g);
	}
	return n - g->z.avail_out;
}

const char *gunzip__error(const struct gunzip *g)
{
	return g->error;
}
