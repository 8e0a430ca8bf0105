/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How far the scanner of HTTP heads is, and what it knows of this head. */
#ifndef HTTP_SCAN_H
#define HTTP_SCAN_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#include <sys/cdefs.h> /* __always_inline */
#endif

enum http_state {
	HTTP_LINE, /* in the first line, or before it */
	HTTP_NAME, /* in a header's name */
	HTTP_VALUE, /* in its value */
	HTTP_PROXY2, /* in a binary PROXY header, behind its first five bytes */
	HTTP_CONTENT, /* behind a head: content of known length */
	HTTP_CHUNK_SIZE, /* in a chunk-size line */
	HTTP_CHUNK_END, /* the line end behind a chunk's data */
	HTTP_TRAILER, /* lines behind the last chunk */
};

enum http_event {
	HTTP_MORE, /* the byte is part of a head */
	HTTP_END, /* the byte ends a head; ask http_body() how it goes on */
	HTTP_PREFACE, /* the byte ends a PROXY header; a head may follow */
	HTTP_BODY, /* the byte belongs to a body's framing */
	HTTP_BODY_END, /* the byte is the last one of a body's framing */
	HTTP_BAD, /* this is not HTTP/1.x */
};

#define HTTP_IS_RESPONSE 1
#define HTTP_UPGRADE 2 /* Upgrade names websocket */
#define HTTP_OTHER_UPGRADE 4 /* Upgrade names something else */
#define HTTP_CHUNKED 8
#define HTTP_HAS_LENGTH 16
#define HTTP_IS_HEAD 32 /* request: the method is HEAD */
#define HTTP_IS_PRI 64 /* request: HTTP/2's connection preface (RFC 9113 section 3.4) */
#define HTTP_OTHER_TE 128 /* Transfer-Encoding names something else than chunked */
#define HTTP_IS_CONNECT 256 /* request: the method is CONNECT */
#define HTTP_IN_TUNNEL 512 /* of a connection: a CONNECT before this request was granted */
#define HTTP_IS_PROXY 1024 /* a PROXY header, of version 1 or 2 */

#define HTTP_METHOD_MAX 20 /* longer first words are no method */
#define HTTP_PROXY_LINE 107 /* bytes of the longest line of the PROXY protocol, version 1 */

struct http_scan {
	__u64 length; /* Content-Length, or the bytes left of this chunk */
	__u64 word; /* the last eight bytes of the first word: the method, or HTTP/1.x */
	__u32 head_len; /* bytes of this head so far */
	__u16 status;
	__u16 pos; /* in the line, in the name or in the value's token */
	__u16 flags;
	__u8 state; /* enum http_state */
	__u8 match; /* bit n: the name or token is still like http_words[n] */
	__u8 field; /* bit of the header whose value this is */
	__u8 method_done;
	__u8 later; /* not the connection's first head: no PROXY header comes here */
	__u8 pad;
};

static __always_inline __u8 http_lower(__u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Makes h ready for the next head on the same connection. */
static __always_inline void http_next(struct http_scan *h)
{
	__builtin_memset(h, 0, sizeof(*h));
	h->later = 1;
}

/* Makes h ready for the first head of a connection. */
static __always_inline void http_first(struct http_scan *h)
{
	__builtin_memset(h, 0, sizeof(*h));
}

#endif
