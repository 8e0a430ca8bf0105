/* SPDX-License-Identifier: GPL-2.0-only */
/* Diagnosis: watches the events, joins legs, and tells what is wrong, as EV_LEG and EV_VERDICT. */
#ifndef DIAGNOSE_DIAGNOSE_H
#define DIAGNOSE_DIAGNOSE_H

#include "decode/event.h"
#include "diagnose/verdicts.h"

struct leg {
	const struct facts *first; /* leg of the chain; the others follow at ->upstream */
	const struct facts *downstream, *upstream;
	const char *by;
};

typedef void (*diagnosis_fn)(void *ctx, const struct event *e);

struct diagnose;

/*
 * Creates a diagnosis that calls fn for each verdict and each join of legs, but for no verdict on a
 * chain of which no connection is shown. live: the events are of this host and of now, so that its
 * processes can be asked for; those of a file are not. Returns NULL when memory ran out.
 */
struct diagnose *diagnose__new(diagnosis_fn fn, void *ctx, bool live);

/* Tells d that no port is left out: what is not seen is not there, or is no TCP. */
void diagnose__all_ports(struct diagnose *d);

/* Frees d without judging anything. Accepts NULL. */
void diagnose__free(struct diagnose *d);

/*
 * Takes an event: every one, in order, after the outputs have had it. e->conn of an EV_CLOSE is not
 * used any more after that.
 */
void diagnose__event(struct diagnose *d, const struct event *e);

/*
 * Judges what was waiting for its time to come. To be called several times a second. now:
 * CLOCK_REALTIME, ns.
 */
void diagnose__tick(struct diagnose *d, uint64_t now);

/* Notes that events have been lost: answers to requests may be among them. */
void diagnose__lost(struct diagnose *d, uint64_t now);

/*
 * Returns whether sockets in which data waits should be looked at: WebSockets are open, or asked
 * for, or bytes wait unread. unheard: there may be connections that have had no event.
 */
bool diagnose__wants_stats(const struct diagnose *d, bool unheard);

/* Judges all that was still waiting for more facts, and sorts the verdicts. */
void diagnose__finish(struct diagnose *d, uint64_t now);

/*
 * Returns whether ends were judged of which nobody knows what became of the processes: a file does
 * not tell.
 */
bool diagnose__guessed(const struct diagnose *d);

/*
 * Returns row i of the verdicts, which diagnose__finish() has sorted, or NULL behind the last one.
 */
const struct verdict_row *diagnose__verdict(const struct diagnose *d, unsigned int i);

#endif
