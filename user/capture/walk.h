/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks through a connection's bytes in user space, with the parsers and decisions of the kernel
 * side (bpf/ws_frame.h, bpf/http_head.h, bpf/stream.h), and makes the same records (bpf/wstrace.h).
 * TCP segments take the place of send and receive calls.
 */
#ifndef CAPTURE_WALK_H
#define CAPTURE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bpf/wstrace.h"

/* What is known of the bytes that come next, beside what walk__bytes() gets. */
struct passing {
	uint64_t packet; /* where they begin: PACKET_AT(); 0: in none */
	bool other_unseen; /* bytes of the other direction have passed that are not in the capture
			    */
};

struct walk_options {
	const struct passing *passing; /* NULL: nothing is known */
	uint32_t snaplen; /* payload bytes to keep of each data frame */
	bool data_frames; /* false: only control frames get a record; all are counted */
	bool hists;
};

/* Takes a record, which is valid during the call. */
typedef void (*walk_fn)(void *ctx, const void *record, size_t size);

struct walker;
struct walk_conn;

/* Creates a walker that calls fn for each record. *o is copied. Returns NULL when memory ran out.
 */
struct walker *walker__new(const struct walk_options *o, walk_fn fn, void *ctx);
void walker__free(struct walker *w); /* accepts NULL; connections are the caller's to close */

/* Returns the packet that the record begins in which is handed on now: PACKET_AT(), or 0. */
uint64_t walker__packet(const struct walker *w);

/* Sums of all connections so far. */
struct walk_totals {
	uint64_t frames;
	uint64_t bytes; /* payload */
	uint64_t gaps; /* bytes that are not in the capture */
	uint64_t cuts; /* segments that were cut where frames, or the rest of a head, may be */
};

/* Returns the sums of all connections so far. */
struct walk_totals walker__totals(const struct walker *w);

/*
 * Opens a connection and sends its WST_OPEN, a copy of *o with t.h.conn and t.h.type filled in. The
 * caller ends it by walk__close() or walk__free(). Returns NULL when memory ran out.
 */
struct walk_conn *walk__open(struct walker *w, const struct wst_open *o);

/*
 * Walks through the next len bytes of a direction, which start at seq. The first `have` of them are
 * at p; the others were not captured. A seq beyond the end of the last call's bytes means that
 * those between are missing. ts: ns, as in all that follow.
 */
void walk__bytes(struct walk_conn *c, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		 uint32_t have, uint32_t len);

/*
 * Notes that the connection is older than the capture and speaks WebSocket. To be called right
 * after walk__open(). p: the n bytes of the 101 that wstrace made up.
 */
void walk__resume(struct walk_conn *c, uint64_t ts, const uint8_t *p, uint32_t n);

/* Notes that another process has the socket: the pid, comm and cgroup of t. */
void walk__task(struct walk_conn *c, uint64_t ts, const struct wst_task *t);

/* A connection's state in TCP. */
struct walk_tcp {
	uint64_t ended; /* when the first FIN or RST passed, ns; 0: none has */
	uint32_t rtt_us, retrans;
	uint8_t how; /* enum wst_end_how; 0: its end was not seen */
	uint8_t first; /* WST_FIRST_*; 0: not known */
};

/* Sends a WST_STATS. */
void walk__stats(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t);

/* Sends the WST_CLOSE and frees c. */
void walk__close(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t);

/* Frees c without a record. */
void walk__free(struct walk_conn *c);

/*
 * Guesses who sent a segment of a connection joined midway. Returns 1 for the client, 0 for the
 * server, -1 if the bytes do not tell.
 */
int walk_guess_client(const uint8_t *p, uint32_t have, uint32_t len);

/*
 * Returns whether a segment is a head that wstrace made up: it has the mark, and no handshake's
 * key.
 */
bool walk_made_up(const uint8_t *p, uint32_t have);

#endif
