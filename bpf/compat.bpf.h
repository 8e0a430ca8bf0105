/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Differences between kernels, behind accessors. They ask the kernel's BTF whether it has a field
 * or a value, never its version.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000
#define MSG_UNREAD (MSG_PEEK | MSG_ERRQUEUE) /* the stream does not move on */
#define MSG_TRUNC 0x20 /* the bytes are thrown away, the buffer is not written */

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
 * Asks SOCK_DONE, not RCV_SHUTDOWN: after shutdown(SHUT_RD) data still comes, and can be read.
 * flags: sk_flags.
 */
static __always_inline bool fin_received(unsigned long flags)
{
	return flags >> bpf_core_enum_value(enum sock_flags, SOCK_DONE) & 1;
}

/* No process holds the socket any more. flags: sk_flags. */
static __always_inline bool is_dead(unsigned long flags)
{
	return flags >> bpf_core_enum_value(enum sock_flags, SOCK_DEAD) & 1;
}

/* Number of bytes that came and were not read; a FIN is none. */
static __always_inline u32 unread_bytes(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u32 n = BPF_CORE_READ(tp, rcv_nxt) - BPF_CORE_READ(tp, copied_seq);

	return n && fin_received(BPF_CORE_READ(sk, __sk_common.skc_flags)) ? n - 1 : n;
}

enum { ITER_IS_OTHER, ITER_IS_UBUF, ITER_IS_IOVEC };

/*
 * Kind of memory that an iterator goes through. The values moved: IOVEC was 4 with a direction bit
 * before 5.14 (8cd54c1c8480), 0 until 6.3, is 1 since de4f5fed3f23; UBUF came in 6.0.
 */
static __always_inline int iter_kind(struct iov_iter *it)
{
	u32 type;

	if (!bpf_core_field_exists(it->iter_type)) {
		type = BPF_CORE_READ((struct iov_iter___510 *)it, type);
		return (type & ~1U) == 4 ? ITER_IS_IOVEC : ITER_IS_OTHER;
	}
	type = BPF_CORE_READ(it, iter_type);
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF))
		return ITER_IS_UBUF;
	return type == bpf_core_enum_value(enum iter_type, ITER_IOVEC) ? ITER_IS_IOVEC :
									 ITER_IS_OTHER;
}

/* Address of the iterator's current iovec: __iov since 6.4 (747b1f65d39a). */
static __always_inline u64 iter_iov(struct iov_iter *it)
{
	if (bpf_core_field_exists(it->__iov))
		return (u64)BPF_CORE_READ(it, __iov);
	return (u64)BPF_CORE_READ((struct iov_iter___old *)it, iov);
}

#endif
