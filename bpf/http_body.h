/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bodies behind heads: of a length, in chunks, or until the close (RFC 9112, 6 and 7). */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "http_scan.h"

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
