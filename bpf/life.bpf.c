// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Life of a connection: follows TCP's changes of state, and closes it. */
#include "life.bpf.h"
#include "conns.bpf.h"
#include "call.bpf.h"
#include "connect.bpf.h"
#include "foreign.bpf.h"
#include "hists.bpf.h"
#include "listen.bpf.h"
#include "pair.bpf.h"
#include "stats.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ETIMEDOUT 110
#define EHOSTUNREACH 113
#define PF_EXITING 4

/* Finds out how c ended, now that TCP is done with it, and who ended it where no FIN told. */
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

/* Sends the last records of c and forgets it. */
static __noinline void conn_close(struct sock *sk, struct conn *c)
{
	u64 key = (u64)sk;

	if (!c->ended)
		c->ended = bpf_ktime_get_ns();
	conn_announce_unused(c);
	if (c->announced) {
		if (!c->opaque)
			conn_foreign(c, key);
		emit_stats(c, sk, WST_CLOSE, c->how);
	}
	if (want_hists)
		bpf_map_delete_elem(&hists, &key);
	pair_forget(c);
	ignore_no_more(key);
	bpf_map_delete_elem(&conns, &key);
}

/*
 * Another CPU, or a frame further down this stack, may be inside the core with this connection. Its
 * records must come before the close, so whoever leaves last closes.
 */
static __always_inline void conn_closing(struct sock *sk, struct conn *c)
{
	__sync_fetch_and_add(&c->closing, 1);
	if (c->sending || c->s[WST_C2S].busy || c->s[WST_S2C].busy)
		return;
	/*
	 * Atomic operations return no value before 5.12, so two that meet here may both see 2, and
	 * neither closes: conn_reap() will.
	 */
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
 * Whether a send is under way. Backend "tracepoint" hears of it only after the socket's backlog has
 * been worked through, in which there may have been an RST. No bytes follow a FIN.
 */
static __always_inline bool is_sending(struct sock *sk, struct conn *c, int oldstate)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return (oldstate == TCP_ESTABLISHED || oldstate == TCP_CLOSE_WAIT) && c->announced &&
	       !c->opaque &&
	       BPF_CORE_READ(tp, write_seq) !=
		       c->s[c->role == WST_SERVER ? WST_S2C : WST_C2S].next_seq;
}

/* Closes c, whose end was missed: sk is now free, or another connection's. */
static __always_inline void conn_unseen(struct sock *sk, struct conn *c)
{
	c->how = WST_UNSEEN;
	c->opaque = 1; /* what sk is now says nothing of c */
	conn_close(sk, c);
}

#define REAP_NS 1000000000

/*
 * A change of state is missed when it comes while the programs for it run on that CPU. A socket's
 * memory can always be read, but as what it is now: free, another socket, or something else
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

/*
 * Completes a client's connection whose request went with the SYN (TCP Fast Open): only now is
 * known where the server's numbers start.
 */
static __always_inline int client_met_early(struct tcp_sock *tp, struct conn *c)
{
	u32 seq = BPF_CORE_READ(tp, copied_seq);

	c->open.first_seq[WST_S2C] = seq;
	c->s[WST_S2C].next_seq = seq;
	pair_mark(c);
	return 0;
}

/* Notes a connect that starts or is over. Returns the process that made the latter; 0: unknown. */
static __always_inline u32 on_connect(struct sock *sk, int oldstate, int newstate)
{
	/* Not by flow_selected(), which lets port 0 through: here it means that none is given yet.
	 */
	if (newstate == TCP_SYN_SENT && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP &&
	    (port_selected(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))) ||
	     port_selected(BPF_CORE_READ(sk, __sk_common.skc_num))))
		connect_start(sk);
	if (oldstate != TCP_SYN_SENT || newstate == TCP_SYN_SENT)
		return 0;
	if (newstate == TCP_CLOSE)
		connect_failed(sk);
	return connect_end(sk);
}

/* Takes the end of a handshake; pid: the process that connected, 0 where it is not known. */
static __always_inline int on_established(struct sock *sk, int oldstate, u32 pid)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	bool server = oldstate == TCP_SYN_RECV;
	u64 key = (u64)sk;
	struct conn *c;

	/* Only here is the port asked for: at TCP_CLOSE the local one has been given back. */
	if (!flow_selected(sk))
		return 0;
	c = bpf_map_lookup_elem(&conns, &key);
	if (c) {
		/* TCP Fast Open data went first; or, the address used again, a dead one. */
		if (c->open.lport == BPF_CORE_READ(sk, __sk_common.skc_num) &&
		    c->open.rport == bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)))
			return server ? 0 : client_met_early(tp, c);
		conn_unseen(sk, c);
	}
	/* A client's first byte: data of TCP Fast Open is behind write_seq already. */
	c = conn_new(sk, server ? WST_SERVER : WST_CLIENT, false,
		     server ? BPF_CORE_READ(tp, write_seq) : BPF_CORE_READ(tp, snd_sml) + 1,
		     BPF_CORE_READ(tp, copied_seq));
	if (!c)
		__sync_fetch_and_add(&refused_conns, 1);
	else if (pid)
		conn_set_client(c, pid);
	return 0;
}

/* Notes which end closes first, when, and whether its process ends with that. */
static __always_inline void note_first(struct conn *c, int oldstate, int newstate)
{
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
}

/* Takes TCP_CLOSE: c is closed now, or when the process has read the rest. */
static __always_inline void on_close(struct sock *sk, struct conn *c, int oldstate)
{
	find_how(sk, c);
	/* Bytes from before a FIN or RST can be read until the process closes the socket. */
	if (is_dead(BPF_CORE_READ(sk, __sk_common.skc_flags))) {
		conn_closing(sk, c);
	} else if (!unread_bytes(sk)) {
		c->sending = is_sending(sk, c, oldstate);
		conn_closing(sk, c);
	}
}

int on_state(struct sock *sk, int oldstate, int newstate)
{
	u64 key = (u64)sk;
	struct conn *c;
	u32 pid;

	if (newstate == TCP_LISTEN) {
		listen_begins((u64)sk, bpf_get_current_pid_tgid() >> 32);
		return 0;
	}
	pid = on_connect(sk, oldstate, newstate);
	if (newstate == TCP_ESTABLISHED)
		return on_established(sk, oldstate, pid);
	c = bpf_map_lookup_elem(&conns, &key);
	if (!c)
		return 0;
	note_first(c, oldstate, newstate);
	if (newstate == TCP_CLOSE)
		on_close(sk, c, oldstate);
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
