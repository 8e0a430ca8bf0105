// SPDX-License-Identifier: GPL-2.0-only
/* bpf/hist.h and decode/hist.h: where a value is counted, and what is made of the counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/hist.h"
#include "decode/hist.h"
#include "guard.h"

#define VALUES_MAX 1000

static void add(struct wst_hist *h, uint64_t v)
{
	h->slots[hist_slot(v)]++;
	h->sum += v;
	if (v > h->max)
		h->max = v;
}

/* Any number of digits is as likely as another; no value is above 2^33. */
static uint64_t some_value(unsigned long long *seed)
{
	return rnd(seed) >> (31 + rnd(seed) % 33);
}

static void slots_follow_one_another_without_a_hole(void **state)
{
	assert_int_equal(hist_low(0), 0);
	for (uint32_t slot = 0; slot < HIST_SLOTS; slot++) {
		uint64_t low = hist_low(slot), end = hist_low(slot + 1);

		assert_true(low < end);
		assert_int_equal(hist_slot(low), slot);
		assert_int_equal(hist_slot(end - 1), slot);
		/* The middle is at most an eighth off: a slot is no wider than a quarter of it. */
		assert_true(end - low == 1 || (end - low) * 4 <= low);
	}
	assert_true(hist_low(HIST_SLOTS) == 1ULL << 33);
}

static void values_at_the_edges_have_their_slots(void **state)
{
	static const struct {
		uint64_t value;
		uint32_t slot;
	} rows[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ 3, 3 },
		{ 4, 4 },
		{ 7, 7 },
		{ 8, 8 },
		{ 9, 8 },
		{ 10, 9 },
		{ UINT32_MAX, 123 },
		{ 1ULL << 32, 124 },
		{ (1ULL << 33) - 1, 127 },
		{ 1ULL << 33, 127 },
		{ 1ULL << 63, 127 },
		{ UINT64_MAX, 127 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(hist_slot(rows[i].value), rows[i].slot);
}

static void larger_values_are_in_no_lower_slot(void **state)
{
	unsigned long long seed = 1;

	for (int i = 0; i < 100000; i++) {
		uint64_t v = some_value(&seed), w = some_value(&seed);

		assert_true(hist_low(hist_slot(v)) <= v && v < hist_low(hist_slot(v) + 1));
		assert_true(v <= w ? hist_slot(v) <= hist_slot(w) : hist_slot(v) >= hist_slot(w));
	}
}

static void logarithm_is_the_highest_bit(void **state)
{
	for (uint32_t bit = 0; bit <= 33; bit++) {
		assert_int_equal(hist_log2(1ULL << bit), bit);
		if (bit)
			assert_int_equal(hist_log2((1ULL << bit) - 1), bit - 1);
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The percentile of n sorted values is in the same slot, and none is above the largest of them. */
static void check_percentile(uint64_t found, const uint64_t *values, size_t n, unsigned int percent)
{
	uint64_t exact = values[(n * percent + 99) / 100 - 1];

	assert_int_equal(hist_slot(found), hist_slot(exact));
	assert_true(hist_low(hist_slot(values[0])) <= found && found <= values[n - 1]);
}

static void percentiles_are_in_the_slots_of_the_exact_ones(void **state)
{
	uint64_t values[VALUES_MAX];

	for (unsigned long long n = 1; n < 200; n++) {
		unsigned long long seed = n;
		size_t count = 1 + rnd(&seed) % VALUES_MAX;
		struct wst_hist h = {};
		struct hist_summary s;
		uint64_t sum = 0;

		for (size_t i = 0; i < count; i++) {
			values[i] = some_value(&seed);
			add(&h, values[i]);
			sum += values[i];
		}
		qsort(values, count, sizeof(values[0]), compare);
		hist_summarise(&h, &s);
		assert_true(s.count == count && s.sum == sum && s.max == values[count - 1]);
		check_percentile(s.p50, values, count, 50);
		check_percentile(s.p90, values, count, 90);
		check_percentile(s.p99, values, count, 99);
		assert_true(s.p50 <= s.p90 && s.p90 <= s.p99 && s.p99 <= s.max);
	}
}

static void nothing_counted_gives_zeros(void **state)
{
	static const struct hist_summary none;
	struct wst_hist h = {};
	struct hist_summary s;

	hist_summarise(&h, &s);
	assert_memory_equal(&s, &none, sizeof(s));
}

static void one_value_is_all_of_its_percentiles(void **state)
{
	static const uint64_t values[] = { 0, 1, 5, 1000, 1ULL << 32, 1ULL << 63 };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct wst_hist h = {};
		struct hist_summary s;

		add(&h, values[i]);
		hist_summarise(&h, &s);
		assert_true(s.count == 1 && s.sum == values[i] && s.max == values[i]);
		assert_true(s.p50 == s.p90 && s.p90 == s.p99);
		assert_int_equal(hist_slot(s.p99), hist_slot(values[i]));
		assert_true(s.p99 <= values[i]);
	}
}

static void merged_histograms_are_those_of_all_values(void **state)
{
	struct wst_hist all = {}, part[2] = {};
	unsigned long long seed = 4;

	for (int i = 0; i < VALUES_MAX; i++) {
		uint64_t v = some_value(&seed);

		add(&all, v);
		add(&part[i % 3 == 0], v);
	}
	hist_merge(&part[0], &part[1]);
	assert_memory_equal(&part[0], &all, sizeof(all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_follow_one_another_without_a_hole),
		cmocka_unit_test(values_at_the_edges_have_their_slots),
		cmocka_unit_test(larger_values_are_in_no_lower_slot),
		cmocka_unit_test(logarithm_is_the_highest_bit),
		cmocka_unit_test(percentiles_are_in_the_slots_of_the_exact_ones),
		cmocka_unit_test(nothing_counted_gives_zeros),
		cmocka_unit_test(one_value_is_all_of_its_percentiles),
		cmocka_unit_test(merged_histograms_are_those_of_all_values),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
