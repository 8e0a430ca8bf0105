// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/twice.c: a packet that was seen on two interfaces is known again, one that was sent
 * again is another packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "capture/twice.h"
#include "guard.h"

#define MS 1000000ULL

static uint8_t header[60];
static struct segment s;
static struct twice *t;

static int start(void **state)
{
	t = twice__new();
	memset(header, 0, sizeof(header));
	s = (struct segment){ .ts = 1000 * MS,
			      .addr = { { 10, 0, 0, 9 }, { 10, 0, 0, 1 } },
			      .id = 77,
			      .header_len = 20,
			      .len = 5,
			      .have = 5 };
	return t == NULL;
}

static int stop(void **state)
{
	twice__free(t);
	return 0;
}

static bool seen(uint64_t ts)
{
	s.ts = ts;
	s.header = guard_put(header, s.header_len);
	s.data = (const uint8_t *)"hello";
	return twice__seen(t, &s);
}

static void packet_is_known_again_for_a_moment(void **state)
{
	assert_false(seen(1000 * MS));
	assert_true(seen(1002 * MS));
	assert_true(seen(999 * MS)); /* the other interface's clock is behind */
	assert_false(seen(1200 * MS));
}

static void checksum_does_not_matter(void **state)
{
	assert_false(seen(1000 * MS));
	header[16] = header[17] = 0xab; /* the network card was to fill it in */
	assert_true(seen(1000 * MS));
}

static void whatever_else_differs_is_another_packet(void **state)
{
	assert_false(seen(1000 * MS));
	s.id++;
	assert_false(seen(1000 * MS));
	s.id--;
	header[7]++; /* sequence number */
	assert_false(seen(1000 * MS));
	header[7]--;
	header[14]++; /* window */
	assert_false(seen(1000 * MS));
	header[14]--;
	s.len++;
	assert_false(seen(1000 * MS));
	s.len--;
	s.addr[1][3]++;
	assert_false(seen(1000 * MS));
	s.addr[1][3]--;
	assert_true(seen(1000 * MS));
}

static void without_identification_only_what_comes_at_once_is_known(void **state)
{
	s.id = 0;
	assert_false(seen(1000 * MS));
	assert_true(seen(1000 * MS + 100000));
	assert_false(seen(1002 * MS));
}

static void timestamp_tells_without_identification(void **state)
{
	s.id = 0;
	s.header_len = 32;
	header[20] = header[21] = 1; /* NOP */
	header[22] = 8;
	header[23] = 10;
	assert_false(seen(1000 * MS));
	assert_true(seen(1002 * MS));
	header[27] = 2; /* sent again, 2 ms later */
	assert_false(seen(1002 * MS));
}

static void options_without_an_end_are_none(void **state)
{
	s.id = 0;
	for (int kind = 0; kind < 256; kind++) {
		s.header_len = 22;
		header[20] = kind;
		header[21] = 0;
		assert_false(seen(1000 * MS + kind * 10 * MS));
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		T(packet_is_known_again_for_a_moment),
		T(checksum_does_not_matter),
		T(whatever_else_differs_is_another_packet),
		T(without_identification_only_what_comes_at_once_is_known),
		T(timestamp_tells_without_identification),
		T(options_without_an_end_are_none),
	};

	return cmocka_run_group_tests_name("twice", tests, NULL, NULL);
}
