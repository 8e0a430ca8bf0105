// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms of each connection, kept where its bytes pass. Nothing here runs without -H. */
#include "walk.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static const struct timed_hists no_hists;

__u8 hists_full = 0; /* a connection had to do without; read by the user side */

static __always_inline struct timed_hists *hists_of(u64 sk)
{
	struct timed_hists *t = bpf_map_lookup_elem(&hists, &sk);

	if (t)
		return t;
	if (bpf_map_update_elem(&hists, &sk, &no_hists, BPF_NOEXIST))
		hists_full = 1;
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

/* A division takes as long as a look at the clock: up to 4 s a product does, less than 1 us off. */
static __always_inline u64 since_us(u64 now, u64 then)
{
	u64 ns = now > then ? now - then : 0;

	return ns >> 32 ? ns / 1000 : ns * 4294968 >> 32;
}

/* One look at the clock does for all that a call has to tell. */
static __always_inline u64 call_now(struct walk *w)
{
	if (!w->now)
		w->now = bpf_ktime_get_ns();
	return w->now;
}

static __always_inline void add_read_delay(struct walk *w, struct timed_hists *t)
{
	if (w->arrival)
		hist_add(&t->h.hist[WST_READ_DELAY], since_us(call_now(w), w->arrival));
	w->arrival = 0;
}

__noinline int time_message(u32 at, u32 starts, u64 ended)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct timed_hists *t;
	bool c2s;
	u64 now;

	if (!w)
		return 0;
	t = hists_of(w->sk);
	if (!t)
		return 0;
	add_read_delay(w, t);
	c2s = w->dir == WST_C2S;
	now = call_now(w);
	if (starts && !c2s && t->c2s_end) {
		hist_add(&t->h.hist[WST_REPLY_TIME], since_us(now, t->c2s_end));
		t->c2s_end = 0;
	}
	if (ended == NOT_ENDED)
		return 0;
	hist_add(&t->h.hist[c2s ? WST_MSG_SIZE_C2S : WST_MSG_SIZE_S2C], ended);
	if (c2s) {
		if (t->msg_end[WST_C2S])
			hist_add(&t->h.hist[WST_MSG_GAP_C2S], since_us(now, t->msg_end[WST_C2S]));
		t->msg_end[WST_C2S] = now;
		t->c2s_end = now;
	} else {
		if (t->msg_end[WST_S2C])
			hist_add(&t->h.hist[WST_MSG_GAP_S2C], since_us(now, t->msg_end[WST_S2C]));
		t->msg_end[WST_S2C] = now;
	}
	return 0;
}

__noinline int time_ping(u32 at, u32 opcode)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct timed_hists *t;
	u64 *own, *other;

	if (!w)
		return 0;
	t = hists_of(w->sk);
	if (!t)
		return 0;
	own = w->dir == WST_C2S ? &t->ping_at[WST_C2S] : &t->ping_at[WST_S2C];
	other = w->dir == WST_C2S ? &t->ping_at[WST_S2C] : &t->ping_at[WST_C2S];
	if (opcode == WS_PING)
		*own = call_now(w);
	if (opcode == WS_PONG && *other) {
		hist_add(&t->h.hist[WST_PING_RTT], since_us(call_now(w), *other));
		*other = 0;
	}
	return 0;
}

__noinline int time_read(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct timed_hists *t;

	if (!w)
		return 0;
	t = hists_of(w->sk);
	if (t)
		add_read_delay(w, t);
	return 0;
}
