// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "output.h"
#include "ws.h"

#define FLUSH_AT (64 * 1024)
#define TERMINAL_BACKLOG (256 * 1024) /* text that may wait for a slow terminal */

static const struct options *opts;
static const struct output_ops *ops;
static struct buf out;
static size_t line_from; /* where the current line starts in out */
static int fd = STDOUT_FILENO;
static bool terminal, ending;
static int error; /* -errno of the first write that failed */
static uint64_t frames_shown, frames_unprinted;

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
	case EV_OPAQUE: /* the second one is for the diagnosis alone */
		return e->opaque->h.flags & WST_ANSWER ? 0 : KIND_OPEN;
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

/*
 * A terminal that is stopped, or slow, must not hold up the reading of the ring buffer: write
 * without blocking, through a file description of our own, since O_NONBLOCK on the one that we
 * were given would change it for the shell as well.
 */
static void open_terminal(void)
{
	int own;

	terminal = isatty(STDOUT_FILENO);
	if (!terminal)
		return;
	own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0)
		fd = own;
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
	ops = o->top ? &out_top :
	      o->write && !strcmp(o->write, "-") ? &out_nothing :
	      o->json ? &out_json : &out_text;
	if (!o->n_files) /* a file waits for a terminal */
		open_terminal();
	ops->start(o, run);
	if (o->report)
		out_report.start(o, run);
}

static void show(const struct event *e)
{
	bool wanted = opts->kinds & output_kind(e);

	if (e->type == EV_FRAME && (wanted || opts->write || opts->report)) { /* files have them all */
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
		show(&open);
	}
	return c->shown;
}

void output__event(const struct event *e)
{
	if (!opts->path || path_wanted(e))
		show(e);
}

bool output__tick(uint64_t ts, uint64_t *focus)
{
	return !ops->tick || ops->tick(ts, focus);
}

void output__totals(uint64_t ts, const struct run_totals *t)
{
	if (ops->totals)
		ops->totals(ts, t);
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

/* Writes what it can; with wait, all of it. */
static void write_out(bool wait)
{
	size_t done = 0;

	while (!error && done < out.len) {
		ssize_t n = write(fd, out.data + done, out.len - done);

		if (n >= 0) {
			done += n;
		} else if (errno == EAGAIN && wait) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (poll(&p, 1, 2000) == 0)
				break; /* a stopped terminal does not keep us from ending */
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			error = -errno;
		}
	}
	if (error)
		done = out.len;
	memmove(out.data, out.data + done, out.len - done);
	out.len -= done;
}

struct buf *line_start(void)
{
	line_from = out.len;
	return &out;
}

void line_end(bool frame_line)
{
	if (frame_line && terminal && line_from > TERMINAL_BACKLOG) {
		out.len = line_from;
		frames_unprinted++;
		return;
	}
	if (out.len >= FLUSH_AT && (!terminal || out.len < 2 * FLUSH_AT))
		write_out(false);
}

int output__flush(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	if (out.failed)
		error = error ? error : -ENOMEM;
	if (out.len)
		write_out(false);
	if (frames_unprinted && out.len < TERMINAL_BACKLOG / 2 && !error) {
		buf_printf(&out, "... %llu frames not printed: the terminal is too slow\n",
			   (unsigned long long)frames_unprinted);
		frames_unprinted = 0;
	}
	/* A pipe's reader that went away while there was nothing to write. */
	if (!error && poll(&p, 1, 0) == 1 && p.revents & POLLERR)
		error = -EPIPE;
	return error;
}

int output__close(uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	ops->end(ts, t, d);
	if (opts->report)
		out_report.end(ts, t, d);
	output__flush();
	write_out(true);
	buf_free(&out);
	return error;
}
