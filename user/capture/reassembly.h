/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reassembles TCP streams from segments: follows sequence numbers, sorts late segments, drops
 * repeated ones, and tells when bytes are missing for good. What the bytes mean is up to the
 * consumer. The cgroup of a task is the capture's number for it, with the number of the capture in
 * the upper 32 bits.
 */
#ifndef CAPTURE_REASSEMBLY_H
#define CAPTURE_REASSEMBLY_H

#include "capture/capture.h"
#include "capture/walk.h"

/* The consumer of the streams. What open() returns is the `conn` of the other functions. */
struct reassembly_ops {
	/*
	 * Begins a connection. Returns NULL when memory ran out; then the connection is left out.
	 */
	void *(*open)(void *ctx, const struct wst_open *o);
	/*
	 * Takes the next bytes of a direction, each at most once; arguments as in walk__bytes(). A
	 * seq beyond the end of the last call's bytes means that those between are missing.
	 */
	void (*bytes)(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		      uint32_t have, uint32_t len);
	void (*stats)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/*
	 * Ends conn, as its last call. t->how is 0 if only the next connection's SYN shows the end.
	 */
	void (*close)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/* Frees conn, which was still open when the reassembly was freed, as its last call. */
	void (*drop)(void *conn);
	/* Does what walk_guess_client() does. */
	int (*guess_client)(const uint8_t *p, uint32_t have, uint32_t len);
	/* Does what walk__task() does. May be NULL. */
	void (*task)(void *conn, uint64_t ts, const struct wst_task *t);
	/* Do what walk_made_up() and walk__resume() do. Both may be NULL. */
	bool (*made_up)(const uint8_t *p, uint32_t have);
	void (*resume)(void *conn, uint64_t ts, const uint8_t *p, uint32_t n);
};

struct reassembly_options {
	/* a bit for each port that is probably a server's (65536 bits); NULL: none is known */
	const uint64_t *ports;
	struct passing *passing; /* is filled in before each bytes() call; may be NULL */
	uint8_t role; /* enum wst_role: the end to show where no process is known */
};

#define REASSEMBLY_CONN_MAX (4 << 20) /* bytes of a direction that may wait for missing ones */
#define REASSEMBLY_ALL_MAX (256 << 20) /* bytes that may wait in all connections together */

struct reassembly;

/*
 * Creates an empty reassembly. *o is copied, ops and ctx have to stay. Returns NULL when memory ran
 * out.
 */
struct reassembly *reassembly__new(const struct reassembly_options *o,
				   const struct reassembly_ops *ops, void *ctx);

/* Frees r, after ops->drop() for each open connection. Accepts NULL. */
void reassembly__free(struct reassembly *r);

/* Takes the next segment, which is not needed after the call. */
void reassembly__segment(struct reassembly *r, const struct segment *s);

/* Ends the input: delivers all that waits for missing bytes, without those. */
void reassembly__end(struct reassembly *r);

/* Calls ops->stats for each open connection. ts: CLOCK_REALTIME, ns. */
void reassembly__stats(struct reassembly *r, uint64_t ts);

/* Returns how many connections were left out: too many at once, or no memory. */
uint64_t reassembly__refused(const struct reassembly *r);

#endif
