/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A send or receive call that is over: whose it is, and where its bytes lie. */
#ifndef CALL_BPF_H
#define CALL_BPF_H

#include "bytes.bpf.h"
#include "conns.bpf.h"
#include "compat.bpf.h"
#include "maps.bpf.h"
#include "select.bpf.h"

/* The call, and the walk through its bytes. Each CPU has one for each program that walks. */
struct call {
	struct wst_totals totals; /* of all calls of that program on that CPU */
	struct bytes b;
	u64 sk; /* an address, not dereferenced but through helpers */
	/*
	 * CLOCK_MONOTONIC, ns: when TCP last sent or received there. TCP has read the clock for
	 * itself; reading it again would be the most expensive step of a call.
	 */
	u64 ts;
	u32 n; /* bytes that the call moved */
	u32 end_seq; /* TCP's sequence number behind the last of them */
	u32 seq; /* of the next byte */
	u32 pid; /* the process that made it; the hook knows */
	u8 at; /* its place in the map calls */
	u8 io;
	u8 dir; /* enum wst_dir */
	u8 skip; /* the rest of the call does not tell where frames start */
	u8 fresh; /* nothing of this call has been looked at */
	u8 event; /* enum http_event */
	u8 unsent; /* a send, and TCP has not sent all bytes yet */
	u32 out_n; /* bytes in out.data */
	u8 hdr[32]; /* a frame header's bytes, read from the process */
	u64 now; /* CLOCK_MONOTONIC, ns, once somebody wanted to know; 0: nobody has */
	u64 arrival; /* of the data that is read, ns, until its delay is counted; else 0 */
	u64 task; /* whose call the first program has just taken; for its spare */
	struct http_scan http; /* while the core scans a head: a copy of the stream's */
	union {
		struct {
			struct wst_bytes h;
			u8 data[WST_CHUNK];
		} out;
		struct wst_opaque opaque;
	};
};

#define CALL_SPARE 2 /* by enum io; from here on those of the spare programs */

/* Defined in call.bpf.c. */
struct calls {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * CALL_SPARE);
	__type(key, u32);
	__type(value, struct call);
};

extern struct calls calls SEC(".maps");

/*
 * Returns this CPU's scratch, or NULL if this program is to ignore the call. The spare handles a
 * call only if the kernel skipped the first program. After a preemption both may take one call;
 * position() drops the second.
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
 * Takes a call that moved n bytes through sk; spare: a spare program asks. Returns NULL where the
 * call is not this program's.
 */
static __always_inline struct call *call_start(struct sock *sk, u32 io, u32 n, bool spare)
{
	struct tcp_sock *tp;
	struct call *k;

	if (sock_is_ignored(sk))
		return NULL;
	k = call_take(io, spare);
	tp = k ? bpf_skc_to_tcp_sock(sk) : NULL;
	if (!tp)
		return NULL;
	k->sk = (u64)sk;
	k->ts = tp->tcp_mstamp * 1000;
	k->n = n;
	k->end_seq = io == IO_SEND ? tp->write_seq : tp->copied_seq;
	/* copied_seq counts a FIN, too. */
	if (io == IO_RECV && k->end_seq == tp->rcv_nxt && fin_received(sk->__sk_common.skc_flags))
		k->end_seq--;
	k->unsent = io == IO_SEND && k->end_seq != tp->snd_nxt;
	return k;
}

/* The same for an address that the verifier knows nothing of (kprobe). */
static __always_inline struct call *probed_call_start(struct sock *sk, u32 io, u32 n)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct call *k = call_take(io, false);

	if (!k)
		return NULL;
	k->sk = (u64)sk;
	k->ts = BPF_CORE_READ(tp, tcp_mstamp) * 1000;
	k->n = n;
	k->end_seq = io == IO_SEND ? BPF_CORE_READ(tp, write_seq) : BPF_CORE_READ(tp, copied_seq);
	if (io == IO_RECV && k->end_seq == BPF_CORE_READ(tp, rcv_nxt) &&
	    fin_received(BPF_CORE_READ(sk, __sk_common.skc_flags)))
		k->end_seq--;
	k->unsent = io == IO_SEND && k->end_seq != BPF_CORE_READ(tp, snd_nxt);
	return k;
}

/* Returns the connection that the call's bytes belong to; NULL: they need not be looked at. */
static __always_inline struct conn *call_conn(struct call *k)
{
	struct conn *c = bpf_map_lookup_elem(&conns, &k->sk);

	if (!c)
		c = conn_meet(k->sk, k->end_seq - k->n, k->io);
	if (!c || (!c->hidden && !c->opaque))
		return c;
	ignore(k->sk);
	return NULL;
}

#define IOV_RUN 32

/*
 * Goes back from the segment k->b.iov, in the kernel, by k->b.off bytes: over IOV_RUN segments, or
 * to the one that holds the place. Then k->b.off is where in it, and 0 is returned.
 */
int step_back(u32 at);

#endif
