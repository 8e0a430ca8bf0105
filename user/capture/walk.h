/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk through a connection's bytes in user space, with the parsers that the kernel side runs
 * (bpf/ws_frame.h, bpf/http_head.h) and the records that it sends (bpf/wstrace.h). TCP segments
 * take the place of the kernel's send and receive calls.
 */
#ifndef CAPTURE_WALK_H
#define CAPTURE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bpf/wstrace.h"

struct walk_options {
	uint32_t snaplen; /* payload bytes to keep of each data frame */
	bool data_frames; /* false: only control frames are handed on, all are counted */
	bool hists;
};

/* Takes a record; it is gone when this returns. */
typedef void (*walk_fn)(void *ctx, const void *record, size_t size);

struct walker;
struct walk_conn;

/* Returns NULL when memory ran out. */
struct walker *walker__new(const struct walk_options *o, walk_fn fn, void *ctx);
void walker__free(struct walker *w); /* accepts NULL; connections are the caller's to close */

/* Of all connections so far. */
struct walk_totals {
	uint64_t frames;
	uint64_t bytes; /* payload */
	uint64_t gaps; /* bytes that passed unseen */
};

struct walk_totals walker__totals(const struct walker *w);

/*
 * A connection. Of o all fields count but t.h.conn and t.h.type, which are given here.
 * Returns NULL when memory ran out.
 */
struct walk_conn *walk__open(struct walker *w, const struct wst_open *o);

/*
 * The direction's next len bytes, that start at seq; the first have of them are at p, the others
 * were not captured. A seq beyond the last call's end says that bytes between are missing.
 */
void walk__bytes(struct walk_conn *c, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		 uint32_t have, uint32_t len);

/*
 * Right after walk__open(): the connection was there before the capture and speaks WebSocket. The n
 * bytes at p are the 101 that wstrace has made up for it.
 */
void walk__resume(struct walk_conn *c, uint64_t ts, const uint8_t *p, uint32_t n);

/* Another process has the socket. Of t, pid, comm and cgroup count. */
void walk__task(struct walk_conn *c, uint64_t ts, const struct wst_task *t);

/* What TCP knows of a connection. */
struct walk_tcp {
	uint64_t ended; /* when the first FIN or RST passed; 0: none has */
	uint32_t rtt_us, retrans;
	uint8_t how; /* enum wst_end_how; 0: its end was not seen */
	uint8_t first; /* WST_FIRST_*; 0: not known */
};

/* Sends a WST_STATS. */
void walk__stats(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t);

/* Sends the WST_CLOSE and frees c. */
void walk__close(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t);

/* Frees c without a word. */
void walk__free(struct walk_conn *c);

/*
 * Who may have sent a segment of a connection joined midway: 1 the client, 0 the server, -1 where
 * its bytes do not tell.
 */
int walk_guess_client(const uint8_t *p, uint32_t have, uint32_t len);

/* Whether a segment is a head that wstrace has made up: it has a mark, and no handshake's keys. */
bool walk_made_up(const uint8_t *p, uint32_t have);

#endif
