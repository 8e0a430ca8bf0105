// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of receiving. The other end writes plainly. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "iomatrix.h"

#define ROOM 65536

/* Waits until n bytes are there. Returns how many are. */
static size_t await(int fd, size_t n)
{
	int there = 0;

	while (!ioctl(fd, FIONREAD, &there) && there < (int)n)
		usleep(200);
	return there;
}

static size_t some(size_t at, size_t end, size_t most)
{
	return end - at < most ? end - at : most;
}

static void by_read(int fd, struct im_stream *s, unsigned char *to)
{
	for (size_t at = 0; at < s->body;)
		at += IM_CHECK(read(fd, to + at, some(at, s->body, ROOM)));
}

static void by_byte(int fd, struct im_stream *s, unsigned char *to)
{
	for (size_t at = 0; at < s->body; at++)
		im_read_all(fd, to + at, 1);
}

static void by_odd_reads(int fd, struct im_stream *s, unsigned char *to)
{
	for (size_t at = 0; at < s->body;)
		at += IM_CHECK(read(fd, to + at, some(at, s->body, im_random() % 50 + 1)));
}

/* Header and payload apart. */
static void by_two_reads(int fd, struct im_stream *s, unsigned char *to)
{
	for (int i = 0; i < s->n_body; i++) {
		im_read_all(fd, to + s->f[i].offset, s->f[i].hdr_len);
		im_read_all(fd, to + s->f[i].offset + s->f[i].hdr_len, s->f[i].len);
	}
}

static int segments(struct im_stream *s, size_t at, unsigned char *to, struct iovec *v, int n,
		    unsigned int longest)
{
	for (int i = 0; i < n; i++) {
		size_t len = im_random() % 4 ? im_random() % longest + 1 : 0;

		len = some(at, s->body, len);
		v[i] = (struct iovec){ to + at, len };
		at += len;
	}
	return n;
}

static void by_readv(int fd, struct im_stream *s, unsigned char *to)
{
	struct iovec v[1024];

	for (size_t at = 0, call = 0; at < s->body; call++) {
		ssize_t n = readv(fd, v, segments(s, at, to, v, 1024, call % 2 ? 100 : 2));

		at += IM_CHECK(n);
	}
}

static void by_recv(int fd, struct im_stream *s, unsigned char *to)
{
	for (size_t at = 0; at < s->body;)
		at += IM_CHECK(recv(fd, to + at, some(at, s->body, 3000), 0));
}

static void by_recvfrom(int fd, struct im_stream *s, unsigned char *to)
{
	struct sockaddr_storage a;

	for (size_t at = 0; at < s->body;) {
		socklen_t len = sizeof(a);

		at += IM_CHECK(recvfrom(fd, to + at, some(at, s->body, 3000), 0,
					(struct sockaddr *)&a, &len));
	}
}

static void by_recvmsg(int fd, struct im_stream *s, unsigned char *to)
{
	struct iovec v[64];
	char control[64];

	for (size_t at = 0; at < s->body;) {
		struct msghdr m = { .msg_iov = v,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };

		m.msg_iovlen = segments(s, at, to, v, 64, 300);
		at += IM_CHECK(recvmsg(fd, &m, 0));
	}
}

static void by_recvmmsg(int fd, struct im_stream *s, unsigned char *to)
{
	for (size_t at = 0; at < s->body;) {
		struct mmsghdr m[8] = {};
		struct iovec v[8][2];
		/* Short messages would leave holes. */
		size_t place = at, there = some(at, s->body, await(fd, 1));
		int n = 0, done;

		for (; n < 8 && place < at + there; n++) {
			size_t len = some(place, at + there, im_random() % 500 + 2);

			v[n][0] = (struct iovec){ to + place, 1 };
			v[n][1] = (struct iovec){ to + place + 1, len - 1 };
			m[n].msg_hdr.msg_iov = v[n];
			m[n].msg_hdr.msg_iovlen = 2;
			place += len;
		}
		done = IM_CHECK(recvmmsg(fd, m, n, MSG_WAITFORONE, NULL));
		for (int i = 0; i < done; i++)
			at += m[i].msg_len;
	}
}

static void by_peek(int fd, struct im_stream *s, unsigned char *to)
{
	unsigned char *other = im_trap(ROOM, s->c2s);

	for (size_t at = 0; at < s->body;) {
		ssize_t n = IM_CHECK(recv(fd, other, some(at, s->body, 5000), MSG_PEEK));

		n = IM_CHECK(recv(fd, other, some(at, s->body, n / 2 + 1), MSG_PEEK));
		at += IM_CHECK(recv(fd, to + at, n, 0));
	}
}

/* Bytes that the kernel throws away. */
static void discard(int fd, struct im_stream *s, size_t n)
{
	unsigned char *never = im_trap(ROOM, s->c2s);

	while (n)
		n -= IM_CHECK(recv(fd, n % 2 ? NULL : never, n < ROOM ? n : ROOM, MSG_TRUNC));
}

static void by_trunc_payload(int fd, struct im_stream *s, unsigned char *to)
{
	s->discarded = true;
	for (int i = 0; i < s->n_body; i++) {
		im_read_all(fd, to, s->f[i].hdr_len);
		discard(fd, s, s->f[i].len);
	}
}

/* From within one payload to within another, past headers. */
static void across(int fd, struct im_stream *s, unsigned char *to,
		   void (*lose)(int, struct im_stream *, size_t))
{
	int first = s->n_body / 4, last = s->n_body / 2;
	size_t from, until, at;

	s->discarded = true;
	while (s->f[first].len < 100)
		first++;
	while (s->f[last].len < 4000)
		last++;
	from = s->f[first].offset + s->f[first].hdr_len + 50;
	until = s->f[last].offset + s->f[last].hdr_len + s->f[last].len / 2;
	im_read_all(fd, to, from);
	lose(fd, s, until - from);
	for (at = until; at < s->body;)
		at += IM_CHECK(read(fd, to + at, some(at, s->body, 1000)));
}

static void by_trunc_across(int fd, struct im_stream *s, unsigned char *to)
{
	across(fd, s, to, discard);
}

static void splice_away(int fd, struct im_stream *s, size_t n)
{
	int p[2], null = IM_CHECK(open("/dev/null", O_WRONLY));

	(void)s;
	IM_CHECK(pipe(p));
	while (n) {
		ssize_t in = IM_CHECK(splice(fd, NULL, p[1], NULL, n < ROOM ? n : ROOM, 0));

		n -= in;
		while (in)
			in -= IM_CHECK(splice(p[0], NULL, null, NULL, in, 0));
	}
	close(p[0]);
	close(p[1]);
	close(null);
}

static void by_splice_across(int fd, struct im_stream *s, unsigned char *to)
{
	across(fd, s, to, splice_away);
}

static void by_splice_payload(int fd, struct im_stream *s, unsigned char *to)
{
	s->discarded = true;
	for (int i = 0; i < s->n_body; i++) {
		im_read_all(fd, to, s->f[i].hdr_len);
		splice_away(fd, s, s->f[i].len);
	}
}

static void by_waitall(int fd, struct im_stream *s, unsigned char *to)
{
	for (int i = 0; i < s->n_body; i++) {
		im_recv_exact(fd, to + s->f[i].offset, s->f[i].hdr_len);
		im_recv_exact(fd, to + s->f[i].offset + s->f[i].hdr_len, s->f[i].len);
	}
}

/* After shutdown(SHUT_RD) what arrives can still be read. */
static void by_shut_rd(int fd, struct im_stream *s, unsigned char *to)
{
	static bool done[2];

	if (!done[s->c2s])
		shutdown(fd, SHUT_RD);
	done[s->c2s] = true;
	for (size_t at = 0; at < s->body;) {
		await(fd, 1);
		at += IM_CHECK(read(fd, to + at, some(at, s->body, 777)));
	}
	for (int i = s->n_body; i < s->n; i++)
		await(fd, s->f[i].offset + s->f[i].hdr_len + s->f[i].len - s->body);
}

static void by_one_read(int fd, struct im_stream *s, unsigned char *to)
{
	int room = 8 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	im_recv_exact(fd, to, s->body);
}

/* The stream is in the receive queue, whole, before the one read. */
static void by_late_read(int fd, struct im_stream *s, unsigned char *to)
{
	await(fd, s->len);
	if (read(fd, to, s->body) != (ssize_t)s->body)
		im_die("a read that should have got all");
}

static void build_500k(struct im_stream *s)
{
	im_build_empty(s, 500000);
}

static void build_600k(struct im_stream *s)
{
	im_build_empty(s, 600000);
}

const struct im_shape im_recvs[] = {
	{ "read", .recv = by_read },
	{ "read-bytes", im_build_small, .recv = by_byte },
	{ "read-odd", .recv = by_odd_reads },
	{ "read-two", .recv = by_two_reads },
	{ "readv", .recv = by_readv },
	{ "recv", .recv = by_recv },
	{ "recvfrom", .recv = by_recvfrom },
	{ "recvmsg", .recv = by_recvmsg },
	{ "recvmmsg", .recv = by_recvmmsg },
	{ "peek", .recv = by_peek },
	{ "trunc-payload", .recv = by_trunc_payload },
	{ "trunc-across", .recv = by_trunc_across },
	{ "splice-recv-payload", .recv = by_splice_payload },
	{ "splice-recv-across", .recv = by_splice_across },
	{ "waitall", .recv = by_waitall },
	{ "shut-rd", .recv = by_shut_rd },
	{ "read-small-one", im_build_small, .recv = by_late_read },
	{ "read-10k-frames", im_build_10k, .recv = by_one_read },
	{ "read-32k-frames", im_build_32k, .recv = by_one_read },
	{ "read-500k-frames", build_500k, .recv = by_one_read },
	{ "read-600k-frames", build_600k, .recv = by_one_read },
	{ 0 },
};
