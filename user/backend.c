// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include "backend.h"

int count_params(const struct btf *btf, const char *function)
{
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);

	if (id < 0)
		return -1;
	return btf_vlen(btf__type_by_id(btf, btf__type_by_id(btf, id)->type));
}

static bool has_member(const struct btf *btf, const char *type, const char *member)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), member))
			return true;
	return false;
}

bool preempts_kernel(const struct btf *btf)
{
	char modes[64] = "";
	FILE *f;

	if (!has_member(btf, "task_struct", "rcu_read_lock_nesting")) /* CONFIG_PREEMPT_RCU */
		return false;
	/* CONFIG_PREEMPT_DYNAMIC, since 5.12: the mode in force is in parentheses. */
	f = fopen("/sys/kernel/debug/sched/preempt", "re");
	if (f) {
		if (!fgets(modes, sizeof(modes), f))
			modes[0] = 0;
		fclose(f);
	}
	return !strstr(modes, "(none)") && !strstr(modes, "(voluntary)");
}

static bool uses_fentry(const struct btf *btf, const char *prog)
{
	size_t n = strlen("fentry_recv_");

	if (!strcmp(prog, "fentry_send"))
		return true;
	return !strncmp(prog, "fentry_recv_", n) &&
	       prog[n] == '0' + count_params(btf, "tcp_recvmsg") && !prog[n + 1];
}

static bool uses_spare(const struct btf *btf, const char *prog)
{
	char first[32];
	size_t n = strlen(prog), spare = strlen("_spare");

	if (n <= spare || n - spare >= sizeof(first) || strcmp(prog + n - spare, "_spare"))
		return false;
	memcpy(first, prog, n - spare);
	first[n - spare] = 0;
	return uses_fentry(btf, first);
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
	{ "fentry", "fexit on tcp_sendmsg_locked and tcp_recvmsg", uses_fentry,
	  uses_spare },
	{ "kprobe", "kprobe and kretprobe on the same", uses_kprobe, NULL },
	{ "tracepoint", "sock_send_length and sock_recv_length, from Linux 6.3", uses_tracepoint,
	  NULL },
};
const size_t n_backends = sizeof(backends) / sizeof(backends[0]);

const struct backend *backend__find(const char *name)
{
	for (size_t i = 0; i < n_backends; i++)
		if (!strcmp(backends[i].name, name))
			return &backends[i];
	return NULL;
}
