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

/* Cuts the next extension off *list, a header's value. Returns false at the end of the list. */
bool extension_next(struct span *list, struct extension *e);

/* Cuts the next parameter off *params, an extension's. Returns false behind the last one. */
bool extension_param(struct span *params, struct extension_param *p);

/* Returns whether s is this word; case does not count. */
bool extension_is(struct span s, const char *word);

#define DEFLATE_BITS_MIN 8
#define DEFLATE_BITS_MAX 15

/*
 * Returns the window, bits, that a parameter of permessage-deflate asks for (RFC 7692, 7.1.2): 8 to
 * 15, or 0 for a value that is none.
 */
unsigned int extension_window_bits(struct span value);

#endif
