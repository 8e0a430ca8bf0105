/* SPDX-License-Identifier: GPL-2.0-only */
/* Joins a proxy's connections: the one a client opened, and the one the proxy opened for it. */
#ifndef DIAGNOSE_LEGS_H
#define DIAGNOSE_LEGS_H

#include "decode/event.h"
#include "facts/facts.h"

struct legs;

/* live: /proc may be asked whose the client end of a connection is that is not watched. */
struct legs *legs__new(bool live);
void legs__free(struct legs *l);

/* What has come from f's client at ts, ns, may bring this end's process to connect upstream. */
void legs__waits(struct legs *l, struct facts *f, uint64_t ts);

/*
 * f has had a request that wants a WebSocket. Looks for the connection in front of it.
 * Returns true where one was found: f->downstream and f->joined_by are set.
 */
bool legs__request(struct legs *l, struct facts *f);

/* f never came to be; the same for it. */
bool legs__refused(struct legs *l, struct facts *f);

/*
 * f has had this frame at ts, ns. Where neither end's handshake was seen, a frame that a proxy
 * passes on as it is tells which connection lies in front. Returns as legs__request().
 */
bool legs__mask(struct legs *l, struct facts *f, const struct frame_event *fr, uint64_t ts);

/*
 * f's request cannot be seen: it is in TLS, or nobody reads it. The same, where it is a known
 * proxy's.
 */
bool legs__unseen(struct legs *l, struct facts *f);

/* A frame began at offset of direction dir at ts, ns: fills in histograms of the proxy's delay. */
void legs__frame(struct facts *f, uint8_t dir, uint64_t offset, uint64_t ts);

/* f's key is about to change. */
void legs__forget(struct legs *l, struct facts *f);

/* f goes. */
void legs__remove(struct legs *l, struct facts *f);

#endif
