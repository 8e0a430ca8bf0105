/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of the requests that have had no answer, the oldest first. */
#ifndef DIAGNOSE_UNANSWERED_H
#define DIAGNOSE_UNANSWERED_H

#include "facts/facts.h"
#include "lib/units.h"

/*
 * How long a request may wait before a verdict says so, ns: half of the ten seconds after which
 * common clients give up. A handshake that succeeds is over long before, and whoever watches has
 * time to see why this one is not.
 */
#define UNANSWERED_NS (5 * NS_PER_SEC)

/* Starts as zeros. */
struct unanswered {
	struct facts *first, *last;
};

/*
 * Appends f, which has had a request. If f is in the list with an earlier request, that is taken
 * out.
 */
void unanswered__asked(struct unanswered *u, struct facts *f);

/* Takes f out, if it is there. */
void unanswered__done(struct unanswered *u, struct facts *f);

/*
 * Takes f out, which has had its answer. If f's chain has had a verdict because it waited, the
 * chain may get another one now, except for a gateway's 502 or 504, which say the same of the same
 * leg.
 */
void unanswered__answered(struct unanswered *u, struct facts *f);

/* Returns whether the oldest request has waited for ns nanoseconds. now: CLOCK_REALTIME, ns. */
bool unanswered__any(const struct unanswered *u, uint64_t now, uint64_t ns);

/*
 * Takes out and returns a request that has waited for UNANSWERED_NS, or NULL. now: CLOCK_REALTIME,
 * ns.
 */
struct facts *unanswered__next(struct unanswered *u, uint64_t now);

#endif
