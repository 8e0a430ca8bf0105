// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Backend "kprobe": kprobe and kretprobe on tcp_sendmsg_locked() and tcp_recvmsg(), for kernels
 * without trampolines. A kretprobe does not see its function's arguments, so the entry leaves them,
 * by thread. A kernel follows only so many calls at once: returns that it misses become gaps.
 */
#include "msghdr.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 missed_returns = 0; /* calls of which no return was seen; for a debugger */

struct entry {
	u64 sk, msg;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64); /* pid_tgid */
	__type(value, struct entry);
} entries SEC(".maps");

static __always_inline int on_entry(struct sock *sk, struct msghdr *msg)
{
	struct entry entry = { (u64)sk, (u64)msg };
	u64 thread = bpf_get_current_pid_tgid();

	if (!flow_selected(sk))
		return 0;
	/* A thread is in one call at a time: what is still there did not see its return. */
	if (bpf_map_update_elem(&entries, &thread, &entry, BPF_NOEXIST)) {
		__sync_fetch_and_add(&missed_returns, 1);
		bpf_map_update_elem(&entries, &thread, &entry, BPF_ANY);
	}
	return 0;
}

static __always_inline int on_return(u32 io, int ret)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct entry *entry = bpf_map_lookup_elem(&entries, &thread);
	struct msghdr *msg;
	struct sock *sk;

	if (!entry)
		return 0;
	sk = (struct sock *)entry->sk;
	msg = (struct msghdr *)entry->msg;
	bpf_map_delete_elem(&entries, &thread);
	if (ret > 0)
		on_msghdr(probed_call_start(sk, io, ret), msg);
	return 0;
}

SEC("kprobe/tcp_sendmsg_locked")
int BPF_KPROBE(kprobe_send, struct sock *sk, struct msghdr *msg)
{
	return on_entry(sk, msg);
}

SEC("kretprobe/tcp_sendmsg_locked")
int BPF_KRETPROBE(kprobe_sent, int ret)
{
	return on_return(IO_SEND, ret);
}

SEC("kprobe/tcp_recvmsg")
int BPF_KPROBE(kprobe_recv, struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	return flags & MSG_UNREAD ? 0 : on_entry(sk, flags & MSG_TRUNC ? NULL : msg);
}

/* Before 5.19 (ec095263a965): a parameter nonblock before flags. */
SEC("kprobe/tcp_recvmsg")
int BPF_KPROBE(kprobe_recv_6, struct sock *sk, struct msghdr *msg, size_t len, int nonblock,
	       int flags)
{
	return flags & MSG_UNREAD ? 0 : on_entry(sk, flags & MSG_TRUNC ? NULL : msg);
}

SEC("kretprobe/tcp_recvmsg")
int BPF_KRETPROBE(kprobe_received, int ret)
{
	return on_return(IO_RECV, ret);
}
