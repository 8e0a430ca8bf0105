// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP's changes of state, for every backend.
 *
 * The kernel does not run a program on a CPU on which it runs already. A softirq that comes in the
 * middle of one brings state changes of its own: with thousands of connections a second on
 * loopback, one in a hundred. A second program takes those; the first one notes what it has had.
 */
#include "life.bpf.h"
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct change {
	struct sock *sk;
	int oldstate, newstate;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct change);
} had SEC(".maps");

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk, int oldstate, int newstate)
{
	struct change *last;
	u32 zero = 0;

	on_state(sk, oldstate, newstate);
	last = bpf_map_lookup_elem(&had, &zero);
	if (last)
		*last = (struct change){ sk, oldstate, newstate };
	return 0;
}

/* A softirq between the two has a change taken twice, which does no harm. */
SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(state_spare, struct sock *sk, int oldstate, int newstate)
{
	struct change *last;
	u32 zero = 0;

	last = bpf_map_lookup_elem(&had, &zero);
	if (last && last->sk == sk && last->oldstate == oldstate && last->newstate == newstate)
		last->sk = NULL;
	else
		on_state(sk, oldstate, newstate);
	return 0;
}

SEC("raw_tp/tcp_destroy_sock")
int BPF_PROG(state_destroy, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}

SEC("raw_tp/tcp_destroy_sock")
int BPF_PROG(state_destroy_spare, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}
