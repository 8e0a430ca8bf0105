/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds where HTTP/1.x heads end and how long the body behind them is (RFC 9112), and which heads
 * speak of WebSocket. Takes one byte at a time, since heads arrive in pieces. Pure, as ws_frame.h.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http_body.h"
#include "http_proxy.h"
#include "http_words.h"

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

#endif
