// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connects: who makes them, and those that nobody accepts. */
#include "connect.bpf.h"
#include "conns.bpf.h"
#include "compat.bpf.h"
#include "listen.bpf.h"
#include "maps.bpf.h"
#include "pair.bpf.h"
#include "select.bpf.h"
#include "stats.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ECONNREFUSED 111

/* Connects under way, by socket: only when the SYN is sent is it known who connects. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct wst_task);
} connecting SEC(".maps");

void connect_start(struct sock *sk)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct wst_task t = {};
	u64 key = (u64)sk;

	t.h.ts = bpf_ktime_get_ns();
	t.pid = bpf_get_current_pid_tgid() >> 32;
	t.cgroup = bpf_get_current_cgroup_id();
	BPF_CORE_READ_STR_INTO(&t.comm, task, group_leader, comm);
	bpf_map_update_elem(&connecting, &key, &t, BPF_ANY);
}

void connect_failed(struct sock *sk)
{
	u64 key = (u64)sk;
	struct wst_task *t = bpf_map_lookup_elem(&connecting, &key);
	struct conn *c;

	if (!t || cgroup_wanted)
		return;
	c = conn_new(sk, WST_CLIENT, false, 0, 0);
	if (!c)
		return;
	/* skc_num has been given back, but inet_sport still holds the port. */
	c->open.lport = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	c->open.t.h.ts = t->h.ts;
	c->open.t.h.flags = WST_ATTEMPT;
	c->first = WST_FIRST_REMOTE;
	if (!c->hidden && conn_set_task(c, t)) {
		listen_tell(key);
		emit_stats(c, sk, WST_CLOSE,
			   BPF_CORE_READ(sk, sk_err) == ECONNREFUSED ? WST_REFUSED : WST_TIMEOUT);
	}
	pair_forget(c);
	bpf_map_delete_elem(&conns, &key);
}

u32 connect_end(struct sock *sk)
{
	u64 key = (u64)sk;
	struct wst_task *t = bpf_map_lookup_elem(&connecting, &key);
	u32 pid = t ? t->pid : 0;

	bpf_map_delete_elem(&connecting, &key);
	return pid;
}
