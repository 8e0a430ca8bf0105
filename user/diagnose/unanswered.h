/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that have had no answer, the oldest first, so that what waits too long is found at once.
 */
#ifndef DIAGNOSE_UNANSWERED_H
#define DIAGNOSE_UNANSWERED_H

#include "facts/facts.h"

/*
 * Half of the ten seconds after which common clients give up: handshakes that come good are over
 * long before, and somebody who looks still has time to see why this one is not.
 */
#define OVERDUE_NS 5000000000ULL

struct overdue {
	struct facts *first, *last;
};

/* f has had a request; one that it had before counts no more. */
void overdue__asked(struct overdue *o, struct facts *f);

/* f waits no more. */
void overdue__done(struct overdue *o, struct facts *f);

/*
 * f has had its answer. What was told while there was none explains nothing that comes now, but for
 * a gateway's answer that says the same again, of the same leg.
 */
void overdue__answered(struct overdue *o, struct facts *f);

/* Whether a request is ns old. */
bool overdue__any(const struct overdue *o, uint64_t now, uint64_t ns);

/* Takes out the next one that is overdue; NULL: none is. */
struct facts *overdue__next(struct overdue *o, uint64_t now);

#endif
