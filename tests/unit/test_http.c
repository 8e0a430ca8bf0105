// SPDX-License-Identifier: GPL-2.0-only
/* decode/http.h: a head taken apart, and what of it may be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* A line that HTTP does not allow is shown as it is, and what is wrong with it is said. */
static void test_bad_lines(void **state)
{
	static const struct {
		const char *line, *target, *shown, *wrong;
	} rows[] = {
		{ "GET /a HTTP/1.1", "/a", "/a", NULL },
		{ "GET /my room HTTP/1.1", "/my room", "/my room", "a blank in its target" },
		{ "GET /a?k=John Doe&b HTTP/1.1", "/a?k=John Doe&b", "/a?k=[redacted]&[redacted]",
		  "a blank in its target" },
		{ "GET  /two HTTP/1.1", " /two", " /two", "two blanks in a row" },
		{ "GET /two  HTTP/1.1", "/two ", "/two ", "two blanks in a row" },
		{ "GET /none", "/none", "/none", "no HTTP version" },
		{ "GET /a http/1.1", "/a http/1.1", "/a http/1.1", "no HTTP version" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char head[128];
		int n = snprintf(head, sizeof(head), "%s\r\nHost: a\r\n\r\n", rows[i].line);

		parse(head, false);
		is(m.target, rows[i].target);
		is(m.shown_target, rows[i].shown);
		assert_int_equal(m.n_headers, 1);
		if (rows[i].wrong)
			assert_string_equal(m.bad_line, rows[i].wrong);
		else
			assert_null(m.bad_line);
		http_redact_head(head, n);
		assert_null(strstr(head, "Doe"));
		assert_int_equal(http_parse(&m, head, n), 0); /* still wrong in the same way */
		assert_int_equal(!m.bad_line, !rows[i].wrong);
		if (m.bad_line)
			assert_string_equal(m.bad_line, rows[i].wrong);
	}
	parse("GET /cut-off", false); /* its end is not there to judge */
	is(m.target, "/cut-off");
	assert_null(m.bad_line);
}

/* Of more headers than there is room for, a folded line belongs to one that is left out. */
static void test_many_headers(void **state)
{
	struct buf b = {};

	buf_str(&b, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		buf_printf(&b, "X-%d: v\r\n", i);
	assert_int_equal(http_parse(&m, b.data, b.len), 0);
	assert_false(m.more);
	buf_str(&b, "Authorization: Bearer SECRET\r\n and-more\r\n\r\n");
	assert_int_equal(http_parse(&m, b.data, b.len), 0);
	assert_true(m.more);
	assert_int_equal(m.n_headers, HTTP_HEADERS_MAX);
	is(m.headers[HTTP_HEADERS_MAX - 1].value, "v");
	buf_free(&b);
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

/* A query, or a user's password, is hidden in whatever header a URL stands. */
static void test_shown_urls(void **state)
{
	static const char *const rows[][3] = {
		{ "Referer", "https://h/app?token=S", "https://h/app?token=[redacted]" },
		{ "X-Original-URI", "/ws?token=S", "/ws?token=[redacted]" },
		{ "X-Forwarded-Uri", "ws?token=S", "ws?token=[redacted]" },
		{ "X-Rewrite-URL", "/ws?S", "/ws?[redacted]" },
		{ "Refresh", "0; url=x?a=S", "0; url=x?a=[redacted]" },
		{ "X-Anything", "/a?b=S&c=S", "/a?b=[redacted]&c=[redacted]" },
		{ "X-Anything", "see http://h/?b=S", "see http://h/?b=[redacted]" },
		{ "Location", "https://u:S@h/a", "https://[redacted]@h/a" },
		{ "Location", "//u:S@h/a?b=S", "//[redacted]@h/a?b=[redacted]" },
		{ "Location", "/cb#access_token=S&x=S",
		  "/cb#access_token=[redacted]&x=[redacted]" },
		{ "Link", "<http://a:S@h/>, <http://b:S@h/>",
		  "<http://[redacted]@h/>, <http://[redacted]@h/>" },
		{ "Location", "/page#part", "/page#part" },
		{ "Location", "https://h/@user", "https://h/@user" },
		{ "Origin", "https://h:8443", "https://h:8443" },
		{ "Sec-CH-UA-Mobile", "?0", "?0" },
		{ "From", "somebody@h", "somebody@h" },
	};
	char head[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(head, sizeof(head), "GET / HTTP/1.1\r\n%s: %s\r\n\r\n", rows[i][0],
			 rows[i][1]);
		parse(head, false);
		is(m.headers[0].shown, rows[i][2]);
	}
	parse("GET http://u:S@h/ws?a=S HTTP/1.1\r\n\r\n", false);
	is(m.shown_target, "http://[redacted]@h/ws?a=[redacted]");
	parse("CONNECT u:S@h:443 HTTP/1.1\r\n\r\n", false);
	is(m.shown_target, "[redacted]@h:443");
	parse("GET /a@b HTTP/1.1\r\n\r\n", false);
	is(m.shown_target, "/a@b");
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
		{ "GET http://user:secret@h/?a=secret HTTP/1.1\r\n"
		  "Referer: //u:secret@h/?\r\n secret\r\n",
		  "GET http://[redacted].@h/?a=[redac HTTP/1.1\r\n"
		  "Referer: //[redacte@h/?\r\n [redac\r\n" },
		{ "CONNECT user:secret@h:443 HTTP/1.1\r\nX-A: /b?c=secret\r\n",
		  "CONNECT [redacted].@h:443 HTTP/1.1\r\nX-A: /b?c=[redac\r\n" },
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
		cmocka_unit_test(test_shown_urls),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_shown_starts_empty),
		cmocka_unit_test(test_shown_while_the_buffer_grows),
		cmocka_unit_test(test_redacted_in_place),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&shown);
	return failed;
}
