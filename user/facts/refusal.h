/* SPDX-License-Identifier: GPL-2.0-only */
/* What explains a refusal beside its own head: other legs, and what has worked. */
#ifndef FACTS_REFUSAL_H
#define FACTS_REFUSAL_H

#include "facts/endpoints.h"

/* Returns whether an Origin, "https://example.com:8443", fits a Host, "example.com:8443". */
bool origin_fits(const char *origin, const char *host);

/*
 * Returns the leg of f's chain, f or one in front of it, whose client is a proxy that changed a
 * Host that had fitted the Origin into the one that f has, which does not; NULL: none is seen to.
 */
const struct facts *refusal_host_changed(const struct facts *f);

/* Whoever is at fault where a Host does not fit: that proxy, else f's server. */
struct hop refusal_host_changer(const struct facts *f);

/* Returns the leg in front of f whose proxy hung up without passing f's answer on, or NULL. */
const struct facts *refusal_hung_up(const struct facts *f);

/* What stands for {names} in sentences and fixes. Each appends its words, for f. */

/* "what differs is the query", beside a request that worked. */
void refusal_differs(struct buf *b, const struct facts *f);

/* Where SockJS has its WebSocket: the target without its query, and /websocket. */
void refusal_sockjs(struct buf *b, const struct facts *f);

/* The Host that the proxy got, in place of which it sent another one. */
void refusal_host_before(struct buf *b, const struct facts *f);

#endif
