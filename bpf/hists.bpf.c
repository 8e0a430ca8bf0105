// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms of each connection, kept where its bytes pass. Nothing here runs without want_hists.
 */
#include "hists.bpf.h"
#include "call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct hists hists SEC(".maps");

static const struct timed_hists no_hists;

/* Returns the histograms of a connection; NULL where the table is full. */
static __always_inline struct timed_hists *hists_of(u64 sk)
{
	struct timed_hists *t = bpf_map_lookup_elem(&hists, &sk);

	if (t)
		return t;
	if (bpf_map_update_elem(&hists, &sk, &no_hists, BPF_NOEXIST))
		hists_full = 1;
	return bpf_map_lookup_elem(&hists, &sk);
}

/*
 * When the call was, ns: one look at the clock does for all that is counted of it, and none where
 * TCP has looked, as it does when it sends at once.
 */
static __always_inline u64 call_now(struct call *k)
{
	if (!k->now)
		k->now = k->io == IO_SEND && !k->unsent ? k->ts : bpf_ktime_get_ns();
	return k->now;
}

static __always_inline void add_read_delay(struct call *k, struct timed_hists *t)
{
	if (k->arrival)
		hist_add(&t->h.hist[WST_READ_DELAY], since_us(call_now(k), k->arrival));
	k->arrival = 0;
}

/* Finds the call at a place in the map calls, and the histograms of its connection, or NULL. */
static __always_inline struct timed_hists *call_hists(u32 at, struct call **k)
{
	*k = bpf_map_lookup_elem(&calls, &at);
	return *k ? hists_of((*k)->sk) : NULL;
}

__noinline int time_message(u32 at, u32 starts, u64 ended)
{
	struct call *k;
	struct timed_hists *t = call_hists(at, &k);

	if (!t)
		return 0;
	add_read_delay(k, t);
	timing_message(t, k->dir, starts, ended, call_now(k));
	return 0;
}

__noinline int time_ping(u32 at, u32 opcode)
{
	struct call *k;
	struct timed_hists *t = call_hists(at, &k);

	if (t)
		timing_ping(t, k->dir, opcode, call_now(k));
	return 0;
}

__noinline int time_read(u32 at)
{
	struct call *k;
	struct timed_hists *t = call_hists(at, &k);

	if (t)
		add_read_delay(k, t);
	return 0;
}
