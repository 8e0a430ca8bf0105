/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What core.bpf.c and conn.bpf.c share: configuration, counters, the ring buffer, connections. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "conn.bpf.h"

/* Configuration: conn.bpf.c says what each means. */
extern const volatile __u32 snaplen __hidden;
extern const volatile __u8 want_data_frames __hidden;
extern const volatile __u8 want_hists __hidden;
extern const volatile __u8 hidden_role __hidden;
extern const volatile __u8 only_focus __hidden;
extern const volatile __u8 spares __hidden;
extern __u32 scan_pass __hidden; /* how far the search for open connections is: enum wst_scan */
extern __u64 focus __hidden;
extern __u64 lost_events __hidden;

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

#define WALK_SPARE 2 /* by enum io; from here on those of the spare programs */

struct walks {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * WALK_SPARE);
	__type(key, u32);
	__type(value, struct walk);
};

/* Times are ns; 0: none. */
struct timed_hists {
	struct wst_hists h;
	u64 msg_end[WST_DIRS]; /* when the last message ended */
	u64 ping_at[WST_DIRS]; /* when the ping passed that has no pong yet */
	u64 c2s_end; /* when the last c2s message ended that has no answer yet */
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

/* For a socket of which the verifier knows the type: then it is no number to it that could be shifted. */
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
extern struct walks walks SEC(".maps");
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
 * A socket that the table does not hold, on its first bytes, which start at seq: a connection
 * from before wstrace. NULL where it is not one to follow.
 */
struct conn *conn_meet(u64 sk, u32 seq, u32 io) __hidden;

/*
 * The scratch for a call, or NULL: the call is not for this program. The spare is to have it only
 * where the first program did not run. A task preempted between the two may have both take it; position()
 * makes nothing of that.
 */
static __always_inline struct walk *walk_start(u32 io, bool spare)
{
	u32 at = spare ? io + WALK_SPARE : io;
	struct walk *w = bpf_map_lookup_elem(&walks, &at), *first;

	if (!w)
		return NULL;
	w->at = at;
	w->io = io;
	w->now = 0;
	if (spares && !spare)
		w->task = bpf_get_current_task();
	if (spare) {
		first = bpf_map_lookup_elem(&walks, &io);
		if (!first || first->task == bpf_get_current_task()) {
			if (first)
				first->task = 0;
			return NULL;
		}
	}
	return w;
}

/* The connection that a call's bytes belong to; NULL: they need not be looked at. */
static __always_inline struct conn *walk_conn(struct walk *w)
{
	struct conn *c = bpf_map_lookup_elem(&conns, &w->sk);

	if (!c)
		c = conn_meet(w->sk, w->end_seq - w->n, w->io);
	if (!c || (!c->shadow && !c->opaque))
		return c;
	*ignored_place(w->sk) = w->sk;
	return NULL;
}

/*
 * Process pid uses c for the first time in a row. Announces the connection, or the new process.
 * Returns false where this connection, or this process's bytes, are not to be followed.
 */
bool conn_admit(struct conn *c, u32 pid) __hidden;

/* A connection whose end was not seen: where its socket is gone, so is it. */
void conn_reap(u64 key, struct conn *c) __hidden;

/* Unread data waits in c: announces it, where no process has brought that about for a second. */
void conn_unread(struct conn *c) __hidden;

/* Sends WST_HISTS and a record of struct wst_stats; of type WST_CLOSE with how and who. */
void report(struct conn *c, struct sock *sk, u8 type, u8 how) __hidden;

/*
 * For connections with both ends on this host, of which one is shown. pair_mark() when c is new,
 * and again once its client's process is known; pair_forget() when it goes. pair_hides(): the other
 * end is here, and is the one that is shown. pair_client_pid(): the client's process, or 0.
 */
void pair_mark(struct conn *c) __hidden;
bool pair_hides(struct conn *c) __hidden;
void pair_forget(struct conn *c) __hidden;
u32 pair_client_pid(struct conn *c) __hidden;

/*
 * Whether others than tcp_sendmsg() and tcp_recvmsg() move sk's bytes. Says so in an event, once,
 * and makes c opaque. For slow paths: a new process, a gap, the end.
 */
bool conn_foreign(struct conn *c, u64 sk) __hidden;

#endif
