// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening sockets, and the connections in their accept queues. */
#include "listen.bpf.h"
#include "compat.bpf.h"
#include "select.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct listener {
	u64 sk;
	u32 pid; /* who called listen(), or has the socket; 0: not known */
	u32 pad;
};

/* By network namespace and port: of several listeners on one port the last one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct listener);
} listeners SEC(".maps");

static __always_inline u64 listener_key(struct sock *sk, u32 port)
{
	return (u64)BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) << 16 | port;
}

void listen_begins(struct sock *sk, u32 pid)
{
	struct listener l = { .sk = (u64)sk, .pid = pid };
	u64 key = listener_key(sk, BPF_CORE_READ(sk, __sk_common.skc_num));

	if (flow_selected(sk))
		bpf_map_update_elem(&listeners, &key, &l, BPF_ANY);
}

void listen_stats(struct wst_stats *r, struct sock *sk, u32 port)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	u64 key = listener_key(sk, port);
	struct listener *l = bpf_map_lookup_elem(&listeners, &key);
	struct sock *from;

	/* accept() gives a socket its struct socket, and close() takes that away. */
	r->unaccepted = (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT) &&
			!BPF_CORE_READ(sk, sk_socket) &&
			!is_dead(BPF_CORE_READ(sk, __sk_common.skc_flags));
	if (!l)
		return;
	from = (struct sock *)l->sk;
	if (BPF_CORE_READ(from, __sk_common.skc_state) != TCP_LISTEN ||
	    BPF_CORE_READ(from, __sk_common.skc_num) != port)
		return; /* it listens no more */
	r->listen_pid = l->pid;
	r->queued = BPF_CORE_READ(from, sk_ack_backlog);
	r->queue_max = BPF_CORE_READ(from, sk_max_ack_backlog);
}
