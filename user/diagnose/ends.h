/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that have ended, kept for some seconds to be compared with others that end, too. */
#ifndef DIAGNOSE_ENDS_H
#define DIAGNOSE_ENDS_H

#include "facts/facts.h"
#include "lib/burst.h"

/* Starts as zeros. */
struct ends {
	struct facts *first, *last; /* in the order of closing, by ->ended_next */
	struct burst closers; /* a process, or a server at an address, ended a connection */
	struct burst sent_away; /* a server's process sent 1001 or 1012 */
	struct burst open; /* WebSockets of a server's process that are open, once counted */
	bool counted;
};

/* Appends f, which has just been closed. */
void ends__add(struct ends *e, struct facts *f);

/*
 * Takes out and returns the oldest connection, if no later end is compared with it; else NULL. now:
 * CLOCK_REALTIME, ns.
 */
struct facts *ends__expire(struct ends *e, uint64_t now);

/*
 * Sorts all ends so far, for ends__compare(): a server that stops may end a hundred thousand
 * connections at once.
 */
void ends__collect(struct ends *e);

/*
 * Fills in the part of f->end that tells how others ended when f did. all: every known connection,
 * by ->next. live: processes of this host may be asked for.
 */
void ends__compare(struct ends *e, struct facts *f, const struct facts *all, bool live);

/* Frees the lists; the facts stay their owner's. */
void ends__free(struct ends *e);

#endif
