/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a fix goes in a configuration, and numbers in it that fit what was seen. */
#ifndef FACTS_PLACE_H
#define FACTS_PLACE_H

#include "facts/facts.h"

/*
 * Appends the start of a target's path, in whole segments, that stands for its location in a
 * proxy's configuration: "/ws/" of "/ws/4711?token=x". It has letters, digits and "/_.~-" alone,
 * which mean themselves in every such file, whatever the target holds. Names that look made up for
 * one client, and what comes behind them, are left out. target: NULL appends nothing.
 */
void place_location(struct buf *b, const char *target);

/* What stands for {names} in fixes. Each appends its words, for f. */

/* The location of the proxy to be mended; "..." where its request was not seen. */
void place_place(struct buf *b, const struct facts *f);

/* " that takes /ws/", or nothing. */
void place_for_place(struct buf *b, const struct facts *f);

/* The location as Caddy's matcher: "/ws/" and an asterisk. */
void place_matcher(struct buf *b, const struct facts *f);

/* The address behind the proxy to be mended, or words for it. */
void place_backend(struct buf *b, const struct facts *f);

/* The address to which no connection came about. */
void place_not_there(struct buf *b, const struct facts *f);

/* "ping every 2 s, less than half of the 5 s that nginx waits". */
void place_ping_fits(struct buf *b, const struct facts *f);

/* A time-out well above the one that ended f, in seconds. */
void place_longer(struct buf *b, const struct facts *f);

/* A size that takes f's head and some more, in KiB, and in bytes. */
void place_shorten(struct buf *b, const struct facts *f);
void place_head_kib(struct buf *b, const struct facts *f);
void place_head_bytes(struct buf *b, const struct facts *f);

#endif
