/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing byte buffer. Bytes from the wire go into it by lib/escape.h. */
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

/* Bytes that belong to somebody else. */
struct span {
	const char *p;
	size_t n;
};

void buf_free(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v); /* in decimal */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes room for n bytes behind the content; the length stays. Returns where they go, or NULL when
 * memory ran out.
 */
char *buf_room(struct buf *b, size_t n);

#endif
