// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is told of a connection at its end and on request, and how open ones are found at start. */
#include "compat.bpf.h"
#include "walk.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* WST_STATS are only about connections in which data waits; written by the user side. */
__u32 stats_waiting_only = 0;

/* --top's percentiles are of what has come since a moment some seconds ago. */
#define RECENT_NS (5 * 1000000000ULL)

struct recent {
	u64 since;
	u8 before[WST_P99S]; /* slots, of the last such time in which there was anything */
	u32 base[WST_P99S][HIST_SLOTS]; /* as they were then */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct recent);
} recents SEC(".maps");

static const struct recent no_recent = { .before = { WST_NO_P99, WST_NO_P99, WST_NO_P99 } };

static __always_inline u32 slot_count(const struct wst_hists *h, const struct recent *r, u32 i,
				      u32 slot)
{
	return h->hist[WST_PING_RTT + i].slots[slot] - r->base[i][slot];
}

/* The histogram slot of the 99th percentile since the base was taken. */
__noinline int p99_slot(u64 sk, u32 i)
{
	struct wst_hists *h = bpf_map_lookup_elem(&hists, &sk);
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);
	u64 above = 0, count = 0;

	if (!h || !r || i >= WST_P99S)
		return WST_NO_P99;
	for (u32 slot = 0; slot < HIST_SLOTS; slot++)
		count += slot_count(h, r, i, slot);
	/* As many may lie above it: count - ceil(count * 99 / 100). */
	for (u32 slot = 0; slot < HIST_SLOTS && count; slot++) {
		above += slot_count(h, r, i, HIST_SLOTS - 1 - slot);
		if (above > count / 100)
			return HIST_SLOTS - 1 - slot;
	}
	return WST_NO_P99;
}

/* The worse of what is recent and what was before, so that nothing is forgotten at once. */
static __noinline u8 recent_p99(u64 sk, u32 i)
{
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);
	struct wst_hists *h = bpf_map_lookup_elem(&hists, &sk);
	u8 now = p99_slot(sk, i), before;

	if (!r || !h || i >= WST_P99S)
		return WST_NO_P99;
	before = r->before[i];
	if (bpf_ktime_get_ns() - r->since > RECENT_NS && now != WST_NO_P99) {
		r->before[i] = now;
		__builtin_memcpy(r->base[i], h->hist[WST_PING_RTT + i].slots, sizeof(r->base[i]));
	}
	return before == WST_NO_P99 || (now != WST_NO_P99 && now > before) ? now : before;
}

static __noinline void add_p99s(struct wst_stats *to, u64 sk)
{
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);

	if (!r)
		bpf_map_update_elem(&recents, &sk, &no_recent, BPF_NOEXIST);
	for (int i = 0; i < WST_P99S; i++)
		to->p99[i] = recent_p99(sk, i);
	r = bpf_map_lookup_elem(&recents, &sk);
	if (r && bpf_ktime_get_ns() - r->since > RECENT_NS)
		r->since = bpf_ktime_get_ns();
}

void report(struct conn *c, struct sock *sk, u8 type, u8 how)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u64 key = (u64)sk;
	struct wst_hists *h;
	struct wst_stats *r;

	h = want_hists ? bpf_map_lookup_elem(&hists, &key) : NULL;
	if (h && !(type == WST_STATS && stats_waiting_only) &&
	    (!only_focus || c->open.t.h.conn == focus)) {
		record_start(&h->h, c, WST_HISTS, 0, 0);
		emit(c, h, sizeof(*h));
	}
	r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
	if (!r) {
		lose_event(c);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	record_start(&r->h, c, type, 0, 0);
	r->h.flags = c->first;
	r->opened = c->open.t.h.ts;
	r->last = c->last;
	r->ended = c->ended;
	r->how = how;
	stream_stats(r, c->s);
	if (h && only_focus)
		add_p99s(r, key);
	if (only_focus && type == WST_CLOSE)
		bpf_map_delete_elem(&recents, &key);
	r->lost = c->lost;
	r->gaps = c->gaps;
	r->rtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	r->retrans = BPF_CORE_READ(tp, total_retrans);
	r->unread = unread_bytes(sk);
	r->unsent = BPF_CORE_READ(tp, write_seq) - BPF_CORE_READ(tp, snd_nxt);
	r->window = BPF_CORE_READ(tp, snd_wnd);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

static __always_inline bool waits(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return BPF_CORE_READ(tp, rcv_nxt) != BPF_CORE_READ(tp, copied_seq) ||
	       BPF_CORE_READ(tp, write_seq) != BPF_CORE_READ(tp, snd_nxt);
}

/* Reading this iterator over the map conns sends a WST_STATS for each connection. */
SEC("iter/bpf_map_elem")
int stats(struct bpf_iter__bpf_map_elem *ctx)
{
	u64 *key = ctx->key;
	struct conn *c;
	u64 sk;

	if (!key)
		return 0;
	if (no_room())
		return 1;
	sk = *key;
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c && !c->announced && unread_bytes((struct sock *)sk))
		conn_unread(c);
	if (c && c->announced && (!stats_waiting_only || waits((struct sock *)sk)))
		report(c, (struct sock *)sk, WST_STATS, 0);
	return 0;
}

/*
 * Reading this iterator over the map conns gives the numbers of all connections. Those that are
 * over, unnoticed, are closed first.
 */
SEC("iter/bpf_map_elem")
int census(struct bpf_iter__bpf_map_elem *ctx)
{
	u64 *key = ctx->key, sk;
	struct conn *c;

	if (!key)
		return 0;
	sk = *key;
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c)
		conn_reap(sk, c);
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c)
		bpf_seq_write(ctx->meta->seq, &c->open.t.h.conn, sizeof(u64));
	return 0;
}

/*
 * Data arrives: when, the histogram of read delays wants to know. tcp_mstamp will say so a moment
 * later, but no longer when the process comes to read.
 */
SEC("tp_btf/tcp_probe")
int BPF_PROG(arrival, struct sock *sk, struct sk_buff *skb)
{
	u64 key = (u64)sk;
	struct tcp_sock *tp;
	struct conn *c;

	if (!selected(sk) || sock_is_ignored(sk) || *(u32 *)&skb->cb[4] == *(u32 *)&skb->cb[0])
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || tp->copied_seq != tp->rcv_nxt)
		return 0;
	c = bpf_map_lookup_elem(&conns, &key);
	if (c && c->ws && !c->hidden && !c->arrival)
		c->arrival = bpf_ktime_get_ns();
	return 0;
}
