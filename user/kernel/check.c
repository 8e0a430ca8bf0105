// SPDX-License-Identifier: GPL-2.0-only
/* --check: what this kernel allows. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <sys/utsname.h>
#include "kernel/loader_state.h"
#include "kernel/refusal.h"

static void check_line(const char *what, bool yes, const char *text)
{
	printf("%-12s %s: %s\n", what, yes ? "yes" : "no", text);
}

/* What the parts of wstrace ask of a kernel beside a backend. */
static void check_features(const struct btf *btf)
{
	char text[64];
	int params = count_params(btf, "tcp_recvmsg");

	snprintf(text, sizeof(text), "tcp_recvmsg has %d parameters", params);
	check_line("prototype", params >= 4 && params <= 6, text);
	check_line("ring buffer", libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) > 0,
		   "from Linux 5.8");
	check_line("on demand", btf__find_by_name_kind(btf, "bpf_mem_alloc", BTF_KIND_STRUCT) > 0,
		   "memory for connections as they come, from 6.1; else for --max-conns at once");
	check_line("open sockets",
		   btf__find_by_name_kind(btf, "bpf_iter__task_file", BTF_KIND_STRUCT) > 0,
		   "connections from before wstrace are found at start, from 5.8");
}

/* What the verifier had to look at, for each program that was loaded. */
static void check_verified(const struct wstrace_bpf *skel)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (bpf_program__fd(prog) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			continue;
		printf("  %-19s ", bpf_program__name(prog));
		if (info.verified_insns) /* told since 5.16 */
			printf("%7u instructions verified, ", info.verified_insns);
		printf("%6u bytes of machine code\n", info.jited_prog_len);
	}
}

int loader__check(const struct options *o)
{
	struct utsname u;
	struct btf *btf;
	int usable = 0, status;

	uname(&u);
	printf("%-12s %s %s\n", "kernel", u.release, u.machine);
	status = loader_prepare(o, &btf);
	if (status)
		return status;
	check_features(btf);
	for (size_t i = 0; i < n_backends; i++) {
		struct loader l = {};
		int err = loader_try(&l, &backends[i], o, btf);
		struct refusal r;
		char text[512];

		refusal__take(&r, err);
		snprintf(text, sizeof(text), "%s%s%s%s%s", backends[i].how, err ? ": " : "",
			 err ? refusal__error(err) : "", err && r.words[0] ? ": " : "",
			 err ? r.words : "");
		check_line(backends[i].name, !err, text);
		if (!err && o->verbose)
			check_verified(l.skel);
		usable += !err;
		loader_unload(&l);
	}
	btf__free(btf);
	return usable ? 0 : 4;
}
