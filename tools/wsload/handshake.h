/* SPDX-License-Identifier: GPL-2.0-only */
/* The HTTP side of a WebSocket, RFC 6455 section 4. */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "conn.h"

/* RFC 6455, 4.2.2, item 5.4: 28 characters and NUL. */
void accept_key(const char *key, char out[29]);

/* The value of header @name, or "" when it is missing or longer than @out. */
const char *head_value(const char *head, const char *name, char *out, size_t size);

/* Takes the HTTP head out of @c->in: 1 with a string in @head, 0 partial, -1 too long. */
int conn_head(struct conn *c, char head[HEAD_MAX + 1]);

#endif
