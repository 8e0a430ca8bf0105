/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sockets are looked at: TCP on wanted ports, but those found to be of no interest. */
#ifndef SELECT_BPF_H
#define SELECT_BPF_H

#include "config.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

static __always_inline bool port_selected(u16 port)
{
	return ports[port >> 6] >> (port & 63) & 1;
}

/*
 * Whether sk may be one of them, for sockets that the verifier knows the type of (fexit, tp_btf):
 * plain loads, no helper. Port 0 passes: an accepted socket that TCP is done with has it, and its
 * last bytes can still be read. Other families' sockets have 0 there, too, but another protocol.
 */
static __always_inline bool selected(const struct sock *sk)
{
	return (!sk->__sk_common.skc_num || port_selected(sk->__sk_common.skc_num) ||
		port_selected(bpf_ntohs(sk->__sk_common.skc_dport))) &&
	       sk->sk_protocol == IPPROTO_TCP;
}

/* The same for an address that the verifier knows nothing of (raw_tp, kprobe). */
static __always_inline bool flow_selected(struct sock *sk)
{
	u16 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return (!port || port_selected(port) ||
		port_selected(bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)))) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/*
 * Sockets whose connections are known not to be followed, placed by some bits of their addresses:
 * most of their calls need no look at the table. A later socket takes a place over.
 */
#define N_IGNORED 1024
extern __u64 ignored[N_IGNORED] __hidden;

static __always_inline __u64 *ignored_place(u64 sk)
{
	return &ignored[sk >> 8 & (N_IGNORED - 1)];
}

/* For a socket that the verifier knows the type of, and so lets nobody shift as a number. */
static __always_inline bool sock_is_ignored(const struct sock *sk)
{
	u64 low;

	/* In 32 bits a pointer's difference from something is a number: here, its lower half. */
	asm volatile("r0 = %1; w0 -= 0; %0 = r0" : "=r"(low) : "r"(sk) : "r0");
	return *ignored_place(low) == (u64)sk;
}

static __always_inline void ignore(u64 sk)
{
	*ignored_place(sk) = sk;
}

static __always_inline void ignore_no_more(u64 sk)
{
	if (*ignored_place(sk) == sk)
		*ignored_place(sk) = 0;
}

#endif
