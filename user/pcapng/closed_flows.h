/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that have ended in the file, and of which something may still be said: verdicts. */
#ifndef PCAPNG_CLOSED_FLOWS_H
#define PCAPNG_CLOSED_FLOWS_H

#include "pcapng/flow.h"
#include "bpf/wstrace.h"

struct ended;

/* The same for both ends of a connection: ::ffff:a.b.c.d for IPv4. */
struct ended_key {
	uint8_t client[16], server[16];
	uint16_t cport, sport;
};

void ended_key(struct ended_key *k, const struct wst_open *o);

/* Returns NULL when memory ran out. */
struct ended *ended__new(void);
void ended__free(struct ended *e); /* accepts NULL */

/*
 * Takes f, after flow__close(). number: the connection's, as shown. now: CLOCK_REALTIME, ns.
 * Returns 0, or -ENOMEM, after it has freed f.
 */
int ended__add(struct ended *e, struct flow *f, uint32_t number, const struct ended_key *k,
	       uint64_t now);

/* What is said of the connection, where it is still known. Returns as flow__remark() does. */
int ended__remark(struct ended *e, uint32_t number, uint64_t ts, const char *text);

/* A new connection has these addresses and ports: no packet may be added to the old one. */
void ended__replaced(struct ended *e, const struct ended_key *k);

/* Lets go of those of which everything has been said. */
void ended__expire(struct ended *e, uint64_t now);

#endif
