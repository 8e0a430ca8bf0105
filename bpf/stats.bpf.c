// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms of each connection, kept where its bytes pass. Nothing here runs without -H. */
#include "walk.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static const struct wst_hists no_hists;

static __always_inline struct wst_hists *hists_of(u64 sk)
{
	struct wst_hists *h = bpf_map_lookup_elem(&hists, &sk);

	if (h)
		return h;
	bpf_map_update_elem(&hists, &sk, &no_hists, BPF_NOEXIST);
	return bpf_map_lookup_elem(&hists, &sk);
}

static __always_inline void hist_add(struct wst_hist *h, u64 v)
{
	u32 slot = hist_slot(v);

	barrier_var(slot); /* the verifier wants the bound on this very register */
	h->slots[slot & (HIST_SLOTS - 1)]++;
	h->sum += v;
	if (v > h->max)
		h->max = v;
}

static __always_inline u64 since_us(u64 now, u64 then)
{
	return now > then ? (now - then) / 1000 : 0;
}

__noinline int time_message(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	u64 now = bpf_ktime_get_ns();
	struct wst_hists *h;
	struct stream *s;
	struct conn *c;
	bool c2s;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	h = hists_of(w->sk);
	if (!c || !h)
		return 0;
	s = walk_stream(w, c);
	c2s = w->dir == WST_C2S;
	if (s->starting && !c2s && c->c2s_end) {
		hist_add(&h->hist[WST_REPLY_TIME], since_us(now, c->c2s_end));
		c->c2s_end = 0;
	}
	s->starting = 0;
	if (!s->ending || s->ws.left)
		return 0;
	s->ending = 0;
	hist_add(&h->hist[c2s ? WST_MSG_SIZE_C2S : WST_MSG_SIZE_S2C], s->msg_bytes);
	if (s->msg_end)
		hist_add(&h->hist[c2s ? WST_MSG_GAP_C2S : WST_MSG_GAP_S2C],
			 since_us(now, s->msg_end));
	s->msg_bytes = 0;
	s->msg_end = now;
	if (c2s)
		c->c2s_end = now;
	return 0;
}

__noinline int time_ping(u32 at, u32 opcode)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	u64 now = bpf_ktime_get_ns();
	struct stream *other;
	struct wst_hists *h;
	struct conn *c;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	h = hists_of(w->sk);
	if (!c || !h)
		return 0;
	if (opcode == WS_PING)
		walk_stream(w, c)->ping_at = now;
	other = w->dir == WST_C2S ? &c->s[WST_S2C] : &c->s[WST_C2S];
	if (opcode == WS_PONG && other->ping_at) {
		hist_add(&h->hist[WST_PING_RTT], since_us(now, other->ping_at));
		other->ping_at = 0;
	}
	return 0;
}

__noinline int time_read(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct wst_hists *h;
	struct conn *c;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	h = hists_of(w->sk);
	if (!c || !h)
		return 0;
	hist_add(&h->hist[WST_READ_DELAY], since_us(bpf_ktime_get_ns(), c->arrival));
	c->arrival = 0;
	return 0;
}
