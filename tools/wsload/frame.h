/* SPDX-License-Identifier: GPL-2.0-only */
/* WebSocket frames, RFC 6455 section 5. */
#ifndef FRAME_H
#define FRAME_H

#include "conn.h"

enum { OP_CONT, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG, FIN = 0x80 };

struct frame {
	uint8_t b0, key[4], *payload;
	size_t len;
};

/* Masks or unmasks; @dst may be @src. */
void mask_copy(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t key[4]);

/* Writes at most 14 bytes; @key is NULL for an unmasked frame. Returns the header's length. */
size_t put_header(uint8_t *h, uint8_t b0, uint64_t len, const uint8_t *key);

/*
 * Takes one whole frame out of @c->in: 1 with @f filled (the payload is valid until the next
 * conn_read()), 0 when more bytes are needed, or the close code that a bad frame deserves.
 */
int conn_frame(struct conn *c, bool masked, struct frame *f);

#endif
