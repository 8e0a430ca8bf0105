// SPDX-License-Identifier: GPL-2.0-only
/* user/lib/escape.c: what bytes from the wire become in a terminal, in a page and in JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "guard.h"
#include "lib/escape.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) s, sizeof(s) - 1
#define BAD "\xef\xbf\xbd" /* U+FFFD */

/* One row: bytes, and what each of the three makes of them. */
static const struct {
	const char *in;
	size_t n;
	const char *terminal, *html, *json;
} cases[] = {
	{ BYTES(""), "", "", "" },
	{ BYTES("GET /a?q=1 ~"), "GET /a?q=1 ~", "GET /a?q=1 ~", "GET /a?q=1 ~" },
	{ BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },

	/* markup and quotes */
	{ BYTES("<script>"), "<script>", "&lt;script&gt;", "<script>" },
	{ BYTES("\" onload='x'"), "\" onload='x'", "&quot; onload=&#39;x&#39;", "\\\" onload='x'" },
	{ BYTES("&lt;"), "&lt;", "&amp;lt;", "&lt;" },
	{ BYTES("</style><!--"), "</style><!--", "&lt;/style&gt;&lt;!--", "</style><!--" },
	{ BYTES("C:\\x"), "C:\\\\x", "C:\\\\x", "C:\\\\x" },
	{ BYTES("\\n"), "\\\\n", "\\\\n", "\\\\n" }, /* told apart from a line break */

	/* C0 and DEL */
	{ BYTES("a\0b"), "a\\x00b", "a\\x00b", "a\\u0000b" },
	{ BYTES("\r\n\t"), "\\r\\n\\t", "\\r\\n\\t", "\\u000d\\u000a\\u0009" },
	{ BYTES("\x1b[31m\a\b"), "\\x1b[31m\\x07\\x08", "\\x1b[31m\\x07\\x08",
	  "\\u001b[31m\\u0007\\u0008" },
	{ BYTES("\x7f"), "\\x7f", "\\x7f", "\\u007f" },

	/* C1: a raw byte is not UTF-8; as UTF-8, JSON alone keeps a character */
	{ BYTES("\x80\x9b\x9f"), "\\x80\\x9b\\x9f", "\\x80\\x9b\\x9f", BAD BAD BAD },
	{ BYTES("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f",
	  "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f", "\xc2\x80\xc2\x9b\xc2\x9f" },
	{ BYTES("\xc2\xa0"), "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" }, /* the first one behind C1 */

	/* no UTF-8: overlong, surrogates, too large, cut, alone */
	{ BYTES("\xc0\xbc\xc1\xbf"), "\\xc0\\xbc\\xc1\\xbf", "\\xc0\\xbc\\xc1\\xbf",
	  BAD BAD BAD BAD },
	{ BYTES("\xe0\x80\xbc"), "\\xe0\\x80\\xbc", "\\xe0\\x80\\xbc", BAD BAD BAD },
	{ BYTES("\xf0\x80\x80\xbc"), "\\xf0\\x80\\x80\\xbc", "\\xf0\\x80\\x80\\xbc",
	  BAD BAD BAD BAD },
	{ BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", BAD BAD BAD },
	{ BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf", "\\xed\\xbf\\xbf", BAD BAD BAD },
	{ BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
	  BAD BAD BAD BAD },
	{ BYTES("\xf5\xff\xfe"), "\\xf5\\xff\\xfe", "\\xf5\\xff\\xfe", BAD BAD BAD },
	{ BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98", "\\xf0\\x9f\\x98", BAD BAD BAD },
	{ BYTES("\xe2\x82<"), "\\xe2\\x82<", "\\xe2\\x82&lt;", BAD BAD "<" },
	{ BYTES("\xc3\""), "\\xc3\"", "\\xc3&quot;", BAD "\\\"" },

	/* bidirectional: U+202E, U+2066, U+061C, U+200F */
	{ BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae", "\\xe2\\x80\\xae", "\xe2\x80\xae" },
	{ BYTES("\xe2\x81\xa6"), "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6", "\xe2\x81\xa6" },
	{ BYTES("\xd8\x9c"), "\\xd8\\x9c", "\\xd8\\x9c", "\xd8\x9c" },
	{ BYTES("\xe2\x80\x8f"), "\\xe2\\x80\\x8f", "\\xe2\\x80\\x8f", "\xe2\x80\x8f" },

	/* invisible: U+200B, U+FEFF, U+00AD, a tag of plane 14 */
	{ BYTES("\xe2\x80\x8b"), "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b", "\xe2\x80\x8b" },
	{ BYTES("\xef\xbb\xbf"), "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf", "\xef\xbb\xbf" },
	{ BYTES("\xc2\xad"), "\\xc2\\xad", "\\xc2\\xad", "\xc2\xad" },
	{ BYTES("\xf3\xa0\x81\xa1"), "\\xf3\\xa0\\x81\\xa1", "\\xf3\\xa0\\x81\\xa1",
	  "\xf3\xa0\x81\xa1" },

	/* line ends of JavaScript: U+2028, U+2029; private use; U+FFFD itself */
	{ BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9",
	  "\\xe2\\x80\\xa8\\xe2\\x80\\xa9", "\\u2028\\u2029" },
	{ BYTES("\xee\x80\x80"), "\\xee\\x80\\x80", "\\xee\\x80\\x80", "\xee\x80\x80" },
	{ BYTES(BAD), "\\xef\\xbf\\xbd", "\\xef\\xbf\\xbd", BAD },
};

typedef void (*escape_fn)(struct buf *b, const char *p, size_t n);

/* The bytes end at a page that cannot be read. */
static void check(escape_fn fn, size_t i, const char *want)
{
	struct buf b = {};

	fn(&b, (const char *)guard_put(cases[i].in, cases[i].n), cases[i].n);
	buf_char(&b, 0);
	assert_string_equal(b.data, want);
	buf_free(&b);
}

static void test_terminal(void **state)
{
	for (size_t i = 0; i < N(cases); i++)
		check(buf_escaped, i, cases[i].terminal);
}

static void test_html(void **state)
{
	for (size_t i = 0; i < N(cases); i++)
		check(buf_html, i, cases[i].html);
}

static void test_json(void **state)
{
	for (size_t i = 0; i < N(cases); i++)
		check(buf_json, i, cases[i].json);
}

/* Each code point alone: one of RFC 3629's is decoded, and goes through all three. */
static void test_every_code_point(void **state)
{
	for (uint32_t want = 0; want <= 0x10ffff; want++) {
		bool surrogate = want >= 0xd800 && want < 0xe000;
		struct buf b = {};
		uint32_t got = 0;
		char s[4];
		size_t n;

		if (want < 0x80)
			n = 1, s[0] = want;
		else if (want < 0x800)
			n = 2, s[0] = 0xc0 | want >> 6;
		else if (want < 0x10000)
			n = 3, s[0] = 0xe0 | want >> 12;
		else
			n = 4, s[0] = 0xf0 | want >> 18;
		for (size_t i = 1; i < n; i++)
			s[i] = 0x80 | (want >> 6 * (n - 1 - i) & 0x3f);
		assert_int_equal(utf8_next(s, n, &got), surrogate ? 0 : n);
		assert_true(surrogate || got == want);
		assert_int_equal(utf8_valid(s, n), !surrogate);
		assert_int_equal(utf8_next(s, n - 1, &got), 0);
		buf_escaped(&b, s, n);
		/* What a terminal gets is the character itself, or ASCII. */
		for (size_t i = 0; b.len != n && i < b.len; i++)
			assert_in_range(b.data[i], 0x20, 0x7e);
		assert_true(b.len != n || !memcmp(b.data, s, n) || want < 0x80);
		buf_free(&b);
	}
}

/* Whatever bytes come, what is made of them is UTF-8 and holds nothing that acts. */
static void test_random(void **state)
{
	unsigned long long seed = 42;

	for (int round = 0; round < 20000; round++) {
		struct buf terminal = {}, html = {}, json = {};
		char in[16];

		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = rnd(&seed) >> 56;
		buf_escaped(&terminal, in, sizeof(in));
		buf_html(&html, in, sizeof(in));
		buf_json(&json, in, sizeof(in));
		assert_true(utf8_valid(terminal.data, terminal.len));
		assert_true(utf8_valid(html.data, html.len));
		assert_true(utf8_valid(json.data, json.len));
		for (size_t i = 0; i < terminal.len; i++)
			assert_false((unsigned char)terminal.data[i] < 0x20 ||
				     terminal.data[i] == 0x7f);
		for (size_t i = 0; i < html.len; i++)
			assert_false((unsigned char)html.data[i] < 0x20 ||
				     strchr("<>\"'\x7f", html.data[i]));
		for (size_t i = 0; i < json.len; i++) {
			assert_false((unsigned char)json.data[i] < 0x20 || json.data[i] == '"');
			i += json.data[i] == '\\'; /* and what the backslash is for */
		}
		buf_free(&terminal);
		buf_free(&html);
		buf_free(&json);
	}
}

/* An escaped text is not taken for another's: what differs, differs after escaping too. */
static void test_told_apart(void **state)
{
	static const char *const pairs[][2] = {
		{ "\n", "\\n" }, { "\x1b", "\\x1b" }, { "\\", "\\\\" }, { "\t", "\\t" }
	};

	for (size_t i = 0; i < N(pairs); i++) {
		struct buf a = {}, b = {};

		buf_escaped(&a, pairs[i][0], strlen(pairs[i][0]));
		buf_escaped(&b, pairs[i][1], strlen(pairs[i][1]));
		assert_true(a.len != b.len || memcmp(a.data, b.data, a.len));
		buf_free(&a);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal), cmocka_unit_test(test_html),
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_random),	 cmocka_unit_test(test_told_apart),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
