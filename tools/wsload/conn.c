// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "wsload.h"

/* Makes room for @size bytes of data in all; moves what is there to the front. */
static void buf_reserve(struct buf *b, size_t size)
{
	if (b->off) {
		memmove(b->p, b->p + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
	}
	if (b->cap < size) {
		b->p = xrealloc(b->p, size);
		b->cap = size;
	}
}

int conn_flush(struct conn *c)
{
	struct buf *b = &c->out;

	while (!buf_empty(b)) {
		ssize_t n = send(c->fd, b->p + b->off, b->len - b->off, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		b->off += n;
	}
	b->off = b->len = 0;
	return 0;
}

int conn_send(struct conn *c, const void *data, size_t len)
{
	struct buf *b = &c->out;
	ssize_t n = 0;

	if (buf_empty(b)) {
		n = send(c->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		n = n < 0 ? 0 : n;
	}
	if ((size_t)n == len)
		return 0;
	buf_reserve(b, b->len - b->off + len - n);
	memcpy(b->p + b->len, (const uint8_t *)data + n, len - n);
	b->len += len - n;
	return 0;
}

ssize_t conn_read(struct conn *c)
{
	struct buf *b = &c->in;
	ssize_t n;

	if (buf_empty(b))
		b->off = b->len = 0;
	if (b->cap == b->len || b->cap - b->off < c->need)
		buf_reserve(b, c->need > 2048	 ? c->need :
			       b->cap < HEAD_MAX ? b->cap + 2048 :
						   b->cap);
	n = recv(c->fd, b->p + b->len, b->cap - b->len, 0);
	if (n < 0)
		return -errno;
	b->len += n;
	return n;
}

void conn_watch(struct conn *c, int ep, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events == events)
		return;
	if (epoll_ctl(ep, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &ev))
		fail("watch a socket: %s", strerror(errno));
	c->events = events;
}

void conn_free(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in.p);
	free(c->out.p);
	free(c->sent_at);
}

struct addrinfo *resolve(int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *ai;
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", (unsigned int)opt.port);
	err = getaddrinfo(opt.host, port, &hints, &ai);
	if (err)
		fail("resolve %s: %s", opt.host, gai_strerror(err));
	return ai;
}
