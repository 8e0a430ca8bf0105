// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The record of a connection's counters, on request and at its end. */
#include "stats.bpf.h"
#include "compat.bpf.h"
#include "hists.bpf.h"
#include "maps.bpf.h"
#include "recent.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

void emit_stats(struct conn *c, struct sock *sk, u8 type, u8 how)
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
		recent_p99s(r, key);
	if (only_focus && type == WST_CLOSE)
		recent_forget(key);
	r->lost = c->lost;
	r->gaps = c->gaps;
	r->rtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	r->retrans = BPF_CORE_READ(tp, total_retrans);
	r->unread = unread_bytes(sk);
	r->unsent = BPF_CORE_READ(tp, write_seq) - BPF_CORE_READ(tp, snd_nxt);
	r->window = BPF_CORE_READ(tp, snd_wnd);
	r->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}
