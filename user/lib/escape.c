// SPDX-License-Identifier: GPL-2.0-only
#include "lib/escape.h"

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

/*
 * Returns whether a character shows as itself. C0, DEL and C1 steer a terminal. Bidirectional
 * controls, soft hyphens and invisible characters make one text read as another. Private use,
 * specials and everything above plane 13 (tags, variation selectors) have no glyph to be known by.
 */
static bool printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x61c || c == 0xad)
		return false;
	return !(c >= 0xe000 && c <= 0xf8ff) && !(c >= 0xfff0 && c <= 0xffff) && c < 0xe0000;
}

/* The entity that stands for a character in text and in values; NULL: the character itself. */
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

/* Every byte that is part of no printable character becomes an escape of its own. */
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

/* Counts the bytes at p that a JSON string holds as they are; they are added in one go. */
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
