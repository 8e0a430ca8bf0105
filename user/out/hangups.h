/* SPDX-License-Identifier: GPL-2.0-only */
/* Who hung up, and how, counted over all WebSockets of a run: a chain counts once. */
#ifndef OUT_HANGUPS_H
#define OUT_HANGUPS_H

#include "decode/event.h"
#include "facts/ender.h"

#define HANGUPS_MAX 16 /* kinds; of further ones only the number is known */

struct hangup {
	uint64_t count;
	struct ending end;
	enum ender by;
};

/* Starts as zeros. */
struct hangups {
	struct hangup rows[HANGUPS_MAX];
	unsigned int n;
	uint64_t all, others;
};

/* Counts the end that an EV_CLOSE tells of, if its chain has come to its end. */
void hangups__add(struct hangups *h, const struct event *e);

/* Returns how many WebSockets that side ended. */
uint64_t hangups__by(const struct hangups *h, enum ender by);

/* Appends a line for each kind, the most frequent first; nothing for a single WebSocket. */
void hangups__draw(struct hangups *h, struct buf *b);

#endif
