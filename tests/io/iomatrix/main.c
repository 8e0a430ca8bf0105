// SPDX-License-Identifier: GPL-2.0-only
/*
 * iomatrix [-p PORT] SHAPE | --list: see iomatrix.h. On stdout one JSON object a frame, in the
 * order of each direction; "repeat" stands for as many equal ones, one behind the other.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "iomatrix.h"

uint16_t im_port = 9588;
static const char *shape_name = "?";
static uint64_t seed = 88172645463325252ULL;

void im_die(const char *what)
{
	fprintf(stderr, "iomatrix: %s: %s: %s\n", shape_name, what, strerror(errno));
	exit(1);
}

void im_skip(const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	printf("{\"shape\":\"%s\",\"skip\":\"%s\"}\n", shape_name, why);
	exit(IM_SKIP);
}

uint64_t im_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct im_frame *new_frame(struct im_stream *s)
{
	if (s->n == s->n_room) {
		s->n_room = s->n_room ? 2 * s->n_room : 64;
		s->f = realloc(s->f, s->n_room * sizeof(*s->f));
	}
	return memset(&s->f[s->n++], 0, sizeof(*s->f));
}

void im_add(struct im_stream *s, uint8_t b0, uint64_t len)
{
	struct im_frame *f = new_frame(s);
	unsigned char h[14];
	int n = 2;

	f->b0 = h[0] = b0;
	f->len = len;
	f->offset = s->len;
	f->masked = s->c2s;
	h[1] = len < 126 ? len : len < 65536 ? 126 : 127;
	if (h[1] == 126) {
		h[n++] = len >> 8;
		h[n++] = len;
	} else if (h[1] == 127) {
		for (int i = 56; i >= 0; i -= 8)
			h[n++] = len >> i;
	}
	if (s->c2s) {
		h[1] |= 0x80;
		f->mask = im_random() >> 20;
		memcpy(h + n, &f->mask, 4);
		n += 4;
	}
	f->hdr_len = n;
	if (s->len + n + len > s->room) {
		s->room = 2 * (s->len + n + len) + 4096;
		s->data = realloc(s->data, s->room);
	}
	memcpy(s->data + s->len, h, n);
	s->len += n;
	for (uint64_t i = 0; i < len; i++)
		s->data[s->len + i] = im_random() >> 13;
	s->len += len;
}

void im_build_mixed(struct im_stream *s)
{
	static const int lens[] = { 0,	 1,    2,    5,	    124,   125,	  126, 127,   128,
				    300, 1000, 4096, 65535, 65536, 70000, 3,   20000, 150 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		im_add(s, 0x81 + i % 2, lens[i]);
		if (i % 4 == 0)
			im_add(s, i % 8 ? 0x8a : 0x89, i * 7 % 126);
		if (i % 3 == 0) {
			im_add(s, 0x41, lens[i] / 2); /* RSV1: permessage-deflate */
			im_add(s, 0x89, 4);
			im_add(s, 0x00, 7);
			im_add(s, 0x80, i);
		}
	}
}

void im_build_small(struct im_stream *s)
{
	static const int lens[] = { 0, 1, 2, 5, 125, 126, 127, 200, 0, 0, 3 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		im_add(s, 0x81 + i % 2, lens[i]);
		im_add(s, 0x89, i);
	}
}

void im_build_10k(struct im_stream *s)
{
	for (int i = 0; i < 10000; i++)
		im_add(s, 0x89, 0);
}

void im_build_empty(struct im_stream *s, int n)
{
	while (!s->c2s && n--)
		im_add(s, 0x82, 0);
}

void im_build_32k(struct im_stream *s)
{
	im_build_empty(s, 32768);
}

/* Frames that everyone can see: after a gap they show whether and where decoding goes on. */
static void build_tail(struct im_stream *s)
{
	s->body = s->len;
	s->n_body = s->n;
	for (int i = 0; i < 8; i++)
		im_add(s, 0x82, 10 + i);
	im_add(s, 0x88, 2);
	s->data[s->len - 2] = 1000 >> 8;
	s->data[s->len - 1] = 1000 & 0xff;
	if (s->c2s)
		for (int i = 0; i < 2; i++)
			s->data[s->len - 2 + i] ^= ((uint8_t *)&s->f[s->n - 1].mask)[i];
}

/* Builds s->f anew from the bytes that went through. */
static void reparse(struct im_stream *s, const unsigned char *data)
{
	size_t at = 0, len = s->len;

	s->n = 0;
	while (at < len) {
		struct im_frame *f = new_frame(s);
		const unsigned char *p = data + at;
		int n = 2;

		f->offset = at;
		f->b0 = p[0];
		f->masked = p[1] >> 7;
		f->len = p[1] & 0x7f;
		if (f->len >= 126) {
			n += f->len == 126 ? 2 : 8;
			f->len = 0;
			for (int i = 2; i < n; i++)
				f->len = f->len << 8 | p[i];
		}
		if (f->masked) {
			memcpy(&f->mask, p + n, 4);
			n += 4;
		}
		f->hdr_len = n;
		at += n + f->len;
	}
}

void im_write_all(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t done = IM_CHECK(write(fd, p, n));

		p = (const char *)p + done;
		n -= done;
	}
}

/* A sockmap says EAGAIN where the socket blocks; one time in sixty it loses the bytes for good. */
static ssize_t patient_recv(int fd, void *p, size_t n, int flags)
{
	for (int i = 0; i < 200; i++) {
		ssize_t done = recv(fd, p, n, flags);

		if (done >= 0 || errno != EAGAIN)
			return IM_CHECK(done);
		usleep(10000);
	}
	im_skip("the kernel lost bytes in the sockmap");
}

void im_read_all(int fd, void *p, size_t n)
{
	while (n) {
		ssize_t done = read(fd, p, n);

		if (done < 0)
			done = patient_recv(fd, p, n, 0);
		if (!done)
			im_die("end of stream");
		p = (char *)p + done;
		n -= done;
	}
}

void im_recv_exact(int fd, void *p, size_t n)
{
	if (patient_recv(fd, p, n, MSG_WAITALL) != (ssize_t)n)
		im_die("recv(MSG_WAITALL)");
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int im_listen(int protocol)
{
	struct sockaddr_in a = loopback(im_port);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0 && protocol)
		im_skip("no such sockets: %s", strerror(errno));
	IM_CHECK(fd);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	IM_CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	IM_CHECK(listen(fd, 16));
	return fd;
}

struct im_pair im_connect(int lfd, int protocol, uint16_t cport)
{
	struct sockaddr_in a = loopback(im_port), c = loopback(cport);
	socklen_t len = sizeof(c);
	struct im_pair p;
	int one = 1;

	p.fd[0] = IM_CHECK(socket(AF_INET, SOCK_STREAM, protocol));
	setsockopt(p.fd[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (cport) {
		setsockopt(p.fd[0], SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		/* Another process's connection may have the port for a moment. */
		for (int i = 0; bind(p.fd[0], (struct sockaddr *)&c, sizeof(c)); i++) {
			if (i == 100)
				im_die("bind");
			usleep(20000);
		}
	}
	IM_CHECK(connect(p.fd[0], (struct sockaddr *)&a, sizeof(a)));
	p.fd[1] = IM_CHECK(accept(lfd, NULL, NULL));
	setsockopt(p.fd[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	IM_CHECK(getsockname(p.fd[0], (struct sockaddr *)&c, &len));
	p.cport = ntohs(c.sin_port);
	return p;
}

static const char request[] = "GET /iomatrix HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
			      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const char response[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			       "Connection: Upgrade\r\n"
			       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

void im_upgrade(const struct im_pair *p)
{
	char buf[512];

	im_write_all(p->fd[0], request, sizeof(request) - 1);
	im_read_all(p->fd[1], buf, sizeof(request) - 1);
	im_write_all(p->fd[1], response, sizeof(response) - 1);
	im_read_all(p->fd[0], buf, sizeof(response) - 1);
}

void im_streams(const struct im_shape *shape, struct im_stream s[2])
{
	for (int dir = 0; dir < 2; dir++) {
		memset(&s[dir], 0, sizeof(s[dir]));
		s[dir].c2s = !dir;
		(shape->build ? shape->build : im_build_mixed)(&s[dir]);
		build_tail(&s[dir]);
	}
}

unsigned char *im_trap(size_t n, bool c2s)
{
	static const unsigned char bait[2][6] = { { 0x82, 0x80, 1, 2, 3, 4 }, { 0x82, 0 } };
	size_t side = n < 1 << 20 ? n + 8192 : 1 << 20, all = n + 2 * side;
	int unit = c2s ? 6 : 2;
	unsigned char *p = malloc(all);

	for (size_t i = 0; i < all; i++)
		p[i] = bait[!c2s][(i + all - side % unit) % unit];
	return p + side;
}

struct receiver {
	const struct im_shape *shape;
	struct im_stream *s;
	unsigned char *to;
	int fd;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;
	struct im_stream *s = r->s;

	if (r->shape->recv)
		r->shape->recv(r->fd, s, r->to);
	else
		im_read_all(r->fd, r->to, s->body);
	for (int i = s->n_body; i < s->n; i++)
		im_recv_exact(r->fd, r->to + s->f[i].offset, s->f[i].hdr_len + s->f[i].len);
	return NULL;
}

void im_transfer(const struct im_shape *shape, const struct im_pair *p, struct im_stream *s)
{
	struct receiver r = { shape, s, im_trap(s->len, s->c2s), p->fd[s->c2s] };
	int fd = p->fd[!s->c2s];
	pthread_t peer;

	pthread_create(&peer, NULL, receive, &r);
	if (shape->send)
		shape->send(fd, s);
	else
		im_write_all(fd, s->data, s->body);
	for (int i = s->n_body; i < s->n; i++)
		im_write_all(fd, s->data + s->f[i].offset, s->f[i].hdr_len + s->f[i].len);
	pthread_join(peer, NULL);
	if (s->reordered)
		reparse(s, r.to);
	else if (!s->discarded && memcmp(r.to, s->data, s->len)) {
		errno = 0;
		im_die("what arrived is not what was sent");
	}
}

/* Frames like the one at i that follow it at once. */
static int alike(const struct im_stream *s, int i)
{
	int n = 1;

	while (i + n < s->n && !s->f[i].masked && !s->f[i + n].masked &&
	       s->f[i + n].b0 == s->f[i].b0 && s->f[i + n].len == s->f[i].len)
		n++;
	return n;
}

void im_print(const struct im_pair *p, int conn, const struct im_stream *s)
{
	for (int i = 0, n; i < s->n; i += n) {
		const struct im_frame *f = &s->f[i];
		const uint8_t *m = (const uint8_t *)&f->mask;

		n = alike(s, i);

		printf("{\"shape\":\"%s\",\"conn\":%d,\"cport\":%d,\"dir\":\"%s\",\"opcode\":%d,"
		       "\"fin\":%s,\"rsv\":%d,\"masked\":%s,",
		       shape_name, conn, p->cport, s->c2s ? "c2s" : "s2c", f->b0 & 15,
		       f->b0 & 0x80 ? "true" : "false", f->b0 >> 4 & 7,
		       f->masked ? "true" : "false");
		if (f->masked)
			printf("\"mask\":\"%02x%02x%02x%02x\",", m[0], m[1], m[2], m[3]);
		if (n > 1)
			printf("\"repeat\":%d,", n);
		printf("\"len\":%llu,\"hdr_len\":%d,\"offset\":%llu}\n", (unsigned long long)f->len,
		       f->hdr_len, (unsigned long long)f->offset);
	}
}

void im_converse(const struct im_shape *shape, const struct im_pair *p, int conn)
{
	struct im_stream s[2];

	if (shape->prepare)
		for (int i = 0; i < 2; i++)
			shape->prepare(p->fd[i], !i);
	im_upgrade(p);
	im_streams(shape, s);
	for (int dir = 0; dir < 2; dir++) {
		im_transfer(shape, p, &s[dir]);
		im_print(p, conn, &s[dir]);
	}
	close(p->fd[0]);
	close(p->fd[1]);
}

static int run(const struct im_shape *shape)
{
	int lfd;
	struct im_pair p;

	shape_name = shape->name;
	if (shape->run)
		return shape->run(shape);
	lfd = im_listen(0);
	p = im_connect(lfd, 0, 0);
	im_converse(shape, &p, 0);
	return 0;
}

int main(int argc, char **argv)
{
	const struct im_shape *const all[] = { im_sends, im_recvs, im_urings, im_specials,
					       im_opaques };
	const char *name = NULL;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-p") && i + 1 < argc)
			im_port = atoi(argv[++i]);
		else
			name = argv[i];
	}
	if (!name) {
		fprintf(stderr, "usage: iomatrix [-p PORT] SHAPE\n       iomatrix --list\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (const struct im_shape *s = all[i]; s->name; s++) {
			if (!strcmp(name, "--list"))
				puts(s->name);
			else if (!strcmp(name, s->name))
				return run(s);
		}
	}
	if (!strcmp(name, "--list"))
		return 0;
	fprintf(stderr, "iomatrix: no shape '%s'; see --list\n", name);
	return 2;
}
