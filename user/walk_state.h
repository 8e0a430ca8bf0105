/* SPDX-License-Identifier: GPL-2.0-only */
/* What walk.c and walk_http.c share, and nobody else. */
#ifndef WALK_STATE_H
#define WALK_STATE_H

#include "../bpf/http_head.h"
#include "../bpf/ws_frame.h"
#include "walk.h"

/* HTTP → WS at the blank line of a 101. LOST → HTTP or WS when segments show what they are. */
enum phase { PH_HTTP, PH_WS, PH_LOST, PH_OPAQUE };

/*
 * Signs in a row that frames really start where the walk says, as in bpf/conn.bpf.h: a plausible
 * header, and a frame that ends with its segment. Here the frames that gave the signs are kept, and
 * shown once they are believed.
 */
#define TRUST_SIGNS 4
#define TRUSTED 255

#define MESSAGE_DONE 1
#define MESSAGE_OPEN 2

struct stream {
	uint64_t pos; /* of the next byte, since the upgrade */
	uint64_t lost_pos; /* where decoding stopped, while phase is PH_LOST */
	uint32_t next_seq; /* of the next byte */
	uint32_t keep; /* payload bytes of the current frame still to hand on */
	uint32_t kept; /* and those handed on */
	uint8_t phase;
	uint8_t trust;
	uint8_t why; /* enum wst_why, while phase is PH_LOST */
	uint8_t upgraded; /* this direction has noticed the 101 */
	uint8_t last_b0; /* first header byte of the last frame */
	uint8_t ending; /* a message is over when this frame's payload is */
	uint8_t starting; /* a message starts with this frame */
	uint8_t n_held;
	uint8_t started; /* bytes have come */
	uint8_t head_cut; /* the last head was not captured to its end */
	uint8_t message; /* what the last data frame left, while in doubt: 0 not known, MESSAGE_* */
	uint64_t msg_bytes; /* of the current message so far */
	uint64_t msg_end; /* when the last message ended; 0: none yet */
	uint64_t ping_at; /* when the ping that has no pong yet passed; 0: none */
	struct ws_walk ws;
	struct http_scan http;
	struct wst_counts n;
	struct wst_frame held[TRUST_SIGNS]; /* frames not yet believed */
};

struct walk_conn {
	struct walker *w;
	struct wst_open open;
	struct stream s[WST_DIRS];
	struct wst_hists *hists; /* NULL where nobody wants them */
	uint64_t gaps; /* bytes that passed unseen */
	uint64_t last; /* when bytes last passed */
	uint64_t c2s_end; /* when the last c2s message ended that has no answer yet; 0: none */
	uint16_t request; /* HTTP_* flags of the last request */
	bool opaque;
	bool upgraded; /* a 101 to WebSocket has been seen */
	bool ws; /* that, or frames have been found midway */
	bool resumed; /* that 101 was made up: the first bytes may be no frames yet */
};

struct walker {
	struct walk_options o;
	walk_fn fn;
	void *ctx;
	uint64_t conns;
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
	uint32_t missing; /* bytes behind them that were not captured */
	uint32_t seq; /* of the next byte */
	uint64_t ts;
	uint8_t dir;
	bool skip; /* where frames start is not known: not before the next segment */
};

static inline void advance(struct call *k, uint32_t n)
{
	k->p += n;
	k->left -= n;
	k->seq += n;
	k->s->pos += n;
}

static inline void record_start(struct wst_hdr *h, const struct walk_conn *c, uint64_t ts, uint8_t type,
			 uint8_t dir, uint32_t seq)
{
	h->ts = ts;
	h->conn = c->open.t.h.conn;
	h->seq = seq;
	h->type = type;
	h->dir = dir;
	h->flags = 0;
}

static inline void lose_sync(struct call *k, uint8_t why)
{
	struct stream *s = k->s;

	if (s->phase != PH_LOST) {
		s->lost_pos = s->pos + s->ws.left - s->ws.have;
		s->why = why;
		s->phase = PH_LOST;
	}
	s->trust = 0;
	s->message = 0;
	s->n_held = 0;
	s->keep = 0;
	s->ws.left = 0;
	s->ws.have = 0;
	k->skip = true;
}

static inline void become_ws(struct stream *s)
{
	s->phase = PH_WS;
	s->trust = TRUSTED;
	s->upgraded = 1;
	s->n_held = 0;
	s->pos = 0;
	s->ws.left = 0;
	s->ws.have = 0;
}

/* A request or a response starts like this, on a connection joined midway. */
bool walk_starts_http(const uint8_t *p, uint32_t n);

/* Takes HTTP bytes: hands heads on, skips bodies. */
void walk_http(struct call *k);

/* A head of which only the start was captured: it is taken to end with its segment. */
void walk_cut_head(struct call *k);

#endif
