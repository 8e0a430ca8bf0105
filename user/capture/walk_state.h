/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of walk.h, for walk.c and walk_http.c only. */
#ifndef CAPTURE_WALK_STATE_H
#define CAPTURE_WALK_STATE_H

#include "bpf/stream.h"
#include "bpf/timing.h"
#include "capture/walk.h"

/* Most of them: there may be frames in between that are no signs. */
#define HELD_MAX 16

/* State of a direction that the kernel side's struct stream does not have. */
struct walk_dir {
	uint8_t n_held;
	bool started; /* a byte of it has come */
	bool missed; /* bytes before the next head are not in the capture */
	bool head_cut; /* the last head was not captured to its end */
	uint64_t packet; /* where the frame began whose header is under way */
	uint64_t held_packet[HELD_MAX];
	/* frames of a stream in doubt; they get records once they are believed */
	struct wst_frame held[HELD_MAX];
};

struct walk_conn {
	struct walker *w;
	struct wst_open open;
	struct stream s[WST_DIRS];
	struct walk_dir d[WST_DIRS];
	struct timed_hists *hists; /* NULL: not wanted */
	uint64_t gaps; /* bytes that passed unseen */
	uint64_t last; /* when bytes last passed, ns */
	uint16_t request; /* HTTP_* flags of the last request */
	bool opaque;
	bool upgraded; /* a 101 to WebSocket has been seen */
	bool ws; /* speaks WebSocket: after a 101, or since frames were found midway */
	bool resumed; /* the 101 was made up: the first bytes may be no frames */
};

struct walker {
	struct walk_options o;
	walk_fn fn;
	void *ctx;
	uint64_t conns;
	uint64_t packet; /* that the record comes from which is handed on */
	struct walk_totals totals;
	struct {
		struct wst_bytes h;
		uint8_t data[WST_CHUNK];
	} out;
};

/* One segment on its way. */
struct call {
	struct walker *w;
	struct walk_conn *c;
	struct stream *s;
	const uint8_t *p; /* the next byte */
	uint32_t left; /* bytes at p */
	uint32_t missing; /* bytes behind those that were not captured */
	uint32_t seq; /* of the next byte */
	uint64_t ts;
	uint8_t dir;
	bool skip; /* ignore the rest of the segment: it does not tell where frames start */
};

static inline void advance(struct call *k, uint32_t n)
{
	k->p += n;
	k->left -= n;
	k->seq += n;
	k->s->pos += n;
}

static inline void record_start(struct wst_hdr *h, const struct walk_conn *c, uint64_t ts,
				uint8_t type, uint8_t dir, uint32_t seq)
{
	h->ts = ts;
	h->conn = c->open.t.h.conn;
	h->seq = seq;
	h->type = type;
	h->dir = dir;
	h->flags = 0;
}

static inline struct walk_dir *call_dir(const struct call *k)
{
	return &k->c->d[k->dir];
}

static inline void lose_sync(struct call *k, uint8_t why)
{
	stream_lose(k->s, why);
	call_dir(k)->n_held = 0;
	k->skip = true;
}

/* Takes bytes of HTTP: makes records of heads, skips bodies. */
void walk_http(struct call *k);

/* Takes a head of which only the start was captured, as if it ended with its segment. */
void walk_cut_head(struct call *k);

#endif
