// SPDX-License-Identifier: GPL-2.0-only
/* WebSocket (RFC 6455) server and load generator for the tests and the benchmark. */
#define _GNU_SOURCE
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX	(16u << 20)
#define HEAD_MAX	8192
#define EVENTS		256
#define CONNECTING_MAX	128	/* handshakes at a time: spares the listen backlog */
#define SEC_NS		1000000000ull
#define HIST_SUB	32	/* slots per power of two: latency is right to 3 % */
#define HIST_SLOTS	(60 * HIST_SUB)

enum { OP_CONT, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG, FIN = 0x80 };
enum mode { MODE_ECHO, MODE_SINK, MODE_SOURCE };
enum state { ST_CONNECTING, ST_HEAD, ST_OPEN, ST_CLOSING, ST_ENDING, ST_ENDED };

struct buf {
	uint8_t *p;
	size_t off, len, cap;	/* data is p[off..len) */
};

struct frame {
	uint8_t b0, key[4], *payload;
	size_t len;
};

struct conn {
	int fd;
	enum state state;
	uint32_t events;	/* what epoll watches for */
	struct buf in, out;
	size_t need;		/* bytes of the frame that is only partly in */
	struct conn *next, **link;	/* server: the worker's list */
	char accept[29];	/* client: the Sec-WebSocket-Accept to come */
	bool queued, finished;
	uint64_t sent, got, *sent_at;
	size_t matched;		/* bytes of the message under way that were right */
};

static struct {
	bool client, json, binary;
	enum mode mode;
	const char *host, *path;
	uint64_t port, threads, conns, size, count, rate, pipeline, ping_every, hold, timeout;
	size_t nheaders;
	char headers[4096];
} opt = {
	.host = "127.0.0.1", .path = "/", .threads = 1, .conns = 1, .size = 64, .count = 1000,
	.pipeline = 1, .timeout = 10,
};

static uint8_t *text;		/* messages are windows of this: message n starts at n % 26 */

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("wsload: cannot ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SEC_NS + ts.tv_nsec;
}

static uint64_t cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000ull + ru.ru_utime.tv_usec +
	       ru.ru_stime.tv_usec;
}

static void *xrealloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		fail("allocate %zu bytes: out of memory", size);
	return p;
}

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

static bool buf_empty(const struct buf *b)
{
	return b->off == b->len;
}

/* Sends what waits in @c->out. 0 (perhaps with a rest) or -errno. */
static int conn_flush(struct conn *c)
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

/* One send() call when the socket takes it all; the rest waits in @c->out. 0 or -errno. */
static int conn_send(struct conn *c, const void *data, size_t len)
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

/* Bytes read, 0 at the end of the stream, or -errno. */
static ssize_t conn_read(struct conn *c)
{
	struct buf *b = &c->in;
	ssize_t n;

	if (buf_empty(b))
		b->off = b->len = 0;
	if (b->cap == b->len || b->cap - b->off < c->need)
		buf_reserve(b, c->need > 2048 ? c->need :
			    b->cap < HEAD_MAX ? b->cap + 2048 : b->cap);
	n = recv(c->fd, b->p + b->len, b->cap - b->len, 0);
	if (n < 0)
		return -errno;
	b->len += n;
	return n;
}

static void conn_watch(struct conn *c, int ep, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (c->events == events)
		return;
	if (epoll_ctl(ep, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &ev))
		fail("watch a socket: %s", strerror(errno));
	c->events = events;
}

static void conn_free(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in.p);
	free(c->out.p);
	free(c->sent_at);
}

static void mask_copy(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t key[4])
{
	uint64_t word, key8;
	size_t i = 0;

	memcpy(&key8, key, 4);
	memcpy((uint8_t *)&key8 + 4, key, 4);
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, src + i, 8);
		word ^= key8;
		memcpy(dst + i, &word, 8);
	}
	for (; i < len; i++)
		dst[i] = src[i] ^ key[i & 3];
}

/* RFC 6455, 5.2. Writes at most 14 bytes; @key is NULL for an unmasked frame. */
static size_t put_header(uint8_t *h, uint8_t b0, uint64_t len, const uint8_t *key)
{
	unsigned int n = 2, wide = len < 126 ? 0 : len < 65536 ? 2 : 8;

	h[0] = b0;
	h[1] = (wide == 8 ? 127 : wide ? 126 : len) | (key ? 0x80 : 0);
	while (wide)
		h[n++] = len >> 8 * --wide;
	if (key) {
		memcpy(h + n, key, 4);
		n += 4;
	}
	return n;
}

/*
 * Takes one whole frame out of @c->in: 1 with @f filled (the payload is valid until the next
 * conn_read()), 0 when more bytes are needed, or the close code that a bad frame deserves.
 */
static int conn_frame(struct conn *c, bool masked, struct frame *f)
{
	uint8_t *p = c->in.p + c->in.off;
	size_t have = c->in.len - c->in.off, head = 2, i, wide;
	uint64_t len;

	c->need = 0;
	if (have < 2)
		return 0;
	f->b0 = p[0];
	len = p[1] & 0x7f;
	wide = len < 126 ? 0 : len == 126 ? 2 : 8;
	if ((p[0] & 0x70) || (p[1] >> 7) != masked)
		return 1002;
	if ((p[0] & 8) && (wide || !(p[0] & FIN)))
		return 1002;
	if (have < head + wide + (masked ? 4 : 0))
		return 0;
	if (wide)
		for (len = 0, i = 0; i < wide; i++)
			len = len << 8 | p[head++];
	if (len > FRAME_MAX)
		return 1009;
	if (masked) {
		memcpy(f->key, p + head, 4);
		head += 4;
	}
	if (have < head + len) {
		c->need = head + len;
		return 0;
	}
	f->payload = p + head;
	f->len = len;
	c->in.off += head + len;
	return 1;
}

/* RFC 6455, 4.2.2, item 5.4: 28 characters and NUL. */
static void accept_key(const char *key, char out[29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, strlen(key), (const uint8_t *)key);
	sha1_update(&sha, strlen(guid), (const uint8_t *)guid);
	sha1_digest(&sha, sizeof(digest), digest);
	base64_encode_raw(out, sizeof(digest), digest);
	out[28] = '\0';
}

/* The value of header @name, or "" when it is missing or longer than @out. */
static const char *head_value(const char *head, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len;
	const char *line = head;

	out[0] = '\0';
	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (strncasecmp(line, name, n) || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		len = strcspn(line, "\r\n");
		while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
			len--;
		if (len < size) {
			memcpy(out, line, len);
			out[len] = '\0';
		}
		break;
	}
	return out;
}

/* Takes the HTTP head out of @c->in: 1 with a string in @head, 0 partial, -1 too long. */
static int conn_head(struct conn *c, char head[HEAD_MAX + 1])
{
	uint8_t *p = c->in.p + c->in.off, *end;
	size_t have = c->in.len - c->in.off, len;

	end = memmem(p, have, "\r\n\r\n", 4);
	len = end ? (size_t)(end - p) + 4 : have;
	if (len > HEAD_MAX || (!end && len == HEAD_MAX))
		return -1;
	if (!end)
		return 0;
	memcpy(head, p, len);
	head[len] = '\0';
	c->in.off += len;
	return 1;
}

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
		snprintf(answer, sizeof(answer), "HTTP/1.1 %s\r\nUpgrade: websocket\r\n"
			 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", status, accept);
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

static struct addrinfo *resolve(int flags)
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

static int server_listen(void)
{
	struct addrinfo *ai = resolve(AI_PASSIVE);
	struct sockaddr_in6 sa;	/* the port is at the same place in sockaddr_in */
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

static int server_main(void)
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

static struct {
	enum { PH_OPEN, PH_RUN, PH_HOLD, PH_CLOSE } phase;
	int ep, timer;
	struct addrinfo *ai;
	struct conn *conns, **queue;	/* queue: a ring of those that may send a message */
	uint64_t queue_head, queued;
	uint64_t started, opened, finished, ended;	/* connections */
	uint64_t sent, got, pings, pongs;
	uint64_t now, heard, run_start, random;	/* heard: when the server last spoke */
	uint64_t hist[HIST_SLOTS], hist_max;
	uint8_t *frame;
} cl;

static unsigned int hist_slot(uint64_t v)
{
	unsigned int shift = v < HIST_SUB ? 0 : 63 - __builtin_clzll(v) - 5;

	return shift * HIST_SUB + (v >> shift);
}

/* The upper edge, in ns, of the slot that holds the @permille-th of the latencies. */
static uint64_t hist_quantile(unsigned int permille)
{
	uint64_t total = 0, seen = 0, edge;
	unsigned int i;

	for (i = 0; i < HIST_SLOTS; i++)
		total += cl.hist[i];
	for (i = 0; i < HIST_SLOTS && total; i++) {
		seen += cl.hist[i];
		if (seen * 1000 < total * permille || !seen)
			continue;
		edge = i;
		if (i >= 2 * HIST_SUB)
			edge = (i % HIST_SUB + HIST_SUB + 1ull) << (i / HIST_SUB - 1);
		return edge < cl.hist_max ? edge : cl.hist_max;
	}
	return 0;
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
	n = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\n"
		     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
		     "Sec-WebSocket-Version: 13\r\n%s\r\n", opt.path, v6 ? "[" : "", opt.host,
		     v6 ? "]" : "", (unsigned int)opt.port, key, opt.headers);
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
			cl.hist[hist_slot(ns)]++;
			cl.hist_max = ns > cl.hist_max ? ns : cl.hist_max;
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

/* Serves the sockets until *@counter is @target or until time @end. */
static void client_run(const uint64_t *counter, uint64_t target, uint64_t end)
{
	struct epoll_event ev[EVENTS];
	struct timespec ts;
	bool idle, spoke;
	uint64_t sent, ticks;
	int i, n;

	cl.now = cl.heard = clock_ns();
	while (*counter < target && cl.now < end) {
		while (cl.started < opt.conns && cl.started - cl.opened < CONNECTING_MAX)
			client_connect(&cl.conns[cl.started++]);
		n = epoll_pwait2(cl.ep, ev, EVENTS, client_wait(end, &ts), NULL);
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
	double msgs = opt.mode == MODE_SOURCE ? cl.got : cl.sent, per_msg = msgs ? cpu / msgs : 0;
	double rate = msgs ? msgs / seconds : 0, p50 = hist_quantile(500) / 1e3;
	double p90 = hist_quantile(900) / 1e3, p99 = hist_quantile(990) / 1e3;

	if (opt.json)
		printf("{\"conns\":%lu,\"messages\":%.0f,\"bytes\":%.0f,\"seconds\":%.6f,"
		       "\"msgs_per_s\":%.1f,\"cpu_us\":%lu,\"cpu_us_per_msg\":%.3f,\"pings\":%lu,"
		       "\"pongs\":%lu,\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
		       "\"max\":%.1f}}\n", opt.conns, msgs, msgs * opt.size, seconds, rate, cpu,
		       per_msg, cl.pings, cl.pongs, p50, p90, p99, cl.hist_max / 1e3);
	else
		printf("connections %lu, messages %.0f, bytes %.0f, seconds %.3f, msgs/s %.0f\n"
		       "cpu %lu us, %.3f us a message; pings %lu, pongs %lu\n"
		       "latency us: p50 %.1f, p90 %.1f, p99 %.1f, max %.1f\n", opt.conns, msgs,
		       msgs * opt.size, seconds, rate, cpu, per_msg, cl.pings, cl.pongs, p50, p90,
		       p99, cl.hist_max / 1e3);
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
			.fd = -1, .sent_at = xrealloc(NULL, opt.pipeline * sizeof(uint64_t)),
		};
	cl.ai = resolve(0);
}

static int client_main(void)
{
	static const uint8_t normal[2] = { 1000 >> 8, 1000 & 0xff };
	uint64_t i, ns, cpu;

	client_init();
	client_run(&cl.opened, opt.conns, UINT64_MAX);

	cpu = cpu_us();
	cl.now = cl.run_start = clock_ns();
	cl.phase = PH_RUN;
	for (i = 0; i < opt.conns; i++)
		client_update(&cl.conns[i]);
	client_run(&cl.finished, opt.conns, UINT64_MAX);
	ns = clock_ns() - cl.run_start;
	cpu = cpu_us() - cpu;

	cl.phase = PH_HOLD;
	if (opt.hold)
		client_run(&cl.ended, opt.conns, clock_ns() + opt.hold * SEC_NS);
	cl.phase = PH_CLOSE;
	for (i = 0; i < opt.conns; i++) {
		client_frame(&cl.conns[i], FIN | OP_CLOSE, normal, sizeof(normal));
		cl.conns[i].state = ST_CLOSING;
		client_update(&cl.conns[i]);
	}
	client_run(&cl.ended, opt.conns, UINT64_MAX);
	client_report(ns / 1e9, cpu);

	for (i = 0; i < opt.conns; i++)
		conn_free(&cl.conns[i]);
	freeaddrinfo(cl.ai);
	free(cl.conns);
	free(cl.queue);
	free(cl.frame);
	return 0;
}

static void parse_number(struct argp_state *state, const char *arg, const char *name, uint64_t min,
			 uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(arg, &end, 10);
	if (!isdigit((unsigned char)*arg) || *end || errno || *value < min || *value > max)
		argp_error(state, "--%s %s: not a number from %lu to %lu", name, arg, min, max);
}

static void parse_header(struct argp_state *state, const char *arg)
{
	size_t len = strlen(arg);

	if (!strchr(arg, ':') || *arg == ':' || strpbrk(arg, "\r\n"))
		argp_error(state, "--header %s: not of the form 'Name: value'", arg);
	if (opt.nheaders + len + 3 > sizeof(opt.headers))
		argp_error(state, "--header: over %zu bytes of headers", sizeof(opt.headers));
	opt.nheaders += sprintf(opt.headers + opt.nheaders, "%s\r\n", arg);
}

static enum mode parse_mode(struct argp_state *state, const char *arg)
{
	static const char *const names[] = { "echo", "sink", "source" };
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(arg, names[i]))
			return i;
	argp_error(state, "--mode %s: not echo, sink or source", arg);
	return MODE_ECHO;
}

#define NUM(name, key, arg, what) { name, key, arg, 0, what, 0 }
#define MODE(what) { "mode", 'm', "MODE", 0, what, 0 }

static const struct argp_option server_options[] = {
	NUM("port", 'p', "P", "port to listen on (0, the default: the kernel picks one)"),
	{ "address", 'a', "A", 0, "address to listen on (127.0.0.1)", 0 },
	NUM("threads", 't', "N", "threads (1)"),
	MODE("echo (default), sink: read only, source: send without end"),
	NUM("size", 's', "BYTES", "size of the messages of a source (64)"),
	{ 0 }
};

static const struct argp_option client_options[] = {
	NUM("port", 'p', "P", "port to connect to"),
	{ "host", 'H', "H", 0, "host to connect to (127.0.0.1)", 0 },
	{ "path", 'u', "/x", 0, "path to ask for (/)", 0 },
	{ "header", 'h', "N: V", 0, "one more header in the request; may be repeated", 0 },
	NUM("conns", 'c', "N", "connections (1)"),
	NUM("size", 's', "BYTES", "size of a message (64)"),
	NUM("count", 'n', "N", "messages on each connection (1000)"),
	NUM("rate", 'r', "R", "messages a second in all (0, the default: no limit)"),
	NUM("pipeline", 'k', "K", "messages under way on each connection (1)"),
	NUM("ping-every", 'P', "N", "one ping after every N messages (0, the default: none)"),
	NUM("hold", 'l', "SEC", "keep the connections open for so long before the Close (0)"),
	NUM("timeout", 'T', "SEC", "give up when the server is silent for so long (10)"),
	MODE("what the server does: echo (default), sink, source"),
	{ "binary", 'b', NULL, 0, "binary messages instead of text", 0 },
	{ "json", 'j', NULL, 0, "print one JSON object on one line", 0 },
	{ 0 }
};

static void check_options(struct argp_state *state)
{
	if (!opt.client)
		return;
	if (!opt.port)
		argp_error(state, "--port is needed");
	if (opt.conns * opt.size > 1ull << 30)
		argp_error(state, "--conns times --size is over 1 GiB");
	if (opt.conns * opt.pipeline > 1 << 22)
		argp_error(state, "--conns times --pipeline is over %d", 1 << 22);
	if (opt.conns * opt.count > 10000000000ull)
		argp_error(state, "--conns times --count is over 10000000000");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p': parse_number(state, arg, "port", opt.client, 65535, &opt.port); break;
	case 't': parse_number(state, arg, "threads", 1, 64, &opt.threads); break;
	case 'c': parse_number(state, arg, "conns", 1, 20000, &opt.conns); break;
	case 's': parse_number(state, arg, "size", 0, FRAME_MAX, &opt.size); break;
	case 'n': parse_number(state, arg, "count", 0, 1000000000, &opt.count); break;
	case 'r': parse_number(state, arg, "rate", 0, 10000000, &opt.rate); break;
	case 'k': parse_number(state, arg, "pipeline", 1, 4096, &opt.pipeline); break;
	case 'P': parse_number(state, arg, "ping-every", 0, 1000000000, &opt.ping_every); break;
	case 'l': parse_number(state, arg, "hold", 0, 3600, &opt.hold); break;
	case 'T': parse_number(state, arg, "timeout", 2, 600, &opt.timeout); break;
	case 'm': opt.mode = parse_mode(state, arg); break;
	case 'h': parse_header(state, arg); break;
	case 'a':
	case 'H': opt.host = arg; break;
	case 'b': opt.binary = true; break;
	case 'j': opt.json = true; break;
	case 'u':
		if (*arg != '/' || strlen(arg) > 1024 || strpbrk(arg, " \t\r\n"))
			argp_error(state, "--path %s: not a path", arg);
		opt.path = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected '%s'", arg);
		break;
	case ARGP_KEY_END:
		check_options(state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp server = { server_options, parse_option, NULL,
		"WebSocket server; SIGTERM ends it and prints its counts.", NULL, NULL, NULL };
	static const struct argp client = { client_options, parse_option, NULL,
		"WebSocket load generator.", NULL, NULL, NULL };
	struct rlimit files;
	size_t i;
	int err;

	opt.client = argc > 1 && !strcmp(argv[1], "client");
	if (argc < 2 || (!opt.client && strcmp(argv[1], "server"))) {
		fputs("Usage: wsload server|client [OPTION...]\n"
		      "`wsload server --help' and `wsload client --help' say more.\n", stderr);
		return 2;
	}
	argp_err_exit_status = 2;
	argv[1] = opt.client ? "wsload client" : "wsload server";
	argp_parse(opt.client ? &client : &server, argc - 1, argv + 1, 0, NULL, NULL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	text = xrealloc(NULL, opt.size + 26);
	for (i = 0; i < opt.size + 26; i++)
		text[i] = 'a' + i % 26;
	err = opt.client ? client_main() : server_main();
	free(text);
	return err;
}
