// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "pcapng/filler.h"

#define NAME "X-Wstrace-Cut: "
#define LINE_MIN (sizeof(NAME) - 1 + 2) /* bytes, with the end of the line */
#define LINE_MAX 4096

static void add_dots(struct buf *b, uint64_t n)
{
	static const char dots[] =
		"................................................................";

	for (; n >= sizeof(dots); n -= sizeof(dots) - 1)
		buf_add(b, dots, sizeof(dots) - 1);
	buf_add(b, dots, n);
}

/* Appends `rest` bytes, at the start of a line. */
static void add_lines(struct buf *b, uint64_t rest)
{
	while (rest >= LINE_MIN + 2) {
		uint64_t n = rest - 2;

		if (n > LINE_MAX)
			n = n < LINE_MAX + LINE_MIN ? LINE_MAX - LINE_MIN : LINE_MAX;
		buf_str(b, NAME);
		add_dots(b, n - LINE_MIN);
		buf_str(b, "\r\n");
		rest -= n;
	}
	if (rest >= 6) {
		buf_str(b, "X:");
		add_dots(b, rest - 6);
		buf_str(b, "\r\n\r\n");
	} else if (rest > 2) {
		add_dots(b, rest - 2);
		buf_str(b, "\n\n");
	} else {
		buf_str(b, rest == 2 ? "\r\n" : rest ? "\n" : "");
	}
}

/* Appends `rest` bytes within a line, too few for a line more. */
static void add_end(struct buf *b, uint64_t rest)
{
	static const char *const ends[] = { "", "\n", "\n\n", "\n\r\n" };

	if (rest < 4) {
		buf_str(b, ends[rest]);
		return;
	}
	add_dots(b, rest - 4);
	buf_str(b, "\r\n\r\n");
}

void filler_add(struct buf *b, uint64_t rest, const char *wanted)
{
	char last = b->len ? b->data[b->len - 1] : '\n';

	if (last == '\r' && rest) {
		buf_char(b, '\n');
		last = '\n';
		rest--;
	} else if (last != '\n' && rest >= LINE_MIN + 4) {
		buf_str(b, "\r\n");
		last = '\n';
		rest -= 2;
	}
	if (last != '\n') {
		add_end(b, rest);
		return;
	}
	if (wanted && rest >= strlen(wanted) + 2) {
		buf_str(b, wanted);
		rest -= strlen(wanted);
	}
	add_lines(b, rest);
}
