/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes events of the kernel side's records: joins the pieces of heads and payloads. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "decode/event.h"

struct decoder;

typedef void (*event_fn)(void *ctx, const struct event *e);

/* Gets each record of a connection once the decoder has taken it. ts: CLOCK_REALTIME, ns. */
typedef void (*tap_fn)(void *ctx, struct conn *c, const struct wst_hdr *h, uint64_t ts);

struct decoder_options {
	bool payload; /* the user asked for it */
	bool secrets; /* heads are shown in full, not redacted */
};

/* Events go to fn. Returns NULL when memory ran out. */
struct decoder *decoder__new(event_fn fn, void *ctx, const struct decoder_options *o);
void decoder__free(struct decoder *d);

/* tap gets the same ctx as fn. */
void decoder__set_tap(struct decoder *d, tap_fn tap);

/* Who knows cgroups, where not this host's /proc. */
void decoder__set_cgroup(struct decoder *d, cgroup_fn cgroup, void *ctx);

/*
 * One record from the ring buffer, of size bytes. offset: what to add to CLOCK_MONOTONIC to get
 * CLOCK_REALTIME, ns. Returns 0, -ENOMEM, or -EPROTO for a record that is none.
 */
int decoder__record(struct decoder *d, const void *record, size_t size, int64_t offset);

/*
 * Where records were lost, some were of connections that closed: decoder__count() starts a count of
 * those that are open, decoder__counted() gets each, and decoder__uncounted() closes those that
 * were there when the count started and are not open. All records from before the last
 * decoder__counted() must have come by then. now: CLOCK_MONOTONIC, ns.
 */
void decoder__count(struct decoder *d);
void decoder__counted(struct decoder *d, uint64_t conn);
void decoder__uncounted(struct decoder *d, uint64_t now);

/* Shows frames that still wait for payload: it has been lost. */
void decoder__flush(struct decoder *d);

/* Connections seen so far. */
uint32_t decoder__conns(const struct decoder *d);

#endif
