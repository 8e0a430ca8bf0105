/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins the legs of a proxy: the connection that a client opened to it, and the one that the proxy
 * opened to an upstream for that client.
 */
#ifndef DIAGNOSE_LEGS_H
#define DIAGNOSE_LEGS_H

#include "decode/event.h"
#include "facts/facts.h"

struct legs;

/*
 * Creates an empty set of legs. live: connections are this host's, so that /proc tells about the
 * processes that have them. Returns NULL when memory ran out.
 */
struct legs *legs__new(bool live);

/* Frees l; the facts stay their owner's. Accepts NULL. */
void legs__free(struct legs *l);

/* Notes that bytes from f's client, at ts, ns, may bring f's process to connect to an upstream. */
void legs__waits(struct legs *l, struct facts *f, uint64_t ts);

/*
 * Looks for the chain of f, which has had a request for a WebSocket. Returns true where one was
 * found: f->downstream and f->joined_by are set, or where f came late f->upstream, too, or alone.
 */
bool legs__request(struct legs *l, struct facts *f);

/*
 * Looks for the leg downstream of f, which nobody accepted, among those that wait, or did a moment
 * ago. Returns whether one was found.
 */
bool legs__refused(struct legs *l, struct facts *f);

/*
 * Looks for the leg downstream of f, which has had this frame at ts, ns, and whose handshake was
 * not seen: proxies pass on masked frames as they are. Returns as legs__request().
 */
bool legs__mask(struct legs *l, struct facts *f, const struct frame_event *fr, uint64_t ts);

/*
 * Looks for the leg downstream of f, whose request cannot be seen: it is in TLS, or nobody reads
 * it. Only legs to known proxies count. Returns whether one was found.
 */
bool legs__unseen(struct legs *l, struct facts *f);

/*
 * Notes that a frame began at this offset of a direction at ts, ns, and counts the proxy's delay.
 */
void legs__frame(struct facts *f, uint8_t dir, uint64_t offset, uint64_t ts);

/* Forgets f's Sec-WebSocket-Key, which is about to change. */
void legs__forget(struct legs *l, struct facts *f);

/* Forgets f, which is about to be freed, and frees what it has from here. */
void legs__remove(struct legs *l, struct facts *f);

#endif
