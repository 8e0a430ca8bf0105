// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "lib/escape.h"
#include "out/prose.h"

static void blanks(struct buf *b, size_t n)
{
	while (n--)
		buf_char(b, ' ');
}

/* Returns how many columns n bytes of UTF-8 take, about: wide characters count as one. */
static size_t columns(const char *p, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += (p[i] & 0xc0) != 0x80;
	return columns;
}

void prose(struct buf *b, const char *text, size_t n, size_t column, size_t indent, size_t width)
{
	struct buf word = {};
	const char *end = text + n;

	while (text < end) {
		const char *blank = memchr(text, ' ', end - text), *to = blank ? blank : end;
		size_t wide;

		word.len = 0;
		buf_escaped(&word, text, to - text);
		wide = columns(word.data, word.len);
		if (width && column > indent && column + wide > width) {
			if (b->len && b->data[b->len - 1] == ' ')
				b->len--;
			buf_char(b, '\n');
			blanks(b, indent);
			column = indent;
		}
		buf_add(b, word.data, word.len);
		column += wide;
		if (blank) {
			buf_char(b, ' ');
			column++;
		}
		text = to + (blank != NULL);
	}
	buf_free(&word);
}

#define FIX "fix: "

void prose_fix(struct buf *b, const char *fix, size_t indent, size_t width)
{
	size_t n = strcspn(fix, "\n"), below = indent + strlen(FIX);

	blanks(b, indent);
	buf_str(b, FIX);
	prose(b, fix, n, below, below, width);
	buf_char(b, '\n');
	for (fix += n; *fix; fix += n) {
		n = strcspn(++fix, "\n");
		blanks(b, below);
		buf_escaped(b, fix, n);
		buf_char(b, '\n');
	}
}
