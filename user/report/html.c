// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "report/html.h"

static void add_grouped(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		add_grouped(b, n / 1000);
		buf_printf(b, ",%03u", (unsigned int)(n % 1000));
	} else {
		buf_u64(b, n);
	}
}

static void add_number(struct buf *b, uint64_t n, bool grouped)
{
	if (grouped)
		add_grouped(b, n);
	else
		buf_u64(b, n);
}

/*
 * Appends the value of the conversion behind a percent sign. Returns the place behind the
 * conversion.
 */
static const char *convert(struct buf *b, const char *fmt, va_list *values)
{
	bool grouped = *fmt == '\'', wide;
	int precision = -1;
	const char *s;
	char c;

	fmt += grouped;
	if (fmt[0] == '.' && fmt[1] == '*') {
		precision = va_arg(*values, int);
		fmt += 2;
	} else if (fmt[0] == '.') {
		precision = fmt[1] - '0'; /* one digit */
		fmt += 2;
	}
	wide = *fmt == 'j';
	fmt += wide;
	switch (*fmt) {
	case 's':
		s = va_arg(*values, const char *);
		if (s)
			buf_html(b, s, precision < 0 ? strlen(s) : precision);
		break;
	case 'c':
		c = va_arg(*values, int);
		buf_html(b, &c, 1);
		break;
	case 'u':
		add_number(b, wide ? va_arg(*values, uint64_t) : va_arg(*values, unsigned int),
			   grouped);
		break;
	case 'd':
		buf_printf(b, "%d", va_arg(*values, int));
		break;
	case 'f':
		buf_printf(b, "%.*f", precision, va_arg(*values, double));
		break;
	case '%':
		buf_char(b, '%');
		break;
	default:
		abort();
	}
	return fmt + 1;
}

void html(struct buf *b, const char *fmt, ...)
{
	va_list values;

	va_start(values, fmt);
	for (;;) {
		size_t n = strcspn(fmt, "%");

		buf_add(b, fmt, n);
		fmt += n;
		if (!*fmt)
			break;
		fmt = convert(b, fmt + 1, &values);
	}
	va_end(values);
}

void html_bytes(struct buf *b, const char *p, size_t n, size_t max)
{
	size_t shown = n < max ? n : max;

	/* Do not cut a UTF-8 sequence in its middle. */
	while (shown && shown < n && (p[shown] & 0xc0) == 0x80)
		shown--;
	buf_html(b, p, shown);
	if (shown < n)
		html(b, "<span class=cut>&hellip; %ju bytes more</span>", (uint64_t)n - shown);
}

void html_prose(struct buf *b, const char *s)
{
	for (; *s; s += !!*s) {
		size_t n = strcspn(s, "\n");

		html(b, "%.*s", (int)n, s);
		s += n;
		if (*s)
			html(b, "<br>");
	}
}

/* Moves the content of b into a text, as far as there is room, and frees b. */
static struct text take(struct buf *b)
{
	struct text t = {};

	memcpy(t.s, b->data ? b->data : "", b->len < sizeof(t.s) ? b->len : sizeof(t.s) - 1);
	buf_free(b);
	return t;
}

struct text text_some(uint64_t n)
{
	struct buf b = {};

	if (n)
		add_grouped(&b, n);
	return take(&b);
}

struct text text_size(uint64_t bytes)
{
	struct buf b = {};

	buf_bytes(&b, bytes);
	return take(&b);
}

/* Appends a time, ns, with "µs" where the terminal has "us". */
static void add_duration(struct buf *b, uint64_t ns)
{
	buf_duration(b, ns);
	if (b->len > 3 && !memcmp(b->data + b->len - 3, " us", 3)) {
		b->len -= 2;
		buf_str(b, "µs");
	}
}

struct text text_duration(uint64_t ns)
{
	struct buf b = {};

	add_duration(&b, ns);
	return take(&b);
}

struct text text_since(uint64_t from, uint64_t ts)
{
	struct buf b = {};

	buf_char(&b, '+');
	add_duration(&b, ts > from ? ts - from : 0);
	return take(&b);
}

static struct tm local(uint64_t ts)
{
	time_t s = ts / 1000000000;
	struct tm tm;

	localtime_r(&s, &tm);
	return tm;
}

struct text text_clock(uint64_t ts)
{
	struct tm tm = local(ts);
	struct buf b = {};

	buf_printf(&b, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
		   (unsigned int)(ts / 1000000 % 1000));
	return take(&b);
}

struct text text_date(uint64_t ts)
{
	struct tm tm = local(ts);
	struct text t;

	strftime(t.s, sizeof(t.s), "%Y-%m-%d %H:%M:%S %z", &tm);
	return t;
}
