/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A proxy's 5xx answers that are not judged yet. The proxy may have decided on its upstream's
 * answer before the call that sent that answer has returned, and only then is the answer seen.
 */
#ifndef DIAGNOSE_UNDECIDED_H
#define DIAGNOSE_UNDECIDED_H

#include "facts/facts.h"

/* Starts as zeros. */
struct undecided {
	struct facts *first; /* the newest */
};

/*
 * Returns whether f's response has to wait: the request went on to an upstream, which has not
 * answered.
 */
bool undecided_is(const struct facts *f);

/* Adds f, whose response has to wait. */
void undecided__add(struct undecided *u, struct facts *f);

/* Takes f out, if it is there. */
void undecided__remove(struct undecided *u, struct facts *f);

/*
 * Takes out and returns a response that can be judged now, or NULL. Of a chain the one furthest
 * upstream comes first, since it explains the others. all: do not wait any longer. now:
 * CLOCK_REALTIME, ns.
 */
struct facts *undecided__next(struct undecided *u, uint64_t now, bool all);

#endif
