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

int outlet_own(int fd)
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

void outlet__init(struct outlet *o, int fd)
{
	o->fd = fd;
	if (file_type(fd) == S_IFSOCK)
		o->kind = OUTLET_SOCKET;
	else if (may_be_stuck(fd) && !(fcntl(fd, F_GETFL) & O_NONBLOCK))
		o->kind = OUTLET_SHARED; /* no /proc, or another user's pipe */
	else
		o->kind = OUTLET_FILE;
}

static bool has_room(const struct outlet *o, int ms)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	return poll(&p, 1, ms) > 0;
}

ssize_t outlet__write(const struct outlet *o, const void *data, size_t n)
{
	ssize_t done;

	if (o->kind == OUTLET_SOCKET) {
		done = send(o->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (o->kind == OUTLET_FILE) {
		done = write(o->fd, data, n);
	} else if (has_room(o, 0)) { /* of a pipe: for so much without blocking, pipe(7) */
		done = write(o->fd, data, n < PIPE_BUF ? n : PIPE_BUF);
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

bool outlet__wait(const struct outlet *o)
{
	return has_room(o, WAIT_MS);
}

/* Says that all went well: a message that nobody reads is no reason to stop. */
static ssize_t write_stderr(void *cookie, const char *text, size_t n)
{
	static unsigned int waits;
	const struct outlet *o = cookie;
	size_t done = 0;

	while (done < n) {
		ssize_t w = outlet__write(o, text + done, n - done);

		if (w >= 0) {
			done += w;
			waits = 0;
		} else if (errno != EAGAIN || waits >= WAITS_FOR_STDERR) {
			break;
		} else if (!outlet__wait(o)) {
			waits++;
		}
	}
	return n;
}

void outlet__replace_stderr(void)
{
	static const cookie_io_functions_t functions = { .write = write_stderr };
	static struct outlet to;
	int own = outlet_own(STDERR_FILENO);
	FILE *f = own < 0 ? NULL : fopencookie(&to, "w", functions);

	if (!f)
		return;
	outlet__init(&to, own);
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
