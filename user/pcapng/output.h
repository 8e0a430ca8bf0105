/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * -w: turns records and events into the packets of flow.h, in the files of savefile.h.
 *
 * All functions accept NULL: then there is no file to write. What goes wrong is kept, nothing is
 * written from then on, and out_pcapng__free() tells it.
 */
#ifndef PCAPNG_OUTPUT_H
#define PCAPNG_OUTPUT_H

#include "out/output.h"

struct out_pcapng;

/*
 * Opens the first file; o and run have to stay. Returns 0, or -errno where that file cannot be
 * written.
 */
int out_pcapng__new(struct out_pcapng **out, const struct options *o, const struct run_info *run);

/*
 * Takes a record of c, after the decoder did: frames, payload, resyncs, closes. ts: CLOCK_REALTIME,
 * ns.
 */
void out_pcapng__record(struct out_pcapng *k, struct conn *c, const struct wst_hdr *h, uint64_t ts);

/*
 * Takes an event: a head, or a verdict, which becomes a comment of the connection's next packet or
 * of one behind its last. Other events are ignored.
 */
void out_pcapng__event(struct out_pcapng *k, const struct event *e);

/* Counts events that were lost because the ring buffer was full. */
void out_pcapng__lost(struct out_pcapng *k, uint64_t events);

/* Writes out what has gathered. To be called several times a second, after diagnose__tick(). */
void out_pcapng__tick(struct out_pcapng *k, uint64_t now);

/* Whether writing is over: it failed, or -W files are full. */
bool out_pcapng__done(const struct out_pcapng *k);

/*
 * Ends the file. complete: also with frames whose payload is still to come. Returns 0 or -errno,
 * and then in name, of size bytes, the file that could not be written.
 */
int out_pcapng__free(struct out_pcapng *k, uint64_t now, bool complete, char *name, size_t size);

/*
 * Tells err, from new or free, on stderr. Returns false where it is a failure: a reader of standard
 * output that went away is none.
 */
bool out_pcapng__say(const struct options *o, const char *name, int err);

#endif
