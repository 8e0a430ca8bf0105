/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where frames start in a stream that was joined midway, or lost: what looks like a header is
 * weighed until it can hardly be anything else. And what stands in place of a frame, in one that
 * was not.
 */
#ifndef STREAM_JOIN_H
#define STREAM_JOIN_H

#include "direction.h"

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

#endif
