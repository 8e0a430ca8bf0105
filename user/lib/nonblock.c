// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* fopencookie() */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/nonblock.h"

#define WAIT_MS 100
#define WAITS_TO_SAY 10
#define WAITS_FOR_STDERR 3

static mode_t file_type(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_mode & S_IFMT;
}

static bool may_be_stuck(int fd)
{
	return file_type(fd) == S_IFIFO || isatty(fd);
}

int nonblock_own(int fd)
{
	char path[32];
	int own = -1;

	if (may_be_stuck(fd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return own < 0 ? -errno : own;
}

void nonblock__init(struct nonblock *n, int fd)
{
	n->fd = fd;
	if (file_type(fd) == S_IFSOCK)
		n->kind = NONBLOCK_SOCKET;
	else if (may_be_stuck(fd) && !(fcntl(fd, F_GETFL) & O_NONBLOCK))
		n->kind = NONBLOCK_SHARED; /* nonblock_own() failed: no /proc, or another user's
					      pipe */
	else
		n->kind = NONBLOCK_FILE;
}

static bool has_room(const struct nonblock *n, int ms)
{
	struct pollfd p = { .fd = n->fd, .events = POLLOUT };

	return poll(&p, 1, ms) > 0;
}

ssize_t nonblock__write(const struct nonblock *n, const void *data, size_t size)
{
	ssize_t done;

	if (n->kind == NONBLOCK_SOCKET) {
		done = send(n->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (n->kind == NONBLOCK_FILE) {
		done = write(n->fd, data, size);
	} else if (has_room(n, 0)) { /* in a pipe: room for PIPE_BUF bytes at least, pipe(7) */
		done = write(n->fd, data, size < PIPE_BUF ? size : PIPE_BUF);
	} else {
		errno = EAGAIN;
		return -1;
	}
	if (done < 0 && errno == EINTR)
		errno = EAGAIN;
	if (done < 0 && errno == ECONNRESET)
		errno = EPIPE;
	return done;
}

bool nonblock__wait(const struct nonblock *n)
{
	return has_room(n, WAIT_MS);
}

/* Returns success in any case: a message that nobody reads is no reason to stop. */
static ssize_t write_stderr(void *cookie, const char *text, size_t n)
{
	static unsigned int waits;
	const struct nonblock *to = cookie;
	size_t done = 0;

	while (done < n) {
		ssize_t w = nonblock__write(to, text + done, n - done);

		if (w >= 0) {
			done += w;
			waits = 0;
		} else if (errno != EAGAIN || waits >= WAITS_FOR_STDERR) {
			break;
		} else if (!nonblock__wait(to)) {
			waits++;
		}
	}
	return n;
}

void nonblock_stderr(void)
{
	static const cookie_io_functions_t functions = { .write = write_stderr };
	static struct nonblock to;
	int own = nonblock_own(STDERR_FILENO);
	FILE *f = own < 0 ? NULL : fopencookie(&to, "w", functions);

	if (!f)
		return;
	nonblock__init(&to, own);
	setvbuf(f, NULL, _IOLBF, 0);
	stderr = f;
}

bool patience__lasts(struct patience *p)
{
	if (p->ending && p->ending(p->ctx)) {
		if (!p->at_end)
			return false;
		p->at_end--;
	} else if (p->waited++ == WAITS_TO_SAY && p->name) {
		fprintf(stderr,
			"wstrace: nobody reads %s: waiting; events that find no room are lost "
			"and counted\n",
			p->name);
	}
	return true;
}
