/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What differs between kernels or between attach types, behind names that do not. Whether a
 * kernel has a field or a value is asked of its BTF, never of its version.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#include "maps.bpf.h"

#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000
#define MSG_UNREAD (MSG_PEEK | MSG_ERRQUEUE) /* the stream does not move on */
#define MSG_TRUNC 0x20 /* the bytes are thrown away, the buffer is not written */
#define RCV_SHUTDOWN 1

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
};

/*
 * For sockets that the verifier knows the type of (fexit, tp_btf): plain loads, no helper. Other
 * families' sockets have 0 where TCP has its ports; so has an accepted one that TCP is done with,
 * and what it got before can still be read.
 */
static __always_inline bool selected(const struct sock *sk)
{
	return (!sk->__sk_common.skc_num || port_selected(sk->__sk_common.skc_num) ||
		port_selected(bpf_ntohs(sk->__sk_common.skc_dport))) &&
	       sk->sk_protocol == IPPROTO_TCP;
}

/* Not RCV_SHUTDOWN: after shutdown(SHUT_RD) data still comes, and can be read. */
static __always_inline bool fin_received(unsigned long flags)
{
	return flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

/*
 * Takes a call that moved n bytes through sk. NULL: it is not this program's. spare: as for
 * call_take().
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
	if (io == IO_SEND && k->end_seq != tp->snd_nxt)
		on_unsent(k->at);
	else if (io == IO_SEND && want_hists)
		k->now = k->ts; /* what has left at once left then */
	return k;
}

/* The same two for an address that the verifier knows nothing of (raw_tp, kprobe). */
static __always_inline bool flow_selected(struct sock *sk)
{
	u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return (!port || port_selected(port) ||
		port_selected(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)))) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

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
	if (io == IO_SEND && k->end_seq != BPF_CORE_READ(tp, snd_nxt))
		on_unsent(k->at);
	return k;
}

/* Bytes that came and were not read. */
static __always_inline u32 unread_bytes(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u32 n = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);

	return n && fin_received(BPF_CORE_READ(sk, __sk_common.skc_flags)) ? n - 1 : n;
}

#endif
