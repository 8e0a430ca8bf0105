/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns the kernel side's records (bpf/wstrace.h) into events: joins the pieces of heads and
 * payloads.
 */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "decode/event.h"

struct decoder;

struct decoder_options {
	bool payload; /* the user asked for payload */
	bool secrets; /* heads are shown in full, not redacted */
	/*
	 * Only connections with an address in this network, of their own or in a PROXY header, are
	 * let through; IPv4 is ::ffff:a.b.c.d.
	 */
	uint8_t host[16], host_bits; /* 0: all */
};

/*
 * Creates a decoder that calls fn for each event. *o is copied. Returns NULL when memory ran out.
 */
struct decoder *decoder__new(event_fn fn, void *ctx, const struct decoder_options *o);

/* Frees the decoder and its connections, without events. Accepts NULL. */
void decoder__free(struct decoder *d);

/* Has tap called, with the ctx that fn gets. */
void decoder__set_tap(struct decoder *d, tap_fn tap);

/* Has cgroup called for the paths of cgroups, instead of reading this host's /proc. */
void decoder__set_cgroup(struct decoder *d, cgroup_fn cgroup, void *ctx);

/*
 * Says where the next records come from: a packet, PACKET_AT(), and for a WST_OPEN the tunnel
 * around it, which is copied; NULL: none.
 */
void decoder__set_origin(struct decoder *d, uint64_t packet, const struct tunnel *tunnel);

/*
 * Takes one record of size bytes. offset: what to add to the record's time to get CLOCK_REALTIME,
 * ns. Returns 0, -ENOMEM, or -EPROTO for bytes that are no record.
 */
int decoder__record(struct decoder *d, const void *record, size_t size, int64_t offset);

/*
 * Three functions find connections whose WST_CLOSE was among lost records. decoder__count() starts
 * a round. decoder__counted() marks a connection that the kernel still has open.
 * decoder__uncounted() closes, at `now` (CLOCK_MONOTONIC, ns), those that were there when the round
 * started and have no mark; records from before the last decoder__counted() must have been read by
 * then.
 */
void decoder__count(struct decoder *d);
void decoder__counted(struct decoder *d, uint64_t conn);
void decoder__uncounted(struct decoder *d, uint64_t now);

/* Sends out frames that still wait for payload, without the payload: it has been lost. */
void decoder__flush(struct decoder *d);

/* Returns how many connections there have been so far. */
uint32_t decoder__conns(const struct decoder *d);

#endif
