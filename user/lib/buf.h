/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing byte buffer. Bytes from the wire are appended by the functions of lib/escape.h. */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All zero is an empty buffer. The buffer owns its memory; buf_free() gives it back. Functions that
 * append add nothing when memory runs out, and set failed.
 */
struct buf {
	char *data; /* not terminated by a zero byte */
	size_t len;
	size_t size; /* bytes allocated */
	bool failed; /* memory ran out: something is missing */
};

/* A view of n bytes that somebody else owns. */
struct span {
	const char *p;
	size_t n;
};

/* Frees the memory; b is an empty buffer after that. */
void buf_free(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t n); /* appends n bytes */
void buf_str(struct buf *b, const char *s); /* appends a string without its final 0 */
void buf_char(struct buf *b, char c); /* appends one byte */
void buf_u64(struct buf *b, uint64_t v); /* appends a number in decimal */

/* Appends what printf(3) would print. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes room for n bytes behind the content; len does not change. Returns the place for them, valid
 * until the buffer grows, or NULL when memory ran out.
 */
char *buf_room(struct buf *b, size_t n);

#endif
