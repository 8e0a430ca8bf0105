// SPDX-License-Identifier: GPL-2.0-only
/* decode/http.h: a head taken apart, and what of it may be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "decode/http.h"

#define HEAD                                                                     \
	"GET /ws?token=abc&room=7&flag&empty= HTTP/1.1\r\nHost: example.com\r\n" \
	"Cookie: sid=1\r\n\tmore=2\r\nConnection: keep-alive, Upgrade\r\nX-Odd\r\n\r\n"

static struct http_msg m;
static struct buf shown;

static void is(struct span s, const char *text)
{
	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

static void parse(const char *head, bool secrets)
{
	assert_int_equal(http_parse(&m, head, strlen(head)), 0);
	assert_int_equal(http_show(&m, secrets, &shown), 0);
}

static void test_parts(void **state)
{
	parse(HEAD, true);
	assert_false(m.response);
	is(m.method, "GET");
	is(m.target, "/ws?token=abc&room=7&flag&empty=");
	is(m.version, "1.1");
	assert_int_equal(m.n_headers, 4);
	is(http_value(&m, "HOST"), "example.com");
	is(http_value(&m, "cookie"), "sid=1\r\n\tmore=2");
	is(http_value(&m, "x-odd"), "");
	assert_true(http_has_token(&m, "connection", "upgrade"));
	assert_false(http_has_token(&m, "connection", "keep"));
	assert_null(http_find(&m, "upgrade"));
	parse("HTTP/1.1 101 Switching Protocols\r\n\r\n", false);
	assert_true(m.response);
	assert_int_equal(m.status, 101);
	is(m.reason, "Switching Protocols");
	assert_int_not_equal(http_parse(&m, "nonsense\r\n\r\n", 12), 0);
	assert_int_not_equal(http_parse(&m, "HTTP/1.1 1\r\n\r\n", 14), 0);
}

static void test_shown(void **state)
{
	parse(HEAD, false);
	is(m.shown_target, "/ws?token=[redacted]&room=[redacted]&[redacted]&empty=");
	is(m.headers[0].shown, "example.com");
	is(m.headers[1].shown, "[redacted]");
	parse(HEAD, true);
	is(m.shown_target, "/ws?token=abc&room=7&flag&empty=");
	is(m.headers[1].shown, "sid=1\r\n\tmore=2");
	parse("HTTP/1.1 302 Found\r\nLocation: https://a/b?code=x\r\nSet-Cookie: a=b\r\n\r\n",
	      false);
	is(m.headers[0].value, "https://a/b?code=x");
	is(m.headers[0].shown, "https://a/b?code=[redacted]");
	is(m.headers[1].shown, "[redacted]");
}

/* Nothing of the last head is left where this one has less, and nothing is shown by accident. */
static void test_shown_starts_empty(void **state)
{
	parse(HEAD, true);
	assert_int_equal(http_parse(&m, HEAD, strlen(HEAD)), 0);
	is(m.shown_target, "");
	for (unsigned int i = 0; i < m.n_headers; i++)
		is(m.headers[i].shown, "");
	parse("GET / HTTP/1.1\r\n\r\n", false);
	is(m.shown_target, "/");
}

/* Many redacted URLs move the buffer that they lie in. */
static void test_shown_while_the_buffer_grows(void **state)
{
	struct buf head = {};

	buf_str(&head, "HTTP/1.1 302 Found\r\n");
	for (int i = 0; i < 200; i++)
		buf_printf(&head, "Location: /%d?a=1&b=2&c=3&d=4\r\n", i);
	buf_str(&head, "\r\n");
	buf_char(&head, 0);
	buf_free(&shown);
	parse(head.data, false);
	is(m.headers[0].shown, "/0?a=[redacted]&b=[redacted]&c=[redacted]&d=[redacted]");
	is(m.headers[199].shown, "/199?a=[redacted]&b=[redacted]&c=[redacted]&d=[redacted]");
	buf_free(&head);
}

/* The bytes keep their length: TCP's sequence numbers stay right. */
static void test_redacted_in_place(void **state)
{
	static const char *const rows[][2] = {
		{ "GET /a?token=secret&b HTTP/1.1\r\nHost: x\r\n",
		  "GET /a?token=[redac&[ HTTP/1.1\r\nHost: x\r\n" },
		{ "GET / HTTP/1.1\r\nCookie: 0123456789abcdef\r\n folded\r\nHost: x\r\n",
		  "GET / HTTP/1.1\r\nCookie: [redacted]......\r\n [redac\r\nHost: x\r\n" },
		{ "HTTP/1.1 302 Found\r\nLocation: /x?token=0123456789ab\r\n",
		  "HTTP/1.1 302 Found\r\nLocation: /x?token=[redacted]..\r\n" },
		{ "GET / HTTP/1.1\r\nAuthorization: Basic QUJD",
		  "GET / HTTP/1.1\r\nAuthorization: [redacted]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *head = strdup(rows[i][0]);

		http_redact_head(head, strlen(head));
		assert_string_equal(head, rows[i][1]);
		free(head);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_shown_starts_empty),
		cmocka_unit_test(test_shown_while_the_buffer_grows),
		cmocka_unit_test(test_redacted_in_place),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&shown);
	return failed;
}
