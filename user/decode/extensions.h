/* SPDX-License-Identifier: GPL-2.0-only */
/* Sec-WebSocket-Extensions (RFC 6455, 9.1): "name; param; param=value, name". */
#ifndef DECODE_EXTENSIONS_H
#define DECODE_EXTENSIONS_H

#include <stdbool.h>
#include "lib/buf.h"

struct extension {
	struct span name;
	struct span params; /* for extension_param() */
};

struct extension_param {
	struct span name;
	struct span value; /* without its quotes; p is NULL where there is none */
};

/* Cuts the next extension off *list. Returns false at its end. */
bool extension_next(struct span *list, struct extension *e);

/* Cuts the next parameter off *params. Returns false at their end. */
bool extension_param(struct span *params, struct extension_param *p);

/* Whether s is this word, without case. */
bool extension_is(struct span s, const char *word);

#define DEFLATE_BITS_MIN 8
#define DEFLATE_BITS_MAX 15

/* The window of permessage-deflate that value asks for (RFC 7692, 7.1.2): 8 to 15, or 0. */
unsigned int extension_window_bits(struct span value);

#endif
