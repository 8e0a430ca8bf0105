// SPDX-License-Identifier: GPL-2.0-only
/* What dispatch alone costs: nothing, on the hooks that wstrace takes. */

/* Not bpf_helpers.h: it wants kernel types, and nothing here has any use for them. */
#define SEC(name) __attribute__((section(name), used))

SEC("tp_btf/sock_send_length")
int floor_send_length(void *ctx)
{
	return 0;
}

SEC("tp_btf/sock_recv_length")
int floor_recv_length(void *ctx)
{
	return 0;
}

SEC("fexit/tcp_sendmsg_locked")
int floor_tcp_sendmsg(void *ctx)
{
	return 0;
}

SEC("fexit/tcp_recvmsg")
int floor_tcp_recvmsg(void *ctx)
{
	return 0;
}

/* -H asks when data arrives. */
SEC("tp_btf/tcp_probe")
int floor_probe(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
