// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of io_uring, both ends' body through rings. */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "iomatrix.h"

static void ring_init(struct io_uring *ring, unsigned int flags)
{
	int err = io_uring_queue_init(8, ring, flags);

	if (err)
		im_skip("io_uring_setup: %s", strerror(-err));
}

/* Submits the one request that has been prepared; returns its result. */
static int ring_run(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int err = io_uring_submit(ring), res;

	if (err >= 0)
		err = io_uring_wait_cqe(ring, &cqe);
	if (err < 0) {
		errno = -err;
		im_die("io_uring");
	}
	res = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	if (res == -EINVAL || res == -EOPNOTSUPP)
		im_skip("io_uring: %s", strerror(-res));
	if (res < 0) {
		errno = -res;
		im_die("io_uring request");
	}
	return res;
}

enum op { SEND, SENDMSG, WRITE, SEND_ZC, RECV, RECVMSG, READ };

static int ring_move(struct io_uring *ring, enum op op, int fd, unsigned char *p, size_t n,
		     unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct iovec v[3] = { { p, n / 3 }, { NULL, 0 }, { p + n / 3, n - n / 3 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 3 };

	switch (op) {
	case SEND:
		io_uring_prep_send(sqe, fd, p, n, 0);
		break;
	case SENDMSG:
		io_uring_prep_sendmsg(sqe, fd, &m, 0);
		break;
	case WRITE:
		io_uring_prep_write(sqe, fd, p, n, 0);
		break;
	case SEND_ZC:
		io_uring_prep_send_zc(sqe, fd, p, n, 0, 0);
		break;
	case RECV:
		io_uring_prep_recv(sqe, fd, p, n, 0);
		break;
	case RECVMSG:
		io_uring_prep_recvmsg(sqe, fd, &m, 0);
		break;
	case READ:
		io_uring_prep_read(sqe, fd, p, n, 0);
		break;
	}
	sqe->flags |= sqe_flags;
	return ring_run(ring);
}

static void send_body(int fd, struct im_stream *s, enum op op, unsigned int ring_flags,
		      unsigned int sqe_flags)
{
	struct io_uring ring;

	ring_init(&ring, ring_flags);
	for (int i = 0; i < s->n_body; i++) {
		struct im_frame *f = &s->f[i];

		for (size_t at = 0, end = f->hdr_len + f->len; at < end;)
			at += ring_move(&ring, op, fd, s->data + f->offset + at, end - at,
					sqe_flags);
	}
	io_uring_queue_exit(&ring);
}

static void recv_body(int fd, struct im_stream *s, unsigned char *to, enum op op,
		      unsigned int ring_flags, unsigned int sqe_flags)
{
	struct io_uring ring;

	ring_init(&ring, ring_flags);
	for (size_t at = 0; at < s->body;)
		at += ring_move(&ring, op, fd, to + at, s->body - at < 3000 ? s->body - at : 3000,
				sqe_flags);
	io_uring_queue_exit(&ring);
}

#define SENDER(name, op, ring_flags, sqe_flags)              \
	static void name(int fd, struct im_stream *s)        \
	{                                                    \
		send_body(fd, s, op, ring_flags, sqe_flags); \
	}
#define RECEIVER(name, op, ring_flags, sqe_flags)                        \
	static void name(int fd, struct im_stream *s, unsigned char *to) \
	{                                                                \
		recv_body(fd, s, to, op, ring_flags, sqe_flags);         \
	}

SENDER(by_send, SEND, 0, 0)
SENDER(by_sendmsg, SENDMSG, 0, 0)
SENDER(by_write, WRITE, 0, 0)
SENDER(by_worker_send, SEND, 0, IOSQE_ASYNC)
SENDER(by_sqpoll_send, SEND, IORING_SETUP_SQPOLL, 0)
RECEIVER(by_recv, RECV, 0, 0)
RECEIVER(by_recvmsg, RECVMSG, 0, 0)
RECEIVER(by_read, READ, 0, 0)
RECEIVER(by_worker_recv, RECV, 0, IOSQE_ASYNC)
RECEIVER(by_sqpoll_recv, RECV, IORING_SETUP_SQPOLL, 0)

static void by_send_zc(int fd, struct im_stream *s)
{
	struct io_uring_probe *probe = io_uring_get_probe();
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	if (!probe || !io_uring_opcode_supported(probe, IORING_OP_SEND_ZC))
		im_skip("no IORING_OP_SEND_ZC");
	ring_init(&ring, 0);
	for (int i = 0; i < s->n_body; i++) {
		struct im_frame *f = &s->f[i];

		for (size_t at = 0, end = f->hdr_len + f->len; at < end;) {
			at += ring_move(&ring, SEND_ZC, fd, s->data + f->offset + at, end - at, 0);
			if (!io_uring_wait_cqe(&ring, &cqe)) /* the notification */
				io_uring_cqe_seen(&ring, cqe);
		}
	}
	io_uring_queue_exit(&ring);
}

/*
 * The receive is armed, and happens while its task is in an unrelated read(): whoever trusts the
 * registers takes that read's buffer for the socket's bytes.
 */
static void by_late_recv(int fd, struct im_stream *s, unsigned char *to)
{
	unsigned char *trap = im_trap(65536, s->c2s);
	struct io_uring ring;
	int p[2];

	ring_init(&ring, 0);
	IM_CHECK(pipe(p));
	for (size_t at = 0; at < s->body;) {
		size_t n = s->body - at < 3000 ? s->body - at : 3000;
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct io_uring_cqe *cqe = NULL;

		io_uring_prep_recv(sqe, fd, to + at, n, 0);
		io_uring_submit(&ring);
		while (io_uring_peek_cqe(&ring, &cqe)) {
			IM_CHECK(write(p[1], "x", 1));
			IM_CHECK(read(p[0], trap, 65536));
			trap[0] = 0x82;
		}
		if (cqe->res <= 0)
			im_die("io_uring recv");
		at += cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
	close(p[0]);
	close(p[1]);
}

/* Slow enough for the receiver to wait before every piece. */
static void slowly(int fd, struct im_stream *s)
{
	for (int i = 0; i < s->n_body; i++) {
		usleep(1000);
		im_write_all(fd, s->data + s->f[i].offset, s->f[i].hdr_len + s->f[i].len);
	}
	usleep(1000);
}

const struct im_shape im_urings[] = {
	{ "uring-send", .send = by_send },
	{ "uring-sendmsg", .send = by_sendmsg },
	{ "uring-write", .send = by_write },
	{ "uring-send-zc", .send = by_send_zc },
	{ "uring-send-worker", .send = by_worker_send },
	{ "uring-send-sqpoll", .send = by_sqpoll_send },
	{ "uring-recv", .recv = by_recv, .send = slowly },
	{ "uring-recvmsg", .recv = by_recvmsg, .send = slowly },
	{ "uring-read", .recv = by_read, .send = slowly },
	{ "uring-recv-worker", .recv = by_worker_recv, .send = slowly },
	{ "uring-recv-sqpoll", .recv = by_sqpoll_recv, .send = slowly },
	{ "uring-recv-late", .recv = by_late_recv, .send = slowly },
	{ 0 },
};
