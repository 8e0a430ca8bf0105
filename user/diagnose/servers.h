/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each server address from all connections to it, for the facts of the next one.
 * When memory ran out, or there are too many addresses, a further one counts as never used before.
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
 * Compares f's request with f->downstream's, which f has just been joined to. Sets
 * f->kept_elsewhere where the proxy in between passes on other targets' Upgrade header.
 */
void servers__joined(struct servers *all, struct facts *f);

/* Notes f's response. Sets f->port_tls, and f->similar where the target was not found. */
void servers__answered(struct servers *all, struct facts *f);

/* Notes that the server of f speaks TLS. */
void servers__tls(struct servers *all, const struct facts *f);

/* Counts f's end; f->end is known. Sets f->port_tls and f->port_plain. */
void servers__closed(struct servers *all, struct facts *f);

/*
 * Sets f->end.equal, where f was cut: how many were cut after the same silence. To be called once
 * for each connection.
 */
void servers__silence(struct servers *all, struct facts *f);

/* Frees all, with the strings that facts have from here: ->kept_elsewhere and ->similar. */
void servers__free(struct servers *all);

#endif
