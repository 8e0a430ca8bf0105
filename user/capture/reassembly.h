/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP connections out of segments: follows sequence numbers, puts what came late or twice into
 * order, says when bytes are missing for good. Knows nothing of what the bytes mean. The cgroup of
 * a task is the capture's own number for it, with that of the capture in the upper 32 bits.
 */
#ifndef CAPTURE_REASSEMBLY_H
#define CAPTURE_REASSEMBLY_H

#include "capture/capture.h"
#include "capture/walk.h"

/* Who takes the streams. What open() returns is handed to the others as conn. */
struct reassembly_ops {
	/* NULL: memory ran out, and the connection is left out. */
	void *(*open)(void *ctx, const struct wst_open *o);
	/*
	 * The next bytes of a direction, each at most once, as walk__bytes() takes them. A seq that
	 * jumps says that bytes are missing.
	 */
	void (*bytes)(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		      uint32_t have, uint32_t len);
	void (*stats)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/*
	 * Its end; conn is gone after that. t->how is 0 where only a successor shows that it ended.
	 */
	void (*close)(void *conn, uint64_t ts, const struct walk_tcp *t);
	/* It was still open when all was over; conn is gone after that. */
	void (*drop)(void *conn);
	/* As walk_guess_client(). */
	int (*guess_client)(const uint8_t *p, uint32_t have, uint32_t len);
	/* Another process has the socket, as walk__task() takes it. NULL: nobody wants to know. */
	void (*task)(void *conn, uint64_t ts, const struct wst_task *t);
	/* As walk_made_up() and walk__resume(). Both may be NULL. */
	bool (*made_up)(const uint8_t *p, uint32_t have);
	void (*resume)(void *conn, uint64_t ts, const uint8_t *p, uint32_t n);
};

struct reassembly_options {
	/* a bit for each port that is likely a server's; NULL: none is known */
	const uint64_t *ports;
	uint8_t role; /* whose view is taken where no process is known: enum wst_role */
};

#define REASSEMBLY_CONN_MAX (4 << 20) /* bytes of a direction that wait for one that is missing */
#define REASSEMBLY_ALL_MAX (256 << 20) /* and of all together */

struct reassembly;

/* Returns NULL when memory ran out. */
struct reassembly *reassembly__new(const struct reassembly_options *o,
				   const struct reassembly_ops *ops, void *ctx);

/* Frees everything; accepts NULL. Open connections go through ops->drop. */
void reassembly__free(struct reassembly *r);

/* Takes the next segment. */
void reassembly__segment(struct reassembly *r, const struct segment *s);

/* No segment comes any more: what waits for missing bytes goes out without them. */
void reassembly__end(struct reassembly *r);

/* Calls ops->stats for each connection. */
void reassembly__stats(struct reassembly *r, uint64_t ts);

/* Connections not followed, because there were too many at once. */
uint64_t reassembly__refused(const struct reassembly *r);

#endif
