/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of one direction of a connection: where its next frame starts, if anywhere. */
#ifndef DIRECTION_H
#define DIRECTION_H

#include "http_head.h"
#include "ws_frame.h"
#include "wstrace.h"

/* HTTP -> WS at the blank line of a 101. LOST -> HTTP or WS when the bytes show which. */
enum phase { PH_HTTP, PH_WS, PH_LOST, PH_OPAQUE };

/*
 * A stream joined midway, or behind a gap that hid a frame's start, is trusted only after so many
 * signs in a row that frames really start where the walk says. A header that ws_plausible() accepts
 * is one sign, a frame that ends exactly at the end of a call another. Random bytes that pass for a
 * short frame do both once in 5000 calls, four signs in a row once in 30 million.
 */
#define TRUST_SIGNS 4
#define TRUSTED 255

/* How the last data frame left its message, as far as a stream that is in doubt tells. */
enum message { MESSAGE_UNKNOWN, MESSAGE_DONE, MESSAGE_GOES_ON, MESSAGE_CLOSED };

/* In the order of use: the fields that each frame touches lie in as few cache lines as possible. */
struct stream {
	__u64 pos; /* place of the next byte, since the upgrade */
	__u32 next_seq; /* its sequence number */
	__u32 busy; /* kernel: calls on this stream that are in the core right now */
	__u8 phase; /* enum phase */
	__u8 trust; /* signs so far, or TRUSTED */
	__u8 why; /* enum wst_why, while phase is PH_LOST */
	__u8 upgraded; /* this direction has noticed the 101 */
	__u8 last_b0; /* first header byte of the last frame */
	__u8 ending; /* the message is over when this frame's payload is */
	__u8 starting; /* the message starts with this frame */
	__u8 message; /* enum message, while phase is PH_LOST */
	struct ws_walk ws;
	__u32 keep; /* payload bytes of the current frame still to hand on */
	__u32 kept; /* payload bytes of it already handed on */
	struct wst_counts n;
	__u64 msg_bytes; /* of the current message so far */
	__u64 lost_pos; /* where decoding stopped, while phase is PH_LOST */
	struct http_scan http;
	__u64 body_pos; /* up to where the body behind an answer has been handed on */
	__u32 body; /* bytes of it still to hand on */
};

/* Knows from here on that frames start at the next byte. */
static __always_inline void stream_begin_ws(struct stream *s)
{
	s->phase = PH_WS;
	s->trust = TRUSTED;
	s->upgraded = 1;
	s->pos = 0;
	s->ws.left = 0;
	s->ws.have = 0;
}

/*
 * Loses where frames start, for the reason enum wst_why. The rest of the call cannot tell: the
 * caller is to skip it.
 */
static __always_inline void stream_lose(struct stream *s, __u8 why)
{
	if (s->phase != PH_LOST) {
		s->lost_pos = s->pos + s->ws.left - s->ws.have;
		s->why = why;
		s->phase = PH_LOST;
	}
	s->trust = 0;
	s->message = 0;
	s->keep = 0;
	s->ws.left = 0;
	s->ws.have = 0;
}

/* Skips n bytes that nobody saw. Returns 0 where a frame or a head may have started in them. */
static __always_inline int stream_gap(struct stream *s, __u32 n)
{
	if (s->phase == PH_OPAQUE)
		return 1;
	if (s->phase == PH_HTTP) {
		if (http_data(&s->http) < n)
			return 0;
		http_skip(&s->http, n);
		return 1;
	}
	if (s->ws.have || s->ws.left < n)
		return 0;
	ws_skip(&s->ws, n);
	s->keep = 0;
	return 1;
}

#endif
