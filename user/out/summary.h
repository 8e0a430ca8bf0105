/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The summary of -H at the end: histograms of all connections together, and the worst connections.
 */
#ifndef OUT_SUMMARY_H
#define OUT_SUMMARY_H

#include "decode/conn.h"

struct summary;

/* Returns NULL when memory ran out. */
struct summary *summary__new(void);
void summary__free(struct summary *s); /* accepts NULL */

/* Adds a connection's last histograms. */
void summary__add(struct summary *s, const struct conn *c);

/* Appends the summary to b; nothing where no connection had histograms. */
void summary__draw(const struct summary *s, struct buf *b);

#endif
