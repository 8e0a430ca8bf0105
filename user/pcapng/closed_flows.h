/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of closed flows. They may still get a remark: verdicts come up to a second after the end.
 */
#ifndef PCAPNG_CLOSED_FLOWS_H
#define PCAPNG_CLOSED_FLOWS_H

#include "bpf/wstrace.h"
#include "pcapng/flow.h"

struct closed_flows;

/* Addresses and ports of a connection, the same for both of its ends. IPv4 is ::ffff:a.b.c.d. */
struct closed_key {
	uint8_t client[16], server[16];
	uint16_t cport, sport;
};

/* Fills in k with the addresses and ports of o. */
void closed_key(struct closed_key *k, const struct wst_open *o);

/* Returns NULL when memory ran out. */
struct closed_flows *closed_flows__new(void);
void closed_flows__free(struct closed_flows *all); /* accepts NULL */

/*
 * Takes over f, for which flow__close() was called. number: the connection's, as outputs show it.
 * now: CLOCK_REALTIME, ns. Returns 0, or -ENOMEM after freeing f.
 */
int closed_flows__add(struct closed_flows *all, struct flow *f, uint32_t number,
		      const struct closed_key *k, uint64_t now);

/* Writes text as a remark on a connection, if the list still has it. Returns as flow__remark(). */
int closed_flows__remark(struct closed_flows *all, uint32_t number, uint64_t ts, const char *text);

/*
 * Frees the flow with this key, which a new connection has now: the old one may get no more
 * packets.
 */
void closed_flows__replaced(struct closed_flows *all, const struct closed_key *k);

/* Frees the flows that have been here for three seconds. now: CLOCK_REALTIME, ns. */
void closed_flows__expire(struct closed_flows *all, uint64_t now);

#endif
