// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Life of a connection, for every backend. */
#include "core.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk, int oldstate, int newstate)
{
	on_state(sk, oldstate, newstate);
	return 0;
}

SEC("raw_tp/tcp_destroy_sock")
int BPF_PROG(state_destroy, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}
