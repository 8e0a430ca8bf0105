// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include "kernel/loader.h"
#include "session.h"
#include "trace.h"

/* How long the reader sleeps between looks at the ring buffer, ns: nobody wakes it. */
#define IDLE_NS (20 * 1000000L)

/* How often sockets in which data waits are looked at, ns. */
#define LOOK_NS 1000000000ULL

/* How long they are looked at since a connection came; then only once in this time, ns. */
#define UNHEARD_NS (10 * LOOK_NS)

/*
 * How often, ns, the open connections are compared with the kernel's: every second after lost
 * events, else every 15 s, and never for more than 1/16 of the time.
 */
#define COUNT_NS 1000000000ULL
#define COUNT_ALL_NS (14 * 1000000000ULL)
#define COUNT_PART 16

struct trace {
	const struct options *o;
	const volatile sig_atomic_t *stopped;
	struct session *session;
	struct loader *loader;
	const struct run_info *info;
	int64_t clock_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC, ns */
	uint64_t focus; /* the connection that --top shows; 0: none */
	bool over; /* nothing more will come */
	bool said_conns, said_hists; /* messages about full tables have been printed */
	uint64_t lost; /* events so far */
	uint64_t counted_lost; /* when the open connections were last counted */
	/* CLOCK_MONOTONIC, ns */
	uint64_t end; /* end of -d; 0: none */
	uint64_t next_stats, next_look, next_count;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool is_over(void *ctx)
{
	const struct trace *t = ctx;

	return *t->stopped || t->over || (t->session && session__done(t->session)) ||
	       (t->end && now_ns() >= t->end);
}

static int on_record(void *ctx, void *record, size_t size)
{
	struct trace *t = ctx;

	return session__record(t->session, record, size, t->clock_offset);
}

static void on_counted(void *ctx, uint64_t conn)
{
	struct trace *t = ctx;

	decoder__counted(session__decoder(t->session), conn);
}

/*
 * Closes connections that the kernel does not have any more: their close was not seen, or was among
 * lost events. Returns 0 or -errno.
 */
static int count_open(struct trace *t)
{
	struct decoder *d = session__decoder(t->session);
	uint64_t began = now_ns(), took;
	int err;

	decoder__count(d);
	err = loader__census(t->loader, on_counted, t);
	took = now_ns() - began;
	if (!err)
		err = loader__read(t->loader, on_record, t);
	if (err >= 0)
		decoder__uncounted(d, now_ns());
	t->next_count = began + (took > COUNT_NS / COUNT_PART ? took * COUNT_PART : COUNT_NS);
	t->counted_lost = t->lost;
	return err;
}

/*
 * Returns the next time of a series, later than now: times may have passed while the process was
 * stopped.
 */
static uint64_t after(uint64_t time, uint64_t interval)
{
	uint64_t now = now_ns();

	return now < time + interval ? time + interval : now + interval;
}

/*
 * Asks the kernel side for statistics and reads them. look: for diagnosis alone. Returns 0 or
 * -errno.
 */
static int ask_stats(struct trace *t, bool look)
{
	struct run_totals totals = {};
	int err;

	session__set_look(t->session, look);
	err = loader__ask_stats(t->loader, look, on_record, t);
	if (look) /* rates are those of intervals; a look in between must not restart them */
		return err;
	loader__totals(t->loader, &totals);
	session__totals(t->session, clock_ns(CLOCK_REALTIME), &totals);
	return err;
}

/*
 * Returns whether there may be connections that no process has used, so that no event tells of
 * them: bytes mostly come soon, if at all.
 */
static bool any_unheard(const struct trace *t)
{
	uint64_t opened = loader__last_opened(t->loader), now = now_ns();

	if (!opened || t->o->n_pids || t->o->comm || t->o->cgroup_id || t->o->side == SIDE_CLIENT)
		return false;
	return now < opened + UNHEARD_NS || now / LOOK_NS % (UNHEARD_NS / LOOK_NS) == 0;
}

/* Asks for statistics where they are due. Returns 0 or -errno. */
static int ask_due(struct trace *t, bool last)
{
	uint64_t interval = t->o->interval * 1000000000ULL;
	int err = 0;

	session__set_look(t->session, false);
	if (last && t->o->needs & NEEDS_LAST_STATS) {
		session__ending(t->session);
		return ask_stats(t, false);
	}
	if (interval && now_ns() >= t->next_stats) {
		err = ask_stats(t, false);
		t->next_stats = after(t->next_stats, interval);
	} else if (now_ns() >= t->next_look) {
		if (session__wants_look(t->session, any_unheard(t)))
			err = ask_stats(t, true);
		t->next_look = after(t->next_look, LOOK_NS);
	}
	return err;
}

/* Prints once that a table is full. */
static void say_full(struct trace *t)
{
	if (!t->said_conns && loader__refused(t->loader)) {
		fprintf(stderr,
			"wstrace: %u connections are open: new ones are not followed "
			"(--max-conns)\n",
			t->o->max_conns);
		t->said_conns = true;
	}
	if (!t->said_hists && loader__hists_full(t->loader)) {
		fprintf(stderr,
			"wstrace: %u connections have histograms: others have none while these "
			"are open\n",
			loader__max_hists(t->loader));
		t->said_hists = true;
	}
}

/* Reads the records that have come. Returns their number, or -errno. */
static int read_some(struct trace *t, bool last)
{
	uint64_t lost;
	int n;

	t->clock_offset = clock_ns(CLOCK_REALTIME) - now_ns();
	n = ask_due(t, last);
	if (n >= 0)
		n = loader__read(t->loader, on_record, t);
	if (n >= 0 && now_ns() >= t->next_count + (t->lost == t->counted_lost ? COUNT_ALL_NS : 0))
		n = count_open(t);
	lost = loader__lost(t->loader);
	if (lost != t->lost)
		session__lost(t->session, clock_ns(CLOCK_REALTIME), lost - t->lost);
	t->lost = lost;
	return n;
}

/*
 * Ticks the session, and tells the kernel side which connection --top shows. Returns as
 * session__tick().
 */
static int tick(struct trace *t)
{
	uint64_t focus = t->focus;
	int err = session__tick(t->session, clock_ns(CLOCK_REALTIME), &focus);

	if (focus != t->focus)
		loader__set_focus(t->loader, focus);
	t->focus = focus;
	return err;
}

/* Reads records until told to stop. Returns 0 or -errno. */
static int run(struct trace *t)
{
	struct timespec idle = { .tv_nsec = IDLE_NS };
	int n, err;

	if (t->o->duration)
		t->end = now_ns() + t->o->duration * 1000000000ULL;
	t->next_stats = now_ns() + t->o->interval * 1000000000ULL;
	t->next_look = t->next_count = t->next_stats;
	t->clock_offset = clock_ns(CLOCK_REALTIME) - now_ns();
	n = loader__announce(t->loader, on_record, t);
	if (n < 0 && n != -ECANCELED)
		return n;
	/* Only from here on do the bytes of connections from before wstrace count. */
	fprintf(stderr, "wstrace: tracing port %s with %s (kernel %.*s); Ctrl-C to stop\n",
		t->o->port_list, t->info->backend, (int)strcspn(t->info->kernel, " "),
		t->info->kernel);
	if (n < 0) /* records came in while sockets were walked, the last ones of -n among them */
		return 0;
	for (;;) {
		bool last = is_over(t);

		n = read_some(t, last);
		err = tick(t);
		if (!(t->o->needs & NEEDS_LIVE)) /* --top shows it on the screen */
			say_full(t);
		if (n < 0 && n != -EINTR && n != -ECANCELED)
			return n;
		if (err || last || n == -ECANCELED)
			return err == -ECANCELED ? 0 : err;
		if (n < 1024)
			nanosleep(&idle, NULL);
	}
}

static void say_end(const struct trace *t, const struct run_totals *totals)
{
	char more[80] = "";

	if (totals->refused)
		snprintf(more, sizeof(more), ", %llu connections not followed (--max-conns)",
			 (unsigned long long)totals->refused);
	session__say_totals(t->session, totals, more);
}

/* Runs the trace once everything is loaded and attached. Returns the exit status. */
static int trace_with(struct trace *t, struct run_info *info)
{
	struct run_totals totals = {};
	int status, err;

	t->info = info;
	err = session__new(&t->session, t->o, info);
	if (err)
		return err != -EPIPE;
	err = run(t);
	t->over = true;
	loader__totals(t->loader, &totals);
	status = session__close(t->session, clock_ns(CLOCK_REALTIME), &totals, err);
	say_end(t, &totals);
	session__free(t->session);
	return status;
}

int trace(const struct options *o, const volatile sig_atomic_t *stopped)
{
	struct trace t = { .o = o, .stopped = stopped };
	struct run_info info = { .ending = is_over, .ctx = &t };
	struct utsname u;
	int status;

	t.loader = loader__new(o, &status);
	if (!t.loader)
		return status;
	malloc_trim(0); /* loading took some 20 MB, mostly for the kernel's types */
	uname(&u);
	info.backend = loader__backend(t.loader);
	info.started = clock_ns(CLOCK_REALTIME);
	snprintf(info.kernel, sizeof(info.kernel), "%s %s", u.release, u.machine);
	memcpy(info.host, u.nodename, sizeof(info.host));
	status = trace_with(&t, &info);
	loader__free(t.loader);
	return status;
}
