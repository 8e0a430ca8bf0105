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

	if (!w)
		return 0;
	t = hists_of(w->sk);
	if (!t)
		return 0;
	add_read_delay(w, t);
	timing_message(t, w->dir, starts, ended, call_now(w));
	return 0;
}

__noinline int time_ping(u32 at, u32 opcode)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct timed_hists *t;

	if (!w)
		return 0;
	t = hists_of(w->sk);
	if (t)
		timing_ping(t, w->dir, opcode, call_now(w));
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
