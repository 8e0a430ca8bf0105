// SPDX-License-Identifier: GPL-2.0-only
/* decode/extensions.h: lists of extensions, as RFC 6455 section 9.1 writes them, and worse ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "decode/extensions.h"

/* Writes a list in one form: "name(param=value,param) name()". */
static void take_apart(const char *list, const char *expected)
{
	struct span rest = { list, strlen(list) };
	struct extension_param p;
	struct extension e;
	struct buf b = {};

	while (extension_next(&rest, &e)) {
		buf_add(&b, e.name.p, e.name.n);
		buf_char(&b, '(');
		while (extension_param(&e.params, &p)) {
			buf_add(&b, p.name.p, p.name.n);
			if (p.value.p)
				buf_char(&b, '=');
			buf_add(&b, p.value.p ? p.value.p : "", p.value.n);
			buf_char(&b, ';');
		}
		buf_str(&b, ") ");
	}
	buf_char(&b, 0);
	assert_string_equal(b.data, expected);
	buf_free(&b);
}

static void test_lists(void **state)
{
	take_apart("", "");
	take_apart(" , ,, ", "");
	take_apart("permessage-deflate", "permessage-deflate() ");
	take_apart("a; b=1; c , d;e=\"2\"", "a(b=1;c;) d(e=2;) ");
	take_apart("a;;b=;c = \"\"", "a(b=;c=;) ");
	take_apart("a;b=\"", "a(b=\";) ");
	take_apart(";x, y", "y() ");
}

static void test_words(void **state)
{
	assert_true(extension_is((struct span){ "PerMessage-Deflate", 18 }, "permessage-deflate"));
	assert_false(extension_is((struct span){ "permessage-deflat", 17 }, "permessage-deflate"));
}

static void test_window_bits(void **state)
{
	static const struct {
		const char *value;
		unsigned int bits;
	} rows[] = {
		{ "8", 8 }, { "15", 15 }, { "7", 0 },	 { "16", 0 },
		{ "", 0 },  { "1x", 0 },  { "010", 10 }, { "99999999999999999999", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(extension_window_bits(
					 (struct span){ rows[i].value, strlen(rows[i].value) }),
				 rows[i].bits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_window_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
