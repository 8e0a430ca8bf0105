/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes TCP streams of segments: follows sequence numbers, sorts what came late, drops what came
 * twice, and tells when bytes are missing for good. Knows nothing of what the bytes mean. The
 * cgroup of a task is the capture's number for it, with the capture's number in the upper 32 bits.
 */
#ifndef CAPTURE_REASSEMBLY_H
#define CAPTURE_REASSEMBLY_H

#include "capture/capture.h"
#include "capture/walk.h"

/* The consumer of the streams. open() returns what the others get as conn. */
struct reassembly_ops {
	/* A connection has begun. Returns NULL when memory ran out: it is left out then. */
	void *(*open)(void *ctx, const struct wst_open *o);
	/*
	 * The next bytes of a direction, each at most once, as for walk__bytes(). A seq beyond the
	 * last one's end means that the bytes between are missing.
	 */
	void (*bytes)(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		      uint32_t have, uint32_t len);
	void (*stats)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/* conn has ended; its last call. t->how is 0 where only a successor's SYN shows the end. */
	void (*close)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/* conn was still open when the reassembly was freed; its last call. */
	void (*drop)(void *conn);
	/* As walk_guess_client(). */
	int (*guess_client)(const uint8_t *p, uint32_t have, uint32_t len);
	/* Another process has the socket, as for walk__task(). May be NULL. */
	void (*task)(void *conn, uint64_t ts, const struct wst_task *t);
	/* As walk_made_up() and walk__resume(). Both may be NULL. */
	bool (*made_up)(const uint8_t *p, uint32_t have);
	void (*resume)(void *conn, uint64_t ts, const uint8_t *p, uint32_t n);
};

struct reassembly_options {
	/* a bit for each port that is probably a server's; NULL: none is known */
	const uint64_t *ports;
	uint8_t role; /* enum wst_role: the end to show where no process is known */
};

#define REASSEMBLY_CONN_MAX (4 << 20) /* bytes of a direction that wait for a missing one */
#define REASSEMBLY_ALL_MAX (256 << 20) /* bytes that wait in all connections */

struct reassembly;

/* Returns NULL when memory ran out. */
struct reassembly *reassembly__new(const struct reassembly_options *o,
				   const struct reassembly_ops *ops, void *ctx);

/* Frees everything; accepts NULL. Open connections go through ops->drop. */
void reassembly__free(struct reassembly *r);

/* Takes the next segment. */
void reassembly__segment(struct reassembly *r, const struct segment *s);

/* Ends the input: delivers what waits for missing bytes without them. */
void reassembly__end(struct reassembly *r);

/* Calls ops->stats for each open connection. */
void reassembly__stats(struct reassembly *r, uint64_t ts);

/* Returns how many connections were not followed: too many at once, or no memory. */
uint64_t reassembly__refused(const struct reassembly *r);

#endif
