// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Backend "tracepoint": the socket layer's own tracepoints, from Linux 6.3, for kernels that
 * allow neither trampolines nor kprobes. They tell the socket and the length; where the bytes
 * lie comes from the arguments of the system call that the task is in.
 */
#include "syscall.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct mmsg_places mmsg_places SEC(".maps");

SEC("tp_btf/sock_send_length")
int BPF_PROG(tracepoint_send, struct sock *sk, int ret, int flags)
{
	if (!selected(sk))
		return 0;
	return ret > 0 ? on_syscall(sk, IO_SEND, true, ret) : on_nothing(sk, IO_SEND, ret);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(tracepoint_recv, struct sock *sk, int ret, int flags)
{
	if (flags & MSG_UNREAD || !selected(sk))
		return 0;
	return ret > 0 ? on_syscall(sk, IO_RECV, !(flags & MSG_TRUNC), ret) :
			 on_nothing(sk, IO_RECV, ret);
}
