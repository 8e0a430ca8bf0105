/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTML, written so that escaping cannot be forgotten: html() is a printf in which markup is in the
 * format alone, a literal, and every string among the values is escaped.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "lib/buf.h"

/* A format that is no literal, which might hold foreign markup, does not compile. */
#pragma GCC diagnostic error "-Wformat-nonliteral"

/*
 * Appends fmt, with these conversions:
 *
 *   %s %.*s %c  text, escaped by buf_html(); NULL is nothing
 *   %u %d       numbers; %ju takes a uint64_t
 *   %'u %'ju    numbers with commas: 12,345
 *   %.2f        a number with two decimals
 *   %%          a percent sign
 *
 * Any other is a mistake of the caller's, and ends the program.
 */
void html(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends n bytes, escaped, but at most max of them, and then how many more there are. */
void html_bytes(struct buf *b, const char *p, size_t n, size_t max);

/* Appends a text of our own, escaped, in which \n becomes a line break. */
void html_prose(struct buf *b, const char *s);

/* A value in words, to be used as html(b, "%s", text_clock(ts).s). Times are CLOCK_REALTIME, ns. */
struct text {
	char s[64];
};

struct text text_some(uint64_t n); /* "12,345"; 0: nothing */
struct text text_size(uint64_t bytes); /* "1.2 KiB" */
struct text text_duration(uint64_t ns); /* "340 µs" */
struct text text_since(uint64_t from, uint64_t ts); /* "+1.2 ms" */
struct text text_clock(uint64_t ts); /* local time, with milliseconds */
struct text text_date(uint64_t ts); /* local date, time and zone */

#endif
