// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The search for connections that were open before wstrace. */
#include "compat.bpf.h"
#include "conns.bpf.h"
#include "iter.bpf.h"
#include "listen.bpf.h"
#include "select.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void on_open_socket(struct sock *sk, struct task_struct *task, u32 pass)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u64 key = (u64)sk;
	struct conn *c;
	u16 port;

	if (!flow_selected(sk))
		return;
	if (pass == WST_SCAN_LISTENERS) {
		port = BPF_CORE_READ(sk, __sk_common.skc_num);
		if (state == TCP_LISTEN) {
			listening[port >> 6] |= 1ULL << (port & 63);
			listen_begins(key, BPF_CORE_READ(task, tgid));
		}
		return;
	}
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT && state != TCP_FIN_WAIT1 &&
	    state != TCP_FIN_WAIT2)
		return;
	c = bpf_map_lookup_elem(&conns, &key);
	if (pass == WST_SCAN_CONNS && !c) {
		c = conn_new(sk, conn_guess_role(sk), true, BPF_CORE_READ(tp, write_seq),
			     BPF_CORE_READ(tp, copied_seq));
		if (!c)
			__sync_fetch_and_add(&refused_conns, 1);
		else if (state != TCP_ESTABLISHED)
			c->first = state == TCP_CLOSE_WAIT ? WST_FIRST_REMOTE : WST_FIRST_LOCAL;
	}
	if (pass == WST_SCAN_CONNS && c && c->role == WST_CLIENT && !c->open.t.pid)
		conn_set_client(c, BPF_CORE_READ(task, tgid));
	if (pass == WST_SCAN_ANNOUNCE && c)
		conn_announce(c, task);
}

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/*
 * Reading this iterator over all files of all tasks finds the sockets that were open before
 * wstrace, in every network namespace, with the processes that hold them.
 */
SEC("iter/task_file")
int open_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;

	if (scan_pass == WST_SCAN_ANNOUNCE && no_room())
		return 1;
	if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (sk)
		on_open_socket(sk, task, scan_pass);
	return 0;
}
