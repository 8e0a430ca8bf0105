// SPDX-License-Identifier: GPL-2.0-only
/* The server: threads that share one listening socket, each with its own epoll instance. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "frame.h"
#include "handshake.h"
#include "wsload.h"

struct worker {
	pthread_t thread;
	int ep, listener;
	uint8_t *msg;
	struct conn *conns;
	uint64_t nconns, messages, bytes;
};

static int server_reply(struct conn *c, uint8_t b0, struct frame *f)
{
	uint8_t h[14];
	size_t n = put_header(h, b0, f->len, NULL);

	/* The masked header that came in was four bytes longer: ours fits before the payload. */
	memcpy(f->payload - n, h, n);
	return conn_send(c, f->payload - n, n + f->len);
}

static int server_close(struct conn *c, unsigned int code)
{
	uint8_t h[4] = { FIN | OP_CLOSE, 2, code >> 8, code };

	c->state = ST_CLOSING;
	return conn_send(c, h, sizeof(h));
}

static int server_frame(struct worker *w, struct conn *c, struct frame *f)
{
	unsigned int op = f->b0 & 15;

	mask_copy(f->payload, f->payload, f->len, f->key);
	switch (op) {
	case OP_CONT:
	case OP_TEXT:
	case OP_BINARY:
		w->messages += f->b0 >> 7;
		w->bytes += f->len;
		return opt.mode == MODE_ECHO ? server_reply(c, f->b0, f) : 0;
	case OP_PING:
		return server_reply(c, FIN | OP_PONG, f);
	case OP_PONG:
		return 0;
	case OP_CLOSE:
		c->state = ST_CLOSING;
		f->len = f->len < 2 ? 0 : 2;
		return server_reply(c, f->b0, f);
	}
	return server_close(c, 1002);
}

static int server_head(struct worker *w, struct conn *c)
{
	char head[HEAD_MAX + 1], value[64], accept[29], answer[256];
	const char *status = "101 Switching Protocols";
	int err = conn_head(c, head);

	if (!err)
		return 0;
	if (err < 0) {
		status = "431 Request Header Fields Too Large";
	} else if (strncmp(head, "GET /", 5) ||
		   strcasecmp(head_value(head, "Upgrade", value, sizeof(value)), "websocket") ||
		   !strcasestr(head_value(head, "Connection", value, sizeof(value)), "upgrade")) {
		status = "400 Bad Request";
	} else if (strcmp(head_value(head, "Sec-WebSocket-Version", value, sizeof(value)), "13")) {
		status = "426 Upgrade Required\r\nSec-WebSocket-Version: 13";
	} else if (strlen(head_value(head, "Sec-WebSocket-Key", value, sizeof(value))) != 24) {
		status = "400 Bad Request";
	} else {
		accept_key(value, accept);
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 %s\r\nUpgrade: websocket\r\n"
			 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			 status, accept);
		c->state = ST_OPEN;
		w->nconns++;
		return conn_send(c, answer, strlen(answer));
	}
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);
	c->state = ST_CLOSING;
	return conn_send(c, answer, strlen(answer));
}

static int server_source(struct worker *w, struct conn *c)
{
	size_t n;
	int i, err = 0;

	if (!w->msg)
		w->msg = xrealloc(NULL, opt.size + 14);
	n = put_header(w->msg, FIN | OP_TEXT, opt.size, NULL);
	memcpy(w->msg + n, text, opt.size);
	for (i = 0; i < 16 && !err && buf_empty(&c->out); i++) {
		err = conn_send(c, w->msg, n + opt.size);
		w->messages++;
		w->bytes += opt.size;
	}
	return err;
}

static int server_event(struct worker *w, struct conn *c, uint32_t events)
{
	bool source = opt.mode == MODE_SOURCE;
	struct frame f;
	ssize_t n;
	int err = 0, got;

	if (events & EPOLLOUT)
		err = conn_flush(c);
	if (!err && (events & ~EPOLLOUT)) {
		n = conn_read(c);
		if (n <= 0 && n != -EAGAIN && n != -EINTR)
			return -1;
		if (c->state == ST_HEAD)
			err = server_head(w, c);
		while (!err && c->state == ST_OPEN && (got = conn_frame(c, true, &f)))
			err = got == 1 ? server_frame(w, c, &f) : server_close(c, got);
	}
	if (!err && source && c->state == ST_OPEN)
		err = server_source(w, c);
	if (err || (c->state == ST_CLOSING && buf_empty(&c->out)))
		return -1;
	/* A peer that does not read its echoes is not read from either. */
	if (source && c->state == ST_OPEN)
		conn_watch(c, w->ep, EPOLLIN | EPOLLOUT);
	else
		conn_watch(c, w->ep, buf_empty(&c->out) ? EPOLLIN : EPOLLOUT);
	return 0;
}

static void server_drop(struct conn *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	conn_free(c);
	free(c);
}

static void server_accept(struct worker *w)
{
	int one = 1, fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct conn *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			fail("accept: %s", strerror(errno));
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c = xrealloc(NULL, sizeof(*c));
	*c = (struct conn){ .fd = fd, .state = ST_HEAD, .next = w->conns, .link = &w->conns };
	if (c->next)
		c->next->link = &c->next;
	w->conns = c;
	conn_watch(c, w->ep, EPOLLIN);
}

static void *server_thread(void *arg)
{
	struct epoll_event ev[EVENTS];
	struct worker *w = arg;
	int i, n;

	for (;;) {
		n = epoll_wait(w->ep, ev, EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (!ev[i].data.ptr)
				goto stop;
			if (ev[i].data.ptr == w)
				server_accept(w);
			else if (server_event(w, ev[i].data.ptr, ev[i].events))
				server_drop(ev[i].data.ptr);
		}
	}
stop:
	while (w->conns) {
		if (w->conns->state == ST_OPEN)
			server_close(w->conns, 1001);
		server_drop(w->conns);
	}
	close(w->ep);
	free(w->msg);
	return NULL;
}

static int server_listen(void)
{
	struct addrinfo *ai = resolve(AI_PASSIVE);
	struct sockaddr_in6 sa; /* the port is at the same place in sockaddr_in */
	socklen_t len = sizeof(sa);
	int one = 1, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("open a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&sa, &len))
		fail("listen on %s port %u: %s", opt.host, (unsigned int)opt.port, strerror(errno));
	freeaddrinfo(ai);
	opt.port = ntohs(sa.sin6_port);
	return fd;
}

int server_main(void)
{
	uint64_t nconns = 0, messages = 0, bytes = 0, i;
	int sig, stop = eventfd(0, EFD_CLOEXEC), listener = server_listen();
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE }, end = { .events = EPOLLIN };
	struct worker *workers = xrealloc(NULL, opt.threads * sizeof(*workers)), *w;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (w = workers; w < workers + opt.threads; w++) {
		*w = (struct worker){ .ep = epoll_create1(EPOLL_CLOEXEC), .listener = listener };
		ev.data.ptr = w;
		if (stop < 0 || w->ep < 0 || epoll_ctl(w->ep, EPOLL_CTL_ADD, listener, &ev) ||
		    epoll_ctl(w->ep, EPOLL_CTL_ADD, stop, &end) ||
		    pthread_create(&w->thread, NULL, server_thread, w))
			fail("start a thread: %s", strerror(errno));
	}
	printf("listening %u\n", (unsigned int)opt.port);
	fflush(stdout);
	sigwait(&set, &sig);
	if (eventfd_write(stop, 1))
		fail("stop the threads: %s", strerror(errno));
	for (i = 0; i < opt.threads; i++) {
		pthread_join(workers[i].thread, NULL);
		nconns += workers[i].nconns;
		messages += workers[i].messages;
		bytes += workers[i].bytes;
	}
	printf("{\"conns\":%lu,\"messages\":%lu,\"bytes\":%lu,\"cpu_us\":%lu}\n", nconns, messages,
	       bytes, cpu_us());
	free(workers);
	close(listener);
	close(stop);
	return 0;
}
