// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets whose bytes others than tcp_sendmsg() and tcp_recvmsg() move: kTLS, MPTCP, sockmap. */
#include "foreign.bpf.h"
#include <bpf/bpf_core_read.h>
#include "maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Whether bytes went through and no hook saw any of them. */
static __always_inline bool all_unseen(struct sock *sk, struct conn *c)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	bool server = c->open.role == WST_SERVER;
	u32 sent = BPF_CORE_READ(tp, write_seq) - c->open.first_seq[server ? WST_S2C : WST_C2S];
	u32 received =
		BPF_CORE_READ(tp, copied_seq) - c->open.first_seq[server ? WST_C2S : WST_S2C];

	/* A FIN counts as one byte. */
	return !c->s[WST_C2S].n.stream && !c->s[WST_S2C].n.stream && (sent > 1 || received > 1);
}

static __always_inline u32 why_foreign(struct sock *sk, struct conn *c)
{
	struct inet_connection_sock *icsk = (struct inet_connection_sock *)sk;
	const struct tcp_ulp_ops *ulp = BPF_CORE_READ(icsk, icsk_ulp_ops);
	/* kTLS and sockmap replace skc_prot; sk_prot_creator keeps the original. */
	struct proto *born = BPF_CORE_READ(sk, sk_prot_creator);
	struct proto *now = BPF_CORE_READ(sk, __sk_common.skc_prot);
	char name[2] = {};

	if (ulp)
		bpf_core_read(name, sizeof(name), &ulp->name);
	if (name[0] == 'm' && name[1] == 'p')
		return WST_WHY_MPTCP;
	if (name[0] == 't' && name[1] == 'l')
		return WST_WHY_KTLS;
	if (now != born && (BPF_CORE_READ(now, sendmsg) != BPF_CORE_READ(born, sendmsg) ||
			    BPF_CORE_READ(now, recvmsg) != BPF_CORE_READ(born, recvmsg)))
		return WST_WHY_SOCKMAP;
	/* close() has taken the socket out of its sockmap before TCP hears of it. */
	return c->how && all_unseen(sk, c) ? WST_WHY_UNSEEN : 0;
}

bool conn_foreign(struct conn *c, u64 sk)
{
	u32 why = why_foreign((struct sock *)sk, c);
	struct wst_opaque *r;

	if (!why)
		return false;
	c->opaque = 1;
	r = bpf_ringbuf_reserve(&events, sizeof(*r), 0); /* too large for the stack */
	if (!r) {
		lose_event(c);
		return true;
	}
	__builtin_memset(r, 0, sizeof(*r));
	record_start(&r->h, c, WST_OPAQUE, 0, 0);
	r->why = why;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return true;
}
