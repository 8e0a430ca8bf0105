/* SPDX-License-Identifier: GPL-2.0-only */
/* One connection that was opened: who and why, its last frames, handshake, histograms, counters. */
#ifndef TOP_ONE_H
#define TOP_ONE_H

#include "top/rows.h"

struct top_one;

/* r stays until top_one__free(). Returns NULL when memory ran out. */
struct top_one *top_one__new(struct top_row *r);
void top_one__free(struct top_one *o); /* accepts NULL */

/* Its row; NULL where o is. */
struct top_row *top_one__row(const struct top_one *o);

/* An event of its connection. paused: no line is added, those that come are counted. */
void top_one__event(struct top_one *o, const struct event *e, bool paused);

/* Draws all lines but the last one. now: CLOCK_REALTIME, ns. */
void top_one__draw(struct top_one *o, uint64_t now, bool paused);

/* Scrolls, or shows another tab. */
void top_one__key(struct top_one *o, uint32_t key);

extern const char *const top_one_help[]; /* lines; NULL behind the last one */

#endif
