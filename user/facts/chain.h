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

#endif
