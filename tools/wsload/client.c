// SPDX-License-Identifier: GPL-2.0-only
/* The client: all connections in one thread. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nettle/base64.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "frame.h"
#include "handshake.h"
#include "latency.h"
#include "wsload.h"

#define CONNECTING_MAX 128 /* handshakes at a time: spares the listen backlog */

static struct {
	enum { PH_OPEN, PH_RUN, PH_HOLD, PH_CLOSE } phase;
	int ep, timer;
	struct addrinfo *ai;
	struct conn *conns, **queue; /* queue: a ring of those that may send a message */
	uint64_t queue_head, queued;
	uint64_t started, opened, finished, ended; /* connections */
	uint64_t sent, got, pings, pongs;
	uint64_t now, heard, run_start, random; /* heard: when the server last spoke */
	uint8_t *frame;
} cl;

static volatile sig_atomic_t held_enough;

static void on_term(int sig)
{
	(void)sig;
	held_enough = 1;
}

static void client_send(struct conn *c, const void *data, size_t len)
{
	int err = conn_send(c, data, len);

	if (err)
		fail("send: %s", strerror(-err));
}

static void client_frame(struct conn *c, uint8_t b0, const uint8_t *payload, size_t len)
{
	uint32_t key;
	size_t n;

	cl.random ^= cl.random << 13;
	cl.random ^= cl.random >> 7;
	cl.random ^= cl.random << 17;
	key = cl.random >> 16;
	n = put_header(cl.frame, b0, len, (uint8_t *)&key);
	mask_copy(cl.frame + n, payload, len, (uint8_t *)&key);
	client_send(c, cl.frame, n + len);
}

static void client_message(struct conn *c)
{
	uint8_t op = opt.binary ? OP_BINARY : OP_TEXT;

	if (opt.mode == MODE_ECHO)
		c->sent_at[c->sent % opt.pipeline] = clock_ns();
	client_frame(c, FIN | op, text + c->sent % 26, opt.size);
	c->sent++;
	cl.sent++;
	if (opt.ping_every && c->sent % opt.ping_every == 0) {
		client_frame(c, FIN | OP_PING, (uint8_t *)&c->sent, sizeof(c->sent));
		cl.pings++;
	}
}

/* After anything happened to @c in the run: may it send again, has it ended? */
static void client_update(struct conn *c)
{
	bool done, may;

	if (opt.mode == MODE_SINK) {
		done = c->sent == opt.count && buf_empty(&c->out);
		may = true;
	} else if (opt.mode == MODE_SOURCE) {
		done = c->got >= opt.count;
		may = false;
	} else {
		done = c->got == opt.count;
		may = c->sent - c->got < opt.pipeline;
	}
	if (cl.phase == PH_RUN && done && !c->finished) {
		c->finished = true;
		cl.finished++;
	}
	if (cl.phase == PH_RUN && may && !c->queued && c->sent < opt.count && buf_empty(&c->out)) {
		c->queued = true;
		cl.queue[(cl.queue_head + cl.queued++) % opt.conns] = c;
	}
	if (c->state != ST_ENDED)
		conn_watch(c, cl.ep, EPOLLIN | (buf_empty(&c->out) ? 0 : EPOLLOUT));
}

static uint64_t client_due(void)
{
	double due = opt.rate * ((double)(cl.now - cl.run_start) / SEC_NS) + 1;

	return !opt.rate ? UINT64_MAX : due > cl.sent ? due - cl.sent : 0;
}

/* One pass over those that may send, so that echoes are read in between. */
static void client_send_due(void)
{
	uint64_t due = client_due(), n = cl.queued;

	for (; n && due; n--, due--) {
		struct conn *c = cl.queue[cl.queue_head];

		cl.queue_head = (cl.queue_head + 1) % opt.conns;
		cl.queued--;
		c->queued = false;
		client_message(c);
		client_update(c);
	}
}

static void client_connect(struct conn *c)
{
	struct addrinfo *ai = cl.ai;
	int one = 1;

	c->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		fail("open a socket: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, ai->ai_addr, ai->ai_addrlen) && errno != EINPROGRESS)
		fail("connect to %s port %u: %s", opt.host, (unsigned int)opt.port,
		     strerror(errno));
	conn_watch(c, cl.ep, EPOLLOUT);
}

static void client_connected(struct conn *c)
{
	bool v6 = strchr(opt.host, ':');
	char request[HEAD_MAX], key[25];
	uint8_t nonce[16];
	int err = 0, n;
	socklen_t len = sizeof(err);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		fail("connect to %s port %u: %s", opt.host, (unsigned int)opt.port, strerror(err));
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		fail("get random bytes: %s", strerror(errno));
	base64_encode_raw(key, sizeof(nonce), nonce);
	key[24] = '\0';
	accept_key(key, c->accept);
	n = snprintf(request, sizeof(request),
		     "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\n"
		     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
		     "Sec-WebSocket-Version: 13\r\n%s\r\n",
		     opt.path, v6 ? "[" : "", opt.host, v6 ? "]" : "", (unsigned int)opt.port, key,
		     opt.headers);
	c->state = ST_HEAD;
	client_send(c, request, n);
}

static void client_head(struct conn *c)
{
	char head[HEAD_MAX + 1], value[64], *p;
	int got = conn_head(c, head);

	if (!got)
		return;
	if (got < 0)
		fail("open a WebSocket: the answer's head is over %d bytes", HEAD_MAX);
	if (strncmp(head, "HTTP/1.1 101", 12)) {
		for (p = head; p < head + 120 && *p && *p != '\r'; p++)
			if (!isprint((unsigned char)*p))
				*p = '.';
		fail("open a WebSocket: the server answered '%.*s'", (int)(p - head), head);
	}
	if (strcmp(head_value(head, "Sec-WebSocket-Accept", value, sizeof(value)), c->accept))
		fail("open a WebSocket: wrong Sec-WebSocket-Accept");
	c->state = ST_OPEN;
	cl.opened++;
}

static void client_echo(struct conn *c, const struct frame *f)
{
	uint64_t ns;

	cl.got += f->b0 >> 7;
	if (opt.mode == MODE_ECHO) {
		if (c->got == c->sent)
			fail("match an echo: nothing was sent");
		if (f->len > opt.size - c->matched ||
		    memcmp(f->payload, text + c->got % 26 + c->matched, f->len) ||
		    (f->b0 >> 7 && c->matched + f->len != opt.size))
			fail("match an echo: message %lu came back changed", c->got);
		c->matched = f->b0 >> 7 ? 0 : c->matched + f->len;
		if (f->b0 >> 7) {
			ns = cl.now - c->sent_at[c->got % opt.pipeline];
			latency_add(ns);
		}
	}
	c->got += f->b0 >> 7;
}

static void client_take(struct conn *c, struct frame *f)
{
	unsigned int code = 1005;

	switch (f->b0 & 15) {
	case OP_CONT:
	case OP_TEXT:
	case OP_BINARY:
		client_echo(c, f);
		return;
	case OP_PING:
		client_frame(c, FIN | OP_PONG, f->payload, f->len);
		return;
	case OP_PONG:
		cl.pongs++;
		return;
	case OP_CLOSE:
		if (f->len >= 2)
			code = f->payload[0] << 8 | f->payload[1];
		if (c->state != ST_CLOSING || code != 1000)
			fail("go on: the server closed with %u", code);
		c->state = ST_ENDING;
		return;
	}
	fail("go on: a frame with opcode %u came", f->b0 & 15);
}

static void client_event(struct conn *c, uint32_t events)
{
	struct frame f;
	ssize_t n;
	int err = 0, got;

	if (c->state == ST_CONNECTING) {
		client_connected(c);
	} else {
		if (events & EPOLLOUT)
			err = conn_flush(c);
		if (err)
			fail("send: %s", strerror(-err));
		n = events & ~EPOLLOUT ? conn_read(c) : -EAGAIN;
		if (!n && c->state == ST_ENDING) {
			close(c->fd);
			c->fd = -1;
			c->state = ST_ENDED;
			cl.ended++;
			return;
		}
		if (!n)
			fail("receive: the server ended the connection");
		if (n < 0 && n != -EAGAIN && n != -EINTR)
			fail("receive: %s", strerror(-n));
		if (c->state == ST_HEAD)
			client_head(c);
		while ((c->state == ST_OPEN || c->state == ST_CLOSING) &&
		       (got = conn_frame(c, false, &f))) {
			if (got != 1)
				fail("go on: the server sent a bad frame (%d)", got);
			client_take(c, &f);
		}
	}
	client_update(c);
}

/* NULL: wait for the sockets alone. */
static struct timespec *client_wait(uint64_t end, struct timespec *ts)
{
	uint64_t at = end;

	if (cl.queued)
		at = opt.rate ? cl.run_start + (uint64_t)((double)cl.sent * SEC_NS / opt.rate) : 0;
	if (at == UINT64_MAX)
		return NULL;
	at = at > cl.now ? at - cl.now : 0;
	*ts = (struct timespec){ .tv_sec = at / SEC_NS, .tv_nsec = at % SEC_NS };
	return ts;
}

static int client_poll(struct epoll_event *ev, const struct timespec *ts)
{
	int n = epoll_pwait2(cl.ep, ev, EVENTS, ts, NULL);

	if (n < 0 && errno == ENOSYS) /* before Linux 5.11 */
		n = epoll_wait(cl.ep, ev, EVENTS,
			       ts ? ts->tv_sec * 1000 + (ts->tv_nsec + 999999) / 1000000 : -1);
	return n;
}

/* Serves the sockets until *@counter is @target or until time @end. */
static void client_run(const uint64_t *counter, uint64_t target, uint64_t end)
{
	struct epoll_event ev[EVENTS];
	struct timespec ts;
	bool idle, spoke;
	uint64_t sent, ticks;
	int i, n;

	cl.now = cl.heard = clock_ns();
	while (*counter < target && cl.now < end && !(cl.phase == PH_HOLD && held_enough)) {
		while (cl.started < opt.conns && cl.started - cl.opened < CONNECTING_MAX)
			client_connect(&cl.conns[cl.started++]);
		n = client_poll(ev, client_wait(end, &ts));
		if (n < 0 && errno != EINTR)
			fail("wait: %s", strerror(errno));
		cl.now = clock_ns();
		sent = cl.sent;
		for (spoke = false, i = 0; i < n; i++) {
			if (ev[i].data.ptr) {
				client_event(ev[i].data.ptr, ev[i].events);
				spoke = true;
			} else if (read(cl.timer, &ticks, sizeof(ticks)) < 0) {
				fail("read the timer: %s", strerror(errno));
			}
		}
		client_send_due();
		idle = cl.phase == PH_HOLD || (cl.phase == PH_RUN && opt.rate && cl.sent == cl.got);
		if (spoke || idle || cl.sent != sent)
			cl.heard = cl.now;
		else if (cl.now - cl.heard > opt.timeout * SEC_NS)
			fail("go on: nothing from the server for %lu s", opt.timeout);
	}
}

static void client_report(double seconds, uint64_t cpu)
{
	uint64_t conns = opt.conns * opt.rounds;
	double msgs = opt.mode == MODE_SOURCE ? cl.got : cl.sent, per_msg = msgs ? cpu / msgs : 0;
	double rate = msgs ? msgs / seconds : 0, p50 = latency_quantile(500) / 1e3;
	double p90 = latency_quantile(900) / 1e3, p99 = latency_quantile(990) / 1e3;

	if (opt.json)
		printf("{\"conns\":%lu,\"messages\":%.0f,\"bytes\":%.0f,\"seconds\":%.6f,"
		       "\"msgs_per_s\":%.1f,\"cpu_us\":%lu,\"cpu_us_per_msg\":%.3f,\"pings\":%lu,"
		       "\"pongs\":%lu,\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
		       "\"max\":%.1f}}\n",
		       conns, msgs, msgs * opt.size, seconds, rate, cpu, per_msg, cl.pings,
		       cl.pongs, p50, p90, p99, latency_max() / 1e3);
	else
		printf("connections %lu, messages %.0f, bytes %.0f, seconds %.3f, msgs/s %.0f\n"
		       "cpu %lu us, %.3f us a message; pings %lu, pongs %lu\n"
		       "latency us: p50 %.1f, p90 %.1f, p99 %.1f, max %.1f\n",
		       conns, msgs, msgs * opt.size, seconds, rate, cpu, per_msg, cl.pings,
		       cl.pongs, p50, p90, p99, latency_max() / 1e3);
}

static void client_init(void)
{
	/* A timeout for each wait would cost a clock reading a wait; this ticks once a second. */
	struct epoll_event ev = { .events = EPOLLIN };
	struct itimerspec every = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };
	uint64_t i;

	cl.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	cl.ep = epoll_create1(EPOLL_CLOEXEC);
	if (cl.timer < 0 || cl.ep < 0 || timerfd_settime(cl.timer, 0, &every, NULL) ||
	    epoll_ctl(cl.ep, EPOLL_CTL_ADD, cl.timer, &ev))
		fail("set up epoll: %s", strerror(errno));
	if (getrandom(&cl.random, sizeof(cl.random), 0) != sizeof(cl.random))
		fail("get random bytes: %s", strerror(errno));
	cl.random |= 1;
	cl.frame = xrealloc(NULL, (opt.size > 125 ? opt.size : 125) + 14);
	cl.conns = xrealloc(NULL, opt.conns * sizeof(*cl.conns));
	cl.queue = xrealloc(NULL, opt.conns * sizeof(*cl.queue));
	for (i = 0; i < opt.conns; i++)
		cl.conns[i] = (struct conn){
			.fd = -1,
			.sent_at = xrealloc(NULL, opt.pipeline * sizeof(uint64_t)),
		};
	cl.ai = resolve(0);
}

/* The connections that have ended will be opened anew. */
static void client_again(void)
{
	for (uint64_t i = 0; i < opt.conns; i++) {
		struct conn *c = &cl.conns[i];

		*c = (struct conn){ .fd = -1,
				    .in.p = c->in.p,
				    .in.cap = c->in.cap,
				    .out.p = c->out.p,
				    .out.cap = c->out.cap,
				    .sent_at = c->sent_at };
	}
	cl.phase = PH_OPEN;
	cl.started = cl.opened = cl.finished = cl.ended = 0;
}

/* Opens all connections, talks on them, holds and closes them. What the talk took is added up. */
static void client_round(uint64_t *ns, uint64_t *cpu)
{
	static const uint8_t normal[2] = { 1000 >> 8, 1000 & 0xff };
	uint64_t sent = cl.sent, before, i;

	client_run(&cl.opened, opt.conns, UINT64_MAX);

	before = cpu_us();
	cl.sent = 0; /* the rate is counted from here */
	cl.now = cl.run_start = clock_ns();
	cl.phase = PH_RUN;
	for (i = 0; i < opt.conns; i++)
		client_update(&cl.conns[i]);
	client_run(&cl.finished, opt.conns, UINT64_MAX);
	*ns += clock_ns() - cl.run_start;
	*cpu += cpu_us() - before;
	cl.sent += sent;

	cl.phase = PH_HOLD;
	if (opt.hold) {
		signal(SIGTERM, on_term);
		fprintf(stderr, "wsload: holding %lu connections\n", opt.conns);
		client_run(&cl.ended, opt.conns, clock_ns() + opt.hold * SEC_NS);
		signal(SIGTERM, SIG_DFL);
	}
	cl.phase = PH_CLOSE;
	for (i = 0; i < opt.conns; i++) {
		client_frame(&cl.conns[i], FIN | OP_CLOSE, normal, sizeof(normal));
		cl.conns[i].state = ST_CLOSING;
		client_update(&cl.conns[i]);
	}
	client_run(&cl.ended, opt.conns, UINT64_MAX);
}

int client_main(void)
{
	uint64_t i, ns = 0, cpu = 0;

	client_init();
	for (i = 0; i < opt.rounds; i++) {
		if (i)
			client_again();
		client_round(&ns, &cpu);
	}
	client_report(ns / 1e9, cpu);

	for (i = 0; i < opt.conns; i++)
		conn_free(&cl.conns[i]);
	freeaddrinfo(cl.ai);
	free(cl.conns);
	free(cl.queue);
	free(cl.frame);
	return 0;
}
