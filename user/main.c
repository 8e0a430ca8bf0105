// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kernel/loader.h"
#include "lib/nonblock.h"
#include "options.h"
#include "read.h"
#include "rules/rules.h"
#include "session.h"
#include "top/screen.h"
#include "trace.h"

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
	screen__interrupt();
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, hup;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN) /* nohup(1) */
		sigaction(SIGHUP, &stop, NULL);
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away shows as EPIPE */
}

/*
 * Opens standard descriptors that are closed: a BPF map would get the number, and output go there.
 */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Reports what printf() could not write at the end: --check and the like, on a full disk. */
static void close_stdout(void)
{
	if (!fflush(stdout) || errno == EPIPE)
		return;
	fprintf(stderr, "wstrace: cannot write standard output: %s\n", strerror(errno));
	fflush(stderr);
	_exit(1);
}

static int say_version(const struct options *o)
{
	printf("wstrace %s\n", WSTRACE_VERSION);
	if (o->verbose)
		printf("libbpf %s\n", libbpf_version_string());
	return 0;
}

int main(int argc, char **argv)
{
	static struct options o;
	int status;

	fill_standard_fds();
	atexit(close_stdout);
	options__parse(&o, argc, argv);
	if (o.explain)
		return rules_explain(o.explain);
	if (o.version)
		return say_version(&o);
	o.needs = session_needs(&o);
	status = o.check ? 0 : session_usable(&o);
	if (status)
		return status;
	catch_signals();
	nonblock_stderr();
	loader__set_verbosity(o.verbose);
	return o.n_files ? read_files(&o, &stopped) :
	       o.check	 ? loader__check(&o) :
			   trace(&o, &stopped);
}
