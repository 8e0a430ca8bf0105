/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Walks WebSocket frames (RFC 6455 section 5.2): reads the headers, skips the payload by
 * arithmetic. Pure: no allocation, no globals; the caller owns the state. The kernel, the file
 * reader, the unit tests and the fuzzers compile this same text.
 */
#ifndef WS_FRAME_H
#define WS_FRAME_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#include <sys/cdefs.h> /* __always_inline */
#endif

#define WS_HDR_MAX 14

#define WS_FIN 0x80
#define WS_RSV 0x70
#define WS_RSV1 0x40
#define WS_OPCODE 0x0f
#define WS_MASKED 0x80
#define WS_CLOSE 8
#define WS_PING 9
#define WS_PONG 10
#define WS_IS_CONTROL(b0) ((b0)&0x08)

struct ws_walk {
	__u64 left; /* payload bytes of the current frame still to come */
	__u8 have; /* bytes of an incomplete header, in hdr */
	__u8 pad[7];
	__u8 hdr[16];
};

struct ws_frame {
	__u64 len; /* payload length */
	__u32 mask; /* masking key as on the wire; 0 where masked is 0 */
	__u8 b0;
	__u8 masked;
	__u8 hdr_len; /* 0: the header is not complete yet */
	__u8 pad;
};

/*
 * Length of the whole header, from its second byte. In arithmetic: conditions would be six paths
 * that the verifier follows to the end of the walk.
 */
static __always_inline __u32 ws_hdr_len(__u8 b1)
{
	__u32 len = b1 & 0x7f;

	return 2 + ((len + 2) >> 7) * 2 /* 126 or 127 */ + ((len + 1) >> 7) * 6 + (b1 >> 7) * 4;
}

/* Fills in f from the whole header at p. */
static __always_inline void ws_parse(const __u8 *p, struct ws_frame *f)
{
	const __u8 *key = p + 2;
	__u8 b1 = p[1];

	f->b0 = p[0];
	f->masked = b1 >> 7;
	f->hdr_len = ws_hdr_len(b1);
	f->len = b1 & 0x7f;
	f->mask = 0;
	if (f->len == 126) {
		f->len = (__u64)p[2] << 8 | p[3];
		key = p + 4;
	} else if (f->len == 127) {
		f->len = (__u64)p[2] << 56 | (__u64)p[3] << 48 | (__u64)p[4] << 40 |
			 (__u64)p[5] << 32 | (__u64)p[6] << 24 | (__u64)p[7] << 16 |
			 (__u64)p[8] << 8 | p[9];
		key = p + 10;
	}
	if (f->masked)
		__builtin_memcpy(&f->mask, key, 4);
}

/*
 * Takes one header byte; call it only while w->left is 0.
 * Returns 1 when that completes the header: f describes the frame and w->left its payload.
 * Returns 0 while it is partial.
 * Returns -1 on a header that no length can follow (top bit of a 64-bit length set, RFC 6455
 * section 5.2); w is then at a frame start again.
 */
static __always_inline int ws_header_byte(struct ws_walk *w, __u8 byte, struct ws_frame *f)
{
	__u8 have = w->have & 15;

	w->hdr[have++] = byte;
	w->have = have;
	if (have < 2 || have < ws_hdr_len(w->hdr[1]))
		return 0;
	w->have = 0;
	ws_parse(w->hdr, f);
	if (f->len >> 63)
		return -1;
	w->left = f->len;
	return 1;
}

/*
 * Takes header bytes from p, which holds min(n, WS_HDR_MAX) readable bytes of the n that are
 * there. Returns the bytes consumed, or -1 as ws_header_byte() does. f->hdr_len is 0 while the
 * header is partial: then all n bytes are kept in w.
 */
static inline int ws_header(struct ws_walk *w, const __u8 *p, __u64 n, struct ws_frame *f)
{
	int done = 0, used = 0;

	f->hdr_len = 0;
	while (!done && used < WS_HDR_MAX && used < n)
		done = ws_header_byte(w, p[used++], f);
	return done < 0 ? -1 : used;
}

/* Takes payload bytes: returns how many of the next n belong to the current frame. */
static __always_inline __u64 ws_skip(struct ws_walk *w, __u64 n)
{
	if (n > w->left)
		n = w->left;
	w->left -= n;
	return n;
}

/*
 * Whether f could be a real frame of a side that masks (client_sent) or does not, RFC 6455
 * sections 5.1 to 5.5. Only for deciding where frames start in a stream joined midway: in a
 * stream followed from its start a frame that breaks a rule is still a frame.
 */
static __always_inline int ws_plausible(const struct ws_frame *f, int client_sent)
{
	__u8 opcode = f->b0 & WS_OPCODE;
	__u8 minimal = f->len <= 125 ? 2 : f->len <= 0xffff ? 4 : 10;

	if (f->b0 & 0x30 || (opcode & 7) > 2 || !!f->masked != !!client_sent)
		return 0;
	if (f->hdr_len != minimal + 4 * f->masked || f->len >> 40)
		return 0;
	if (WS_IS_CONTROL(f->b0))
		return f->b0 & WS_FIN && !(f->b0 & WS_RSV) && f->len <= 125;
	return 1;
}

#endif
