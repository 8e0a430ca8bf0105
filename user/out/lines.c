// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/nonblock.h"
#include "out/lines.h"

#define FLUSH_AT (64 * 1024)
#define TERMINAL_BACKLOG (256 * 1024) /* bytes of text that may wait for a slow terminal */
#define PATIENCE_AT_END 10 /* tenths of a second */

struct lines {
	struct buf out;
	size_t line_from; /* offset in out at which the current line starts */
	size_t flush_at;
	struct nonblock to;
	const char *name;
	int own; /* descriptor of its own; negative: the caller's is used */
	struct patience patience;
	bool terminal;
	bool given_up; /* the program ends, and nobody reads */
	int error; /* -errno of the first write that failed */
	uint64_t frames_skipped; /* since the last message about that */
	uint64_t left_out; /* lines left out at the end */
};

struct lines *lines__new(int fd, const char *name, bool live, const struct run_info *run)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->name = name;
	l->own = nonblock_own(fd);
	nonblock__init(&l->to, l->own < 0 ? fd : l->own);
	l->flush_at = FLUSH_AT;
	l->terminal = live && isatty(fd);
	l->patience = (struct patience){
		.ending = run->ending,
		.ctx = run->ctx,
		.name = live ? name : NULL,
		.at_end = PATIENCE_AT_END,
	};
	return l;
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

/* Leaves out all lines behind the first n bytes. */
static void leave_out(struct lines *l, size_t n)
{
	if (l->out.len > n)
		l->left_out += count_lines(l->out.data + n, l->out.len - n);
	l->out.len = n;
}

/* Drops the first n bytes, which have been written. */
static void drop(struct buf *b, size_t n)
{
	if (n)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

/* Writes as much as there is room for, and waits for room while more than `most` bytes are left. */
static void write_out(struct lines *l, size_t most)
{
	size_t done = 0;

	while (!l->error && done < l->out.len) {
		ssize_t n = nonblock__write(&l->to, l->out.data + done, l->out.len - done);

		if (n >= 0)
			done += n;
		else if (errno != EAGAIN)
			l->error = -errno;
		else if (l->out.len - done <= most)
			break;
		else if (!nonblock__wait(&l->to) && !patience__lasts(&l->patience)) {
			l->given_up = true;
			break;
		}
	}
	drop(&l->out, l->error ? l->out.len : done);
	l->flush_at = l->out.len + FLUSH_AT;
}

struct buf *lines__start(struct lines *l)
{
	l->line_from = l->out.len;
	return &l->out;
}

/* While this waits, events gather in the ring buffer; those that find no room there are counted. */
void lines__end(struct lines *l, bool frame)
{
	if (l->given_up) {
		leave_out(l, l->line_from);
	} else if (frame && l->terminal && l->line_from > TERMINAL_BACKLOG) {
		l->out.len = l->line_from;
		l->frames_skipped++;
	} else if (l->out.len >= l->flush_at) {
		write_out(l, l->terminal ? 2 * TERMINAL_BACKLOG : FLUSH_AT);
	}
}

int lines__flush(struct lines *l)
{
	struct pollfd p = { .fd = l->to.fd };

	if (l->out.failed)
		l->error = l->error ? l->error : -ENOMEM;
	if (l->out.len)
		write_out(l, SIZE_MAX);
	if (l->frames_skipped && l->out.len < TERMINAL_BACKLOG / 2 && !l->error) {
		buf_printf(&l->out, "... %llu frames not printed: the terminal is too slow\n",
			   (unsigned long long)l->frames_skipped);
		l->frames_skipped = 0;
	}
	/* Notice a reader that went away while there was nothing to write. */
	if (!l->error && poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP))
		l->error = -EPIPE;
	return l->error;
}

int lines__close(struct lines *l)
{
	int err;

	if (!l)
		return 0;
	lines__flush(l);
	if (!l->given_up)
		write_out(l, 0);
	leave_out(l, 0);
	err = l->error;
	if (err && err != -EPIPE)
		fprintf(stderr, "wstrace: cannot write %s: %s\n", l->name, strerror(-err));
	else if (l->left_out && !err)
		fprintf(stderr, "wstrace: nobody reads %s: its last %llu lines were left out\n",
			l->name, (unsigned long long)l->left_out);
	if (l->own >= 0)
		close(l->own);
	buf_free(&l->out);
	free(l);
	return err;
}
