/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing byte buffer, and the ways in which bytes from the wire may be put into text. */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty buffer. Memory is the buffer's own; buf_free() gives it back. */
struct buf {
	char *data;
	size_t len;
	size_t size;
	bool failed; /* memory ran out: something is missing */
};

/* Bytes that belong to somebody else. */
struct span {
	const char *p;
	size_t n;
};

void buf_free(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for n bytes behind the content and returns where; NULL when memory ran out. */
char *buf_room(struct buf *b, size_t n);

/* For terminals: printable UTF-8 as it is, everything else as \n, \xNN and so on. */
void buf_escaped(struct buf *b, const char *p, size_t n);

/* For HTML, as text or between quotes: the same, with & < > " ' as entities. */
void buf_html(struct buf *b, const char *p, size_t n);

/* For JSON: the string's inside; what is not UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, const char *p, size_t n);

/* "1.2 KiB", "340 us" */
void buf_bytes(struct buf *b, uint64_t bytes);
void buf_duration(struct buf *b, uint64_t ns);

/*
 * Length of the UTF-8 sequence (RFC 3629) that starts at p and lies within n bytes, and its code
 * point; 0 where there is none.
 */
size_t utf8_next(const char *p, size_t n, uint32_t *code);
bool utf8_valid(const char *p, size_t n);

#endif
