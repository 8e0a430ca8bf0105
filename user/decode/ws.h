/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 6455 in words and small functions. */
#ifndef DECODE_WS_H
#define DECODE_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/buf.h"

enum { WS_OP_CONT, WS_OP_TEXT, WS_OP_BINARY, WS_OP_CLOSE = 8, WS_OP_PING, WS_OP_PONG };

/* "text", "close", ..., "op3" for reserved opcodes; static memory. */
const char *ws_op_name(uint8_t opcode);

/* "normal closure", ...; NULL where a code has no name (RFC 6455 section 7.4, IANA registry). */
const char *ws_close_name(uint16_t code);

/* Masks or unmasks n bytes that start pos bytes into the payload; mask as on the wire. */
void ws_unmask(char *p, size_t n, uint32_t mask, uint64_t pos);

/* Whether accept is what key must be answered with: base64(SHA-1(key + GUID)). */
bool ws_accept_ok(struct span key, struct span accept);

#endif
