/* SPDX-License-Identifier: GPL-2.0-only */
/* A chain: the connections that one WebSocket takes through proxies, from the client to the server.
 */
#ifndef FACTS_CHAIN_H
#define FACTS_CHAIN_H

#include "facts/facts.h"

/* The first connection of the chain, at the client's side; the last one is at the end of
 * ->upstream. */
static inline struct facts *chain_first(struct facts *f)
{
	while (f->downstream)
		f = f->downstream;
	return f;
}

/* The last one, as far as the chain is seen. */
static inline const struct facts *chain_last(const struct facts *f)
{
	while (f->upstream)
		f = f->upstream;
	return f;
}

#endif
