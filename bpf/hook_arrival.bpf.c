// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Arrival of data, for the histogram of read delays. tcp_mstamp says so a moment later, but no
 * longer when the process comes to read.
 */
#include "maps.bpf.h"
#include <bpf/bpf_tracing.h>
#include "select.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/tcp_probe")
int BPF_PROG(arrival, struct sock *sk, struct sk_buff *skb)
{
	u64 key = (u64)sk;
	struct tcp_sock *tp;
	struct conn *c;

	if (!selected(sk) || sock_is_ignored(sk) || *(u32 *)&skb->cb[4] == *(u32 *)&skb->cb[0])
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || tp->copied_seq != tp->rcv_nxt)
		return 0;
	c = bpf_map_lookup_elem(&conns, &key);
	if (c && c->ws && !c->hidden && !c->arrival)
		c->arrival = bpf_ktime_get_ns();
	return 0;
}
