// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening sockets, and the connections in their accept queues. */
#include "listen.bpf.h"
#include "compat.bpf.h"
#include "maps.bpf.h"
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

static __always_inline u64 listener_key(u32 netns, u16 port)
{
	return (u64)netns << 16 | port;
}

__noinline int listen_begins(u64 listener, u32 pid)
{
	struct listener l = { .sk = listener, .pid = pid };
	struct sock *sk = (struct sock *)listener;
	u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);
	u64 key;

	if (!port_selected(port) || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	key = listener_key(BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum), port);
	bpf_map_update_elem(&listeners, &key, &l, BPF_ANY);
	return 0;
}

/* Fills in r's part about the listener at c's server. */
static __always_inline void fill_queue(struct wst_queue *r, struct conn *c)
{
	u16 port = c->role == WST_SERVER ? c->open.lport : c->open.rport;
	u64 key = listener_key(c->open.netns, port);
	struct listener *l = bpf_map_lookup_elem(&listeners, &key);
	struct sock *from;

	if (!l)
		return;
	from = (struct sock *)l->sk;
	if (BPF_CORE_READ(from, __sk_common.skc_state) != TCP_LISTEN ||
	    BPF_CORE_READ(from, __sk_common.skc_num) != port)
		return; /* it listens no more */
	r->pid = l->pid;
	r->queued = BPF_CORE_READ(from, sk_ack_backlog);
	r->max = BPF_CORE_READ(from, sk_max_ack_backlog);
}

__noinline int listen_tell(u64 key)
{
	struct conn *c = bpf_map_lookup_elem(&conns, &key);
	struct sock *sk = (struct sock *)key;
	struct wst_queue r = {};
	u8 state;

	if (!c || !c->announced)
		return 0;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	record_start(&r.h, c, WST_QUEUE, 0, 0);
	fill_queue(&r, c);
	/* accept() gives a socket its struct socket, and close() takes that away. */
	r.unaccepted = (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT) &&
		       !BPF_CORE_READ(sk, sk_socket) &&
		       !is_dead(BPF_CORE_READ(sk, __sk_common.skc_flags));
	emit(c, &r, sizeof(r));
	return 0;
}
