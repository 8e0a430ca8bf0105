/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One direction of a connection: what is known of it, and how its next bytes change that. Pure, as
 * ws_frame.h is: the kernel walks through the bytes of calls with it, the reader of captures
 * through those of segments. Reading bytes and sending records is left to each of the two.
 */
#ifndef STREAM_H
#define STREAM_H

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

/*
 * Whether f may follow the data frame before it: only the first frame of a message has an opcode.
 * Payload that repeats one value, 00 00 or 01 01 01, reads as a chain of plausible frames, but not
 * as one of messages. An empty fragment is legal, but too cheap to be a sign. Nothing follows a
 * Close, whose payload is nothing, or a code and a reason (RFC 6455, 5.5.1).
 */
static __always_inline int stream_continues_message(struct stream *s, const struct ws_frame *f)
{
	__u8 fin = f->b0 & WS_FIN, first = f->b0 & WS_OPCODE;

	if (s->message == MESSAGE_CLOSED)
		return 0;
	if (first == WS_CLOSE)
		s->message = MESSAGE_CLOSED;
	if (WS_IS_CONTROL(f->b0))
		return first != WS_CLOSE || f->len != 1;
	if (!first && f->b0 & WS_RSV1) /* RFC 7692, section 6.1: it is on a message's first frame */
		return 0;
	if ((!fin && !f->len) || s->message == (first ? MESSAGE_GOES_ON : MESSAGE_DONE))
		return 0;
	if (fin || first)
		s->message = fin ? MESSAGE_DONE : MESSAGE_GOES_ON;
	return 1;
}

/*
 * Whether the two bytes that f starts with stand again where its masking key ends, or its payload,
 * n bytes of which are at p, begins: as in 81 81 81 or 82 02 82 02, each of which would read as a
 * chain of frames. A random key does that once in 65536.
 */
static __always_inline int stream_repeats(const struct stream *s, const struct ws_frame *f,
					  const __u8 *p, __u64 n)
{
	const __u8 *hdr = s->ws.hdr; /* f's: the last that has passed */
	__u8 end = f->hdr_len & 15;

	if (f->masked)
		return hdr[(end - 2) & 15] == hdr[0] && hdr[(end - 1) & 15] == hdr[1];
	return f->len > 1 && n > 1 && p[0] == hdr[0] && p[1] == hdr[1];
}

/*
 * Weighs a header of a stream in doubt. Returns -1 where it cannot be one, 0 where it is one more
 * sign that frames start here, 1 where there have been enough: f is a frame.
 */
static __always_inline int stream_weigh(struct stream *s, const struct ws_frame *f, __u8 dir)
{
	/*
	 * What a length in two bytes, below 256, reads as is none: a short fragment that goes on
	 * with a message. A longer one has a length that such a protocol would not get right.
	 */
	__u8 sign = (f->b0 & WS_OPCODE) || f->len > 125;

	if (!ws_plausible(f, dir == WST_C2S) || !stream_continues_message(s, f))
		return -1;
	if (!sign || s->trust < TRUST_SIGNS) {
		s->trust += sign;
		return 0;
	}
	s->phase = PH_WS;
	s->trust = TRUSTED;
	return 1;
}

/*
 * Returns a one in each byte of v that is text: printable, or a tab or the end of a line. All eight
 * at once, without branches: each would double the paths to verify.
 */
static __always_inline __u64 text_bytes(__u64 v)
{
	__u64 printable = v >> 5 | v >> 6;
	__u64 tab_or_cr = v & ~(v >> 1), lf = v >> 1 & ~(v | v >> 2);
	__u64 control = v >> 3 & ~(v >> 4 | printable) & (tab_or_cr | lf); /* 9, 10, 13 */

	return (printable | control) & ~(v >> 7) & 0x0101010101010101;
}

/*
 * Tells what starts at p, where a frame has to: an enum wst_why, or 0 where it may be a frame. n
 * bytes are there, WS_HDR_MAX of which may be read. TLS is told by a record's header, HTTP and text
 * by so many bytes of text, of which the first two would be a header that breaks a rule: fewer are
 * found in the payload of real frames that do.
 */
static __always_inline int stream_intruder(const __u8 *p, __u64 n, __u8 dir)
{
	__u64 first, last;

	if (n < 8 || p[0] & WS_FIN)
		return 0;
	if (p[0] >= 0x14 && p[0] <= 0x17 && p[1] == 3 && p[2] <= 4)
		return p[3] <= 0x48 ? WST_WHY_TLS_IN_WS : 0; /* 2^14 + 2048: RFC 5246, 6.2.3 */
	if (n < WS_HDR_MAX)
		return 0;
	__builtin_memcpy(&first, p, 8);
	__builtin_memcpy(&last, p + WS_HDR_MAX - 8, 8);
	if ((text_bytes(first) & text_bytes(last)) != 0x0101010101010101)
		return 0;
	/* RSV2, RSV3, an opcode above 2 or the missing mask make it no frame. */
	return (p[0] & 0x38) | (((p[0] & 7) + 5) & 8) | (dir ^ WST_S2C) ? WST_WHY_TEXT_IN_WS : 0;
}

/*
 * Takes the end of a call: where a frame ends there, that is a sign, since writers do that; but in
 * a message that goes on, the frame may be a fragment that was none, see stream_weigh().
 */
static __always_inline void stream_call_ends(struct stream *s)
{
	if (s->phase == PH_LOST && s->trust && s->message != MESSAGE_GOES_ON && !s->ws.left &&
	    !s->ws.have)
		s->trust += s->trust < TRUST_SIGNS;
}

/*
 * Takes the start of a call of total bytes, the first got of which are at p, while a header that
 * nothing has confirmed yet says that the stream is inside a payload, or a header is not whole.
 * Where the call holds exactly one plausible frame, that is the better guess; and where a whole
 * header was no sign, any is. Returns whether the stream starts anew with it.
 */
static __always_inline int stream_rejoin(struct stream *s, const __u8 *p, __u32 got, __u64 total,
					 __u8 dir)
{
	struct ws_frame f;

	if (s->trust || s->ws.have) {
		if (got < 2 || got < ws_hdr_len(p[1]))
			return 0;
		ws_parse(p, &f);
		if (!ws_plausible(&f, dir == WST_C2S) || f.hdr_len + f.len != total)
			return 0;
	}
	s->trust = 0;
	s->message = 0;
	s->ws.left = 0;
	s->ws.have = 0;
	return 1;
}

/*
 * Whether the data frame f is handed on even where data frames are not wanted: it may break a rule
 * of RFC 6455 (5.1: masking; 5.2: RSV2, RSV3, opcodes, the shortest length; 5.4: fragments), or is
 * one of the stream's first. RSV1 is on every message once permessage-deflate is agreed: for that
 * the first frames do. In arithmetic, since the verifier follows each path through a chain of
 * conditions to the end of the walk.
 */
static __always_inline int stream_remarkable(const struct stream *s, const struct ws_frame *f,
					     __u8 dir)
{
	__u64 odd = (f->b0 & ~(WS_RSV1 | 3)) ^ WS_FIN;
	__u32 form = f->hdr_len - 4 * f->masked; /* 2, 4 or 10: how the length is written */

	odd |= ~(f->b0 ^ f->b0 >> 1) & 1; /* neither text, 1, nor binary, 2 */
	odd |= f->masked ^ (dir == WST_C2S);
	odd |= (f->len - 126) >> 63 & form >> 2; /* 16 bits for a length that fits into 7 */
	odd |= (f->len - 0x10000) >> 63 & form >> 3; /* 64 bits for one that fits into 16 */
	odd |= (s->n.frames[WST_TEXT] + s->n.frames[WST_BINARY] - 2) >> 63; /* 0 or 1 so far */
	return odd != 0;
}

/* Counts f. */
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

/* Adds f, a data frame whose header has just passed, to its message. */
static __always_inline void stream_message(struct stream *s, const struct ws_frame *f)
{
	s->msg_bytes += f->len;
	s->starting = !!(f->b0 & WS_OPCODE);
	s->ending = !!(f->b0 & WS_FIN);
}

enum { MESSAGE_STARTS = 1, MESSAGE_ENDS };

/*
 * Some of the current frame has passed. Returns whether its message starts there, or ends, or both;
 * in arithmetic, for the verifier's sake, as in stream_remarkable().
 */
static __always_inline __u32 stream_moved(const struct stream *s)
{
	__u32 all = (s->ws.left - 1) >> 63; /* no payload is left */

	return s->starting | (s->ending & all) << 1;
}

#define NOT_ENDED ~0ULL

/*
 * Forgets what stream_moved() has returned, so that it is timed once. Returns the bytes of the
 * message where it has ended, else NOT_ENDED.
 */
static __always_inline __u64 stream_message_passed(struct stream *s, __u32 moved)
{
	__u64 goes_on = (__u64)(moved >> 1) - 1, bytes = s->msg_bytes | goes_on;

	s->starting = 0;
	s->ending &= goes_on;
	s->msg_bytes &= goes_on;
	return bytes;
}

/* Wants at most `most` bytes of the payload of f, whose header has just passed, handed on. */
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

/* Fills in what a connection's two directions, s[WST_DIRS], add to r, which is zero so far. */
static __always_inline void stream_stats(struct wst_stats *r, const struct stream *s)
{
	for (int i = 0; i < WST_DIRS; i++) {
		r->counts[i] = s[i].n;
		r->last_b0[i] = s[i].last_b0;
	}
	__builtin_memset(r->p99, WST_NO_P99, sizeof(r->p99));
}

#endif
