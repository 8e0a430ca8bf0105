/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the headers that passed add to a direction's counters and records. */
#ifndef STREAM_COUNT_H
#define STREAM_COUNT_H

#include "direction.h"

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
