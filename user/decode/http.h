/* SPDX-License-Identifier: GPL-2.0-only */
/* An HTTP/1.x head, taken apart (RFC 9112). */
#ifndef DECODE_HTTP_H
#define DECODE_HTTP_H

#include "lib/buf.h"

#define HTTP_HEADERS_MAX 256

struct http_header {
	struct span name, value;
	bool secret; /* the value is not to be shown */
};

/* Spans point into the bytes that were parsed. */
struct http_msg {
	bool response;
	struct span method, target; /* request */
	uint16_t status; /* response */
	struct span reason;
	struct span version; /* "1.1" */
	unsigned int n_headers; /* at most HTTP_HEADERS_MAX; more are left out */
	struct http_header headers[HTTP_HEADERS_MAX];
};

/* Takes the n bytes of a whole head apart. Returns 0, or -EINVAL where it is none. */
int http_parse(struct http_msg *m, const char *p, size_t n);

/* The first header of this name, compared without case; NULL where there is none. */
const struct http_header *http_find(const struct http_msg *m, const char *name);

/* Its value; an empty span where there is none. */
struct span http_value(const struct http_msg *m, const char *name);

/* Whether any header of this name has token in its comma separated list, without case. */
bool http_has_token(const struct http_msg *m, const char *name, const char *token);

/* A request target with the values of its query left out: "/ws?token=[redacted]". */
void http_redact_target(struct buf *b, struct span target);

/*
 * The same in the n bytes of a head, or of its start, and for secret headers' values; in place,
 * so that what is too short or too long is cut or filled up.
 */
void http_redact_head(char *p, size_t n);

#define HTTP_REDACTED "[redacted]"

#endif
