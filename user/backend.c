// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <string.h>
#include "backend.h"

int count_params(const struct btf *btf, const char *function)
{
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);

	if (id < 0)
		return -1;
	return btf_vlen(btf__type_by_id(btf, btf__type_by_id(btf, id)->type));
}

static bool uses_fentry(const struct btf *btf, const char *prog)
{
	int params;

	if (!strcmp(prog, "fentry_send"))
		return true;
	if (strncmp(prog, "fentry_recv_", strlen("fentry_recv_")))
		return false;
	params = count_params(btf, "tcp_recvmsg");
	return prog[strlen("fentry_recv_")] == '0' + params;
}

static bool uses_kprobe(const struct btf *btf, const char *prog)
{
	bool nonblock = count_params(btf, "tcp_recvmsg") == 6;

	if (!strcmp(prog, "kprobe_recv"))
		return !nonblock;
	if (!strcmp(prog, "kprobe_recv_6"))
		return nonblock;
	return !strncmp(prog, "kprobe_", strlen("kprobe_"));
}

static bool uses_tracepoint(const struct btf *btf, const char *prog)
{
	(void)btf;
	return !strncmp(prog, "tracepoint_", strlen("tracepoint_"));
}

const struct backend backends[] = {
	{ "fentry", "fexit on tcp_sendmsg and tcp_recvmsg", uses_fentry },
	{ "kprobe", "kprobe and kretprobe on the same", uses_kprobe },
	{ "tracepoint", "sock_send_length and sock_recv_length, from Linux 6.3", uses_tracepoint },
};
const size_t n_backends = sizeof(backends) / sizeof(backends[0]);

const struct backend *backend__find(const char *name)
{
	for (size_t i = 0; i < n_backends; i++)
		if (!strcmp(backends[i].name, name))
			return &backends[i];
	return NULL;
}
