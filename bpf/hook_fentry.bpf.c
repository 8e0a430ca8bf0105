// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Backend "fentry": the exits of tcp_sendmsg_locked() and tcp_recvmsg(). Which of the three
 * prototypes of the latter this kernel has, the loader finds in its BTF. At the exit of
 * tcp_sendmsg() the socket is unlocked again, and write_seq may be behind what another thread has
 * sent.
 *
 * A trampoline leaves preemption on, and the kernel does not run a program on a CPU on which a
 * preempted task is still in it. What other tasks send and receive there until that one goes on
 * would pass unseen; a second program, the spare, takes those calls.
 */
#include "msghdr.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int sent(struct sock *sk, struct msghdr *msg, int ret, bool spare)
{
	if (ret > 0 && selected(sk))
		on_msghdr(call_start(sk, IO_SEND, ret, spare), msg);
	return 0;
}

static __always_inline int received(struct sock *sk, struct msghdr *msg, int flags, int ret,
				    bool spare)
{
	if (ret > 0 && !(flags & MSG_UNREAD) && selected(sk))
		on_msghdr(call_start(sk, IO_RECV, ret, spare), flags & MSG_TRUNC ? NULL : msg);
	return 0;
}

/* The functions' parameters, and as the last one what they returned. */
#define SEND_PARAMS struct sock *sk, struct msghdr *msg, size_t size, int ret
#define RECV_PARAMS_6                                                                            \
	struct sock *sk, struct msghdr *msg, size_t len, int nonblock, int flags, int *addr_len, \
		int ret
#define RECV_PARAMS_5 \
	struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len, int ret
#define RECV_PARAMS_4 struct sock *sk, struct msghdr *msg, size_t len, int flags, int ret

/* A program and its spare; what they do may say `spare`. */
#define PROGRAM_AND_SPARE(name, where, params, does)  \
	SEC(where) int BPF_PROG(name, params)         \
	{                                             \
		const bool spare = false;             \
		return does;                          \
	}                                             \
	SEC(where) int BPF_PROG(name##_spare, params) \
	{                                             \
		const bool spare = true;              \
		return does;                          \
	}

#define SENT sent(sk, msg, ret, spare)
#define RECEIVED received(sk, msg, flags, ret, spare)

PROGRAM_AND_SPARE(fentry_send, "fexit/tcp_sendmsg_locked", SEND_PARAMS, SENT)

/* Before 5.19 (ec095263a965): a parameter nonblock. */
PROGRAM_AND_SPARE(fentry_recv_6, "fexit/tcp_recvmsg", RECV_PARAMS_6, RECEIVED)

PROGRAM_AND_SPARE(fentry_recv_5, "fexit/tcp_recvmsg", RECV_PARAMS_5, RECEIVED)

/* 7.3: addr_len went away. */
PROGRAM_AND_SPARE(fentry_recv_4, "fexit/tcp_recvmsg", RECV_PARAMS_4, RECEIVED)
