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

	if (b->data && b->len + n <= b->size)
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
