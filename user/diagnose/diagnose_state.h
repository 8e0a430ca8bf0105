/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of diagnose.c, for the files of its name. */
#ifndef DIAGNOSE_DIAGNOSE_STATE_H
#define DIAGNOSE_DIAGNOSE_STATE_H

#include "diagnose/diagnose.h"
#include "diagnose/ends.h"
#include "diagnose/legs.h"
#include "diagnose/servers.h"
#include "diagnose/unanswered.h"
#include "diagnose/undecided.h"
#include "diagnose/verdicts.h"

struct diagnose {
	diagnosis_fn fn;
	void *ctx;
	bool live, all_ports;
	bool guessed; /* an end was judged without knowing whether its process is gone */
	struct undecided undecided;
	struct legs *legs;
	struct facts *first, *last; /* by the time they were opened */
	struct ends ends;
	struct unanswered unanswered;
	uint64_t lost; /* when events were last lost */
	struct servers servers;
	struct verdicts verdicts;
	uint32_t websockets; /* open now */
	uint64_t unread_until; /* until when to look at sockets again, since bytes wait in one */
	uint64_t now, next_round;
};

/* Asks the rules of a moment (enum moment) about f, and tells what they find. */
void diagnose__weigh(struct diagnose *d, struct facts *f, uint32_t moment, uint64_t ts);

/* Finds out the name of the process that opened f, where that is on this host. */
void diagnose__name_client(struct diagnose *d, struct facts *f);

/* Judges the 101s of f's chain in which something is wrong: the server's before its proxies'. */
void diagnose__weigh_flaws(struct diagnose *d, struct facts *f, uint64_t ts);

/* Judges the requests of f's chain, which got no 101. */
void diagnose__weigh_requests(struct diagnose *d, struct facts *f, uint64_t ts);

/* Judges f's answer, or puts that off. Request and answer have been observed, in either order. */
void diagnose__answered(struct diagnose *d, struct facts *f, uint64_t ts);

/* Judges the answers that have waited long enough, or all. */
void diagnose__undecided(struct diagnose *d, bool all);

/*
 * Judges f's undecided response, since the next request is here, and before it the legs behind f.
 */
void diagnose__decide(struct diagnose *d, struct facts *f, uint64_t ts);

/* Returns whether e is the request to which f had a 401, made again on the same connection. */
bool diagnose__is_again(const struct facts *f, const struct event *e);

/* Judges f's first Close frame of a direction, or puts that off where there are other legs. */
void diagnose__close_came(struct diagnose *d, struct facts *f, uint64_t ts);

/* Judges the Close frames of f's chain that have waited, and what proxies made of the first one. */
void diagnose__closes(struct diagnose *d, struct facts *f, uint64_t ts);

/* Judges what has waited for the end of f's chain: its 101s, and requests without an answer. */
void diagnose__handshake_ended(struct diagnose *d, struct facts *f);

#endif
