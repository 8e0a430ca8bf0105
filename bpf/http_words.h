/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The few header names and tokens that the scanner of heads looks for, compared without case. */
#ifndef HTTP_WORDS_H
#define HTTP_WORDS_H

#include "http_scan.h"

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

#endif
