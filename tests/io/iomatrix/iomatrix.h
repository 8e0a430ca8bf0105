/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iomatrix drives one TCP connection, both ends in this process, through one shape of I/O at a
 * time, and says which WebSocket frames went where. What the shapes share.
 */
#ifndef IOMATRIX_H
#define IOMATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define IM_SKIP 77 /* exit status: this kernel lacks what the shape needs */

struct im_frame {
	uint64_t len;
	uint64_t offset; /* of the header's first byte, since the upgrade */
	uint32_t mask; /* as on the wire */
	uint8_t b0, masked, hdr_len;
};

/* What one direction carries after the upgrade. */
struct im_stream {
	unsigned char *data;
	size_t len, room;
	size_t body; /* bytes [0, body) go in the shape under test, the rest plainly */
	struct im_frame *f;
	int n, n_body, n_room; /* frames in all, and in the body */
	bool c2s;
	bool discarded; /* what was read cannot be compared */
	bool reordered; /* what was read says in what order the frames went */
};

struct im_shape {
	const char *name;
	/* Each may be NULL: then the plain way. They move bytes [0, s->body). */
	void (*build)(struct im_stream *s);
	void (*send)(int fd, struct im_stream *s);
	void (*recv)(int fd, struct im_stream *s, unsigned char *to);
	void (*prepare)(int fd, bool client); /* after the connection, before the upgrade */
	int (*run)(const struct im_shape *shape); /* instead of one plain connection */
};

extern const struct im_shape im_sends[], im_recvs[], im_urings[], im_specials[], im_opaques[];

/* Ends the program: with errno's text, or as skipped. */
void im_die(const char *what) __attribute__((noreturn));
void im_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
#define IM_CHECK(x)                       \
	({                                \
		__typeof__(x) im_v = (x); \
		if (im_v < 0)             \
			im_die(#x);       \
		im_v;                     \
	})

/* Adds a frame of a random payload; mask: made up where the direction is the client's. */
void im_add(struct im_stream *s, uint8_t b0, uint64_t len);
void im_build_mixed(struct im_stream *s); /* every length class, fragments, control frames */
void im_build_small(struct im_stream *s); /* about 1 KiB in all */
void im_build_10k(struct im_stream *s); /* frames as short as they can be */
void im_build_32k(struct im_stream *s); /* of 2 bytes, hence the server's only */
void im_build_empty(struct im_stream *s, int n);
uint64_t im_random(void);

void im_write_all(int fd, const void *p, size_t n);
void im_read_all(int fd, void *p, size_t n);
void im_recv_exact(int fd, void *p, size_t n); /* in one call */

/* A listener on the chosen port. */
int im_listen(int protocol);
extern uint16_t im_port;

/* A connection: ends in fd[0] (client) and fd[1] (server). */
struct im_pair {
	int fd[2];
	uint16_t cport;
};
struct im_pair im_connect(int lfd, int protocol, uint16_t cport);
void im_upgrade(const struct im_pair *p);
/* Builds the streams of both directions. */
void im_streams(const struct im_shape *shape, struct im_stream s[2]);
/* Sends s from one end to the other in the shape, then the tail; prints nothing. */
void im_transfer(const struct im_shape *shape, const struct im_pair *p, struct im_stream *s);
void im_print(const struct im_pair *p, int conn, const struct im_stream *s);
/* Both directions over p, printed, and both ends closed. */
void im_converse(const struct im_shape *shape, const struct im_pair *p, int conn);

/* A buffer between two places where bytes look like frames: who reads beside it is found out. */
unsigned char *im_trap(size_t n, bool c2s);

#endif
