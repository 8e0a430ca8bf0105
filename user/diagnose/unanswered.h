/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of the requests that have had no answer, the oldest first. */
#ifndef DIAGNOSE_UNANSWERED_H
#define DIAGNOSE_UNANSWERED_H

#include "facts/facts.h"
#include "lib/units.h"

/*
 * How long a request may wait before that is told, ns. Half of the ten seconds after which common
 * clients give up: handshakes that succeed are over long before, and whoever looks still has time
 * to see why this one is not.
 */
#define UNANSWERED_NS (5 * NS_PER_SEC)

/* Starts as zeros. */
struct unanswered {
	struct facts *first, *last;
};

/* Appends f, which has had a request. An earlier request of f counts no more. */
void unanswered__asked(struct unanswered *u, struct facts *f);

/* Takes f out, if it is there. */
void unanswered__done(struct unanswered *u, struct facts *f);

/*
 * Takes f out, which has had its answer. Verdicts on the waiting explain nothing that comes later
 * on this chain, with one exception: a gateway's 502 or 504 says the same again of the same leg.
 */
void unanswered__answered(struct unanswered *u, struct facts *f);

/* Whether the oldest request has waited for ns. */
bool unanswered__any(const struct unanswered *u, uint64_t now, uint64_t ns);

/* Takes out and returns a request that has waited for UNANSWERED_NS; NULL: none has. */
struct facts *unanswered__next(struct unanswered *u, uint64_t now);

#endif
