// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of connections: who comes into it, who uses them, which are followed. */
#include "conns.bpf.h"
#include "compat.bpf.h"
#include "maps.bpf.h"
#include "pair.bpf.h"
#include "select.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 ignored[N_IGNORED] = {};
__u64 listening[1024] = {};

struct events events SEC(".maps");
struct conns conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u8);
} pids SEC(".maps");

static const struct conn no_conn;

/* Fills in addresses, ports and network namespace. Returns false where sk is not TCP/IP. */
static __always_inline bool fill_flow(struct wst_open *o, struct sock *sk)
{
	o->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (o->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)o->laddr, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)o->raddr, sk, __sk_common.skc_daddr);
	} else if (o->family == AF_INET6) {
		BPF_CORE_READ_INTO(&o->laddr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&o->raddr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	} else {
		return false;
	}
	o->lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	o->rport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	o->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return true;
}

static __always_inline bool addr_wanted(const u8 *addr, u16 family)
{
	u8 a[16] = { [10] = 0xff, [11] = 0xff };

	if (family == AF_INET)
		__builtin_memcpy(a + 12, addr, 4);
	else
		__builtin_memcpy(a, addr, 16);
	for (int i = 0; i < 16; i++) {
		u8 left = host_bits > i * 8 ? host_bits - i * 8 : 0;
		u8 mask = left >= 8 ? 0xff : 0xff00 >> left;

		if ((a[i] ^ host_wanted[i]) & mask)
			return false;
	}
	return true;
}

u8 conn_guess_role(struct sock *sk)
{
	u16 lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	u16 rport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));

	if (listening[lport >> 6] >> (lport & 63) & 1)
		return WST_SERVER;
	if (!port_selected(lport) || (port_selected(rport) && rport < lport))
		return WST_CLIENT;
	return WST_SERVER;
}

struct conn *conn_new(struct sock *sk, u8 role, bool midstream, u32 sent, u32 received)
{
	u64 key = (u64)sk, now = bpf_ktime_get_ns();
	struct conn *c;
	struct wst_open *o;

	ignore_no_more(key);
	if (bpf_map_update_elem(&conns, &key, &no_conn, BPF_ANY))
		return NULL;
	c = bpf_map_lookup_elem(&conns, &key);
	if (!c)
		return NULL;
	o = &c->open;
	if (!fill_flow(o, sk)) {
		bpf_map_delete_elem(&conns, &key);
		return NULL;
	}
	o->t.h.ts = now;
	/* No two connections open on one CPU within 256 ns. */
	o->t.h.conn = (now & ~0xffULL) | (bpf_get_smp_processor_id() & 0xff);
	o->t.h.type = WST_OPEN;
	o->t.h.flags = midstream ? WST_MIDSTREAM : 0;
	o->role = role;
	c->role = role;
	o->first_seq[WST_C2S] = role == WST_SERVER ? received : sent;
	o->first_seq[WST_S2C] = role == WST_SERVER ? sent : received;
	for (int i = 0; i < WST_DIRS; i++) {
		c->s[i].next_seq = o->first_seq[i];
		c->s[i].phase = midstream ? PH_LOST : PH_HTTP;
		c->s[i].why = WST_WHY_MIDSTREAM;
	}
	if (host_bits && !addr_wanted(o->laddr, o->family) && !addr_wanted(o->raddr, o->family))
		c->hidden = 1; /* kept, so that its calls are let go by without these questions */
	pair_mark(c);
	if (role == WST_SERVER)
		last_opened = now;
	return c;
}

struct conn *conn_meet(u64 key, u32 seq, u32 io)
{
	struct sock *sk = (struct sock *)key;
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	/* TCP Fast Open: data goes before the handshake is over (RFC 7413). */
	bool early = state == TCP_SYN_RECV || state == TCP_SYN_SENT;
	u32 sent, received;

	/* TCP_CLOSE: it was reset with data left to read, and its WST_CLOSE has gone out. */
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP || state == TCP_CLOSE ||
	    state == TCP_LISTEN)
		return NULL;
	/* The scan will find it, once it is known who listens where. */
	if (!early && scan_pass == WST_SCAN_LISTENERS)
		return NULL;
	sent = io == IO_SEND ? seq : BPF_CORE_READ(tp, write_seq);
	received = io == IO_RECV ? seq : BPF_CORE_READ(tp, copied_seq);
	return conn_new(sk, conn_guess_role(sk), !early, sent, received);
}

static __always_inline bool pid_wanted(u32 pid)
{
	if (only_pids && !bpf_map_lookup_elem(&pids, &pid))
		return false;
	return true;
}

static __always_inline bool comm_wanted(const char *comm)
{
	if (!only_comm[0])
		return true;
	for (int i = 0; i < WST_COMM_LEN; i++) {
		if (comm[i] != only_comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

/* Whether c is not shown, as its other end is here and is shown. */
static __always_inline bool is_hidden(struct conn *c)
{
	if (c->hidden)
		return true;
	if (!c->announced && pair_hides(c))
		c->hidden = 1;
	return c->hidden;
}

bool conn_set_task(struct conn *c, struct wst_task *t)
{
	if (!pid_wanted(t->pid) || !comm_wanted(t->comm))
		return false;
	c->open.t.pid = t->pid;
	c->open.t.cgroup = t->cgroup;
	__builtin_memcpy(c->open.t.comm, t->comm, WST_COMM_LEN);
	if (!c->announced) {
		c->open.client_pid = c->role == WST_SERVER ? pair_client_pid(c) : 0;
		c->announced = emit(c, &c->open, sizeof(c->open));
		return true;
	}
	record_start(&t->h, c, WST_TASK, 0, 0);
	emit(c, t, sizeof(*t));
	return true;
}

bool conn_admit(struct conn *c, u32 pid)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct wst_task t = {};

	/* Its other end, which may hide it, is known only when the scan has seen all sockets. */
	if (!c->announced && c->open.t.h.flags & WST_MIDSTREAM && scan_pass != WST_SCAN_ANNOUNCE)
		return false;
	/* Each call of a process that is not wanted comes by here: cheaper questions first. */
	if (is_hidden(c) || !pid_wanted(pid))
		return false;
	if (cgroup_wanted && bpf_get_current_ancestor_cgroup_id(cgroup_level) != cgroup_wanted)
		return false;
	BPF_CORE_READ_STR_INTO(&t.comm, task, group_leader, comm);
	if (!comm_wanted(t.comm))
		return false;
	t.pid = pid;
	t.cgroup = bpf_get_current_cgroup_id();
	return conn_set_task(c, &t);
}

void conn_set_client(struct conn *c, u32 pid)
{
	c->open.t.pid = pid;
	pair_mark(c);
}

void conn_announce(struct conn *c, struct task_struct *task)
{
	struct wst_task t = {};

	/*
	 * A connection that opened during the scan is announced by its first bytes: its other end,
	 * which may hide it, may not be known yet. With a cgroup wanted, the process itself shows
	 * where it belongs when it next acts.
	 */
	if (c->announced || cgroup_wanted || !(c->open.t.h.flags & WST_MIDSTREAM) || is_hidden(c))
		return;
	t.pid = BPF_CORE_READ(task, tgid);
	t.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_STR_INTO(&t.comm, task, group_leader, comm);
	conn_set_task(c, &t);
}

void conn_announce_unused(struct conn *c)
{
	if (c->announced || is_hidden(c) || only_pids || only_comm[0] || cgroup_wanted)
		return;
	if (c->role == WST_SERVER)
		c->open.client_pid = pair_client_pid(c);
	c->open.t.h.flags |= WST_UNUSED;
	c->announced = emit(c, &c->open, sizeof(c->open));
}

#define UNREAD_NS 1000000000

/*
 * Bytes wait in a server's socket that no process accepts or reads: no call will ever announce it.
 */
void conn_unread(struct conn *c)
{
	if (c->role == WST_SERVER && !c->announced &&
	    bpf_ktime_get_ns() - c->open.t.h.ts > UNREAD_NS)
		conn_announce_unused(c);
}
