// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "capture/capture.h"
#include "capture/reassembly.h"
#include "capture/walk.h"
#include "lib/addr.h"
#include "read.h"
#include "session.h"

/* Segments between two checks whether standard output still has a reader. */
#define LOOK_EVERY 1024

#define JUDGE_NS 100000000 /* time between two judgements, by the captures' clock */

struct reader {
	const struct options *o;
	const volatile sig_atomic_t *stopped;
	struct capture *captures[FILES_MAX]; /* NULL: could not be opened */
	struct session *session;
	struct walker *walker;
	struct reassembly *tcp;
	uint64_t first_ts, last_ts; /* of the segments */
	uint64_t next_stats, judged;
	struct passing passing;
	const struct segment *segment; /* the current one; NULL: none */
	struct tunnel tunnel; /* that it came through, if it opens a connection */
	int error; /* -errno */
};

static void put_addr(char *to, size_t size, uint16_t family, const uint8_t *addr)
{
	if (!inet_ntop(family, addr, to, size))
		*to = 0;
}

/* Returns the tunnel through which the segment came that opens a connection; NULL: none. */
static const struct tunnel *find_tunnel(struct reader *r, const struct wst_open *o)
{
	const struct segment *s = r->segment;
	const uint8_t *client = o->role == WST_SERVER ? o->raddr : o->laddr;
	uint16_t port = o->role == WST_SERVER ? o->rport : o->lport;
	bool answer;

	if (!s || !s->outer_family || o->t.h.flags & WST_ATTEMPT)
		return NULL;
	answer = s->port[0] != port || memcmp(s->addr[0], client, sizeof(s->addr[0])) != 0;
	for (int i = 0; i < 2; i++)
		put_addr(r->tunnel.end[i], sizeof(r->tunnel.end[i]), s->outer_family,
			 s->outer[i ^ answer]);
	return &r->tunnel;
}

static void on_record(void *ctx, const void *record, size_t size)
{
	struct reader *r = ctx;
	const struct wst_hdr *h = record;
	int err;

	decoder__set_origin(session__decoder(r->session), walker__packet(r->walker),
			    h->type == WST_OPEN ? find_tunnel(r, record) : NULL);
	err = session__record(r->session, record, size, 0);

	if (err && err != -ECANCELED)
		r->error = err;
}

static void *on_open(void *ctx, const struct wst_open *o)
{
	struct reader *r = ctx;

	return walk__open(r->walker, o);
}

static void on_bytes(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		     uint32_t have, uint32_t len)
{
	walk__bytes(conn, dir, ts, seq, p, have, len);
}

static void on_stats(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	walk__stats(conn, ts, t);
}

static void on_close(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	walk__close(conn, ts, t);
}

static void on_resume(void *conn, uint64_t ts, const uint8_t *p, uint32_t n)
{
	walk__resume(conn, ts, p, n);
}

static void on_drop(void *conn)
{
	walk__free(conn);
}

static void on_task(void *conn, uint64_t ts, const struct wst_task *t)
{
	walk__task(conn, ts, t);
}

/*
 * Returns the path of a task's cgroup. Its number is the capture's, with which capture in the upper
 * half.
 */
static const char *cgroup_path(void *ctx, const struct wst_task *t)
{
	const struct reader *r = ctx;

	return t->pid ? capture__cgroup(r->captures[t->cgroup >> 32], (uint32_t)t->cgroup) : NULL;
}

static const struct reassembly_ops ops = {
	.open = on_open,
	.bytes = on_bytes,
	.stats = on_stats,
	.close = on_close,
	.drop = on_drop,
	.guess_client = walk_guess_client,
	.task = on_task,
	.made_up = walk_made_up,
	.resume = on_resume,
};

/* Writes out before a read that may wait. Returns true where nobody reads any more. */
static bool on_idle(void *ctx)
{
	struct reader *r = ctx;

	if (r->session && session__flush(r->session))
		return true;
	return *r->stopped;
}

static bool is_stopped(void *ctx)
{
	const struct reader *r = ctx;

	return *r->stopped;
}

static bool addr_wanted(const struct options *o, const uint8_t *addr, uint16_t family)
{
	uint8_t a[16];

	addr_map(a, family == AF_INET, addr);
	return addr_in(a, o->host, o->host_bits);
}

static bool port_wanted(const struct options *o, uint16_t port)
{
	return o->ports[port / 64] >> (port % 64) & 1;
}

static bool wanted(const struct options *o, const struct segment *s)
{
	if (o->have_ports && !port_wanted(o, s->port[0]) && !port_wanted(o, s->port[1]))
		return false;
	return !o->host_bits || addr_wanted(o, s->addr[0], s->family) ||
	       addr_wanted(o, s->addr[1], s->family);
}

/* Returns the capture whose next segment is the oldest; NULL where all are at their ends. */
static struct capture *oldest(const struct reader *r)
{
	struct capture *found = NULL;
	uint64_t ts = UINT64_MAX;

	for (unsigned int i = 0; i < r->o->n_files; i++) {
		const struct capture *c = r->captures[i];
		const struct segment *s = c ? capture__peek(c) : NULL;

		if (s && s->ts < ts) {
			ts = s->ts;
			found = r->captures[i];
		}
	}
	return found;
}

/* Sends counters every -i seconds of the packets' clock. */
static void give_stats(struct reader *r, uint64_t ts)
{
	uint64_t interval = r->o->interval * 1000000000ULL;

	if (!interval || ts < r->next_stats)
		return;
	if (r->next_stats)
		reassembly__stats(r->tcp, r->next_stats);
	r->next_stats = ts + interval - (ts - r->first_ts) % interval;
}

/* Takes a segment. Returns false where it was the last one wanted. */
static bool take(struct reader *r, const struct segment *s)
{
	const struct options *o = r->o;
	uint64_t focus = 0;

	if (o->duration && s->ts > r->first_ts + o->duration * 1000000000ULL)
		return false;
	give_stats(r, s->ts);
	if (s->ts > r->last_ts)
		r->last_ts = s->ts;
	if (r->last_ts - r->judged > JUDGE_NS) {
		session__tick(r->session, r->last_ts, &focus);
		r->judged = r->last_ts;
	}
	r->segment = s;
	if (wanted(o, s))
		reassembly__segment(r->tcp, s);
	r->segment = NULL;
	return !r->error && !session__done(r->session);
}

/* Reads all captures to their ends, or until told to stop. Returns 0 or -errno. */
static int run(struct reader *r)
{
	struct capture *c;

	for (uint64_t n = 1; !*r->stopped && (c = oldest(r)); n++) {
		if (!take(r, capture__peek(c)))
			break;
		if (n % LOOK_EVERY == 0 && session__flush(r->session))
			break;
		capture__next(c);
	}
	reassembly__end(r->tcp);
	decoder__flush(session__decoder(r->session));
	if (r->o->needs & NEEDS_LAST_STATS) {
		session__ending(r->session);
		reassembly__stats(r->tcp, r->last_ts);
	}
	return r->error ? r->error : session__flush(r->session);
}

/* Opens the captures; those that cannot be opened are NULL. Returns false where none could be. */
static bool open_files(struct reader *r)
{
	bool any = false;

	for (unsigned int i = 0; i < r->o->n_files; i++) {
		r->captures[i] = capture__open(r->o->files[i], i, on_idle, r);
		any |= r->captures[i] != NULL;
	}
	for (unsigned int i = 0; i < r->o->n_files; i++)
		if (r->captures[i])
			capture__next(r->captures[i]);
	return any;
}

static int set_up(struct reader *r)
{
	const struct walk_options walk = { .passing = &r->passing,
					   .snaplen = r->o->snaplen,
					   .data_frames = r->o->needs & NEEDS_DATA_FRAMES,
					   .hists = r->o->needs & NEEDS_HISTS };
	const struct reassembly_options tcp = {
		.passing = &r->passing,
		.ports = r->o->have_ports ? r->o->ports : NULL,
		.role = r->o->side == SIDE_CLIENT ? WST_CLIENT : WST_SERVER,
	};

	r->walker = walker__new(&walk, on_record, r);
	r->tcp = reassembly__new(&tcp, &ops, r);
	return r->walker && r->tcp ? 0 : -ENOMEM;
}

/* Says once what a snaplen has cost; nothing where only payload is missing. */
static void say_cut(const struct reader *r, const struct capture *c)
{
	uint32_t snaplen;
	uint64_t cut = capture__cut(c, &snaplen);

	if (cut && walker__totals(r->walker).cuts)
		fprintf(stderr,
			"wstrace: %s: %llu packets were cut at snaplen %u: frames behind the cut "
			"are not decoded; capture with -s 0\n",
			capture__name(c), (unsigned long long)cut, snaplen);
}

/* Prints messages about the files. Returns 1 where one was not read to its end, else 0. */
static int say_files(struct reader *r)
{
	int status = 0;

	for (unsigned int i = 0; i < r->o->n_files; i++) {
		struct capture *c = r->captures[i];

		if (!c) { /* capture__open() has said why */
			status = 1;
			continue;
		}
		if (capture__strange(c))
			fprintf(stderr, "wstrace: %s: %s\n", capture__name(c), capture__strange(c));
		if (capture__error(c)) {
			fprintf(stderr,
				"wstrace: cannot read %s to its end: %s; %llu packets were read\n",
				capture__name(c), capture__error(c),
				(unsigned long long)capture__packets(c));
			status = 1;
		}
		say_cut(r, c);
		if (capture__twice(c))
			fprintf(stderr,
				"wstrace: %s: %llu packets are copies of others, as of several "
				"interfaces, and were left out\n",
				capture__name(c), (unsigned long long)capture__twice(c));
		if (capture__fragments(c))
			fprintf(stderr, "wstrace: %s: %llu IP fragments were left out\n",
				capture__name(c), (unsigned long long)capture__fragments(c));
	}
	return status;
}

static void say_end(struct reader *r, const struct run_totals *t, uint64_t gaps)
{
	struct buf more = {};

	if (gaps)
		buf_printf(&more, ", %llu bytes are not in the capture", (unsigned long long)gaps);
	if (t->refused)
		buf_printf(&more, ", %llu connections not followed: too many at once",
			   (unsigned long long)t->refused);
	buf_char(&more, 0);
	session__say_totals(r->session, t, more.failed ? "" : more.data);
	buf_free(&more);
}

static int read_all(struct reader *r)
{
	struct run_info info = { .backend = "file", .ending = is_stopped, .ctx = r };
	struct run_totals totals = {};
	struct capture *first = oldest(r);
	struct walk_totals sums;
	int status, err;

	if (first)
		r->first_ts = capture__peek(first)->ts;
	r->last_ts = r->first_ts;
	info.started = r->first_ts;
	err = session__new(&r->session, r->o, &info);
	if (err)
		return err != -EPIPE;
	decoder__set_cgroup(session__decoder(r->session), cgroup_path, r);
	err = run(r);
	sums = walker__totals(r->walker);
	totals.frames = sums.frames;
	totals.bytes = sums.bytes;
	totals.refused = reassembly__refused(r->tcp);
	status = session__close(r->session, r->last_ts, &totals, err);
	status |= say_files(r);
	say_end(r, &totals, sums.gaps);
	return status;
}

int read_files(const struct options *o, const volatile sig_atomic_t *stopped)
{
	struct reader r = { .o = o, .stopped = stopped };
	int status = 1;

	if (!open_files(&r))
		goto cleanup;
	if (set_up(&r)) {
		fprintf(stderr, "wstrace: cannot read: %s\n", strerror(ENOMEM));
		goto cleanup;
	}
	status = read_all(&r);
cleanup:
	reassembly__free(r.tcp);
	walker__free(r.walker);
	session__free(r.session);
	for (unsigned int i = 0; i < o->n_files; i++)
		capture__free(r.captures[i]);
	return status;
}
