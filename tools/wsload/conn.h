/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection: its socket, and the bytes on their way in and out. */
#ifndef CONN_H
#define CONN_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEAD_MAX 8192 /* bytes of an HTTP head */
#define EVENTS 256 /* taken from epoll at a time */

enum state { ST_CONNECTING, ST_HEAD, ST_OPEN, ST_CLOSING, ST_ENDING, ST_ENDED };

struct buf {
	uint8_t *p;
	size_t off, len, cap; /* data is p[off..len) */
};

struct conn {
	int fd;
	enum state state;
	uint32_t events; /* what epoll watches for */
	struct buf in, out;
	size_t need; /* bytes of the frame that is only partly in */
	struct conn *next, **link; /* server: the worker's list */
	char accept[29]; /* client: the Sec-WebSocket-Accept to come */
	bool queued, finished;
	uint64_t sent, got, *sent_at;
	size_t matched; /* bytes of the message under way that were right */
};

static inline bool buf_empty(const struct buf *b)
{
	return b->off == b->len;
}

/* Sends what waits in @c->out. 0 (perhaps with a rest) or -errno. */
int conn_flush(struct conn *c);

/* One send() call when the socket takes it all; the rest waits in @c->out. 0 or -errno. */
int conn_send(struct conn *c, const void *data, size_t len);

/* Bytes read, 0 at the end of the stream, or -errno. */
ssize_t conn_read(struct conn *c);

/* Lets the epoll instance @ep look for @events. */
void conn_watch(struct conn *c, int ep, uint32_t events);

/* Closes the socket; @c itself stays. */
void conn_free(struct conn *c);

/* The address that the options name; freeaddrinfo() it. */
struct addrinfo *resolve(int flags);

#endif
