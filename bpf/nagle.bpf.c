// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Nagle's algorithm (RFC 9293, 3.7.4) keeps a small segment back until the small one before it is
 * acknowledged, and the peer may delay that acknowledgement (3.8.6.3): by 40 ms on Linux, by 200
 * elsewhere.
 *
 * No hook sees the bytes being sent at last. But TCP notes when it sent what was acknowledged last
 * (tcp_rack_advance()). So when the next write is delayed, the delay of the one before can be read
 * to the microsecond, and nothing has to be watched in between.
 */
#include "nagle.bpf.h"
#include "call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * An acknowledgement is late from here on, beyond the round trip; a second write may follow the
 * first by some ms.
 */
#define LATE_MIN_US 25000
#define LATE_MAX_US 500000 /* RFC 9293, 3.8.6.3: no acknowledgement is delayed for that long */

static __always_inline bool after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/*
 * Whether tcp_nagle_check() keeps this write back, unless TCP_NODELAY is set: a small segment is
 * under way, as tcp_minshall_check() says, this one is small, too, and neither MSG_MORE nor a
 * window keeps it back. end: the number behind the write.
 */
static __always_inline bool nagle_holds(struct tcp_sock *tp, u32 end)
{
	u32 next = BPF_CORE_READ(tp, snd_nxt), small = BPF_CORE_READ(tp, snd_sml);
	u32 una = BPF_CORE_READ(tp, snd_una);

	return end - next < BPF_CORE_READ(tp, mss_cache) && after(small, una) &&
	       !after(small, next) && BPF_CORE_READ(tp, pushed_seq) == end &&
	       !after(end, una + BPF_CORE_READ(tp, snd_wnd)) &&
	       BPF_CORE_READ(tp, packets_out) < BPF_CORE_READ(tp, snd_cwnd);
}

/* Where it is known by now when h was over, counts it, and tells of a late acknowledgement. */
static __always_inline void settle(struct conn *c, struct hold *h, struct tcp_sock *tp)
{
	s64 wait = BPF_CORE_READ(tp, rack.mstamp) - h->since, late;
	struct wst_held r = {};

	if (!h->since || BPF_CORE_READ(tp, rack.end_seq) != h->end)
		return;
	h->since = 0;
	c->n_holds++;
	r.wait_us = wait;
	r.rtt_us = BPF_CORE_READ(tp, rtt_min.s[0].v);
	r.holds = c->n_holds;
	late = wait - r.rtt_us;
	/* A retransmission means loss: then the peer was not late. */
	if (late < LATE_MIN_US || late > LATE_MAX_US ||
	    BPF_CORE_READ(tp, total_retrans) != h->retrans)
		return;
	record_start(&r.h, c, WST_HELD, IO_SEND ^ (c->role & 1), 0);
	emit(c, &r, sizeof(r));
}

__noinline int on_unsent(u32 at)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	struct tcp_sock *tp;
	struct conn *c;

	if (!k)
		return 0;
	tp = (struct tcp_sock *)k->sk;
	if (BPF_CORE_READ_BITFIELD_PROBED(tp, nonagle) || !nagle_holds(tp, k->end_seq))
		return 0;
	c = bpf_map_lookup_elem(&conns, &k->sk);
	if (!c || !c->ws || !c->announced)
		return 0;
	/* This write joins what waits already. */
	if (c->hold[0].since && after(c->hold[0].end, BPF_CORE_READ(tp, snd_nxt))) {
		c->hold[0].end = k->end_seq;
		return 0;
	}
	/* Where one write follows the other, the last one's segment is not acknowledged yet. */
	settle(c, &c->hold[1], tp);
	settle(c, &c->hold[0], tp);
	c->hold[1] = c->hold[0];
	c->hold[0].since = bpf_ktime_get_ns() / 1000;
	c->hold[0].end = k->end_seq;
	c->hold[0].retrans = BPF_CORE_READ(tp, total_retrans);
	return 0;
}
