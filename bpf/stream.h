/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One direction of a connection: what is known of it, and what its next bytes make of that. Pure,
 * as ws_frame.h is: the kernel walks through the bytes of calls with it, the reader of captures
 * through those of segments. What either does besides (reading, telling, counting) is its own.
 */
#ifndef STREAM_H
#define STREAM_H

#include "http_head.h"
#include "ws_frame.h"
#include "wstrace.h"

/* HTTP -> WS at the blank line of a 101. LOST -> HTTP or WS when bytes show what they are. */
enum phase { PH_HTTP, PH_WS, PH_LOST, PH_OPAQUE };

/*
 * A stream joined midway, or behind a gap that hid a frame start, is trusted only after so many
 * signs in a row that frames really start where the walk says: a header that ws_plausible() accepts
 * is one, a frame that ends exactly at the end of a call is another. Random bytes that pass for a
 * short frame do both once in 5000 calls, four signs in a row once in 30 million.
 */
#define TRUST_SIGNS 4
#define TRUSTED 255

#define MESSAGE_DONE 1
#define MESSAGE_OPEN 2

/* In the order of use: what each frame touches lies in as few cache lines as can be. */
struct stream {
	__u64 pos; /* of the next byte, since the upgrade */
	__u32 next_seq; /* of the next byte */
	__u32 busy; /* kernel: calls on this stream that are in the core right now */
	__u8 phase;
	__u8 trust;
	__u8 why; /* enum wst_why, while phase is PH_LOST */
	__u8 upgraded; /* this direction has noticed the 101 */
	__u8 last_b0; /* first header byte of the last frame */
	__u8 ending; /* a message is over when this frame's payload is */
	__u8 starting; /* a message starts with this frame */
	__u8 message; /* what the last data frame left, while in doubt: 0 not known, MESSAGE_* */
	struct ws_walk ws;
	__u32 keep; /* payload bytes of the current frame still to hand on */
	__u32 kept; /* and those handed on */
	struct wst_counts n;
	__u64 msg_bytes; /* of the current message so far */
	__u64 lost_pos; /* where decoding stopped, while phase is PH_LOST */
	struct http_scan http;
};

/* From here on frames start at the next byte. */
static __always_inline void stream_begin_ws(struct stream *s)
{
	s->phase = PH_WS;
	s->trust = TRUSTED;
	s->upgraded = 1;
	s->pos = 0;
	s->ws.left = 0;
	s->ws.have = 0;
}

/* From here on it is not known where frames start; nothing more in this call can tell. */
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

/* n bytes pass unseen. Returns false where they may have hidden a frame's or a head's start. */
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

/*
 * Payload of one value, 00 00 or 01 01 01, reads as a chain of plausible frames; not as one of
 * messages. An empty fragment is legal, but too cheap to be a sign.
 */
static __always_inline int stream_continues_message(struct stream *s, const struct ws_frame *f)
{
	__u8 fin = f->b0 & WS_FIN, first = f->b0 & WS_OPCODE;

	if (WS_IS_CONTROL(f->b0))
		return 1;
	if ((!fin && !f->len) || s->message == (first ? MESSAGE_OPEN : MESSAGE_DONE))
		return 0;
	s->message = fin ? MESSAGE_DONE : MESSAGE_OPEN;
	return 1;
}

/*
 * Weighs a header where frames may or may not start. Returns -1 where they do not, 0 where that is
 * one more sign, and 1 where there have been enough: this frame is one.
 */
static __always_inline int stream_weigh(struct stream *s, const struct ws_frame *f, __u8 dir)
{
	if (!ws_plausible(f, dir == WST_C2S) || !stream_continues_message(s, f))
		return -1;
	if (s->trust < (TRUST_SIGNS)) {
		s->trust++;
		return 0;
	}
	s->phase = PH_WS;
	s->trust = TRUSTED;
	return 1;
}

/* A call is over. A frame that ends where it does is a sign: writers do that. */
static __always_inline void stream_call_ends(struct stream *s)
{
	if (s->phase == PH_LOST && s->trust && !s->ws.left && !s->ws.have)
		s->trust++;
}

/*
 * A call of total bytes, the first got of which are at p, starts while the walk is, perhaps, inside
 * a payload or header: it got there by a header that nothing has confirmed yet. Where this call
 * holds exactly one plausible frame, that is the better guess. Returns whether it was taken.
 */
static __always_inline int stream_rejoin(struct stream *s, const __u8 *p, __u32 got, __u64 total,
					 __u8 dir)
{
	struct ws_frame f;

	if (got < 2 || got < ws_hdr_len(p[1]))
		return 0;
	ws_parse(p, &f);
	if (!ws_plausible(&f, dir == WST_C2S) || f.hdr_len + f.len != total)
		return 0;
	s->trust = 0;
	s->message = 0;
	s->ws.left = 0;
	s->ws.have = 0;
	return 1;
}

/*
 * Whether f may break a rule of RFC 6455, or start or go on with a message in several frames, so
 * that it is handed on even where data frames are not wanted. RSV1 is on every message once
 * permessage-deflate is agreed: of that the first frames do. In arithmetic, since the verifier
 * follows each way through a chain of conditions to the end of the walk.
 */
static __always_inline int stream_remarkable(const struct stream *s, const struct ws_frame *f,
					     __u8 dir)
{
	__u64 odd = (f->b0 & ~(WS_RSV1 | 3)) ^ WS_FIN;
	__u32 form = f->hdr_len - 4 * f->masked; /* 2, 4 or 10: how the length is written */

	odd |= ~(f->b0 ^ f->b0 >> 1) & 1; /* neither text, 1, nor binary, 2 */
	odd |= f->masked ^ (dir == WST_C2S);
	odd |= (f->len - 126) >> 63 & form >> 2; /* 16 bits for what fits into 7 */
	odd |= (f->len - 0x10000) >> 63 & form >> 3; /* 64 for what fits into 16 */
	return odd || s->n.frames[WST_TEXT] + s->n.frames[WST_BINARY] <= 1;
}

/* Counts a frame. */
static __always_inline void stream_count(struct stream *s, const struct ws_frame *f)
{
	__u32 op = f->b0 & WS_OPCODE;

	if (WS_IS_CONTROL(f->b0))
		op -= 8 - WST_CLOSE_OP;
	if ((f->b0 & WS_OPCODE & 7) > 2)
		op = WST_RESERVED;
	if (op < WST_OPS)
		s->n.frames[op]++;
	s->n.bytes += f->len;
	if (f->b0 & WS_FIN && !WS_IS_CONTROL(f->b0))
		s->n.messages++;
	s->last_b0 = f->b0;
}

/* Notes of a data frame, whose header has just passed, what its message is measured by. */
static __always_inline void stream_message(struct stream *s, const struct ws_frame *f)
{
	s->msg_bytes += f->len;
	s->starting = !!(f->b0 & WS_OPCODE);
	s->ending = !!(f->b0 & WS_FIN);
}

/* Some of the current frame has passed. Returns whether its message starts or ends there. */
static __always_inline int stream_moved(const struct stream *s)
{
	return s->starting || (s->ending && !s->ws.left);
}

#define NOT_ENDED ~0ULL

/*
 * The message has started, or ended, or both, and is noted no longer. Returns its bytes, or
 * NOT_ENDED where it goes on.
 */
static __always_inline __u64 stream_message_passed(struct stream *s)
{
	__u64 bytes = s->msg_bytes;

	s->starting = 0;
	if (!s->ending || s->ws.left)
		return NOT_ENDED;
	s->ending = 0;
	s->msg_bytes = 0;
	return bytes;
}

/* Hands on no more than most bytes of the payload of f, whose header has just passed. */
static __always_inline void stream_keep(struct stream *s, const struct ws_frame *f, __u32 most)
{
	s->kept = 0;
	s->keep = f->len < most ? f->len : most;
}

/* Fills in what a record of f says beyond struct wst_hdr; its header has just passed. */
static __always_inline void stream_frame(const struct stream *s, const struct ws_frame *f,
					 __u32 pid, struct wst_frame *r)
{
	r->len = f->len;
	r->offset = s->pos - f->hdr_len;
	r->mask = f->mask;
	r->pid = pid;
	r->kept = s->keep;
	r->b0 = f->b0;
	r->hdr_len = f->hdr_len;
	r->masked = f->masked;
	r->pad = 0;
}

/* What a connection's two directions say in a record of struct wst_stats, which is zero else. */
static __always_inline void stream_stats(struct wst_stats *r, const struct stream *s)
{
	for (int i = 0; i < WST_DIRS; i++) {
		r->counts[i] = s[i].n;
		r->last_b0[i] = s[i].last_b0;
	}
	__builtin_memset(r->p99, WST_NO_P99, sizeof(r->p99));
}

#endif
