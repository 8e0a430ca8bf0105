// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/burst.h"

static void test_empty(void **state)
{
	struct moments m = {};

	moments_sort(&m);
	assert_int_equal(moments_near(&m, 1, 100, 50), 0);
	moments_free(&m);
}

static void test_edges(void **state)
{
	struct moments m = {};

	for (uint64_t ts = 0; ts <= 200; ts += 10)
		moments_add(&m, 7, ts);
	moments_sort(&m);
	/* 90 and 110 are not less than 10 apart */
	assert_int_equal(moments_near(&m, 7, 100, 10), 1);
	assert_int_equal(moments_near(&m, 7, 100, 11), 3);
	assert_int_equal(moments_near(&m, 7, 0, 11), 2);
	assert_int_equal(moments_near(&m, 7, 5, 1000), 21);
	assert_int_equal(moments_near(&m, 6, 100, 1000), 0);
	assert_int_equal(moments_near(&m, 8, 100, 1000), 0);
	moments_free(&m);
}

/* The same as looking at all of them. */
static void test_random(void **state)
{
	struct moments m = {};
	struct happened plain[500];

	srandom(1);
	for (int i = 0; i < 500; i++) {
		plain[i] = (struct happened){ random() % 5, random() % 300 };
		moments_add(&m, plain[i].who, plain[i].ts);
	}
	moments_sort(&m);
	for (int i = 0; i < 500; i++) {
		uint32_t n = 0, apart = 1 + random() % 100;

		for (int k = 0; k < 500; k++)
			n += plain[k].who == plain[i].who &&
			     llabs((long long)(plain[k].ts - plain[i].ts)) < apart;
		assert_int_equal(moments_near(&m, plain[i].who, plain[i].ts, apart), n);
	}
	moments_free(&m);
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
