/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses HTTP/1.x heads (RFC 9112), and redacts them. */
#ifndef DECODE_HTTP_H
#define DECODE_HTTP_H

#include "lib/buf.h"

#define HTTP_HEADERS_MAX 256

struct http_header {
	struct span name, value;
	struct span shown; /* the value as outputs may show it, by http_show() */
};

/* A head. Its spans point into the bytes that were parsed. */
struct http_msg {
	bool response;
	struct span method, target; /* request */
	struct span shown_target; /* as outputs may show it */
	uint16_t status; /* response */
	struct span reason;
	struct span version; /* "1.1"; request: empty where the line names none */
	/* request: what is wrong with its line, as in "it has ..."; NULL: nothing */
	const char *bad_line;
	bool more; /* there are more headers than HTTP_HEADERS_MAX */
	unsigned int n_headers; /* at most HTTP_HEADERS_MAX; more are left out */
	struct http_header headers[HTTP_HEADERS_MAX];
};

/*
 * Parses the n bytes of a whole head. Of a request line that RFC 9112 does not allow, the target is
 * all between the method and the version, as it is. All `shown` spans are empty until http_show().
 * Returns 0, or -EINVAL for bytes that are no head.
 */
int http_parse(struct http_msg *m, const char *p, size_t n);

/* Returns the first header of this name, compared without case; NULL where there is none. */
const struct http_header *http_find(const struct http_msg *m, const char *name);

/* Returns the value of the first header of this name; an empty span where there is none. */
struct span http_value(const struct http_msg *m, const char *name);

/*
 * Returns whether any header of this name has token in its list, which commas separate. Case does
 * not count.
 */
bool http_has_token(const struct http_msg *m, const char *name, const char *token);

#define HTTP_REDACTED "[redacted]"

/*
 * Fills in m's `shown` spans. With secrets they are everything, else "[redacted]" stands in place
 * of the values of secret headers and of URLs' queries: "/ws?token=[redacted]". The spans point
 * into m's bytes and into b, which is overwritten and has to stay as long as m. Returns 0 or
 * -ENOMEM.
 */
int http_show(struct http_msg *m, bool secrets, struct buf *b);

/*
 * Redacts the n bytes of a head, or of its start, in place and without a change of length:
 * "[redacted]" is cut, or filled up, to the length of the value.
 */
void http_redact_head(char *p, size_t n);

#endif
