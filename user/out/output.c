// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lib/nonblock.h"
#include "out/output.h"
#include "decode/ws.h"

#define FLUSH_AT (64 * 1024)
#define TERMINAL_BACKLOG (256 * 1024) /* text that may wait for a slow terminal */
#define PATIENCE_AT_END 10 /* tenths of a second */

static const struct options *opts;
static const struct output_ops *ops;
static struct buf out;
static size_t line_from; /* where the current line starts in out */
static size_t flush_at = FLUSH_AT;
static struct outlet to;
static struct patience patience;
static bool terminal, ending;
static bool given_up; /* it is time to end, and nobody reads */
static int error; /* -errno of the first write that failed */
static uint64_t frames_shown, frames_unprinted, lines_left_out;
static struct run_totals sums; /* of the connections that --path lets through */

uint32_t output_kind(const struct event *e)
{
	switch (e->type) {
	case EV_OPEN:
		return KIND_OPEN;
	case EV_REQUEST:
	case EV_RESPONSE:
		return KIND_HANDSHAKE;
	case EV_FRAME:
		return e->frame.opcode & 8 ? KIND_CONTROL : KIND_FRAME;
	case EV_RESYNC:
		return KIND_FRAME;
	/* -q, too, has why nothing else comes; the second one is for diagnosis alone */
	case EV_OPAQUE:
		return e->opaque->h.flags & WST_ANSWER ? 0 : KIND_OPEN | KIND_HANDSHAKE;
	case EV_STATS:
		return KIND_STATS;
	case EV_LEG:
		return KIND_HANDSHAKE;
	case EV_VERDICT:
		return KIND_VERDICT;
	default:
		return KIND_CLOSE;
	}
}

void time_rfc3339(struct buf *b, uint64_t ts)
{
	static time_t second = -1;
	static char text[24];
	time_t s = ts / 1000000000;
	uint32_t ns = ts % 1000000000;
	char digits[9];

	if (s != second) { /* formatting a date costs more than all the rest of a line */
		struct tm tm;

		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", gmtime_r(&s, &tm));
		second = s;
	}
	for (int i = 8; i >= 0; i--, ns /= 10)
		digits[i] = '0' + ns % 10;
	buf_str(b, text);
	buf_add(b, digits, sizeof(digits));
	buf_char(b, 'Z');
}

const char *dir_name(uint8_t dir)
{
	return dir == WST_C2S ? "c2s" : "s2c";
}

static void open_stdout(const struct options *o, const struct run_info *run)
{
	int own = outlet_own(STDOUT_FILENO);

	outlet__init(&to, own < 0 ? STDOUT_FILENO : own);
	terminal = !o->n_files && isatty(STDOUT_FILENO); /* a file waits for a terminal */
	patience = (struct patience){
		.ending = run->ending,
		.ctx = run->ctx,
		.name = o->n_files ? NULL : "standard output",
		.at_end = PATIENCE_AT_END,
	};
}

/* Standard output is the pcapng file's. */
static void no_start(const struct options *o, const struct run_info *run)
{
	(void)o;
	(void)run;
}

static void no_event(const struct event *e)
{
	(void)e;
}

static void no_lost(uint64_t ts, uint64_t events)
{
	(void)ts;
	(void)events;
}

static void no_end(uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	(void)d;
	(void)ts;
	(void)t;
}

static const struct output_ops out_nothing = { no_start, no_event, no_lost, no_end };

void output__open(const struct options *o, const struct run_info *run)
{
	opts = o;
	ops = o->top				 ? &out_top :
	      o->write && !strcmp(o->write, "-") ? &out_nothing :
	      o->json				 ? &out_json :
						   &out_text;
	open_stdout(o, run);
	ops->start(o, run);
	if (o->report)
		out_report.start(o, run);
}

static void show(const struct event *e)
{
	bool wanted = opts->kinds & output_kind(e);

	/* files have them all */
	if (e->type == EV_FRAME && (wanted || opts->write || opts->report)) {
		if (opts->count && frames_shown >= opts->count)
			return;
		frames_shown++;
	}
	if (opts->report)
		out_report.event(e);
	/* The last statistics are for histograms, which the report alone may have asked for. */
	if (wanted && (e->type != EV_STATS || !ending || opts->histograms))
		ops->event(e);
}

/* --path: a connection is shown from the first request on that matches. */
static bool path_wanted(const struct event *e)
{
	struct conn *c = e->conn;

	if (e->type == EV_OPEN)
		c->shown = false;
	if (e->type == EV_REQUEST && !c->shown && c->target &&
	    fnmatch(opts->path, c->target, 0) == 0) {
		struct event open = { .type = EV_OPEN, .ts = c->opened, .conn = c };

		c->shown = true;
		sums.conns++;
		show(&open);
	}
	return c->shown;
}

/*
 * Frames count as they come, until counters say it better: not every frame comes as an event. After
 * output__ending() those have the last word.
 */
static void sum_up(const struct event *e)
{
	struct conn *c = e->conn;
	uint64_t frames = c->summed_frames, bytes = c->summed_bytes;

	if (e->type == EV_FRAME && !ending) {
		frames++;
		bytes += e->frame.len;
	} else if (e->type == EV_STATS || (e->type == EV_CLOSE && e->stats->how != WST_UNSEEN)) {
		frames = bytes = 0;
		for (int dir = 0; dir < WST_DIRS; dir++) {
			bytes += e->stats->counts[dir].bytes;
			for (int op = 0; op < WST_OPS; op++)
				frames += e->stats->counts[dir].frames[op];
		}
	}
	sums.frames += frames - c->summed_frames;
	sums.bytes += bytes - c->summed_bytes;
	c->summed_frames = frames;
	c->summed_bytes = bytes;
}

void output__event(const struct event *e)
{
	if (opts->path && !path_wanted(e))
		return;
	if (opts->path)
		sum_up(e);
	show(e);
}

void output__restrict(struct run_totals *t)
{
	if (!opts->path)
		return;
	t->conns = sums.conns;
	t->frames = sums.frames;
	t->bytes = sums.bytes;
}

bool output__tick(uint64_t ts, uint64_t *focus)
{
	return !ops->tick || ops->tick(ts, focus);
}

void output__totals(uint64_t ts, const struct run_totals *t)
{
	struct run_totals shown = *t;

	output__restrict(&shown);
	if (ops->totals)
		ops->totals(ts, &shown);
}

void output__ending(void)
{
	ending = true;
}

bool output_is_ending(void)
{
	return ending;
}

void output__lost(uint64_t ts, uint64_t events)
{
	ops->lost(ts, events);
}

uint64_t output__frames(void)
{
	return frames_shown;
}

static uint64_t count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while (p < end && (p = memchr(p, '\n', end - p))) {
		lines++;
		p++;
	}
	return lines;
}

/* Leaves out what is behind the first n bytes. */
static void leave_out(size_t n)
{
	lines_left_out += count_lines(out.data + n, out.len - n);
	out.len = n;
}

/* Writes what there is room for; waits for more as long as more than most bytes are left. */
static void write_out(size_t most)
{
	size_t done = 0;

	while (!error && done < out.len) {
		ssize_t n = outlet__write(&to, out.data + done, out.len - done);

		if (n >= 0)
			done += n;
		else if (errno != EAGAIN)
			error = -errno;
		else if (out.len - done <= most)
			break;
		else if (!outlet__wait(&to) && !patience__lasts(&patience)) {
			given_up = true;
			break;
		}
	}
	if (error)
		done = out.len;
	if (done) /* else there may be no buffer at all */
		memmove(out.data, out.data + done, out.len - done);
	out.len -= done;
	flush_at = out.len + FLUSH_AT;
}

struct buf *line_start(void)
{
	line_from = out.len;
	return &out;
}

/* Where this waits, events wait in the ring buffer; those that find no room there are counted. */
void line_end(bool frame_line)
{
	if (given_up) {
		leave_out(line_from);
	} else if (frame_line && terminal && line_from > TERMINAL_BACKLOG) {
		out.len = line_from;
		frames_unprinted++;
	} else if (out.len >= flush_at) {
		write_out(terminal ? 2 * TERMINAL_BACKLOG : FLUSH_AT);
	}
}

int output__flush(void)
{
	struct pollfd p = { .fd = to.fd };

	if (out.failed)
		error = error ? error : -ENOMEM;
	if (out.len)
		write_out(SIZE_MAX);
	if (frames_unprinted && out.len < TERMINAL_BACKLOG / 2 && !error) {
		buf_printf(&out, "... %llu frames not printed: the terminal is too slow\n",
			   (unsigned long long)frames_unprinted);
		frames_unprinted = 0;
	}
	/* A reader that went away while there was nothing to write. */
	if (!error && poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP))
		error = -EPIPE;
	return error;
}

static void say_number(uint64_t n, const char *what, const char *behind)
{
	fprintf(stderr, "%llu %s%s%s", (unsigned long long)n, what, n == 1 ? "" : "s", behind);
}

void output__say_totals(const struct run_totals *t)
{
	fputs("wstrace: ", stderr);
	say_number(t->conns, "connection", ", ");
	say_number(t->frames, "frame", "");
	if (opts->count && frames_shown < t->frames) /* more have passed before it could stop */
		fprintf(stderr, " (%llu shown)", (unsigned long long)frames_shown);
	fputs(", ", stderr);
	say_number(t->bytes, "byte", ", ");
	fprintf(stderr, "%llu lost", (unsigned long long)t->lost);
}

int output__close(uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	ops->end(ts, t, d);
	if (opts->report)
		out_report.end(ts, t, d);
	output__flush();
	if (!given_up)
		write_out(0);
	leave_out(0);
	if (error && error != -EPIPE)
		fprintf(stderr, "wstrace: cannot write standard output: %s\n", strerror(-error));
	else if (lines_left_out && !error)
		fprintf(stderr,
			"wstrace: nobody reads standard output: its last %llu lines were left "
			"out\n",
			(unsigned long long)lines_left_out);
	buf_free(&out);
	return error;
}
