// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Backend "fentry": the exits of tcp_sendmsg() and tcp_recvmsg(). Which of the three prototypes
 * of tcp_recvmsg() this kernel has, the loader finds in its BTF.
 */
#include "core.bpf.h"
#include "compat.bpf.h"
#include "msghdr.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fexit/tcp_sendmsg")
int BPF_PROG(fentry_send, struct sock *sk, struct msghdr *msg, size_t size, int ret)
{
	if (ret > 0 && selected(sk))
		on_msghdr(sk, msg, IO_SEND, ret, sent_seq(sk));
	return 0;
}

static __always_inline int received(struct sock *sk, struct msghdr *msg, int flags, int ret)
{
	if (ret > 0 && !(flags & MSG_UNREAD) && selected(sk))
		on_msghdr(sk, flags & MSG_TRUNC ? NULL : msg, IO_RECV, ret, received_seq(sk));
	return 0;
}

/* Before 5.19 (ec095263a965): a parameter nonblock. */
SEC("fexit/tcp_recvmsg")
int BPF_PROG(fentry_recv_6, struct sock *sk, struct msghdr *msg, size_t len, int nonblock,
	     int flags, int *addr_len, int ret)
{
	return received(sk, msg, flags, ret);
}

SEC("fexit/tcp_recvmsg")
int BPF_PROG(fentry_recv_5, struct sock *sk, struct msghdr *msg, size_t len, int flags,
	     int *addr_len, int ret)
{
	return received(sk, msg, flags, ret);
}

/* 7.3: addr_len went away. */
SEC("fexit/tcp_recvmsg")
int BPF_PROG(fentry_recv_4, struct sock *sk, struct msghdr *msg, size_t len, int flags, int ret)
{
	return received(sk, msg, flags, ret);
}
