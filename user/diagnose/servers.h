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

/* Notes f's response. Sets f->port_*, and f->similar where the target was not found. */
void servers__answered(struct servers *all, struct facts *f);

/* Notes that the server of f speaks TLS. */
void servers__tls(struct servers *all, const struct facts *f);

/* Counts f's end, which f->end describes already. Sets f->port_*. */
void servers__closed(struct servers *all, struct facts *f);

/*
 * Sets f->end.equal where f was cut after a silence: how many were cut after the same one. To be
 * called once for each connection.
 */
void servers__silence(struct servers *all, struct facts *f);

/* Frees all, with the strings that facts have from here: ->kept_elsewhere and ->similar. */
void servers__free(struct servers *all);

#endif
