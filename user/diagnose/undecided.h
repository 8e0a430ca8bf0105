/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that are not judged yet. A proxy may have decided on its upstream's answer before the
 * call that sent that answer has returned, and only then is the answer seen; a client may have
 * credentials to send after a 401; whether a client minds what is wrong with a 101 is known
 * once it goes on, or hangs up; and of a Close frame it is seen later what other legs made of it.
 */
#ifndef DIAGNOSE_UNDECIDED_H
#define DIAGNOSE_UNDECIDED_H

#include "facts/facts.h"
#include "lib/units.h"

/*
 * How long a refusal waits for what explains it on other legs, ns, beside the round trips: events
 * of one moment come in any order.
 */
#define UNDECIDED_NS (100 * NS_PER_MS)

/* A heap, by the time at which each can be judged. Starts as zeros. */
struct undecided {
	struct facts **all;
	size_t n, size;
};

/* Returns for how long f's response has to wait, ns; 0: it can be judged now. */
uint64_t undecided_for(const struct facts *f);

/*
 * Adds f, whose response, or Close frame, has to wait until ts, ns. Returns false when memory ran
 * out.
 */
bool undecided__add(struct undecided *u, struct facts *f, uint64_t ts);

/* Takes f out, if it is there. */
void undecided__remove(struct undecided *u, struct facts *f);

/*
 * Takes out and returns a response that can be judged now, or NULL. Of a chain the one furthest
 * upstream comes first, since it explains the others. all: do not wait any longer. now:
 * CLOCK_REALTIME, ns.
 */
struct facts *undecided__next(struct undecided *u, uint64_t now, bool all);

/* Frees the heap; the facts stay their owner's. */
void undecided__free(struct undecided *u);

#endif
