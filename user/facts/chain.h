/* SPDX-License-Identifier: GPL-2.0-only */
/* A chain: the connections that make up one WebSocket's way through proxies, client to server. */
#ifndef FACTS_CHAIN_H
#define FACTS_CHAIN_H

#include "facts/facts.h"

/* Returns the first connection of f's chain, the one that the client opened. */
static inline struct facts *chain_first(struct facts *f)
{
	while (f->downstream)
		f = f->downstream;
	return f;
}

/* Returns the last connection of f's chain, as far as the chain is seen. */
static inline const struct facts *chain_last(const struct facts *f)
{
	while (f->upstream)
		f = f->upstream;
	return f;
}

/* Returns the process, of this host, that accepted f's connection; 0: not known. */
uint32_t chain_server_pid(const struct facts *f);

/* Returns the process, of this host, that opened f's connection; 0: not known. */
uint32_t chain_client_pid(const struct facts *f);

/*
 * Returns whether down can be the leg in front of up, and how well it fits: 3: one process has
 * both; 2: one host has both, 1: nothing speaks against it, 0: other processes or hosts, so that
 * something lies between; -1: it goes the other way.
 */
int chain_fits(const struct facts *down, const struct facts *up);

/* Returns the nearest leg in front of f whose request was seen, or NULL. */
const struct facts *chain_asked(const struct facts *f);

/* Returns the nearest leg behind f whose answer was seen, or NULL. */
const struct facts *chain_answered(const struct facts *f);

/*
 * Returns whether something is between from and the leg behind it, to, that nobody can look into: a
 * hop that is not seen, or a leg that cannot be read.
 */
bool chain_gap(const struct facts *from, const struct facts *to);

/*
 * Returns the leg whose sender sent the first Close frame of the chain, and *dir; NULL: there was
 * none. Other legs have what proxies made of it.
 */
const struct facts *chain_close(const struct facts *f, uint8_t *dir);

/* Returns the leg from which f gets what goes in this direction, or NULL. */
static inline const struct facts *chain_source(const struct facts *f, uint8_t dir)
{
	return dir == WST_C2S ? f->downstream : f->upstream;
}

/* Returns the longest round trip of the chain's legs that is known, ns; 0: none is. */
uint64_t chain_rtt(const struct facts *f);

/*
 * Returns the leg behind f, or f itself, that has fewer messages in a direction than the leg in
 * front of it, or more, though the Close frame behind them came through: the process between the
 * two lost some. Sets *dir, and *n to how many; NULL: none did.
 */
const struct facts *chain_lost(const struct facts *f, uint8_t *dir, uint64_t *n);

#endif
