// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/buf.h"

void buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

char *buf_room(struct buf *b, size_t n)
{
	size_t size = b->size ? b->size : 256;
	char *data;

	if (b->len + n <= b->size)
		return b->data + b->len;
	while (size < b->len + n)
		size *= 2;
	data = realloc(b->data, size);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->size = size;
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	char *room = buf_room(b, n);

	if (!room || !n)
		return;
	memcpy(room, data, n);
	b->len += n;
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + v % 10;
		v /= 10;
	} while (v);
	buf_add(b, p, digits + sizeof(digits) - p);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *room;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	room = buf_room(b, n + 1);
	if (!room)
		return;
	va_start(ap, fmt);
	vsnprintf(room, n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
}

size_t utf8_next(const char *s, size_t n, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len;

	if (!n)
		return 0;
	len = p[0] < 0x80 ? 1 :
	      p[0] < 0xc2 ? 0 :
	      p[0] < 0xe0 ? 2 :
	      p[0] < 0xf0 ? 3 :
	      p[0] < 0xf5 ? 4 :
			    0;
	if (!len || len > n)
		return 0;
	*code = len == 1 ? p[0] : p[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return len;
}

bool utf8_valid(const char *p, size_t n)
{
	uint32_t code;
	size_t len;

	for (; n; p += len, n -= len) {
		len = (signed char)*p >= 0 ? 1 : utf8_next(p, n, &code);
		if (!len)
			return false;
	}
	return true;
}

/* C0, C1, bidirectional controls and other invisible characters change what a reader sees. */
static bool printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x61c || c == 0xad)
		return false;
	return !(c >= 0xe000 && c <= 0xf8ff) && !(c >= 0xfff0 && c <= 0xffff) && c < 0xe0000;
}

/* What may stand between tags and within quotes; NULL: itself. */
static const char *html_entity(uint32_t code)
{
	switch (code) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void escape(struct buf *b, const char *p, size_t n, bool html)
{
	const char *entity;
	uint32_t code;
	size_t len;

	for (; n; p += len, n -= len) {
		len = utf8_next(p, n, &code);
		if (len && printable(code)) {
			entity = html ? html_entity(code) : NULL;
			if (code == '\\')
				buf_char(b, '\\');
			if (entity)
				buf_str(b, entity);
			else
				buf_add(b, p, len);
			continue;
		}
		len = 1;
		if (*p == '\n')
			buf_str(b, "\\n");
		else if (*p == '\r')
			buf_str(b, "\\r");
		else if (*p == '\t')
			buf_str(b, "\\t");
		else
			buf_printf(b, "\\x%02x", (unsigned char)*p);
	}
}

void buf_escaped(struct buf *b, const char *p, size_t n)
{
	escape(b, p, n, false);
}

void buf_html(struct buf *b, const char *p, size_t n)
{
	escape(b, p, n, true);
}

/* How many of n bytes a JSON string holds as they are. */
static size_t plain_json(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

static void json_escape(struct buf *b, uint32_t code)
{
	static const char hex[] = "0123456789abcdef";
	const char text[6] = {
		'\\',	       'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15],
		hex[code & 15]
	};

	buf_add(b, text, sizeof(text));
}

void buf_json(struct buf *b, const char *p, size_t n)
{
	uint32_t code;
	size_t len;

	for (; n; p += len, n -= len) {
		len = plain_json(p, n);
		if (len) {
			buf_add(b, p, len);
			continue;
		}
		len = utf8_next(p, n, &code);
		if (!len) {
			buf_str(b, "\xef\xbf\xbd");
			len = 1;
		} else if (code == '"' || code == '\\') {
			buf_char(b, '\\');
			buf_char(b, *p);
		} else if (code < 0x20 || code == 0x7f || code == 0x2028 || code == 0x2029) {
			json_escape(b, code);
		} else {
			buf_add(b, p, len);
		}
	}
}

void buf_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = n;
	int i = -1;

	while (v >= 1023.95 && i < 5) {
		v /= 1024;
		i++;
	}
	if (i < 0)
		buf_printf(b, "%llu B", (unsigned long long)n);
	else
		buf_printf(b, "%.1f %s", v, units[i]);
}

void buf_duration(struct buf *b, uint64_t ns)
{
	if (ns < 1000000)
		buf_printf(b, "%.0f us", ns / 1e3);
	else if (ns < 1000000000)
		buf_printf(b, "%.1f ms", ns / 1e6);
	else if (ns < 120 * 1000000000ULL)
		buf_printf(b, "%.2f s", ns / 1e9);
	else if (ns < 7200 * 1000000000ULL)
		buf_printf(b, "%.1f min", ns / 60e9);
	else
		buf_printf(b, "%.1f h", ns / 3600e9);
}
