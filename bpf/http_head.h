/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds where HTTP/1.x heads end and how long the body behind them is (RFC 9112), and which heads
 * speak of WebSocket. Takes one byte at a time, since heads arrive in pieces of any size. Pure, as
 * ws_frame.h is. The user side parses headers in full.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

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

/* Names first, then the tokens looked for in their values. */
#define HTTP_N_LENGTH 1
#define HTTP_N_TE 2
#define HTTP_N_UPGRADE 4
#define HTTP_T_CHUNKED 8
#define HTTP_T_WEBSOCKET 16
#define HTTP_WORDS 5

static const struct {
	__u8 len;
	char text[32];
} http_words[HTTP_WORDS] = {
	{ 14, "content-length" }, { 17, "transfer-encoding" }, { 7, "upgrade" },
	{ 7, "chunked" },	  { 9, "websocket" },
};

static __always_inline __u8 http_lower(__u8 c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Narrows h->match to the words that have c at h->pos. */
static __always_inline void http_match(struct http_scan *h, __u8 c)
{
	__u32 pos = h->pos < 30 ? h->pos : 30;

	/* The verifier wants to see the bound on the very register that the compiler uses. */
	asm volatile("" : "+r"(pos));
	pos &= 31;
	c = http_lower(c);
	for (int i = 0; i < HTTP_WORDS; i++)
		if (http_words[i].text[pos] != c)
			h->match &= ~(1 << i);
	if (h->pos < 0xffff)
		h->pos++;
}

/* The words that h->match still holds and that end here. */
static __always_inline __u8 http_matched(const struct http_scan *h)
{
	__u8 whole = 0;

	for (int i = 0; i < HTTP_WORDS; i++)
		if (h->pos == http_words[i].len)
			whole |= 1 << i;
	return h->match & whole;
}

/*
 * The PROXY protocol tells a server, before all else, whose connection a proxy passes on: as a
 * line, "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80", or as 12 bytes of signature, two that say what
 * it is, two of length and that many more. See HAProxy's doc/proxy-protocol.txt.
 */
static __always_inline int http_proxy_line_byte(struct http_scan *h, __u8 c)
{
	if (c == '\n')
		return HTTP_PREFACE;
	if (h->head_len == 7 && c != 'T' && c != 'U') { /* TCP4, TCP6, UNKNOWN */
		h->flags &= ~HTTP_IS_PROXY; /* a method of this name */
	} else if (h->head_len >= HTTP_PROXY_LINE) {
		return HTTP_BAD;
	}
	if (h->pos < 0xffff)
		h->pos++;
	return HTTP_MORE;
}

static __always_inline int http_proxy2_byte(struct http_scan *h, __u8 c)
{
	__u32 n = h->head_len;

	if (n <= 12) { /* the rest of the signature: "\r\nQUIT\n" */
		h->word = h->word << 8 | c;
		return n == 12 && (h->word & 0xffffffffffffff) != 0x0d0a515549540a ? HTTP_BAD :
										     HTTP_MORE;
	}
	if (n == 13)
		return c >> 4 == 2 ? HTTP_MORE : HTTP_BAD;
	if (n == 15)
		h->length = (__u64)c << 8;
	else if (n == 16)
		h->length |= c;
	else if (n > 16)
		h->length--;
	return n >= 16 && !h->length ? HTTP_PREFACE : HTTP_MORE;
}

/* These three take a byte of the first line, of a header's name and of its value. */
static __always_inline int http_line_byte(struct http_scan *h, __u8 c)
{
	if (h->pos == 0 && (c == '\r' || c == '\n')) {
		h->word = h->word << 8 | c;
		return HTTP_MORE; /* RFC 9112 section 2.2: empty lines before a request */
	}
	if (h->pos == 0) {
		if (!c && h->word == 0x0d0a0d0a && h->head_len == 5 && !h->later) {
			h->flags |= HTTP_IS_PROXY;
			h->state = HTTP_PROXY2;
			return HTTP_MORE;
		}
		h->word = 0;
	}
	if (h->flags & HTTP_IS_PROXY)
		return http_proxy_line_byte(h, c);
	if (c == '\n') {
		if (!h->method_done || (h->flags & HTTP_IS_RESPONSE && h->pos < 12))
			return HTTP_BAD;
		h->state = HTTP_NAME;
		h->pos = 0;
		h->match = 0xff;
		return HTTP_MORE;
	}
	if (!h->method_done) {
		if (c == ' ' && h->pos > 0) {
			h->method_done = 1;
			if (h->word == 0x48454144) /* "HEAD" */
				h->flags |= HTTP_IS_HEAD;
			if (h->word == 0x505249) /* "PRI" */
				h->flags |= HTTP_IS_PRI;
			if (h->word == 0x434f4e4e454354) /* "CONNECT" */
				h->flags |= HTTP_IS_CONNECT;
			/* "PROXY" */
			if (h->word == 0x50524f5859 && h->head_len == 6 && !h->later)
				h->flags |= HTTP_IS_PROXY;
			/* "HTTP/1." and a digit; no method has a slash */
			if (h->flags & HTTP_IS_RESPONSE &&
			    (h->word >> 8 != 0x485454502f312e || (__u8)h->word < '0' ||
			     (__u8)h->word > '9'))
				return HTTP_BAD;
		} else if (c == '/' && h->word == 0x48545450) { /* "HTTP" */
			h->flags |= HTTP_IS_RESPONSE;
		} else if (h->pos >= HTTP_METHOD_MAX ||
			   !((c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
			     (h->pos > 3 && (c == '.' || (c >= '0' && c <= '9'))))) {
			return HTTP_BAD;
		}
		h->word = h->word << 8 | c;
	} else if (h->flags & HTTP_IS_RESPONSE && h->pos < 12) {
		if (c < '0' || c > '9')
			return HTTP_BAD;
		h->status = h->status * 10 + (c - '0');
	} else if (h->flags & HTTP_IS_RESPONSE && h->pos == 12 && c != ' ' && c != '\r') {
		return HTTP_BAD;
	}
	if (h->pos < 0xffff)
		h->pos++;
	return HTTP_MORE;
}

static __always_inline int http_name_byte(struct http_scan *h, __u8 c)
{
	if (c == '\n') {
		if (h->pos == 0)
			return HTTP_END;
		h->pos = 0; /* a line without a colon: no header of ours */
		h->match = 0xff;
		h->field = 0; /* text folded behind it is no value */
	} else if (c == ':') {
		h->field = http_matched(h);
		if (h->field & HTTP_N_LENGTH)
			h->length = 0;
		h->state = HTTP_VALUE;
		h->pos = 0;
		h->match = 0xff;
	} else if (h->pos == 0 && (c == ' ' || c == '\t')) {
		h->state = HTTP_VALUE; /* obs-fold, RFC 9112 section 5.2 */
		h->match = 0xff;
	} else if (c == '\r') {
		h->match = 0; /* the line ends, or this is no name that is looked for */
	} else {
		http_match(h, c);
	}
	return HTTP_MORE;
}

static __always_inline int http_value_byte(struct http_scan *h, __u8 c)
{
	if (h->field & HTTP_N_LENGTH && c >= '0' && c <= '9') {
		if (h->length >> 56)
			return HTTP_BAD;
		h->length = h->length * 10 + (c - '0');
		h->flags |= HTTP_HAS_LENGTH;
	}
	if (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
		__u8 token = http_matched(h);

		if (h->field & HTTP_N_TE && h->pos) {
			h->flags &= ~HTTP_CHUNKED; /* only as the last one does it delimit */
			h->flags |= token & HTTP_T_CHUNKED ? HTTP_CHUNKED : HTTP_OTHER_TE;
		}
		if (h->field & HTTP_N_LENGTH && h->pos)
			h->field = 0; /* of "5, 5" one is enough, RFC 9110 section 8.6 */
		if (h->field & HTTP_N_UPGRADE && h->pos)
			h->flags |= token & HTTP_T_WEBSOCKET ? HTTP_UPGRADE : HTTP_OTHER_UPGRADE;
		h->pos = 0;
		h->match = 0xff;
		if (c == '\n')
			h->state = HTTP_NAME;
	} else if (h->field & HTTP_N_LENGTH && (c < '0' || c > '9')) {
		return HTTP_BAD; /* RFC 9112 section 6.3: its end cannot be known */
	} else {
		http_match(h, c);
	}
	return HTTP_MORE;
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

/* Takes a byte of chunked framing, RFC 9112 section 7.1. */
static __always_inline int http_chunk_byte(struct http_scan *h, __u8 c)
{
	__u8 digit = http_lower(c);

	switch (h->state) {
	case HTTP_CHUNK_END:
		if (c == '\n') {
			h->state = HTTP_CHUNK_SIZE;
			h->pos = 0;
			h->length = 0;
		} else if (c != '\r') {
			return HTTP_BAD;
		}
		return HTTP_BODY;
	case HTTP_CHUNK_SIZE:
		if (c == '\n' && h->pos) {
			h->state = h->length ? HTTP_CHUNK_END : HTTP_TRAILER;
			h->pos = 0;
			return HTTP_BODY;
		}
		if (digit >= 'a' && digit <= 'f')
			digit -= 'a' - 10;
		else if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (h->pos && (c == ';' || c == ' ' || c == '\t' || c == '\r'))
			h->pos = 0xffff; /* an extension, or the line's \r */
		else if (h->pos != 0xffff)
			return HTTP_BAD;
		if (h->pos == 0xffff)
			return HTTP_BODY;
		if (h->length >> 56)
			return HTTP_BAD;
		h->pos = 1; /* a digit at least */
		h->length = h->length << 4 | digit;
		return HTTP_BODY;
	default: /* HTTP_TRAILER */
		if (c == '\n') {
			if (h->pos == 0) {
				http_next(h);
				return HTTP_BODY_END;
			}
			h->pos = 0;
		} else if (c != '\r') {
			h->pos = 1;
		}
		return HTTP_BODY;
	}
}

/*
 * Takes the next byte of the stream. After HTTP_END call http_body(). While http_data() is not 0,
 * that many bytes are body content: skip them and lower it with http_skip().
 */
static __always_inline int http_byte(struct http_scan *h, __u8 c)
{
	if (h->state >= HTTP_CONTENT)
		return http_chunk_byte(h, c);
	h->head_len++;
	if (h->state == HTTP_LINE)
		return http_line_byte(h, c);
	if (h->state == HTTP_NAME)
		return http_name_byte(h, c);
	if (h->state == HTTP_PROXY2)
		return http_proxy2_byte(h, c);
	return http_value_byte(h, c);
}

/* Bytes of body content that come next, before http_byte() has to look again. */
static __always_inline __u64 http_data(const struct http_scan *h)
{
	return h->state == HTTP_CHUNK_END || h->state == HTTP_CONTENT ? h->length : 0;
}

/* Takes body content: returns how many of the next n bytes are that. */
static __always_inline __u64 http_skip(struct http_scan *h, __u64 n)
{
	if (n > h->length)
		n = h->length;
	h->length -= n;
	if (h->state == HTTP_CONTENT && !h->length)
		http_next(h);
	return n;
}

enum http_body { HTTP_NO_BODY, HTTP_LENGTH_BODY, HTTP_CHUNKED_BODY, HTTP_UNTIL_CLOSE };

/*
 * Returns how the message whose head just ended goes on (RFC 9112 section 6.3). after_head: the
 * message answers a HEAD request. Makes h ready for the body, or for the next head.
 */
static __always_inline int http_body(struct http_scan *h, int after_head)
{
	__u16 status = h->status;
	__u16 flags = h->flags;
	__u64 length = h->length;

	http_next(h);
	if (flags & HTTP_IS_RESPONSE &&
	    (status / 100 == 1 || status == 204 || status == 304 || after_head))
		return HTTP_NO_BODY;
	if (flags & HTTP_CHUNKED) {
		h->state = HTTP_CHUNK_SIZE;
		return HTTP_CHUNKED_BODY;
	}
	if (flags & HTTP_OTHER_TE)
		return HTTP_UNTIL_CLOSE;
	if (flags & HTTP_HAS_LENGTH) {
		if (!length)
			return HTTP_NO_BODY;
		h->state = HTTP_CONTENT;
		h->length = length;
		return HTTP_LENGTH_BODY;
	}
	return flags & HTTP_IS_RESPONSE ? HTTP_UNTIL_CLOSE : HTTP_NO_BODY;
}

#endif
