// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of connections, processes and threads. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "iomatrix.h"

static void send_frame(int fd, struct im_stream *s, int i)
{
	im_write_all(fd, s->data + s->f[i].offset, s->f[i].hdr_len + s->f[i].len);
}

static void send_frames(int fd, struct im_stream *s, int from, int to)
{
	for (int i = from; i < to; i++)
		send_frame(fd, s, i);
}

/* Two threads; the semaphores make it turns, without them it is a race. */
struct sender {
	struct im_stream *s;
	int fd, first;
	sem_t *mine, *theirs;
	pthread_barrier_t *together;
};

static void *send_every_other(void *arg)
{
	struct sender *t = arg;

	pthread_barrier_wait(t->together);
	for (int i = t->first; i < t->s->n_body; i += 2) {
		if (t->mine)
			sem_wait(t->mine);
		send_frame(t->fd, t->s, i);
		if (t->mine)
			sem_post(t->theirs);
	}
	return NULL;
}

static void two_threads(int fd, struct im_stream *s, bool turns)
{
	sem_t sem[2];
	pthread_barrier_t together;
	struct sender t[2] = { { s, fd, 0, &sem[0], &sem[1], &together },
			       { s, fd, 1, &sem[1], &sem[0], &together } };
	pthread_t other;

	pthread_barrier_init(&together, NULL, 2);

	sem_init(&sem[0], 0, 1);
	sem_init(&sem[1], 0, 0);
	if (!turns)
		t[0].mine = t[1].mine = NULL;
	pthread_create(&other, NULL, send_every_other, &t[1]);
	send_every_other(&t[0]);
	pthread_join(other, NULL);
}

static void in_turn(int fd, struct im_stream *s)
{
	two_threads(fd, s, true);
}

static void racing(int fd, struct im_stream *s)
{
	two_threads(fd, s, false);
}

/* What came is the order that it went. */
static void as_it_comes(int fd, struct im_stream *s, unsigned char *to)
{
	im_read_all(fd, to, s->body);
	s->reordered = true;
}

static void build_race(struct im_stream *s)
{
	for (int i = 0; i < 4000; i++)
		im_add(s, 0x82, im_random() % 300);
}

static void by_dup(int fd, struct im_stream *s)
{
	int other = IM_CHECK(dup(fd));

	send_frames(fd, s, 0, s->n_body / 2);
	send_frames(other, s, s->n_body / 2, s->n_body);
	close(other);
}

static void in_child(int fd, struct im_stream *s, int from, int to)
{
	pid_t pid = IM_CHECK(fork());

	if (!pid) {
		send_frames(fd, s, from, to);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void by_fork(int fd, struct im_stream *s)
{
	send_frames(fd, s, 0, s->n_body / 3);
	in_child(fd, s, s->n_body / 3, s->n_body / 2);
	send_frames(fd, s, s->n_body / 2, s->n_body);
}

static void by_fork_mid_frame(int fd, struct im_stream *s)
{
	for (int i = 0; i < s->n_body; i++) {
		unsigned char *p = s->data + s->f[i].offset;
		size_t n = s->f[i].hdr_len + s->f[i].len;
		pid_t pid;

		im_write_all(fd, p, 1);
		pid = IM_CHECK(fork());
		if (!pid) {
			im_write_all(fd, p + 1, n - 1);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void by_scm_rights(int fd, struct im_stream *s)
{
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int way[2], passed;
	pid_t pid;

	IM_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, way));
	send_frames(fd, s, 0, s->n_body / 3);
	pid = IM_CHECK(fork());
	if (!pid) {
		close(fd);
		IM_CHECK(recvmsg(way[1], &m, 0));
		memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
		send_frames(passed, s, s->n_body / 3, s->n_body / 2);
		_exit(0);
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	IM_CHECK(sendmsg(way[0], &m, 0));
	waitpid(pid, NULL, 0);
	send_frames(fd, s, s->n_body / 2, s->n_body);
	close(way[0]);
	close(way[1]);
}

#ifndef MAP_32BIT /* not x86: a 64-bit process can make no 32-bit calls */
#define MAP_32BIT 0
#endif

/* As a 32-bit process calls the kernel: its own system call numbers and its own iovec. */
static long call32(int nr, long a, long b, long c)
{
	long ret;

#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
#else
	(void)nr, (void)a, (void)b, (void)c;
	ret = -1;
#endif
	return (int)ret;
}

static void need_32(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(call32(20, 0, 0, 0) == getpid() ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	if (status)
		im_skip("no 32-bit system calls");
}

static unsigned char *low_copy(const void *p, size_t n)
{
	unsigned char *low = mmap(NULL, n + 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		im_die("mmap");
	return p ? memcpy(low, p, n) : low;
}

static void by_call32(int fd, struct im_stream *s)
{
	unsigned char *low = low_copy(s->data, s->len);
	uint32_t *v = (uint32_t *)low_copy(NULL, 64);

	need_32();
	for (int i = 0; i < s->n_body; i++) {
		long at = (long)low + s->f[i].offset, n = s->f[i].hdr_len + s->f[i].len;
		bool vector = i % 2;

		v[0] = at;
		v[1] = 1;
		v[2] = at + 1;
		v[3] = n - 1;
		if ((vector ? call32(146, fd, (long)v, 2) : call32(4, fd, at, n)) != n)
			im_die("32-bit write");
	}
}

static void to_call32(int fd, struct im_stream *s, unsigned char *to)
{
	unsigned char *low = low_copy(NULL, s->len);

	need_32();
	for (size_t at = 0; at < s->body;)
		at += IM_CHECK(call32(3, fd, (long)low + at, s->body - at));
	memcpy(to, low, s->body);
}

static void build_call32(struct im_stream *s)
{
	for (int i = 0; i < 40; i++)
		im_add(s, 0x82, i * 7);
}

static int run_reuseport(const struct im_shape *shape)
{
	int a = im_listen(0), b = im_listen(0);

	for (int i = 0; i < 4; i++) {
		struct sockaddr_in to = { AF_INET, htons(im_port), { htonl(INADDR_LOOPBACK) } }, c;
		socklen_t len = sizeof(c);
		struct im_pair p;

		fcntl(a, F_SETFL, O_NONBLOCK);
		p.fd[0] = IM_CHECK(socket(AF_INET, SOCK_STREAM, 0));
		IM_CHECK(connect(p.fd[0], (struct sockaddr *)&to, sizeof(to)));
		p.fd[1] = accept(a, NULL, NULL);
		if (p.fd[1] < 0)
			p.fd[1] = IM_CHECK(accept(b, NULL, NULL));
		IM_CHECK(getsockname(p.fd[0], (struct sockaddr *)&c, &len));
		p.cport = ntohs(c.sin_port);
		im_converse(shape, &p, i);
	}
	return 0;
}

/* The request goes with the SYN. */
static int run_fastopen(const struct im_shape *shape)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
				      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	static const char response[] = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
				       "Connection: Upgrade\r\n\r\n";
	struct sockaddr_in to = { AF_INET, htons(im_port), { htonl(INADDR_LOOPBACK) } }, c;
	int lfd = im_listen(0), queue = 16, sysctl;
	char buf[512], old[32] = "";

	sysctl = open("/proc/sys/net/ipv4/tcp_fastopen", O_RDWR);
	if (sysctl < 0 || read(sysctl, old, sizeof(old) - 1) < 1)
		im_skip("no tcp_fastopen");
	IM_CHECK(pwrite(sysctl, "519", 3, 0)); /* both ends, without cookies */
	if (setsockopt(lfd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)))
		im_skip("TCP_FASTOPEN: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(c);
		struct im_stream s[2];
		struct im_pair p;

		p.fd[0] = IM_CHECK(socket(AF_INET, SOCK_STREAM, 0));
		IM_CHECK(sendto(p.fd[0], request, sizeof(request) - 1,
				MSG_FASTOPEN | (i ? MSG_DONTWAIT : 0), (struct sockaddr *)&to,
				sizeof(to)));
		p.fd[1] = IM_CHECK(accept(lfd, NULL, NULL));
		IM_CHECK(getsockname(p.fd[0], (struct sockaddr *)&c, &len));
		p.cport = ntohs(c.sin_port);
		im_read_all(p.fd[1], buf, sizeof(request) - 1);
		im_write_all(p.fd[1], response, sizeof(response) - 1);
		im_read_all(p.fd[0], buf, sizeof(response) - 1);
		im_streams(shape, s);
		for (int dir = 0; dir < 2; dir++) {
			im_transfer(shape, &p, &s[dir]);
			im_print(&p, i, &s[dir]);
		}
		close(p.fd[0]);
		close(p.fd[1]);
	}
	IM_CHECK(pwrite(sysctl, old, strlen(old), 0));
	return 0;
}

static void reset(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* The same two addresses and ports, again and again. */
static int run_port_reuse(const struct im_shape *shape)
{
	int lfd = im_listen(0);
	uint16_t cport = 0;

	for (int i = 0; i < 4; i++) {
		struct im_pair p = im_connect(lfd, 0, cport);
		struct im_stream s[2];

		cport = p.cport;
		im_upgrade(&p);
		im_streams(shape, s);
		for (int dir = 0; dir < 2; dir++) {
			im_transfer(shape, &p, &s[dir]);
			im_print(&p, i, &s[dir]);
		}
		reset(p.fd[i % 2]);
		close(p.fd[!(i % 2)]);
	}
	return 0;
}

static int run_rst(const struct im_shape *shape)
{
	int lfd = im_listen(0);
	char buf[8];

	for (int i = 0; i < 2; i++) {
		struct im_pair p = im_connect(lfd, 0, 0);
		struct im_stream s[2];

		im_upgrade(&p);
		im_streams(shape, s);
		for (int dir = 0; dir < 2; dir++) {
			im_transfer(shape, &p, &s[dir]);
			im_print(&p, i, &s[dir]);
		}
		im_write_all(p.fd[i], "\x82\xfe\x01", 3); /* of a header of 4 or 8 */
		im_read_all(p.fd[!i], buf, 3);
		reset(p.fd[i]);
		close(p.fd[!i]);
	}
	return 0;
}

static int run_half_close(const struct im_shape *shape)
{
	int lfd = im_listen(0);
	char byte;

	for (int i = 0; i < 2; i++) {
		struct im_pair p = im_connect(lfd, 0, 0);
		struct im_stream s[2];

		im_upgrade(&p);
		im_streams(shape, s);
		im_transfer(shape, &p, &s[i]);
		im_print(&p, i, &s[i]);
		shutdown(p.fd[i], SHUT_WR);
		if (read(p.fd[!i], &byte, 1))
			im_die("end of file expected");
		im_transfer(shape, &p, &s[!i]);
		im_print(&p, i, &s[!i]);
		close(p.fd[0]);
		close(p.fd[1]);
	}
	return 0;
}

/* The FIN is there when the last bytes are read, in one call with them. */
static void with_fin(int fd, struct im_stream *s)
{
	im_write_all(fd, s->data, s->len);
	shutdown(fd, SHUT_WR);
	s->body = s->len;
	s->n_body = s->n;
}

static void after_fin(int fd, struct im_stream *s, unsigned char *to)
{
	usleep(100000);
	for (size_t at = 0, n; at < s->len; at += n)
		n = IM_CHECK(read(fd, to + at, 65536));
}

/* The same, but the server's end is the one that TCP is done with first. */
static int run_with_fin_server(const struct im_shape *shape)
{
	int lfd = im_listen(0);
	struct im_pair p = im_connect(lfd, 0, 0);
	struct im_stream s[2];

	im_upgrade(&p);
	im_streams(shape, s);
	for (int dir = 1; dir >= 0; dir--) {
		im_transfer(shape, &p, &s[dir]);
		im_print(&p, 0, &s[dir]);
	}
	return 0;
}

/* A frame of bytes [4 GiB >] size, the payload from a file or a buffer, thrown away when read. */
static int run_huge(uint64_t size, bool from_file)
{
	const size_t mib = 1 << 20;
	int lfd = im_listen(0), file = IM_CHECK(memfd_create("payload", 0));
	struct im_pair p = im_connect(lfd, 0, 0);
	unsigned char *data = calloc(1, mib);
	struct im_stream s[2] = { { .c2s = true } };

	im_write_all(file, data, mib);
	im_upgrade(&p);
	for (int dir = 0; dir < 2; dir++) {
		struct im_stream *t = &s[dir];
		int from = p.fd[dir], to = p.fd[!dir];
		struct im_frame *f;
		pid_t pid;

		im_add(t, 0x89, 5);
		im_add(t, 0x82, 65536);
		f = &t->f[1];
		f->len = size;
		for (int i = 0; i < 8; i++)
			t->data[f->offset + 2 + i] = size >> (56 - 8 * i);
		t->len = f->offset + f->hdr_len;
		fflush(stdout);
		pid = IM_CHECK(fork());
		if (!pid) {
			im_write_all(from, t->data, t->len);
			for (uint64_t left = size; left;) {
				size_t n = left < mib ? left : mib;
				off_t off = 0;

				if (from_file)
					left -= IM_CHECK(sendfile(from, file, &off, n));
				else
					left -= IM_CHECK(write(from, data, n));
			}
			_exit(0);
		}
		im_read_all(to, t->data, t->len);
		for (uint64_t left = size; left;)
			left -= IM_CHECK(recv(to, NULL, left < mib ? left : mib, MSG_TRUNC));
		waitpid(pid, NULL, 0);
		for (int i = 0; i < 4; i++) {
			size_t was = t->len;

			im_add(t, 0x81, i + 1);
			im_write_all(from, t->data + was, t->len - was);
			im_recv_exact(to, t->data + was, t->len - was);
			t->f[t->n - 1].offset += size;
		}
		im_print(&p, 0, t);
	}
	return 0;
}

static int run_1g(const struct im_shape *shape)
{
	(void)shape;
	return run_huge(1ULL << 30, false);
}

static int run_1g_file(const struct im_shape *shape)
{
	(void)shape;
	return run_huge(1ULL << 30, true);
}

static int run_5g_file(const struct im_shape *shape)
{
	(void)shape;
	return run_huge(5ULL << 30, true);
}

/* Frames in the same write as the 101, and in the same read. */
static int run_with_101(const struct im_shape *shape)
{
	static const char response[] = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
				       "Connection: Upgrade\r\n\r\n";
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
				      "Connection: Upgrade\r\n\r\n";
	int lfd = im_listen(0);
	struct im_pair p = im_connect(lfd, 0, 0);
	static unsigned char buf[8192];
	struct im_stream s[2];
	size_t n = sizeof(response) - 1;

	im_streams(shape, s);
	im_write_all(p.fd[0], request, sizeof(request) - 1);
	im_read_all(p.fd[1], buf, sizeof(request) - 1);
	memcpy(buf, response, n);
	memcpy(buf + n, s[1].data, s[1].len);
	im_write_all(p.fd[1], buf, n + s[1].len);
	im_recv_exact(p.fd[0], buf, n + s[1].len);
	im_print(&p, 0, &s[1]);
	im_transfer(shape, &p, &s[0]);
	im_print(&p, 0, &s[0]);
	return 0;
}

const struct im_shape im_specials[] = {
	{ "threads-turns", .send = in_turn },
	{ "threads-race", build_race, racing, as_it_comes },
	{ "dup", .send = by_dup },
	{ "fork", .send = by_fork },
	{ "fork-mid-frame", im_build_small, .send = by_fork_mid_frame },
	{ "scm-rights", .send = by_scm_rights },
	{ "call32", build_call32, by_call32, to_call32 },
	{ "reuseport", im_build_small, .run = run_reuseport },
	{ "fastopen", im_build_small, .run = run_fastopen },
	{ "port-reuse", im_build_small, .run = run_port_reuse },
	{ "rst-in-header", im_build_small, .run = run_rst },
	{ "half-close", im_build_small, .run = run_half_close },
	{ "with-fin", im_build_small, with_fin, after_fin },
	{ "with-fin-server", im_build_small, with_fin, after_fin, NULL, run_with_fin_server },
	{ "with-101", im_build_small, .run = run_with_101 },
	{ "1g", .run = run_1g },
	{ "1g-sendfile", .run = run_1g_file },
	{ "5g-sendfile", .run = run_5g_file },
	{ 0 },
};
