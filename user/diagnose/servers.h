/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of server addresses, with what all connections to each have told, for the facts of the
 * next connection. When memory ran out, or there are too many addresses, a further address counts
 * as never used before.
 */
#ifndef DIAGNOSE_SERVERS_H
#define DIAGNOSE_SERVERS_H

#include "facts/facts.h"

struct server;

/* Starts as zeros. */
struct servers {
	struct server *by_addr;
};

/* Counts f's request for a WebSocket. Sets f->opens and f->mass_closes. */
void servers__asked(struct servers *all, struct facts *f);

/*
 * Compares f's request with that of f->downstream, to which f has just been joined. Sets
 * f->kept_elsewhere to a target whose Upgrade header the proxy in between does pass on.
 */
void servers__joined(struct servers *all, struct facts *f);

/*
 * Notes f's response. Sets f->port_*, f->down_before, f->contrast where it is a refusal, and
 * f->similar where the target was not found.
 */
void servers__answered(struct servers *all, struct facts *f);

/* Notes that the server of f could not connect to f->down. */
void servers__down(struct servers *all, struct facts *f);

/* Returns whether f's client has got a 101 for the same path since f was refused. */
bool servers__retried(struct servers *all, const struct facts *f);

/* Counts f's end after its 101. Sets f->early. */
void servers__left(struct servers *all, struct facts *f);

/*
 * Counts f's connect, which was refused. Where nobody has listened at its server, and no proxy is
 * known that may have tried it, f->refused_often is set once they are many.
 */
void servers__refused(struct servers *all, struct facts *f);

/* Returns whether f->refused_often is set, and still true: it is what they are now. */
bool servers__refuses(struct servers *all, struct facts *f);

/* Notes that the server of f speaks TLS. */
void servers__tls(struct servers *all, const struct facts *f);

/* Notes that the client of f has sent what is neither HTTP nor TLS, or nothing but a part of it. */
void servers__probed(struct servers *all, const struct facts *f);

/* Sets f->probing, from what the client's host did before the time now and within a minute. */
void servers__probing(struct servers *all, struct facts *f, uint64_t now);

/* Counts f's end, which f->end describes already. Sets f->port_*. */
void servers__closed(struct servers *all, struct facts *f);

/* Notes after which silence and age f was cut, the first leg of its chain that was, which f->end
 * describes already. */
void servers__cut(struct servers *all, struct facts *f);

/*
 * Sets f->end.equal, .client_equal and .aged: how many others were cut after the same silence, or
 * at the same age.
 */
void servers__compare(struct servers *all, struct facts *f);

/* Frees all, with the strings that facts have from here: ->kept_elsewhere and ->similar. */
void servers__free(struct servers *all);

#endif
