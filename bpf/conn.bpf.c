// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections: from establishment to close, who uses them, which are followed. */
#include "maps.bpf.h"
#include "compat.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Written by the loader before it loads. */
const volatile __u64 ports[1024] = {};
const volatile __u32 snaplen = 0; /* payload bytes kept of each data frame */
const volatile __u8 want_data_frames = 1; /* 0: only control frames are handed on */
const volatile __u8 want_hists = 0;
const volatile __u8 only_focus = 0; /* histograms are handed on of the connection focus only */
const volatile __u8 have_spares = 0; /* spare programs are attached behind the first ones */
const volatile __u8 hidden_role = 0xff; /* enum wst_role not shown where both ends are here */
const volatile __u8 only_pids = 0; /* the map pids counts */
const volatile char only_comm[WST_COMM_LEN] = {}; /* empty: any */

const volatile __u64 cgroup_wanted = 0; /* its id; 0: any */
const volatile __u32 cgroup_level = 0; /* how deep below the root it lies */
const volatile __u8 host_wanted[16] = {}; /* wire; IPv4 as ::ffff:a.b.c.d */
const volatile __u8 host_bits = 0; /* that count; 0: any */

/* Read by the user side at any time. */
__u64 lost_events = 0;
__u64 refused_conns = 0; /* not followed, since the table was full */

/* Written by the user side at any time: data frames of this connection are always handed on. */
__u64 focus = 0;
__u32 no_wait = 0; /* iterators wait no longer for room in the ring buffer */

/* Read by the user side: steps that iterators have had room for. */
__u64 iterated = 0;

__u64 ignored[N_IGNORED] = {};

struct hists hists SEC(".maps");
struct calls calls SEC(".maps");
struct events events SEC(".maps");
struct conns conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u8);
} pids SEC(".maps");

static const struct conn no_conn;

#define ETIMEDOUT 110
#define EHOSTUNREACH 113
#define PF_EXITING 4

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
		c->hidden = 1; /* kept, so that its calls are let go by at once */
	pair_mark(c);
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

	/* TCP_CLOSE: reset with data left to read. Its close record has said so already. */
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP || state == TCP_CLOSE ||
	    state == TCP_LISTEN)
		return NULL;
	/* The scan will find it, once it is known who listens where. */
	if (!early && scan_pass == WST_SCAN_LISTENERS)
		return NULL;
	sent = io == IO_SEND ? seq : BPF_CORE_READ(tp, write_seq);
	received = io == IO_RECV ? seq : BPF_CORE_READ(tp, copied_seq);
	return conn_new(sk, scan_role(sk), !early, sent, received);
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

/* The other end of this connection is here, and is the one that is shown. */
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

	/*
	 * Its other end, by which it may be hidden, is known only when the scan has seen all
	 * sockets.
	 */
	if (!c->announced && c->open.t.h.flags & WST_MIDSTREAM && scan_pass != WST_SCAN_ANNOUNCE)
		return false;
	/*
	 * Each call of a process that is not wanted comes by here: the cheaper questions come
	 * first.
	 */
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
	 * What has just been opened says so with its first bytes: its other end may still be on its
	 * way, by which it may turn out to be hidden. With a cgroup wanted, the process itself says
	 * where it belongs when it next acts.
	 */
	if (c->announced || cgroup_wanted || !(c->open.t.h.flags & WST_MIDSTREAM) || is_hidden(c))
		return;
	t.pid = BPF_CORE_READ(task, tgid);
	t.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_STR_INTO(&t.comm, task, group_leader, comm);
	conn_set_task(c, &t);
}

static __always_inline void find_how(struct sock *sk, struct conn *c)
{
	int err = BPF_CORE_READ(sk, sk_err);

	c->how = WST_FIN;
	if (!c->first) {
		/* Without a FIN: the peer's RST leaves an error on the socket, our own does not. */
		c->how = err == ETIMEDOUT || err == EHOSTUNREACH ? WST_TIMEOUT :
			 err					 ? WST_RST_RECEIVED :
								   WST_RST_SENT;
		c->first = err ? WST_FIRST_REMOTE : WST_FIRST_LOCAL;
	}
	if (c->exiting && c->first == WST_FIRST_LOCAL)
		c->how = WST_EXIT;
}

/* No process has used c here: whose it is, is not known. */
static __always_inline void announce_unused(struct conn *c)
{
	if (c->announced || is_hidden(c) || only_pids || only_comm[0] || cgroup_wanted)
		return;
	if (c->role == WST_SERVER)
		c->open.client_pid = pair_client_pid(c);
	c->announced = emit(c, &c->open, sizeof(c->open));
}

#define UNREAD_NS 1000000000

/*
 * Data has come to a server that does not accept the connection, or does not read: nobody tells
 * else.
 */
void conn_unread(struct conn *c)
{
	if (c->role == WST_SERVER && !c->announced &&
	    bpf_ktime_get_ns() - c->open.t.h.ts > UNREAD_NS)
		announce_unused(c);
}

static __noinline void conn_close(struct sock *sk, struct conn *c)
{
	u64 key = (u64)sk;

	if (!c->ended)
		c->ended = bpf_ktime_get_ns();
	announce_unused(c);
	if (c->announced) {
		if (!c->opaque)
			conn_foreign(c, key);
		report(c, sk, WST_CLOSE, c->how);
	}
	if (want_hists)
		bpf_map_delete_elem(&hists, &key);
	pair_forget(c);
	ignore_no_more(key);
	bpf_map_delete_elem(&conns, &key);
}

/*
 * A call may be in the core on another CPU, or below this on the same one. What it hands on is to
 * come before the end, so the last to leave closes the connection.
 */
static __always_inline void conn_closing(struct sock *sk, struct conn *c)
{
	__sync_fetch_and_add(&c->closing, 1);
	if (c->sending || c->s[WST_C2S].busy || c->s[WST_S2C].busy)
		return;
	/* Before 5.12 nothing tells what was there. Should two meet here, conn_reap() finds it. */
	__sync_fetch_and_add(&c->closers, 1);
	if (c->closers == 1)
		conn_close(sk, c);
}

__noinline int conn_left(u32 at)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	struct conn *c = k ? bpf_map_lookup_elem(&conns, &k->sk) : NULL;

	if (!c)
		return 0;
	if (k->io == IO_SEND)
		c->sending = 0;
	conn_closing((struct sock *)k->sk, c);
	return 0;
}

/*
 * Backend "tracepoint" hears of a send after the socket's backlog, in which may have been an RST.
 * No bytes follow a FIN.
 */
static __always_inline bool is_sending(struct sock *sk, struct conn *c, int oldstate)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return (oldstate == TCP_ESTABLISHED || oldstate == TCP_CLOSE_WAIT) && c->announced &&
	       !c->opaque &&
	       BPF_CORE_READ(tp, write_seq) !=
		       c->s[c->role == WST_SERVER ? WST_S2C : WST_C2S].next_seq;
}

/* sk is now free, or another connection's. */
static __always_inline void conn_unseen(struct sock *sk, struct conn *c)
{
	c->how = WST_UNSEEN;
	c->opaque = 1; /* what sk is now says nothing of c */
	conn_close(sk, c);
}

#define REAP_NS 1000000000

/*
 * Changes of state that come while the programs for them run on that CPU can be missed. A socket's
 * memory can be read for ever, but as what it is now: free, another socket, or something else
 * altogether.
 */
void conn_reap(u64 key, struct conn *c)
{
	struct sock *sk = (struct sock *)key;
	bool closed = BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE;
	bool other = BPF_CORE_READ(sk, __sk_common.skc_num) != c->open.lport ||
		     bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)) != c->open.rport;

	if (c->how ? !closed : closed || other)
		conn_unseen(sk, c);
	else if (c->closing && bpf_ktime_get_ns() - c->ended > REAP_NS)
		conn_close(sk, c);
}

/* Its request went with the SYN; only now is known where the server's numbers start. */
static __always_inline int client_met_early(struct tcp_sock *tp, struct conn *c)
{
	u32 seq = BPF_CORE_READ(tp, copied_seq);

	c->open.first_seq[WST_S2C] = seq;
	c->s[WST_S2C].next_seq = seq;
	pair_mark(c);
	return 0;
}

int on_state(struct sock *sk, int oldstate, int newstate)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	u64 key = (u64)sk;
	struct conn *c;
	u32 pid = 0;

	/* flow_selected() lets port 0 through; here it only is that none has been given yet. */
	if (newstate == TCP_SYN_SENT && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP &&
	    (port_selected(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))) ||
	     port_selected(BPF_CORE_READ(sk, __sk_common.skc_num))))
		connect_start(sk);
	if (oldstate == TCP_SYN_SENT && newstate != TCP_SYN_SENT) {
		if (newstate == TCP_CLOSE)
			connect_failed(sk);
		pid = connect_end(sk);
	}
	if (newstate == TCP_ESTABLISHED) {
		/* Only here: at TCP_CLOSE the local port has been given back. */
		if (!flow_selected(sk))
			return 0;
		c = bpf_map_lookup_elem(&conns, &key);
		if (c) {
			/* TCP Fast Open data went first; or, the address used again, a dead one. */
			if (c->open.lport == BPF_CORE_READ(sk, __sk_common.skc_num) &&
			    c->open.rport == bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)))
				return oldstate == TCP_SYN_RECV ? 0 : client_met_early(tp, c);
			conn_unseen(sk, c);
		}
		/* A client's first byte: data of TCP Fast Open is behind write_seq already. */
		c = conn_new(sk, oldstate == TCP_SYN_RECV ? WST_SERVER : WST_CLIENT, false,
			     oldstate == TCP_SYN_RECV ? BPF_CORE_READ(tp, write_seq) :
							BPF_CORE_READ(tp, snd_sml) + 1,
			     BPF_CORE_READ(tp, copied_seq));
		if (!c)
			__sync_fetch_and_add(&refused_conns, 1);
		else if (pid)
			conn_set_client(c, pid);
		return 0;
	}
	c = bpf_map_lookup_elem(&conns, &key);
	if (!c)
		return 0;
	if (!c->first && newstate == TCP_CLOSE_WAIT)
		c->first = WST_FIRST_REMOTE;
	if (!c->first && newstate == TCP_FIN_WAIT1)
		c->first = WST_FIRST_LOCAL;
	if ((c->first || newstate == TCP_CLOSE) && !c->ended)
		c->ended = bpf_ktime_get_ns();
	if (newstate == TCP_FIN_WAIT1 || newstate == TCP_LAST_ACK ||
	    (newstate == TCP_CLOSE && oldstate == TCP_ESTABLISHED)) {
		struct task_struct *task = (struct task_struct *)bpf_get_current_task();

		if (bpf_get_current_pid_tgid() >> 32 == c->open.t.pid &&
		    BPF_CORE_READ(task, flags) & PF_EXITING)
			c->exiting = 1;
	}
	if (newstate != TCP_CLOSE)
		return 0;
	find_how(sk, c);
	/* What came before a FIN or RST can still be read, until the process closes the socket. */
	if (BPF_CORE_READ(sk, __sk_common.skc_flags) >>
		    bpf_core_enum_value(enum sock_flags, SOCK_DEAD) &
	    1) {
		conn_closing(sk, c);
	} else if (!unread_bytes(sk)) {
		c->sending = is_sending(sk, c, oldstate);
		conn_closing(sk, c);
	}
	return 0;
}

int on_destroy(struct sock *sk)
{
	u64 key = (u64)sk;
	struct conn *c = bpf_map_lookup_elem(&conns, &key);

	if (c && c->how) {
		c->sending = 0;
		conn_closing(sk, c);
	}
	return 0;
}
