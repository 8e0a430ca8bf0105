/* SPDX-License-Identifier: GPL-2.0-only */
/* What -H says at the end: all connections together, and the worst ones by name. */
#ifndef OUT_SUMMARY_H
#define OUT_SUMMARY_H

#include "decode/conn.h"

/* Takes a connection's last histograms into account. */
void summary_add(const struct conn *c);

/* Draws everything; nothing where no connection had any. */
void summary_draw(struct buf *b, bool show_secrets);

#endif
