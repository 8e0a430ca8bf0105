// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Iterators over the table of connections, read by the user side. */
#include "iter.bpf.h"
#include "conns.bpf.h"
#include "compat.bpf.h"
#include "life.bpf.h"
#include "listen.bpf.h"
#include "stats.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Whether data waits in sk, to be read or to be sent, or the peer's FIN for this end's. */
static __always_inline bool waits(struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return BPF_CORE_READ(tp, rcv_nxt) != BPF_CORE_READ(tp, copied_seq) ||
	       BPF_CORE_READ(tp, write_seq) != BPF_CORE_READ(tp, snd_nxt) ||
	       BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE_WAIT;
}

/* Reading this iterator over the map conns sends a WST_STATS for each connection. */
SEC("iter/bpf_map_elem")
int stats(struct bpf_iter__bpf_map_elem *ctx)
{
	u64 *key = ctx->key;
	struct conn *c;
	u64 sk;

	if (!key)
		return 0;
	if (no_room())
		return 1;
	sk = *key;
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c && !c->announced && unread_bytes((struct sock *)sk))
		conn_unread(c);
	if (c && c->announced && (!stats_waiting_only || waits((struct sock *)sk))) {
		if (!c->open.t.pid)
			listen_tell(sk);
		emit_stats(c, (struct sock *)sk, WST_STATS, 0);
	}
	return 0;
}

/*
 * Reading this iterator over the map conns gives the numbers of all connections. Those whose end
 * was missed are closed first.
 */
SEC("iter/bpf_map_elem")
int census(struct bpf_iter__bpf_map_elem *ctx)
{
	u64 *key = ctx->key, sk;
	struct conn *c;

	if (!key)
		return 0;
	sk = *key;
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c)
		conn_reap(sk, c);
	c = bpf_map_lookup_elem(&conns, &sk);
	if (c)
		bpf_seq_write(ctx->meta->seq, &c->open.t.h.conn, sizeof(u64));
	return 0;
}
