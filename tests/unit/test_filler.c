// SPDX-License-Identifier: GPL-2.0-only
/* user/pcapng/filler.h: what is filled in makes a head of exactly the right length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "decode/http.h"
#include "pcapng/filler.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define WANTED "Upgrade: websocket\r\n"

static struct http_msg msg;

/* Where the first empty line of a head ends; 0: it has none. */
static size_t end_of_head(const struct buf *b)
{
	for (size_t i = 1; i < b->len; i++) {
		if (b->data[i] != '\n')
			continue;
		if (b->data[i - 1] == '\n' ||
		    (i > 1 && b->data[i - 1] == '\r' && b->data[i - 2] == '\n'))
			return i + 1;
	}
	return 0;
}

static void fill(struct buf *b, const char *start, uint64_t rest, const char *wanted)
{
	b->len = 0;
	buf_str(b, start);
	filler_add(b, rest, wanted);
	assert_false(b->failed);
	assert_int_equal(b->len, strlen(start) + rest);
}

static void test_every_length(void **state)
{
	static const char *const starts[] = { "GET /a HTTP/1.1\r\nCookie: abc",
					      "GET /a HTTP/1.1\r\n",
					      "GET /a HTTP/1.1\r\nCookie: abc\r" };
	struct buf b = {};

	(void)state;
	for (unsigned int i = 0; i < N(starts); i++) {
		/* a head needs two line ends more within a line, else one */
		for (uint64_t rest = i ? 2 : 3; rest < 20000; rest += rest < 9000 ? 1 : 997) {
			fill(&b, starts[i], rest, NULL);
			assert_int_equal(end_of_head(&b), b.len);
			assert_memory_equal(b.data, starts[i], strlen(starts[i]));
			assert_int_equal(http_parse(&msg, b.data, b.len), 0);
			assert_int_equal(msg.target.n, 2);
		}
	}
	buf_free(&b);
}

static void test_lines_are_short(void **state)
{
	struct buf b = {};
	size_t line = 0;

	(void)state;
	fill(&b, "GET / HTTP/1.1\r\nA: b", 250000, NULL);
	for (size_t i = 0; i < b.len; i++) {
		line = b.data[i] == '\n' ? 0 : line + 1;
		assert_true(line < 4096);
	}
	assert_int_equal(http_parse(&msg, b.data, b.len), 0);
	assert_non_null(http_find(&msg, "x-wstrace-cut"));
	buf_free(&b);
}

static void test_wanted_line(void **state)
{
	struct buf b = {};

	(void)state;
	for (uint64_t rest = 3; rest < 300; rest++) {
		fill(&b, "HTTP/1.1 101 OK\r\nX: a", rest, WANTED);
		assert_int_equal(end_of_head(&b), b.len);
		assert_int_equal(http_parse(&msg, b.data, b.len), 0);
		if (rest > 2 + strlen(WANTED) + 2)
			assert_true(http_has_token(&msg, "upgrade", "websocket"));
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_lines_are_short),
		cmocka_unit_test(test_wanted_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
