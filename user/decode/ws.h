/* SPDX-License-Identifier: GPL-2.0-only */
/* The opcodes, close codes, masking and accept key of RFC 6455. */
#ifndef DECODE_WS_H
#define DECODE_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/buf.h"

enum { WS_OP_CONT, WS_OP_TEXT, WS_OP_BINARY, WS_OP_CLOSE = 8, WS_OP_PING, WS_OP_PONG };

/* Returns "text", "close", ..., or "op3" for a reserved opcode; static memory. */
const char *ws_op_name(uint8_t opcode);

/*
 * Returns "normal closure", ...; NULL for a code without a name (RFC 6455 section 7.4, IANA
 * registry).
 */
const char *ws_close_name(uint16_t code);

/*
 * Masks or unmasks n bytes in place. pos: how far into the payload they start. mask: as on the
 * wire.
 */
void ws_unmask(char *p, size_t n, uint32_t mask, uint64_t pos);

/* Returns whether accept is the right answer to key: base64(SHA-1(key + GUID)). */
bool ws_accept_ok(struct span key, struct span accept);

#endif
