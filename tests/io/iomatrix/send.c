// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of sending. The other end reads plainly. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "iomatrix.h"

#define MIB (1 << 20)

/* The loop that most shapes are: one frame after the other. */
#define EACH_FRAME(s, f) for (struct im_frame *f = (s)->f; f < (s)->f + (s)->n_body; f++)

static unsigned char *start(struct im_stream *s, const struct im_frame *f)
{
	return s->data + f->offset;
}

static size_t size(const struct im_frame *f)
{
	return f->hdr_len + f->len;
}

static void by_write(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	im_write_all(fd, start(s, f), size(f));
}

static void by_byte(int fd, struct im_stream *s)
{
	for (size_t i = 0; i < s->body; i++)
		im_write_all(fd, s->data + i, 1);
}

/* Header and payload apart, as two calls. */
static void by_two_writes(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	{
		im_write_all(fd, start(s, f), f->hdr_len);
		im_write_all(fd, start(s, f) + f->hdr_len, f->len);
	}
}

/* Cuts that know nothing of frames. */
static void by_odd_writes(int fd, struct im_stream *s)
{
	for (size_t at = 0, n; at < s->body; at += n) {
		n = im_random() % (im_random() % 8 ? 40 : 9000) + 1;
		if (n > s->body - at)
			n = s->body - at;
		im_write_all(fd, s->data + at, n);
	}
}

/* Writes all of an iovec array that the kernel may take in part; the array is destroyed. */
static void writev_all(int fd, struct iovec *v, int n)
{
	while (n) {
		size_t done = IM_CHECK(writev(fd, v, n));

		while (n && done >= v->iov_len) {
			done -= v++->iov_len;
			n--;
		}
		if (n) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= done;
		}
	}
}

static void by_writev(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	{
		struct iovec v[2] = { { start(s, f), f->hdr_len },
				      { start(s, f) + f->hdr_len, f->len } };

		writev_all(fd, v, 2);
	}
}

/* 1024 segments a call, many of them empty, the others cut anywhere. */
static void cut_segments(struct im_stream *s, size_t *at, struct iovec *v, int n,
			 unsigned int longest)
{
	for (int i = 0; i < n; i++) {
		size_t len = im_random() % 4 ? im_random() % longest + 1 : 0;

		if (len > s->body - *at)
			len = s->body - *at;
		v[i].iov_base = len ? s->data + *at : (void *)16;
		v[i].iov_len = len;
		*at += len;
	}
}

static void by_writev_1024(int fd, struct im_stream *s)
{
	static struct iovec v[1024];

	for (size_t at = 0, call = 0; at < s->body; call++) {
		cut_segments(s, &at, v, 1024, call % 2 ? 200 : 3);
		writev_all(fd, v, 1024);
	}
}

static void by_send(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	IM_CHECK(send(fd, start(s, f), size(f), MSG_NOSIGNAL));
}

static void by_sendto(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	IM_CHECK(sendto(fd, start(s, f), size(f), 0, NULL, 0));
}

static void by_sendmsg(int fd, struct im_stream *s)
{
	static struct iovec v[64];

	for (size_t at = 0; at < s->body;) {
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 64 };
		size_t want = at, done;

		cut_segments(s, &at, v, 64, 700);
		want = at - want;
		done = IM_CHECK(sendmsg(fd, &m, 0));
		at -= want - done;
	}
}

/* Several messages a call; a new call with the same array begins where the last one ended. */
static void by_sendmmsg(int fd, struct im_stream *s)
{
	static struct mmsghdr m[16];
	static struct iovec v[16][3];

	for (int i = 0; i < s->n_body;) {
		int n = 0, done;

		for (; n < 16 && i + n < s->n_body; n++) {
			struct im_frame *f = &s->f[i + n];

			v[n][0] = (struct iovec){ start(s, f), 1 };
			v[n][1] = (struct iovec){ NULL, 0 };
			v[n][2] = (struct iovec){ start(s, f) + 1, size(f) - 1 };
			m[n].msg_hdr.msg_iov = v[n];
			m[n].msg_hdr.msg_iovlen = 3;
		}
		done = IM_CHECK(sendmmsg(fd, m, n, 0));
		for (int k = 0; k < done; k++)
			if (m[k].msg_len != size(&s->f[i + k]))
				im_write_all(fd, start(s, &s->f[i + k]) + m[k].msg_len,
					     size(&s->f[i + k]) - m[k].msg_len);
		i += done;
	}
}

/* A file with the stream's bytes. */
static int as_file(struct im_stream *s)
{
	int fd = IM_CHECK(memfd_create("iomatrix", 0));

	im_write_all(fd, s->data, s->len);
	return fd;
}

static void sendfile_all(int fd, int file, size_t at, size_t n)
{
	off_t off = at;

	while (off < (off_t)(at + n))
		IM_CHECK(sendfile(fd, file, &off, at + n - off));
}

static void splice_all(int fd, int file, size_t at, size_t n)
{
	loff_t off = at;
	int p[2];

	IM_CHECK(pipe(p));
	while (n) {
		ssize_t in = IM_CHECK(splice(file, &off, p[1], NULL, n < 65536 ? n : 65536, 0));

		n -= in;
		while (in)
			in -= IM_CHECK(splice(p[0], NULL, fd, NULL, in, n ? SPLICE_F_MORE : 0));
	}
	close(p[0]);
	close(p[1]);
}

static void vmsplice_all(int fd, unsigned char *from, size_t n)
{
	int p[2];

	IM_CHECK(pipe(p));
	while (n) {
		struct iovec v = { from, n < 32768 ? n : 32768 };
		ssize_t in = IM_CHECK(vmsplice(p[1], &v, 1, 0));

		from += in;
		n -= in;
		while (in)
			in -= IM_CHECK(splice(p[0], NULL, fd, NULL, in, 0));
	}
	close(p[0]);
	close(p[1]);
}

/* Header with send(), payload in another way. */
static void by_sendfile_payload(int fd, struct im_stream *s)
{
	int file = as_file(s);

	EACH_FRAME(s, f)
	{
		IM_CHECK(send(fd, start(s, f), f->hdr_len, f->len ? MSG_MORE : 0));
		sendfile_all(fd, file, f->offset + f->hdr_len, f->len);
	}
	close(file);
}

static void by_splice_payload(int fd, struct im_stream *s)
{
	int file = as_file(s);

	EACH_FRAME(s, f)
	{
		im_write_all(fd, start(s, f), f->hdr_len);
		splice_all(fd, file, f->offset + f->hdr_len, f->len);
	}
	close(file);
}

static void by_vmsplice_payload(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	{
		im_write_all(fd, start(s, f), f->hdr_len);
		vmsplice_all(fd, start(s, f) + f->hdr_len, f->len);
	}
}

/*
 * Across headers: from within the payload of one frame to within that of another; the rest of
 * that one then starts a call, with bytes that are no header.
 */
static void across(int fd, struct im_stream *s, void (*move)(int, int, size_t, size_t))
{
	int file = as_file(s), first = s->n_body / 4, last = s->n_body / 2;
	size_t from, to;

	while (s->f[first].len < 100)
		first++;
	while (s->f[last].len < 4000)
		last++;
	from = s->f[first].offset + s->f[first].hdr_len + 50;
	to = s->f[last].offset + s->f[last].hdr_len + s->f[last].len / 2;
	for (int i = 0; i < first; i++)
		im_write_all(fd, start(s, &s->f[i]), size(&s->f[i]));
	im_write_all(fd, start(s, &s->f[first]), from - s->f[first].offset);
	move(fd, file, from, to - from);
	im_write_all(fd, s->data + to, s->f[last].len - s->f[last].len / 2);
	for (int i = last + 1; i < s->n_body; i++)
		im_write_all(fd, start(s, &s->f[i]), size(&s->f[i]));
	close(file);
}

static void by_sendfile_across(int fd, struct im_stream *s)
{
	across(fd, s, sendfile_all);
}

static void by_splice_across(int fd, struct im_stream *s)
{
	across(fd, s, splice_all);
}

static void by_sendfile_whole(int fd, struct im_stream *s)
{
	int file = as_file(s);

	sendfile_all(fd, file, 0, s->body);
	close(file);
}

static void by_zerocopy(int fd, struct im_stream *s)
{
	int one = 1;
	char control[128];

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		im_skip("SO_ZEROCOPY: %s", strerror(errno));
	EACH_FRAME(s, f)
	{
		struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };

		for (size_t at = 0; at < size(f);)
			at += IM_CHECK(send(fd, start(s, f) + at, size(f) - at, MSG_ZEROCOPY));
		recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
	}
}

static void by_more(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	{
		IM_CHECK(send(fd, start(s, f), 1, MSG_MORE));
		IM_CHECK(send(fd, start(s, f) + 1, f->hdr_len - 1, MSG_MORE));
		if (f->len)
			IM_CHECK(send(fd, start(s, f) + f->hdr_len, f->len,
				      f - s->f == s->n_body - 1 ? 0 : MSG_MORE));
	}
}

static void by_cork(int fd, struct im_stream *s)
{
	int on = 1, off = 0;

	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	by_odd_writes(fd, s);
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

/* The buffer is always too small: each call takes a part or nothing. */
static void by_parts(int fd, struct im_stream *s)
{
	int small = 4608, flags = fcntl(fd, F_GETFL);
	static struct iovec v[32];

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	for (size_t at = 0, done = 0, call = 0; done < s->body; call++) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		at = done;
		cut_segments(s, &at, v, 32, 3000);
		n = call % 2 ? writev(fd, v, 32) : send(fd, s->data + done, s->body - done, 0);
		if (n < 0 && errno == EAGAIN)
			poll(&p, 1, 1000);
		else
			done += IM_CHECK(n);
	}
	fcntl(fd, F_SETFL, flags);
}

/* A page of the buffer is gone once the call has come back. */
static void by_vanishing(int fd, struct im_stream *s)
{
	EACH_FRAME(s, f)
	{
		size_t room = (size(f) + 8191) & ~4095UL;
		unsigned char *p = mmap(NULL, room, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memcpy(p + 4095, start(s, f), size(f)); /* the header straddles two pages */
		im_write_all(fd, p + 4095, size(f));
		munmap(p, room);
	}
}

/* Payload that could be taken for frames: empty fragments, or text of one byte. */
static void build_like_frames(struct im_stream *s, unsigned char fill)
{
	im_build_mixed(s);
	for (int i = 0; i < s->n; i++)
		memset(s->data + s->f[i].offset + s->f[i].hdr_len, fill, s->f[i].len);
}

static void build_zeros(struct im_stream *s)
{
	build_like_frames(s, 0);
}

static void build_ones(struct im_stream *s)
{
	build_like_frames(s, 1);
}

static void build_large(struct im_stream *s)
{
	im_add(s, 0x82, 65536);
	im_add(s, 0x82, 3 * MIB);
	im_add(s, 0x89, 3);
	im_add(s, 0x02, 100000);
	im_add(s, 0x80, 65536);
}

const struct im_shape im_sends[] = {
	{ "write", .send = by_write },
	{ "write-all" },
	{ "write-two", .send = by_two_writes },
	{ "write-odd", .send = by_odd_writes },
	{ "write-bytes", im_build_small, by_byte },
	{ "writev", .send = by_writev },
	{ "writev-1024", .send = by_writev_1024 },
	{ "send", .send = by_send },
	{ "sendto", .send = by_sendto },
	{ "sendmsg", .send = by_sendmsg },
	{ "sendmmsg", .send = by_sendmmsg },
	{ "sendfile-payload", .send = by_sendfile_payload },
	{ "splice-payload", .send = by_splice_payload },
	{ "vmsplice-payload", .send = by_vmsplice_payload },
	{ "sendfile-across", .send = by_sendfile_across },
	{ "splice-across", .send = by_splice_across },
	{ "across-zeros", build_zeros, by_sendfile_across },
	{ "across-ones", build_ones, by_sendfile_across },
	{ "sendfile-whole", .send = by_sendfile_whole },
	{ "zerocopy", .send = by_zerocopy },
	{ "msg-more", .send = by_more },
	{ "cork", .send = by_cork },
	{ "partial", .send = by_parts },
	{ "pages", .send = by_vanishing },
	{ "len64", build_large },
	{ "write-10k-frames", im_build_10k },
	{ "write-32k-frames", im_build_32k },
	{ 0 },
};
