// SPDX-License-Identifier: GPL-2.0-only
/* Sentences folded for a terminal, and fixes whose lines can be copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "out/prose.h"

static void is(struct buf *b, const char *text)
{
	buf_char(b, 0);
	assert_string_equal(b->data, text);
	buf_free(b);
}

static void folds(void **state)
{
	struct buf b = {};

	(void)state;
	prose(&b, "one two three", 13, 4, 2, 12);
	is(&b, "one two\n  three");
	prose(&b, "one two three", 13, 4, 2, 0);
	is(&b, "one two three");
	/* A word that is too long stays whole, and what is escaped counts as it is shown. */
	prose(&b, "a waytoolongforthis b", 21, 2, 2, 10);
	is(&b, "a\n  waytoolongforthis\n  b");
	prose(&b, "a\033 b\nc \xc3\xa4\xc3\xa4", 11, 0, 0, 9);
	is(&b, "a\\x1b\nb\\nc \xc3\xa4\xc3\xa4");
}

static void fix(void **state)
{
	struct buf b = {};

	(void)state;
	prose_fix(&b, "in the location:\nlocation /a {\n    keep  this;\033\n}", 2, 14);
	is(&b, "  fix: in the\n"
	       "       location:\n"
	       "       location /a {\n"
	       "           keep  this;\\x1b\n"
	       "       }\n");
	prose_fix(&b, "see its log", 2, 0);
	is(&b, "  fix: see its log\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(folds), cmocka_unit_test(fix) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
