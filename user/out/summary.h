/* SPDX-License-Identifier: GPL-2.0-only */
/* What -H says at the end: all connections together, and the worst ones by name. */
#ifndef OUT_SUMMARY_H
#define OUT_SUMMARY_H

#include "decode/conn.h"

struct summary;

/* Returns NULL when memory ran out. */
struct summary *summary__new(void);
void summary__free(struct summary *s); /* accepts NULL */

/* Takes a connection's last histograms into account. */
void summary__add(struct summary *s, const struct conn *c);

/* Draws everything; nothing where no connection had any. */
void summary__draw(const struct summary *s, struct buf *b);

#endif
