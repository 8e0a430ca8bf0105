// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/gunzip.c: whatever pieces the packed bytes come in, and however many are asked for,
 * what comes out is the same; cut off anywhere, it says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "capture/gunzip.h"

#define FIRST 4 /* bytes that have been read already */

static char plain[3000], packed[4096];
static size_t n_packed, at, piece;

static ssize_t read_piece(void *ctx, char *p, size_t n)
{
	if (n > piece)
		n = piece;
	if (n > n_packed - at)
		n = n_packed - at;
	memcpy(p, packed + at, n);
	at += n;
	return n;
}

static void pack(const char *p, size_t n)
{
	z_stream z = {};

	deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)p;
	z.avail_in = n;
	z.next_out = (Bytef *)packed + n_packed;
	z.avail_out = sizeof(packed) - n_packed;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n_packed = sizeof(packed) - z.avail_out;
	deflateEnd(&z);
}

static int start(void **state)
{
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = i * i >> 7;
	n_packed = at = 0;
	piece = sizeof(packed);
	return 0;
}

/* Returns how many bytes come out, `ask` at a time, all of them right. */
static size_t unpack(size_t ask, bool whole)
{
	struct gunzip *g;
	char out[sizeof(plain) + 1];
	size_t n = 0;
	ssize_t got;

	at = FIRST;
	g = gunzip__new(read_piece, NULL, packed, FIRST);
	assert_non_null(g);
	while ((got = gunzip__read(g, out + n, ask < sizeof(out) - n ? ask : sizeof(out) - n)) > 0)
		n += got;
	assert_int_equal(got, 0);
	assert_memory_equal(out, plain, n);
	assert_int_equal(!gunzip__error(g), whole);
	gunzip__free(g);
	return n;
}

static void start_is_known(void **state)
{
	pack(plain, 10);
	assert_true(gunzip_starts(packed, FIRST));
	assert_false(gunzip_starts(packed, 2));
	assert_false(gunzip_starts("\x1f\x8b\x07", 3));
	assert_false(gunzip_starts("\x0a\x0d\x0d\x0a", 4));
}

static void pieces_of_any_size_give_the_same(void **state)
{
	pack(plain, 1000);
	pack(plain, 0);
	pack(plain + 1000, sizeof(plain) - 1000);
	for (piece = 1; piece < 60; piece++)
		for (size_t ask = 1; ask < 4000; ask = ask * 3 + 1)
			assert_int_equal(unpack(ask, true), sizeof(plain));
}

static void what_is_cut_off_is_told(void **state)
{
	size_t n;

	pack(plain, sizeof(plain));
	n = n_packed;
	for (n_packed = FIRST; n_packed < n; n_packed++)
		assert_true(unpack(100, false) <= sizeof(plain));
	assert_int_equal(unpack(100, true), sizeof(plain));
}

static void what_follows_does_not_count(void **state)
{
	pack(plain, sizeof(plain));
	memset(packed + n_packed, 0, 100);
	n_packed += 100;
	assert_int_equal(unpack(100, true), sizeof(plain));
	packed[n_packed - 100] = 'x';
	assert_int_equal(unpack(100, true), sizeof(plain));
}

static void damage_is_told(void **state)
{
	pack(plain, sizeof(plain));
	packed[n_packed - 8] ^= 1; /* checksum */
	assert_int_equal(unpack(sizeof(plain), false), sizeof(plain));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, start)
	const struct CMUnitTest tests[] = {
		T(start_is_known),	    T(pieces_of_any_size_give_the_same),
		T(what_is_cut_off_is_told), T(what_follows_does_not_count),
		T(damage_is_told),
	};

	return cmocka_run_group_tests_name("gunzip", tests, NULL, NULL);
}
