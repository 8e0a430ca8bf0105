/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What differs between kernels or between attach types, behind names that do not. Whether a
 * kernel has a field or a value is asked of its BTF, never of its version.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#include "core.bpf.h"

#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000
#define MSG_UNREAD (MSG_PEEK | MSG_ERRQUEUE) /* the stream does not move on */
#define MSG_TRUNC 0x20 /* the bytes are thrown away, the buffer is not written */
#define RCV_SHUTDOWN 1

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

/* Position behind the last byte sent. */
static __always_inline u32 sent_seq(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->write_seq : 0;
}

/* Not RCV_SHUTDOWN: after shutdown(SHUT_RD) data still comes, and can be read. */
static __always_inline bool fin_received(unsigned long flags)
{
	return flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

/* Position behind the last byte received: copied_seq counts a FIN, too. */
static __always_inline u32 received_seq(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!tp)
		return 0;
	if (fin_received(sk->__sk_common.skc_flags) && tp->copied_seq == tp->rcv_nxt)
		return tp->copied_seq - 1;
	return tp->copied_seq;
}

/* The same three for an address that the verifier knows nothing of (raw_tp, kprobe). */
static __always_inline bool flow_selected(struct sock *sk)
{
	u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return (!port || port_selected(port) ||
		port_selected(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)))) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline u32 probed_sent_seq(struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
}

static __always_inline u32 probed_received_seq(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u32 seq = BPF_CORE_READ(tp, copied_seq);

	if (fin_received(BPF_CORE_READ(sk, __sk_common.skc_flags)) && seq == BPF_CORE_READ(tp, rcv_nxt))
		return seq - 1;
	return seq;
}

/* Bytes that came and were not read. */
static __always_inline u32 unread_bytes(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u32 n = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);

	return n && fin_received(BPF_CORE_READ(sk, __sk_common.skc_flags)) ? n - 1 : n;
}

/*
 * CLOCK_MONOTONIC, ns, when TCP last sent or received on sk: it has read the clock for itself, and
 * reading it again would be the dearest step of a call.
 */
static __always_inline u64 last_moved(struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, tcp_mstamp) * 1000;
}

#endif
