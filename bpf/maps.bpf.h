/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What core.bpf.c and conn.bpf.c share: configuration, counters, the ring buffer, connections. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "conn.bpf.h"
#include "timing.h"

/* Configuration: conn.bpf.c says what each means. */
extern const volatile __u32 snaplen __hidden;
extern const volatile __u8 want_data_frames __hidden;
extern const volatile __u8 want_hists __hidden;
extern const volatile __u8 hidden_role __hidden;
extern const volatile __u8 only_focus __hidden;
extern const volatile __u8 have_spares __hidden;
extern const volatile __u64 cgroup_wanted __hidden;
extern __u32 scan_pass __hidden; /* how far the search for open connections is: enum wst_scan */
extern __u64 refused_conns __hidden;
extern __u64 focus __hidden;
extern __u64 lost_events __hidden;
extern __u32 no_wait __hidden;
extern __u64 iterated __hidden;

struct events {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
};

struct conns {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct conn);
};

#define CALL_SPARE 2 /* by enum io; from here on those of the spare programs */

struct calls {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * CALL_SPARE);
	__type(key, u32);
	__type(value, struct call);
};

/*
 * Sockets whose connections are known not to be followed, by some bits of their addresses, so that
 * most of their calls are let go by without a look at the table. A later one takes a place over.
 */
#define N_IGNORED 1024
extern __u64 ignored[N_IGNORED] __hidden;

static __always_inline __u64 *ignored_place(u64 sk)
{
	return &ignored[sk >> 8 & (N_IGNORED - 1)];
}

static __always_inline bool is_ignored(u64 sk)
{
	return *ignored_place(sk) == sk;
}

/*
 * For a socket of which the verifier knows the type: then it is no number to it that could be
 * shifted.
 */
static __always_inline bool sock_is_ignored(const struct sock *sk)
{
	u64 low;

	/* In 32 bits a pointer's difference from something is a number: here, its lower half. */
	asm volatile("r0 = %1; w0 -= 0; %0 = r0" : "=r"(low) : "r"(sk) : "r0");
	return *ignored_place(low) == (u64)sk;
}

static __always_inline void ignore_no_more(u64 sk)
{
	if (is_ignored(sk))
		*ignored_place(sk) = 0;
}

/* Only with want_hists; keyed as conns. */
struct hists {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct timed_hists);
};

extern struct hists hists SEC(".maps");
extern struct calls calls SEC(".maps");
extern struct events events SEC(".maps");
extern struct conns conns SEC(".maps");

static __always_inline void lose_event(struct conn *c)
{
	__sync_fetch_and_add(&c->lost, 1);
	__sync_fetch_and_add(&lost_events, 1);
}

static __always_inline void record_start(struct wst_hdr *h, const struct conn *c, u8 type, u8 dir,
					 u32 seq)
{
	h->ts = bpf_ktime_get_ns();
	h->conn = c->open.t.h.conn;
	h->seq = seq;
	h->type = type;
	h->dir = dir;
	h->flags = 0;
}

/* The reader polls, nobody wakes it: a wake-up costs the traced process more than all the rest. */
static __always_inline bool emit(struct conn *c, void *record, u32 size)
{
	if (!bpf_ringbuf_output(&events, record, size, BPF_RB_NO_WAKEUP))
		return true;
	lose_event(c);
	return false;
}

/*
 * The scratch for a call, or NULL: the call is not for this program. The spare is to have it only
 * where the first program did not run. A task preempted between the two may have both take it;
 * position() makes nothing of that.
 */
static __always_inline struct call *call_take(u32 io, bool spare)
{
	u32 at = spare ? io + CALL_SPARE : io;
	struct call *k = bpf_map_lookup_elem(&calls, &at), *first;

	if (!k)
		return NULL;
	k->at = at;
	k->io = io;
	k->now = 0;
	if (have_spares && !spare)
		k->task = bpf_get_current_task();
	if (spare) {
		first = bpf_map_lookup_elem(&calls, &io);
		if (!first || first->task == bpf_get_current_task()) {
			if (first)
				first->task = 0;
			return NULL;
		}
	}
	return k;
}

/*
 * Tens of thousands of connections are more than the ring buffer holds. An iterator that returns 1
 * has read() return EAGAIN, and comes back to the same place at the next read(). With no_wait set,
 * what finds no room is lost, and counted.
 */
static __always_inline bool no_room(void)
{
	if (!no_wait && bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >
				bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 2)
		return true;
	iterated++;
	return false;
}

/* The connection that a call's bytes belong to; NULL: they need not be looked at. */
static __always_inline struct conn *call_conn(struct call *k)
{
	struct conn *c = bpf_map_lookup_elem(&conns, &k->sk);

	if (!c)
		c = conn_meet(k->sk, k->end_seq - k->n, k->io);
	if (!c || (!c->hidden && !c->opaque))
		return c;
	*ignored_place(k->sk) = k->sk;
	return NULL;
}

#endif
