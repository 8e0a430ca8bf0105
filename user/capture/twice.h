/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells packets that a capture has twice: it was taken on several interfaces, such as those of a
 * router or a bridge, or from a mirrored port. A segment that was sent again is another packet.
 */
#ifndef CAPTURE_TWICE_H
#define CAPTURE_TWICE_H

#include <stdbool.h>
#include "capture/segment.h"

struct twice;

/* Creates a memory of packets. Returns NULL when memory ran out. */
struct twice *twice__new(void);
void twice__free(struct twice *t); /* accepts NULL */

/* Returns whether s is a packet that was here a moment ago, and remembers it. */
bool twice__seen(struct twice *t, const struct segment *s);

#endif
