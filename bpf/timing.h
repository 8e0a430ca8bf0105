/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sizes and times of a connection's messages and pings, counted in its histograms. Pure, as
 * ws_frame.h is: the kernel counts calls with it, the reader of captures segments.
 */
#ifndef TIMING_H
#define TIMING_H

#include "stream.h"

/* Histograms, and the moments that the next values count from, ns; 0: none. */
struct timed_hists {
	struct wst_hists h;
	__u64 msg_end[WST_DIRS]; /* the last message ended */
	__u64 ping_at[WST_DIRS]; /* the ping passed that has no pong yet */
	__u64 c2s_end; /* the last c2s message ended that has no answer yet */
};

/*
 * From then to now, both ns, in us; 0 where the clock went back. A product takes a tenth of a
 * division's time, and is exact below 2^32.
 */
static __always_inline __u64 since_us(__u64 now, __u64 then)
{
	__u64 ns = now > then ? now - then : 0;

	return ns >> 32 ? ns / 1000 : ns * 274877907 >> 38;
}

/*
 * A message of direction dir starts now where starts is not 0, and has ended after so many bytes
 * where ended is not NOT_ENDED.
 */
static __always_inline void timing_message(struct timed_hists *t, __u8 dir, int starts, __u64 ended,
					   __u64 now)
{
	__u8 d = dir & 1;

	if (starts && d == WST_S2C && t->c2s_end) {
		hist_add(&t->h.hist[WST_REPLY_TIME], since_us(now, t->c2s_end));
		t->c2s_end = 0;
	}
	if (ended == NOT_ENDED)
		return;
	hist_add(&t->h.hist[WST_MSG_SIZE_C2S + d], ended);
	if (t->msg_end[d])
		hist_add(&t->h.hist[WST_MSG_GAP_C2S + d], since_us(now, t->msg_end[d]));
	t->msg_end[d] = now;
	if (d == WST_C2S)
		t->c2s_end = now;
}

/* A ping or pong of direction dir passes now. */
static __always_inline void timing_ping(struct timed_hists *t, __u8 dir, __u32 opcode, __u64 now)
{
	__u64 *other = &t->ping_at[(dir & 1) ^ 1];

	if (opcode == WS_PING)
		t->ping_at[dir & 1] = now;
	if (opcode == WS_PONG && *other) {
		hist_add(&t->h.hist[WST_PING_RTT], since_us(now, *other));
		*other = 0;
	}
}

#endif
