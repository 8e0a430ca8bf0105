/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches the events, joins legs, and says what is wrong: EV_LEG and EV_VERDICT. */
#ifndef DIAGNOSE_DIAGNOSE_H
#define DIAGNOSE_DIAGNOSE_H

#include "decode/event.h"
#include "diagnose/verdicts.h"

struct leg {
	const struct facts *first; /* of the chain, which goes on at ->upstream */
	const struct facts *downstream, *upstream;
	const char *by;
};

typedef void (*diagnosis_fn)(void *ctx, const struct event *e);

struct diagnose;

/*
 * Verdicts and legs go to fn, but no verdict on a chain of which no connection is shown. live: the
 * events are of this host and of now, so that its processes can be looked at; not so those of a
 * file. Returns NULL when memory ran out.
 */
struct diagnose *diagnose__new(diagnosis_fn fn, void *ctx, bool live);
void diagnose__free(struct diagnose *d);

/* Every event, in order, after the outputs have had it; an EV_CLOSE before its conn goes. */
void diagnose__event(struct diagnose *d, const struct event *e);

/* Now and then, at least a few times a second. now: CLOCK_REALTIME, ns. */
void diagnose__tick(struct diagnose *d, uint64_t now);

/* Events have been lost, the answers to requests perhaps among them. */
void diagnose__lost(struct diagnose *d, uint64_t now);

/* Whether sockets in which data waits should be looked at: WebSockets are open, or asked for. */
bool diagnose__wants_stats(const struct diagnose *d);

/* Judges what was still waiting for more facts. */
void diagnose__finish(struct diagnose *d, uint64_t now);

/* Row i of what was wrong, sorted by diagnose__finish(), or NULL behind the last one. */
const struct verdict_row *diagnose__verdict(const struct diagnose *d, unsigned int i);

#endif
