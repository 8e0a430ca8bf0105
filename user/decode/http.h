/* SPDX-License-Identifier: GPL-2.0-only */
/* An HTTP/1.x head, taken apart (RFC 9112). */
#ifndef DECODE_HTTP_H
#define DECODE_HTTP_H

#include "lib/buf.h"

#define HTTP_HEADERS_MAX 256

struct http_header {
	struct span name, value;
	struct span shown; /* the value as outputs may show it */
};

/* Spans point into the bytes that were parsed. */
struct http_msg {
	bool response;
	struct span method, target; /* request */
	struct span shown_target; /* as outputs may show it */
	uint16_t status; /* response */
	struct span reason;
	struct span version; /* "1.1" */
	unsigned int n_headers; /* at most HTTP_HEADERS_MAX; more are left out */
	struct http_header headers[HTTP_HEADERS_MAX];
};

/*
 * Takes the n bytes of a whole head apart. What may be shown is empty until http_show(). Returns 0,
 * or -EINVAL where it is none.
 */
int http_parse(struct http_msg *m, const char *p, size_t n);

/* The first header of this name, compared without case; NULL where there is none. */
const struct http_header *http_find(const struct http_msg *m, const char *name);

/* Its value; an empty span where there is none. */
struct span http_value(const struct http_msg *m, const char *name);

/* Whether any header of this name has token in its comma separated list, without case. */
bool http_has_token(const struct http_msg *m, const char *name, const char *token);

#define HTTP_REDACTED "[redacted]"

/*
 * Fills in what may be shown of m: with secrets all of it, else "[redacted]" in place of what
 * secret headers and the queries of URLs hold: "/ws?token=[redacted]". The spans point into m's
 * bytes and into b, which is overwritten and has to stay with m. Returns 0 or -ENOMEM.
 */
int http_show(struct http_msg *m, bool secrets, struct buf *b);

/*
 * Redacts the n bytes of a head, or of its start, in place and without a change of length: what is
 * too short or too long is cut or filled up.
 */
void http_redact_head(char *p, size_t n);

#endif
