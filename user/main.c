// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "options.h"
#include "decode/decode.h"
#include "diagnose/diagnose.h"
#include "kernel/loader.h"
#include "pcapng/output.h"
#include "report/output.h"
#include "lib/nonblock.h"
#include "read.h"
#include "top/screen.h"

/* How long the reader sleeps between looks at the ring buffer: nobody wakes it. */
#define IDLE_NS (20 * 1000000L)

/* How often sockets in which data waits are looked at. */
#define LOOK_NS 1000000000ULL

/*
 * The open connections are counted so often where events have been lost: twenty thousand a second
 * may have been closed since. Else that much later. That it takes at most this part of the time.
 */
#define COUNT_NS 1000000000ULL
#define COUNT_ALL_NS (14 * 1000000000ULL)
#define COUNT_PART 16

static volatile sig_atomic_t stopped;

struct session {
	struct decoder *decoder;
	struct out_pcapng *file; /* NULL without -w */
	const struct options *o;
	struct diagnose *diagnose;
	bool look; /* the statistics that come now are for diagnosis alone */
	uint64_t end; /* CLOCK_MONOTONIC, ns: of -d; 0: none */
	bool over; /* there is nothing more to come */
	int64_t clock_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC, ns */
};

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

/* A standard descriptor that is closed would become a BPF map's, and output go there. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* What printf() could not write at the end: --check and the like, on a full disk. */
static void close_stdout(void)
{
	if (!fflush(stdout) || errno == EPIPE)
		return;
	fprintf(stderr, "wstrace: cannot write standard output: %s\n", strerror(errno));
	fflush(stderr);
	_exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Whether -n frames have come. */
static bool counted(const struct session *s)
{
	return s->o->count && output__frames() >= s->o->count;
}

static int on_record(void *ctx, void *record, size_t size)
{
	struct session *s = ctx;
	int err = decoder__record(s->decoder, record, size, s->clock_offset);

	if (err)
		return err;
	/* Between two records the output may have to go out, or the end may be reached. */
	return counted(s) || out_pcapng__done(s->file) ? -ECANCELED : 0;
}

static void on_diagnosis(void *ctx, const struct event *e)
{
	struct session *s = ctx;

	output__event(e);
	out_pcapng__event(s->file, e);
}

static void on_tap(void *ctx, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	struct session *s = ctx;

	out_pcapng__record(s->file, c, h, ts);
}

static void on_counted(void *ctx, uint64_t conn)
{
	struct session *s = ctx;

	decoder__counted(s->decoder, conn);
}

/*
 * Connections whose close was not seen, or was among events that were lost, are not kept for ever.
 * *next: when to do that again.
 */
static int count_open(struct session *s, struct loader *l, uint64_t *next)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), took;
	int err;

	decoder__count(s->decoder);
	err = loader__census(l, on_counted, s);
	took = clock_ns(CLOCK_MONOTONIC) - began;
	if (!err)
		err = loader__read(l, on_record, s);
	if (err >= 0)
		decoder__uncounted(s->decoder, clock_ns(CLOCK_MONOTONIC));
	*next = began + (took > COUNT_NS / COUNT_PART ? took * COUNT_PART : COUNT_NS);
	return err;
}

/* The next of a row of times; those that passed, the process stopped perhaps, are left out. */
static uint64_t after(uint64_t time, uint64_t interval)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	return now < time + interval ? time + interval : now + interval;
}

/* Asks for statistics, and has them read. Returns 0 or -errno. */
static int ask_stats(struct session *s, struct loader *l, bool waiting_only)
{
	struct run_totals totals = {};
	int err = loader__ask_stats(l, waiting_only, on_record, s);

	if (s->look) /* rates go from one interval to the next, not from a look between */
		return err;
	loader__totals(l, &totals);
	output__totals(clock_ns(CLOCK_REALTIME), &totals);
	return err;
}

/* Keys and screen, where the output has them. Returns false when the user is done. */
static bool tick(struct loader *l)
{
	static uint64_t focus;
	uint64_t wanted = focus;
	bool more = output__tick(clock_ns(CLOCK_REALTIME), &wanted);

	if (wanted != focus)
		loader__set_focus(l, wanted);
	focus = wanted;
	return more;
}

static void on_event(void *ctx, const struct event *e)
{
	struct session *s = ctx;

	if (e->type != EV_HELD && (e->type != EV_STATS || !s->look))
		output__event(e);
	out_pcapng__event(s->file, e);
	diagnose__event(s->diagnose, e);
}

static bool is_over(void *ctx)
{
	const struct session *s = ctx;

	return stopped || s->over || counted(s) || (s->end && clock_ns(CLOCK_MONOTONIC) >= s->end);
}

/* Says, once, that a table is full. */
static void say_full(const struct options *o, const struct loader *l)
{
	static bool said_conns, said_hists;

	if (!said_conns && loader__refused(l))
		fprintf(stderr,
			"wstrace: %u connections are open: new ones are not followed "
			"(--max-conns)\n",
			o->max_conns);
	said_conns |= loader__refused(l);
	if (!said_hists && loader__hists_full(l))
		fprintf(stderr,
			"wstrace: %u connections have histograms: others have none while these "
			"are open\n",
			loader__max_hists(l));
	said_hists |= loader__hists_full(l);
}

/* Reads until told to stop. Returns 0 or -errno. */
static int run(struct session *s, struct loader *l)
{
	struct timespec idle = { .tv_nsec = IDLE_NS };
	uint64_t interval = s->o->interval * 1000000000ULL;
	uint64_t next_stats = clock_ns(CLOCK_MONOTONIC) + interval;
	uint64_t next_look = next_stats, next_count = next_stats, lost = 0, counted_lost = 0, now;
	int n, err;

	if (s->o->duration)
		s->end = clock_ns(CLOCK_MONOTONIC) + s->o->duration * 1000000000ULL;
	s->clock_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	n = loader__announce(l, on_record, s);
	if (n < 0)
		return n;
	for (;;) {
		bool last = is_over(s);

		s->look = false;
		s->clock_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
		n = 0;
		if (last && wants_last_stats(s->o) && !s->o->top) {
			output__ending();
			n = ask_stats(s, l, false);
		} else if (interval && clock_ns(CLOCK_MONOTONIC) >= next_stats) {
			n = ask_stats(s, l, false);
			next_stats = after(next_stats, interval);
		} else if (clock_ns(CLOCK_MONOTONIC) >= next_look) {
			s->look = diagnose__wants_stats(s->diagnose);
			if (s->look)
				n = ask_stats(s, l, true);
			next_look = after(next_look, LOOK_NS);
		}
		if (n >= 0)
			n = loader__read(l, on_record, s);
		if (n >= 0 && clock_ns(CLOCK_MONOTONIC) >=
				      next_count + (lost == counted_lost ? COUNT_ALL_NS : 0)) {
			counted_lost = lost;
			n = count_open(s, l, &next_count);
		}
		last |= !tick(l);
		now = loader__lost(l);
		if (now != lost) {
			output__lost(clock_ns(CLOCK_REALTIME), now - lost);
			out_pcapng__lost(s->file, now - lost);
			diagnose__lost(s->diagnose, clock_ns(CLOCK_REALTIME));
		}
		lost = now;
		if (!s->o->top) /* that has a place for it */
			say_full(s->o, l);
		diagnose__tick(s->diagnose, clock_ns(CLOCK_REALTIME));
		out_pcapng__tick(s->file, clock_ns(CLOCK_REALTIME));
		err = output__flush();
		if (n == -ECANCELED)
			return err;
		if (n < 0 && n != -EINTR)
			return n;
		if (err || last || out_pcapng__done(s->file))
			return err;
		if (n < 1024)
			nanosleep(&idle, NULL);
	}
}

static void say_end(const struct run_totals *t)
{
	output__say_totals(t);
	if (t->refused)
		fprintf(stderr, ", %llu connections not followed (--max-conns)",
			(unsigned long long)t->refused);
	fputc('\n', stderr);
}

static bool close_file(struct session *s)
{
	char name[PATH_MAX] = "";
	int err = out_pcapng__free(s->file, clock_ns(CLOCK_REALTIME), !counted(s), name,
				   sizeof(name));

	return out_pcapng__say(s->o, name, err);
}

static int trace(const struct options *o)
{
	struct session s = { .o = o };
	struct run_totals totals = {};
	struct run_info info = {};
	struct utsname u;
	struct loader *l;
	int status, err;
	bool file_ok;

	l = loader__new(o, &status);
	if (!l)
		return status;
	malloc_trim(0); /* loading took some 20 MB, mostly for the kernel's types */
	uname(&u);
	info.backend = loader__backend(l);
	info.started = clock_ns(CLOCK_REALTIME);
	info.ending = is_over;
	info.ctx = &s;
	snprintf(info.kernel, sizeof(info.kernel), "%s %s", u.release, u.machine);
	memcpy(info.host, u.nodename, sizeof(info.host));
	s.decoder = decoder__new(on_event, &s, o->snaplen > 0);
	s.diagnose = diagnose__new(on_diagnosis, &s, o->show_secrets, true);
	err = !s.decoder || !s.diagnose ? -ENOMEM :
	      o->write			? out_pcapng__new(&s.file, o, &info) :
					  0;
	if (err) {
		out_pcapng__say(o, o->write ? o->write : "anything", err);
		decoder__free(s.decoder);
		diagnose__free(s.diagnose);
		loader__free(l);
		return err != -EPIPE;
	}
	decoder__set_tap(s.decoder, on_tap);
	output__open(o, &info);
	err = output__flush();
	if (!err) {
		fprintf(stderr, "wstrace: tracing port %s with %s (kernel %s); Ctrl-C to stop\n",
			o->port_list, info.backend, u.release);
		err = run(&s, l);
	}
	s.over = true;
	decoder__flush(s.decoder);
	diagnose__finish(s.diagnose, clock_ns(CLOCK_REALTIME));
	file_ok = close_file(&s);
	loader__totals(l, &totals);
	totals.conns = decoder__conns(s.decoder);
	output__restrict(&totals);
	status = output__close(clock_ns(CLOCK_REALTIME), &totals, s.diagnose);
	if (err && !status)
		fprintf(stderr, "wstrace: cannot go on: %s\n", strerror(-err));
	err = err ? err : status;
	if (err != -EPIPE)
		say_end(&totals);
	diagnose__free(s.diagnose);
	decoder__free(s.decoder);
	loader__free(l);
	return !file_ok || (err && err != -EPIPE);
}

int main(int argc, char **argv)
{
	static struct options o;
	int status;

	fill_standard_fds();
	atexit(close_stdout);
	cli__parse(&o, argc, argv);
	if (o.version) {
		printf("wstrace %s\n", WSTRACE_VERSION);
		if (o.verbose)
			printf("libbpf %s\n", libbpf_version_string());
		return 0;
	}
	if (o.top && !o.check && screen__unusable()) {
		fprintf(stderr, "wstrace: --top: %s\n", screen__unusable());
		return 2;
	}
	if (o.report && !o.check && !out_report__usable(o.report))
		return 1;
	catch_signals();
	nonblock_stderr();
	loader__set_verbosity(o.verbose);
	status = o.n_files ? read_files(&o, &stopped) : o.check ? loader__check(&o) : trace(&o);
	return status ? status : out_report__failed();
}
