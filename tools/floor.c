// SPDX-License-Identifier: GPL-2.0-only
/* Holds floor.bpf.c's empty programs attached until SIGTERM, for the benchmark to measure. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "floor.skel.h"

struct hooks {
	bool fentry; /* else tracepoint */
	bool arrival; /* besides */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct hooks *hooks = state->input;

	if (key == 'h' && (!strcmp(arg, "tracepoint") || !strcmp(arg, "fentry")))
		hooks->fentry = !strcmp(arg, "fentry");
	else if (key == 'h')
		argp_error(state, "--hooks %s: not tracepoint or fentry", arg);
	else if (key == 'H')
		hooks->arrival = true;
	else if (key == ARGP_KEY_ARG)
		argp_error(state, "unexpected '%s'", arg);
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static struct floor_bpf *floor_open(const struct hooks *hooks)
{
	bool fentry = hooks->fentry;
	struct floor_bpf *skel = floor_bpf__open();

	if (!skel)
		return NULL;
	bpf_program__set_autoload(skel->progs.floor_send_length, !fentry);
	bpf_program__set_autoload(skel->progs.floor_recv_length, !fentry);
	bpf_program__set_autoload(skel->progs.floor_tcp_sendmsg, fentry);
	bpf_program__set_autoload(skel->progs.floor_tcp_recvmsg, fentry);
	bpf_program__set_autoload(skel->progs.floor_probe, hooks->arrival);
	return skel;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "hooks", 'h', "KIND", 0, "tracepoint (default) or fentry", 0 },
		{ "histogram", 'H', NULL, 0, "what wstrace -H hooks besides", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		options, parse_option, NULL, "Attaches empty BPF programs and waits for SIGTERM.",
		NULL,	 NULL,	       NULL
	};
	struct floor_bpf *skel;
	struct hooks hooks = {};
	sigset_t set;
	int sig, err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &hooks);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	skel = floor_open(&hooks);
	err = skel ? floor_bpf__load(skel) : -errno;
	if (!err)
		err = floor_bpf__attach(skel);
	if (err) {
		fprintf(stderr, "floor: cannot attach: %s\n", strerror(-err));
	} else {
		puts("attached");
		fflush(stdout);
		sigwait(&set, &sig);
	}
	floor_bpf__destroy(skel);
	return err != 0;
}
