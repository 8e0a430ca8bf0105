// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kernel/backend.h"

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

/* An empty program for a trampoline: small machines' kernels may allow none. */
static int probe_fentry(const struct btf *btf, const char **why)
{
	static const struct bpf_insn empty[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int id = btf__find_by_name_kind(btf, "tcp_recvmsg", BTF_KIND_FUNC), fd, err;

	*why = "this kernel allows no BPF trampoline on tcp_recvmsg";
	if (id < 0)
		return -ENOENT;
	opts.attach_btf_id = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "wstrace_probe", "GPL", empty, 2, &opts);
	err = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Where libbpf looks for them: perf's own kind of event, or tracefs. */
static int probe_kprobe(const struct btf *btf, const char **why)
{
	(void)btf;
	*why = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS), or neither /sys nor tracefs is "
	       "mounted";
	if (access("/sys/bus/event_source/devices/kprobe/type", F_OK) &&
	    access("/sys/kernel/tracing/kprobe_events", F_OK) &&
	    access("/sys/kernel/debug/tracing/kprobe_events", F_OK))
		return -ENOENT;
	return 0;
}

/* The tracepoint's type in BTF, which a program for it needs. */
static int probe_tracepoint(const struct btf *btf, const char **why)
{
	*why = "this kernel has no tracepoint sock_send_length";
	return btf__find_by_name_kind(btf, "btf_trace_sock_send_length", BTF_KIND_TYPEDEF) < 0 ?
		       -ENOENT :
		       0;
}

const struct backend backends[] = {
	{ "fentry", "fexit on tcp_sendmsg_locked and tcp_recvmsg", uses_fentry, uses_spare,
	  probe_fentry },
	{ "kprobe", "kprobe and kretprobe on the same", uses_kprobe, NULL, probe_kprobe },
	{ "tracepoint", "sock_send_length and sock_recv_length, from Linux 6.3", uses_tracepoint,
	  NULL, probe_tracepoint },
};
const size_t n_backends = sizeof(backends) / sizeof(backends[0]);
_Static_assert(sizeof(backends) / sizeof(backends[0]) <= BACKENDS_MAX, "BACKENDS_MAX");

const struct backend *backend__find(const char *name)
{
	for (size_t i = 0; i < n_backends; i++)
		if (!strcmp(backends[i].name, name))
			return &backends[i];
	return NULL;
}
