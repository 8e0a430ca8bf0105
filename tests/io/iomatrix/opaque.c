// SPDX-License-Identifier: GPL-2.0-only
/* Sockets whose bytes others than TCP's own functions move. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include "iomatrix.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#define PROTO_MPTCP 262

/* TLS in the kernel from the first byte, with keys that both ends know. */
static void prepare_ktls(int fd, bool client)
{
	struct tls12_crypto_info_aes_gcm_128 k = { .info.version = TLS_1_2_VERSION,
						   .info.cipher_type = TLS_CIPHER_AES_GCM_128 };

	(void)client;
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4))
		im_skip("kTLS: %s", strerror(errno));
	IM_CHECK(setsockopt(fd, SOL_TLS, TLS_TX, &k, sizeof(k)));
	IM_CHECK(setsockopt(fd, SOL_TLS, TLS_RX, &k, sizeof(k)));
}

/* In a sockmap whose programs let all pass. */
static void prepare_sockmap(int fd, bool client)
{
	static int map = -1;
	const struct bpf_insn pass[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
					 { .code = BPF_JMP | BPF_EXIT } };
	static const struct {
		int type, attach;
	} progs[] = { { BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_PARSER },
		      { BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT },
		      { BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT } };
	/* A parser answers with the length of its message: all of it. */
	const struct bpf_insn whole[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1, .off = 0 },
		{ .code = BPF_JMP | BPF_EXIT }
	};
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 2
	};
	struct timeval soon = { .tv_usec = 100000 };
	uint32_t key = !client;

	/* A reader in a sockmap can miss its wake-up. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));

	if (map < 0) {
		struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

		setrlimit(RLIMIT_MEMLOCK, &unlimited); /* before 5.11 */
		map = syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));
		if (map < 0)
			im_skip("sockmap: %s", strerror(errno));
		for (int i = 0; i < 3; i++) {
			int prog;

			memset(&a, 0, sizeof(a));
			a.prog_type = progs[i].type;
			a.expected_attach_type = progs[i].attach;
			a.insns = (uint64_t)(i ? pass : whole);
			a.insn_cnt = 2;
			a.license = (uint64_t) "GPL";
			prog = IM_CHECK(syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a)));
			memset(&a, 0, sizeof(a));
			a.target_fd = map;
			a.attach_bpf_fd = prog;
			a.attach_type = progs[i].attach;
			IM_CHECK(syscall(SYS_bpf, BPF_PROG_ATTACH, &a, sizeof(a)));
		}
	}
	memset(&a, 0, sizeof(a));
	a.map_fd = map;
	a.key = (uint64_t)&key;
	a.value = (uint64_t)&fd;
	IM_CHECK(syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &a, sizeof(a)));
}

static int run_mptcp(const struct im_shape *shape)
{
	int lfd = im_listen(PROTO_MPTCP);
	struct im_pair p = im_connect(lfd, PROTO_MPTCP, 0);

	im_converse(shape, &p, 0);
	return 0;
}

const struct im_shape im_opaques[] = {
	{ "ktls", im_build_small, .prepare = prepare_ktls },
	{ "sockmap", im_build_small, .prepare = prepare_sockmap },
	{ "mptcp", im_build_small, .run = run_mptcp },
	{ 0 },
};
