// SPDX-License-Identifier: GPL-2.0-only
/* user/lib/buf.c and units.c: the buffer that grows, and sizes and times in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/buf.h"
#include "lib/units.h"

#define US 1000ULL
#define MS 1000000ULL
#define S 1000000000ULL

static void assert_holds(struct buf *b, const char *want)
{
	assert_false(b->failed);
	assert_int_equal(b->len, strlen(want));
	assert_memory_equal(b->data, want, b->len);
	b->len = 0;
}

static void test_append(void **state)
{
	struct buf b = {};

	buf_str(&b, "");
	buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	buf_str(&b, "one");
	buf_char(&b, ' ');
	buf_add(&b, "two\0three", 9);
	assert_int_equal(b.len, 13);
	assert_memory_equal(b.data, "one two\0three", 13);
	buf_free(&b);
	assert_true(!b.data && !b.len && !b.size && !b.failed);
	buf_free(&b); /* twice is once */
}

static void test_u64(void **state)
{
	struct buf b = {};

	buf_u64(&b, 0);
	assert_holds(&b, "0");
	buf_u64(&b, 1000);
	assert_holds(&b, "1000");
	buf_u64(&b, UINT64_MAX);
	assert_holds(&b, "18446744073709551615");
	buf_free(&b);
}

/* What printf writes is longer than what there is room for, by every length around it. */
static void test_printf(void **state)
{
	char want[600];

	for (int n = 0; n < sizeof(want) - 1; n++) {
		struct buf b = {};

		memset(want, 'x', n);
		want[n] = 0;
		buf_str(&b, "y");
		buf_printf(&b, "%.*s", n, want);
		assert_int_equal(b.len, n + 1);
		assert_memory_equal(b.data + 1, want, n);
		assert_true(b.size >= b.len);
		buf_free(&b);
	}
}

/* Content outlives each move to a larger piece of memory. */
static void test_growth(void **state)
{
	struct buf b = {};

	for (int i = 0; i < 100000; i++) {
		buf_char(&b, i % 251);
		assert_true(b.size >= b.len);
	}
	assert_int_equal(b.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)b.data[i], i % 251);
	buf_free(&b);
}

static void test_room(void **state)
{
	struct buf b = {};
	char *room;

	assert_non_null(buf_room(&b, 0));
	buf_str(&b, "a");
	room = buf_room(&b, 1000);
	assert_non_null(room);
	assert_int_equal(b.len, 1); /* room is no content yet */
	memset(room, 'b', 1000);
	b.len += 1000;
	assert_true(b.data[0] == 'a' && b.data[1000] == 'b');
	buf_free(&b);
}

/* Content stays, and the buffer says that something is missing. */
static void test_out_of_memory(void **state)
{
	struct buf b = {};

	buf_str(&b, "kept");
	assert_null(buf_room(&b, 1ULL << 62));
	assert_true(b.failed);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "kept", 4);
	buf_free(&b);
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1048523, "1023.9 KiB" },
		{ 1048525, "1.0 MiB" }, /* never "1024.0 KiB" */
		{ 5ULL << 30, "5.0 GiB" },
		{ 1ULL << 40, "1.0 TiB" },
		{ 1ULL << 50, "1.0 PiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	struct buf b = {};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_bytes(&b, cases[i].n);
		assert_holds(&b, cases[i].text);
	}
	buf_free(&b);
}

static void test_duration(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 us" },	       { 1 * US, "1 us" },	    { 340 * US, "340 us" },
		{ 1 * MS, "1.0 ms" },  { 999 * MS, "999.0 ms" },    { 1 * S, "1.00 s" },
		{ 90 * S, "90.00 s" }, { 120 * S, "2.0 min" },	    { 90 * 60 * S, "90.0 min" },
		{ 7200 * S, "2.0 h" }, { 36 * 3600 * S, "36.0 h" },
	};
	struct buf b = {};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_duration(&b, cases[i].ns);
		assert_holds(&b, cases[i].text);
	}
	buf_free(&b);
}

/* Lets the sanitizer's allocator return NULL, as malloc() does, where it would end the test. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append), cmocka_unit_test(test_u64),
		cmocka_unit_test(test_printf), cmocka_unit_test(test_growth),
		cmocka_unit_test(test_room),   cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_bytes),  cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
