/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* PROXY headers in front of a request, of version 1 and 2 (haproxy.org, proxy-protocol.txt). */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "http_scan.h"

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

#endif
