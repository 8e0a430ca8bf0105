/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that have ended, kept for some seconds to be compared with others that end, too. */
#ifndef DIAGNOSE_ENDS_H
#define DIAGNOSE_ENDS_H

#include "facts/facts.h"
#include "lib/burst.h"

/* Starts as zeros. */
struct ends {
	struct facts *first, *last; /* by the time they were closed, through ->ended_next */
	struct burst closers; /* when the processes that ended connections did so */
	struct burst sent_away; /* when servers sent 1001 or 1012, by process */
};

void ends__add(struct ends *e, struct facts *f);

/* Returns the oldest, and takes it out, where nothing later is compared with it; else NULL. */
struct facts *ends__expire(struct ends *e, uint64_t now);

/*
 * Gets ends__compare() ready for all that have ended so far. A server that goes may end a hundred
 * thousand connections at once: n log n.
 */
void ends__collect(struct ends *e);

/*
 * Fills in f->end: how others ended when f did. all: every connection that is known, through
 * ->next; live: processes of this host may be asked for.
 */
void ends__compare(const struct ends *e, struct facts *f, const struct facts *all, bool live);

void ends__free(struct ends *e);

#endif
