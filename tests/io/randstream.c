// SPDX-License-Identifier: GPL-2.0-only
/*
 * randstream PORT SEED FRAMES [wrap|small|mmsg|v6]...
 *
 * A WebSocket server and its client in one process: a real upgrade, then random frames both ways
 * at once, cut at random places and put through every system call that sends and receives. Prints
 * each frame sent as a line of JSON on stdout, for test_random.py to hold wstrace against, and on
 * stderr which calls were made how often. The status is 1 where a byte arrived that was not sent.
 *
 * wrap   the client's sequence numbers pass 2^32 a few KiB after its first one (needs root)
 * small  the smallest socket buffers: most sends are partial
 * mmsg   sendmmsg() and recvmmsg() too
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CALL_MAX (128 * 1024) /* most bytes of one call */
#define SEGMENTS_MAX 1024 /* UIO_MAXIOV */
#define MESSAGES 3 /* of one sendmmsg() */

enum { C2S, S2C, DIRS };

static const char *const call_names[] = { "write",    "writev",	  "send",  "sendto", "sendmsg",
					  "sendmmsg", "read",	  "readv", "recv",   "recvfrom",
					  "recvmsg",  "recvmmsg", "peek",  "partial" };
enum {
	WRITE,
	WRITEV,
	SEND,
	SENDTO,
	SENDMSG,
	SENDMMSG,
	READ,
	READV,
	RECV,
	RECVFROM,
	RECVMSG,
	RECVMMSG,
	PEEK,
	PARTIAL,
	CALLS
};

struct frame {
	uint64_t offset, len;
	uint8_t b0, hdr_len, masked, mask[4];
};

/* What goes one way: the HTTP head, then frames. */
struct stream {
	uint8_t *p;
	size_t n, room, head;
	struct frame *frames;
	size_t n_frames;
	int from, to; /* the sockets */
	size_t received; /* bytes that came out, read by the other threads */
	size_t wait_for; /* bytes of the other stream that must have come before the head goes, */
	size_t wait_then; /* and before the frames go */
	uint64_t seed[2]; /* of the sender, of the receiver */
	unsigned long calls[CALLS];
	bool bad;
};

static struct stream streams[DIRS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static bool mmsg;

static void die(const char *what)
{
	fprintf(stderr, "randstream: cannot %s: %s\n", what, strerror(errno));
	exit(2);
}

/* splitmix64: the same numbers everywhere, so that a failure's seed says all. */
static uint64_t rnd(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t *seed, uint64_t n)
{
	return n ? rnd(seed) % n : 0;
}

static void put(struct stream *s, const void *p, size_t n)
{
	while (s->n + n > s->room) {
		s->room = s->room ? 2 * s->room : 1 << 16;
		s->p = realloc(s->p, s->room);
		if (!s->p)
			die("keep the stream");
	}
	memcpy(s->p + s->n, p, n);
	s->n += n;
}

static void put_head(struct stream *s, const char *head)
{
	put(s, head, strlen(head));
	s->head = s->n;
}

/* RFC 6455 section 5.2; form: 0 the shortest that fits, 1 at least 16 bits, 2 64 bits. */
static void put_frame(struct stream *s, uint64_t *seed, uint8_t b0, uint64_t len, bool masked,
		      unsigned int form)
{
	struct frame *f = &s->frames[s->n_frames++];
	uint8_t hdr[14] = { b0, masked ? 0x80 : 0 };
	size_t n = 2;

	if (len > 0xffff || form == 2) {
		hdr[1] |= 127;
		for (int i = 0; i < 8; i++)
			hdr[n++] = len >> (56 - 8 * i);
	} else if (len > 125 || form == 1) {
		hdr[1] |= 126;
		hdr[n++] = len >> 8;
		hdr[n++] = len;
	} else {
		hdr[1] |= len;
	}
	*f = (struct frame){ .offset = s->n - s->head, .len = len, .b0 = b0, .masked = masked };
	for (int i = 0; masked && i < 4; i++)
		hdr[n++] = f->mask[i] = rnd(seed);
	f->hdr_len = n;
	put(s, hdr, n);
	while (len) { /* bytes that look like headers, too: 81 00 81 00 ... */
		uint64_t word = len & 64 ? 0x0081008100810081 : rnd(seed);
		size_t part = len < 8 ? len : 8;

		put(s, &word, part);
		len -= part;
	}
}

static uint64_t random_len(uint64_t *seed)
{
	static const uint32_t edges[] = {
		0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537
	};

	switch (below(seed, 32)) {
	case 0:
		return edges[below(seed, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return below(seed, 3000);
	case 2:
		return below(seed, 64) ? below(seed, 9000) : below(seed, 300000);
	case 3 ... 8:
		return 0;
	default:
		return below(seed, 126);
	}
}

static void put_frames(struct stream *s, uint64_t *seed, size_t n, bool client)
{
	bool in_message = false;

	s->frames = calloc(n, sizeof(*s->frames));
	if (!s->frames)
		die("keep the frames");
	while (s->n_frames < n - 1) {
		bool masked = below(seed, 64) ? client : !client; /* some against the rule */
		uint8_t b0, rsv = below(seed, 8) ? 0 : below(seed, 8) << 4;

		if (below(seed, 6) == 0) { /* control frames, between fragments as well */
			put_frame(s, seed, 0x80 | rsv | (9 + below(seed, 2)),
				  below(seed, 2) ? below(seed, 126) : 0, masked, 0);
			continue;
		}
		b0 = in_message ? 0 : 1 + below(seed, 2);
		if (!below(seed, 50))
			b0 = below(seed, 2) ? 3 + below(seed, 5) : 11 + below(seed, 5);
		else
			in_message = below(seed, 2);
		put_frame(s, seed, (in_message ? 0 : 0x80) | rsv | b0, random_len(seed), masked,
			  below(seed, 8) ? 0 : below(seed, 3));
	}
	put_frame(s, seed, 0x88, 2, client, 0);
}

/* Bytes for the next call. The scale stays for a while: many tiny calls, then many large ones. */
static size_t call_size(uint64_t *seed, unsigned int *scale)
{
	static const size_t scales[] = { 2, 15, 200, 2000, CALL_MAX };

	if (!below(seed, *scale == 4 ? 2 : 24))
		*scale = below(seed, sizeof(scales) / sizeof(scales[0]));
	return 1 + below(seed, scales[*scale]);
}

/* Cuts p[0..n) into segments, some of them empty. Returns how many. */
static int cut(uint64_t *seed, struct iovec *v, int max, uint8_t *p, size_t n)
{
	int segments = 1 + below(seed, below(seed, 8) ? 8 : max);

	for (int i = 0; i < segments; i++) {
		size_t part = i == segments - 1 ? n : below(seed, 4) ? below(seed, n + 1) : 0;

		if (segments > 16 && i < segments - 1)
			part = n ? below(seed, 3) : 0;
		if (part > n)
			part = n;
		v[i] = (struct iovec){ p, part };
		p += part;
		n -= part;
	}
	return segments;
}

static ssize_t send_many(int fd, uint64_t *seed, struct iovec *v, uint8_t *p, size_t n)
{
	static __thread struct mmsghdr m[MESSAGES];
	ssize_t sum = 0;
	int sent, k = 1 + below(seed, MESSAGES);

	for (int i = 0; i < k; i++) {
		size_t part = i == k - 1 ? n : below(seed, n + 1);

		m[i].msg_hdr = (struct msghdr){ .msg_iov = v + 8 * i };
		m[i].msg_hdr.msg_iovlen = cut(seed, v + 8 * i, 8, p, part);
		p += part;
		n -= part;
	}
	sent = sendmmsg(fd, m, k, 0);
	for (int i = 0; i < sent; i++)
		sum += m[i].msg_len; /* of the last one only a part may be gone */
	for (int i = 0; i + 1 < sent; i++) {
		size_t all = 0;

		for (size_t j = 0; j < m[i].msg_hdr.msg_iovlen; j++)
			all += m[i].msg_hdr.msg_iov[j].iov_len;
		if (m[i].msg_len != all) {
			fprintf(stderr, "randstream: sendmmsg went on after a partial send\n");
			exit(2);
		}
	}
	return sent < 0 ? -1 : sum;
}

static ssize_t send_some(struct stream *s, uint8_t *p, size_t n)
{
	static __thread struct iovec v[SEGMENTS_MAX];
	struct msghdr m = { .msg_iov = v };
	uint64_t *seed = &s->seed[0];
	int call = below(seed, mmsg ? SENDMMSG + 1 : SENDMMSG);

	s->calls[call]++;
	switch (call) {
	case WRITE:
		return write(s->from, p, n);
	case WRITEV:
		return writev(s->from, v, cut(seed, v, SEGMENTS_MAX, p, n));
	case SEND:
		return send(s->from, p, n, below(seed, 2) ? MSG_DONTWAIT : 0);
	case SENDTO:
		return sendto(s->from, p, n, 0, NULL, 0);
	case SENDMSG:
		m.msg_iovlen = cut(seed, v, SEGMENTS_MAX, p, n);
		return sendmsg(s->from, &m, 0);
	default:
		return send_many(s->from, seed, v, p, n);
	}
}

static ssize_t receive_many(int fd, uint64_t *seed, struct iovec *v, uint8_t *p, size_t n)
{
	static __thread struct mmsghdr m[MESSAGES];
	ssize_t sum = 0;
	int got, k = 1 + below(seed, MESSAGES);
	uint8_t *to = p;

	for (int i = 0; i < k; i++) {
		m[i].msg_hdr = (struct msghdr){ .msg_iov = v + 8 * i };
		m[i].msg_hdr.msg_iovlen = cut(seed, v + 8 * i, 8, p + i * (n / k), n / k);
	}
	got = recvmmsg(fd, m, k, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		memmove(to, p + i * (n / k), m[i].msg_len);
		to += m[i].msg_len;
		sum += m[i].msg_len;
	}
	return got < 0 ? -1 : sum;
}

static ssize_t receive_some(struct stream *s, uint8_t *p, size_t n)
{
	static __thread struct iovec v[SEGMENTS_MAX];
	struct msghdr m = { .msg_iov = v };
	uint64_t *seed = &s->seed[1];
	int call = READ + below(seed, mmsg ? 6 : 5);

	if (below(seed, 4) == 0) { /* a look that takes nothing */
		s->calls[PEEK]++;
		m.msg_iovlen = cut(seed, v, SEGMENTS_MAX, p, n);
		if (below(seed, 2))
			recv(s->to, p, n, MSG_PEEK | MSG_DONTWAIT);
		else
			recvmsg(s->to, &m, MSG_PEEK | MSG_DONTWAIT);
	}
	s->calls[call]++;
	switch (call) {
	case READ:
		return read(s->to, p, n);
	case READV:
		return readv(s->to, v, cut(seed, v, SEGMENTS_MAX, p, n));
	case RECV:
		return recv(s->to, p, n, below(seed, 8) ? 0 : MSG_DONTWAIT);
	case RECVFROM:
		return recvfrom(s->to, p, n, 0, NULL, NULL);
	case RECVMSG:
		m.msg_iovlen = cut(seed, v, SEGMENTS_MAX, p, n);
		return recvmsg(s->to, &m, 0);
	default:
		if (n >= MESSAGES)
			return receive_many(s->to, seed, v, p, n);
		return read(s->to, p, n);
	}
}

/* Waits until fd is ready. */
static void wait_fd(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, 60000) != 1)
		die("go on: nothing moved for a minute");
}

static void wait_received(struct stream *s, size_t n)
{
	pthread_mutex_lock(&lock);
	while (s->received < n)
		pthread_cond_wait(&arrived, &lock);
	pthread_mutex_unlock(&lock);
}

static void *sender(void *arg)
{
	struct stream *s = arg, *other = s == streams ? streams + 1 : streams;
	unsigned int scale = 0;
	uint8_t *copy = malloc(CALL_MAX); /* a place of its own: the next call's bytes differ */
	size_t done = 0;

	wait_received(other, s->wait_for);
	while (done < s->n) {
		size_t n = call_size(&s->seed[0], &scale);
		ssize_t sent;

		if (done == s->head)
			wait_received(other, s->wait_then);
		if (n > s->n - done)
			n = s->n - done;
		if (s->wait_then && done < s->head && n > s->head - done)
			n = s->head - done; /* no frame before the 101 */
		memcpy(copy, s->p + done, n);
		sent = send_some(s, copy, n);
		if (sent < 0 && errno == EAGAIN) {
			wait_fd(s->from, POLLOUT);
			continue;
		}
		if (sent < 0)
			die("send");
		s->calls[PARTIAL] += sent < n;
		done += sent;
	}
	free(copy);
	return NULL;
}

static void *receiver(void *arg)
{
	struct stream *s = arg;
	unsigned int scale = 0;
	uint8_t *p = malloc(CALL_MAX);
	size_t done = 0;

	while (done < s->n) {
		size_t n = call_size(&s->seed[1], &scale);
		ssize_t got;

		wait_fd(s->to, POLLIN);
		got = receive_some(s, p, n);
		if (got < 0 && errno == EAGAIN)
			continue;
		if (got <= 0)
			die("receive");
		if (memcmp(p, s->p + done, got))
			s->bad = true;
		done += got;
		pthread_mutex_lock(&lock);
		s->received = done;
		pthread_cond_broadcast(&arrived);
		pthread_mutex_unlock(&lock);
	}
	free(p);
	return NULL;
}

static void connect_pair(int family, uint16_t port, bool wrap, bool small)
{
	struct sockaddr_in6 six = { AF_INET6, htons(port), 0, IN6ADDR_LOOPBACK_INIT, 0 };
	struct sockaddr_in four = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) }, { 0 } };
	struct sockaddr *a = family == AF_INET ? (void *)&four : (void *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	int one = 1, tiny = 1, window = 20000, ends[2], l = socket(family, SOCK_STREAM, 0);

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (small)
		setsockopt(l, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	if (bind(l, a, len) || listen(l, 1))
		die("listen");
	ends[0] = socket(family, SOCK_STREAM, 0);
	if (wrap) {
		int queue = TCP_SEND_QUEUE, off = TCP_REPAIR_OFF;
		uint32_t seq = -3000;

		if (setsockopt(ends[0], SOL_TCP, TCP_REPAIR, &one, sizeof(one)) ||
		    setsockopt(ends[0], SOL_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) ||
		    setsockopt(ends[0], SOL_TCP, TCP_QUEUE_SEQ, &seq, sizeof(seq)) ||
		    setsockopt(ends[0], SOL_TCP, TCP_REPAIR, &off, sizeof(off)))
			die("choose the sequence number");
	}
	if (small)
		setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	if (connect(ends[0], a, len))
		die("connect");
	ends[1] = accept(l, NULL, NULL);
	if (ends[1] < 0)
		die("accept");
	close(l);
	for (int i = 0; i < 2; i++) {
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
		setsockopt(ends[i], SOL_TCP, TCP_NODELAY, &one, sizeof(one));
		if (small)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny));
		streams[i].from = ends[i];
		streams[!i].to = ends[i];
	}
}

static void print_frames(int dir)
{
	static const char *const names[] = { "c2s", "s2c" };
	struct stream *s = &streams[dir];

	for (size_t i = 0; i < s->n_frames; i++) {
		const struct frame *f = &s->frames[i];

		printf("{\"dir\":\"%s\",\"opcode\":%d,\"fin\":%s,\"rsv\":%d,\"masked\":%s,",
		       names[dir], f->b0 & 15, f->b0 & 0x80 ? "true" : "false", f->b0 >> 4 & 7,
		       f->masked ? "true" : "false");
		if (f->masked)
			printf("\"mask\":\"%02x%02x%02x%02x\",", f->mask[0], f->mask[1], f->mask[2],
			       f->mask[3]);
		printf("\"len\":%llu,\"hdr_len\":%d,\"offset\":%llu}\n", (unsigned long long)f->len,
		       f->hdr_len, (unsigned long long)f->offset);
	}
}

/* The example of RFC 6455 section 1.3. */
static void make_streams(uint64_t seed, size_t frames)
{
	struct stream *c = &streams[C2S], *s = &streams[S2C];

	put_head(c, "GET /random HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
		    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		    "Sec-WebSocket-Version: 13\r\n\r\n");
	put_head(s, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		    "Connection: Upgrade\r\n"
		    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
	put_frames(c, &seed, frames, true);
	put_frames(s, &seed, frames, false);
	c->wait_then = s->head;
	s->wait_for = c->head; /* its frames may go with the 101 in one call */
	for (int i = 0; i < DIRS; i++)
		for (int j = 0; j < 2; j++)
			streams[i].seed[j] = rnd(&seed);
}

int main(int argc, char **argv)
{
	bool wrap = false, small = false;
	pthread_t threads[2 * DIRS];
	int family = AF_INET;

	if (argc < 4) {
		fprintf(stderr, "usage: randstream PORT SEED FRAMES [wrap|small|mmsg|v6]...\n");
		return 2;
	}
	for (int i = 4; i < argc; i++) {
		wrap |= !strcmp(argv[i], "wrap");
		small |= !strcmp(argv[i], "small");
		mmsg |= !strcmp(argv[i], "mmsg");
		if (!strcmp(argv[i], "v6"))
			family = AF_INET6;
	}
	make_streams(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	connect_pair(family, atoi(argv[1]), wrap, small);
	for (int i = 0; i < DIRS; i++) {
		pthread_create(&threads[2 * i], NULL, receiver, &streams[i]);
		pthread_create(&threads[2 * i + 1], NULL, sender, &streams[i]);
	}
	for (int i = 0; i < 2 * DIRS; i++)
		pthread_join(threads[i], NULL);
	close(streams[C2S].from);
	close(streams[S2C].from);
	print_frames(C2S);
	print_frames(S2C);
	for (int i = 0; i < CALLS; i++)
		fprintf(stderr, "%s%s %lu", i ? ", " : "", call_names[i],
			streams[C2S].calls[i] + streams[S2C].calls[i]);
	fprintf(stderr, ", bytes %zu + %zu\n", streams[C2S].n, streams[S2C].n);
	return streams[C2S].bad || streams[S2C].bad;
}
