// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/burst.h"

static void test_empty(void **state)
{
	struct burst b = {};

	burst_sort(&b);
	assert_int_equal(burst_near(&b, 1, 100, 50), 0);
	burst_free(&b);
}

static void test_edges(void **state)
{
	struct burst b = {};

	for (uint64_t ts = 0; ts <= 200; ts += 10)
		burst_add(&b, 7, ts);
	burst_sort(&b);
	/* 90 and 110 are not less than 10 apart */
	assert_int_equal(burst_near(&b, 7, 100, 10), 1);
	assert_int_equal(burst_near(&b, 7, 100, 11), 3);
	assert_int_equal(burst_near(&b, 7, 0, 11), 2);
	assert_int_equal(burst_near(&b, 7, 5, 1000), 21);
	assert_int_equal(burst_near(&b, 6, 100, 1000), 0);
	assert_int_equal(burst_near(&b, 8, 100, 1000), 0);
	burst_free(&b);
}

/* The same as looking at all of them. */
static void test_random(void **state)
{
	struct burst b = {};
	struct burst_event plain[500];

	srandom(1);
	for (int i = 0; i < 500; i++) {
		plain[i] = (struct burst_event){ random() % 5, random() % 300 };
		burst_add(&b, plain[i].owner, plain[i].ts);
	}
	burst_sort(&b);
	for (int i = 0; i < 500; i++) {
		uint32_t n = 0, apart = 1 + random() % 100;

		for (int k = 0; k < 500; k++)
			n += plain[k].owner == plain[i].owner &&
			     llabs((long long)(plain[k].ts - plain[i].ts)) < apart;
		assert_int_equal(burst_near(&b, plain[i].owner, plain[i].ts, apart), n);
	}
	burst_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
