// SPDX-License-Identifier: GPL-2.0-only
/* bpf/timing.h: what messages and pings leave in a connection's histograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/timing.h"

#define MS 1000000ULL

static struct timed_hists t;

static int setup(void **state)
{
	memset(&t, 0, sizeof(t));
	return 0;
}

static uint64_t count(enum wst_hist_kind kind)
{
	uint64_t n = 0;

	for (int i = 0; i < HIST_SLOTS; i++)
		n += t.h.hist[kind].slots[i];
	return n;
}

/* The histogram holds n values, which add up to sum and of which the last was counted as value. */
static void check(enum wst_hist_kind kind, uint64_t n, uint64_t sum, uint64_t value)
{
	assert_int_equal(count(kind), n);
	assert_int_equal(t.h.hist[kind].sum, sum);
	if (n)
		assert_true(t.h.hist[kind].slots[hist_slot(value)] > 0);
}

static void whole(uint8_t dir, uint64_t bytes, uint64_t now)
{
	timing_message(&t, dir, 1, bytes, now);
}

static void test_since_us(void **state)
{
	static const uint64_t ns[] = { 0,	   1,	       999,
				       1000,	   1001,       999999,
				       1000000,	   UINT32_MAX, (uint64_t)UINT32_MAX + 1,
				       4295000000, 1ULL << 50 };
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++)
		assert_int_equal(since_us(7 + ns[i], 7), ns[i] / 1000);
	for (int i = 0; i < 1000000; i++) {
		seed = seed * 1664525 + 1013904223;
		assert_int_equal(since_us(seed, 0), seed / 1000);
		assert_int_equal(since_us(seed / 1000 * 1000, 0), seed / 1000);
		assert_int_equal(since_us(seed / 1000 * 1000 + 999, 0), seed / 1000);
	}
	assert_int_equal(since_us(5, 9), 0);
}

static void test_sizes(void **state)
{
	whole(WST_C2S, 100, MS);
	whole(WST_C2S, 0, MS);
	whole(WST_S2C, 70000, MS);
	timing_message(&t, WST_S2C, 1, NOT_ENDED, 2 * MS); /* a first fragment */
	check(WST_MSG_SIZE_C2S, 2, 100, 100);
	check(WST_MSG_SIZE_S2C, 1, 70000, 70000);
	assert_int_equal(t.h.hist[WST_MSG_SIZE_S2C].max, 70000);
}

/* Gaps are from end to end, within a direction. */
static void test_gaps(void **state)
{
	whole(WST_C2S, 1, 10 * MS);
	check(WST_MSG_GAP_C2S, 0, 0, 0);
	whole(WST_S2C, 1, 11 * MS);
	check(WST_MSG_GAP_S2C, 0, 0, 0);
	whole(WST_C2S, 1, 15 * MS);
	check(WST_MSG_GAP_C2S, 1, 5000, 5000);
	timing_message(&t, WST_C2S, 1, NOT_ENDED, 16 * MS);
	timing_message(&t, WST_C2S, 0, 99, 18 * MS);
	check(WST_MSG_GAP_C2S, 2, 8000, 3000);
	whole(WST_S2C, 1, 21 * MS);
	check(WST_MSG_GAP_S2C, 1, 10000, 10000);
}

/* From the end of the last message to the server to the start of the first one from it. */
static void test_reply(void **state)
{
	whole(WST_S2C, 1, 1 * MS); /* answers nothing */
	check(WST_REPLY_TIME, 0, 0, 0);
	whole(WST_C2S, 1, 10 * MS);
	whole(WST_C2S, 1, 12 * MS);
	timing_message(&t, WST_S2C, 1, NOT_ENDED, 15 * MS);
	check(WST_REPLY_TIME, 1, 3000, 3000);
	timing_message(&t, WST_S2C, 0, 5, 20 * MS);
	whole(WST_S2C, 1, 30 * MS); /* a second one */
	check(WST_REPLY_TIME, 1, 3000, 3000);
	timing_message(&t, WST_C2S, 1, NOT_ENDED, 40 * MS); /* not over yet */
	whole(WST_S2C, 1, 41 * MS);
	check(WST_REPLY_TIME, 1, 3000, 3000);
	timing_message(&t, WST_C2S, 0, 9, 50 * MS);
	whole(WST_S2C, 1, 50 * MS + 1000);
	check(WST_REPLY_TIME, 2, 3001, 1);
}

static void test_ping(void **state)
{
	timing_ping(&t, WST_S2C, WS_PONG, 1 * MS); /* unasked */
	check(WST_PING_RTT, 0, 0, 0);
	timing_ping(&t, WST_C2S, WS_PING, 10 * MS);
	timing_ping(&t, WST_C2S, WS_PONG, 11 * MS); /* the wrong way */
	check(WST_PING_RTT, 0, 0, 0);
	timing_ping(&t, WST_S2C, WS_PING, 12 * MS); /* one each way at once */
	timing_ping(&t, WST_S2C, WS_PONG, 17 * MS);
	check(WST_PING_RTT, 1, 7000, 7000);
	timing_ping(&t, WST_S2C, WS_PONG, 18 * MS); /* a second pong */
	check(WST_PING_RTT, 1, 7000, 7000);
	timing_ping(&t, WST_C2S, WS_PONG, 20 * MS);
	check(WST_PING_RTT, 2, 15000, 8000);
	timing_ping(&t, WST_C2S, WS_PING, 30 * MS);
	timing_ping(&t, WST_C2S, WS_PING, 35 * MS); /* the later one counts */
	timing_ping(&t, WST_S2C, WS_PONG, 36 * MS);
	check(WST_PING_RTT, 3, 16000, 1000);
	timing_ping(&t, WST_C2S, 8, 40 * MS); /* a close is neither */
	timing_ping(&t, WST_S2C, WS_PONG, 41 * MS);
	check(WST_PING_RTT, 3, 16000, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_since_us),	  cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_gaps, setup), cmocka_unit_test_setup(test_reply, setup),
		cmocka_unit_test_setup(test_ping, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
