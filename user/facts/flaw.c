// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "decode/extensions.h"
#include "facts/flaw.h"

/* Returns how many headers have this name. *last: the last one's shown value. */
static unsigned int count(const struct http_msg *m, const char *name, struct span *last)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		if (h->name.n != strlen(name) || strncasecmp(h->name.p, name, h->name.n))
			continue;
		*last = h->shown;
		n++;
	}
	return n;
}

static bool is(struct span s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

/* Looks at the headers that every 101 has, and at those that none may have. */
static enum flaw in_head(struct buf *b, const struct http_msg *m)
{
	static const char *const needed[] = { "Upgrade", "Connection", "Sec-WebSocket-Accept" };
	struct span v;

	for (int i = 0; i < 3; i++) {
		unsigned int n = count(m, needed[i], &v);

		if (n == 1 || (n && i == 1)) /* Connection is a list, and may come in parts */
			continue;
		if (n)
			buf_printf(b, "has %u %s headers", n, needed[i]);
		else
			buf_printf(b, "lacks %s", needed[i]);
		return FLAW_101;
	}
	if (count(m, "upgrade", &v) && !is(v, "websocket")) {
		buf_printf(b, "has the Upgrade header '%.*s', not 'websocket'", (int)v.n, v.p);
		return FLAW_101;
	}
	if (!http_has_token(m, "connection", "upgrade")) {
		count(m, "connection", &v);
		buf_printf(b, "has the Connection header '%.*s', which does not name upgrade",
			   (int)v.n, v.p);
		return FLAW_101;
	}
	if (is(m->version, "1.0")) {
		buf_str(b, "is of HTTP/1.0, which knows no Upgrade");
		return FLAW_101;
	}
	if (count(m, "transfer-encoding", &v) || (count(m, "content-length", &v) && !is(v, "0"))) {
		buf_printf(b, "has %s, though a 101 has no body",
			   count(m, "transfer-encoding", &v) ? "Transfer-Encoding" :
							       "Content-Length");
		return FLAW_101;
	}
	return FLAW_NONE;
}

static enum flaw in_accept(struct buf *b, const struct response_facts *r)
{
	if (r->accept_ok)
		return FLAW_NONE;
	if (r->accept && !*r->accept)
		buf_str(b, "has an empty Sec-WebSocket-Accept");
	else
		buf_str(b, "has a Sec-WebSocket-Accept that does not fit the key");
	return FLAW_ACCEPT;
}

/* Returns whether the list has exactly this element; subprotocols keep their case. */
static bool offered(const char *list, const char *one)
{
	size_t n = strlen(one);

	for (const char *p = list; p && *p; p += strcspn(p, ",")) {
		p += strspn(p, ", \t");
		if (!strncmp(p, one, n) && strchr(", \t", p[n]))
			return true;
	}
	return false;
}

static enum flaw in_protocol(struct buf *b, const struct request_facts *req,
			     const struct response_facts *r, const struct http_msg *m)
{
	bool asked = req->protocols && *req->protocols;
	struct span v;
	unsigned int n = count(m, "sec-websocket-protocol", &v);

	if (!n && !asked)
		return FLAW_NONE;
	if (!n) {
		buf_printf(b, "chose none of the subprotocols '%s'", req->protocols);
		return FLAW_NO_PROTOCOL;
	}
	if (n > 1)
		buf_printf(b, "has %u Sec-WebSocket-Protocol headers", n);
	else if (!v.n)
		buf_printf(b, "has an empty Sec-WebSocket-Protocol%s",
			   asked ? "" : ", and the client offered none");
	else if (!asked)
		buf_printf(b, "chose the subprotocol '%s', and the client offered none",
			   r->protocol);
	else if (memchr(v.p, ',', v.n))
		buf_printf(b, "names several subprotocols, '%s', where it may choose one of '%s'",
			   r->protocol, req->protocols);
	else if (!offered(req->protocols, r->protocol))
		buf_printf(b, "chose the subprotocol '%s', and the client offered '%s'",
			   r->protocol, req->protocols);
	else
		return FLAW_NONE;
	return FLAW_PROTOCOL;
}

static struct span span_of(const char *s)
{
	return (struct span){ s ? s : "", s ? strlen(s) : 0 };
}

/* Returns whether a list of extensions has this one. */
static bool offers(const char *list, struct span name)
{
	struct span rest = span_of(list);
	struct extension e;

	while (extension_next(&rest, &e))
		if (e.name.n == name.n && !strncasecmp(e.name.p, name.p, name.n))
			return true;
	return false;
}

/* Returns whether any extension in the offer has the parameter client_max_window_bits. */
static bool offers_client_bits(const char *list)
{
	struct span rest = span_of(list);
	struct extension_param p;
	struct extension e;

	while (extension_next(&rest, &e))
		while (extension_param(&e.params, &p))
			if (extension_is(p.name, "client_max_window_bits"))
				return true;
	return false;
}

enum param { CLIENT_BITS, SERVER_BITS, CLIENT_TAKEOVER, SERVER_TAKEOVER, PARAMS };

static const char *const params[PARAMS] = { "client_max_window_bits", "server_max_window_bits",
					    "client_no_context_takeover",
					    "server_no_context_takeover" };

/* Appends what a permessage-deflate must not have in an answer (RFC 7692, 7.1). */
static bool stray_param(struct buf *b, const char *list, struct span rest)
{
	struct extension_param p;
	unsigned int seen = 0;

	while (extension_param(&rest, &p)) {
		int i = 0;

		while (i < PARAMS && !extension_is(p.name, params[i]))
			i++;
		if (i == PARAMS)
			buf_str(b, "an unknown parameter of permessage-deflate");
		else if (seen & 1u << i)
			buf_printf(b, "%s twice", params[i]);
		else if (i < CLIENT_TAKEOVER && !p.value.p)
			buf_printf(b, "%s without a value", params[i]);
		else if (i < CLIENT_TAKEOVER && !extension_window_bits(p.value))
			buf_str(b, "a window of permessage-deflate that is not 8 to 15 bits");
		else if (i >= CLIENT_TAKEOVER && p.value.p)
			buf_printf(b, "%s with a value", params[i]);
		else if (i == CLIENT_BITS && !offers_client_bits(list))
			buf_str(b, "client_max_window_bits, which was not offered");
		else {
			seen |= 1u << i;
			continue;
		}
		return true;
	}
	return false;
}

#define NAME_SHOWN 40 /* bytes of an extension's name */

static enum flaw in_extensions(struct buf *b, const struct request_facts *req,
			       const struct response_facts *r)
{
	struct span rest = span_of(r->extensions);
	struct extension e;
	bool deflate = false;

	if (r->extensions && !*r->extensions) {
		buf_str(b, "has an empty Sec-WebSocket-Extensions");
		return FLAW_EXTENSION;
	}
	buf_str(b, "grants ");
	while (extension_next(&rest, &e)) {
		bool is_deflate = extension_is(e.name, "permessage-deflate");

		if (!offers(req->extensions, e.name)) {
			buf_printf(b, "%.*s%s, an extension that was not offered",
				   e.name.n > NAME_SHOWN ? NAME_SHOWN : (int)e.name.n, e.name.p,
				   e.name.n > NAME_SHOWN ? "..." : "");
			return FLAW_EXTENSION;
		}
		if (is_deflate && deflate) {
			buf_str(b, "permessage-deflate twice");
			return FLAW_EXTENSION;
		}
		if (is_deflate && stray_param(b, req->extensions, e.params))
			return FLAW_EXTENSION;
		deflate |= is_deflate;
	}
	b->len = 0;
	return FLAW_NONE;
}

/* Appends what is wrong with the form of this header line. Returns whether something is. */
static bool bad_form(struct buf *b, const struct http_header *h)
{
	const char *after = h->name.p + h->name.n; /* within the head: a line's end follows */

	if (*after == ':' && h->name.n && !memchr(h->name.p, ' ', h->name.n))
		return false;
	if (*after == ' ' || *after == '\t')
		buf_printf(b, "has a blank before the colon of its header %.*s", (int)h->name.n,
			   h->name.p);
	else if (!h->name.n)
		buf_str(b, "has a header without a name");
	else if (*after == ':')
		buf_printf(b, "has a blank in the name of its header %.*s", (int)h->name.n,
			   h->name.p);
	else /* the line may be a part of a secret: show little of it */
		buf_printf(b, "has a line of %zu bytes that is no header, '%.*s%s'", h->name.n,
			   h->name.n > 8 ? 4 : (int)h->name.n, h->name.p,
			   h->name.n > 8 ? "..." : "");
	return true;
}

char *request_flaw(const struct http_msg *m)
{
	static const char *const once[] = { "Host", "Upgrade", "Sec-WebSocket-Key",
					    "Sec-WebSocket-Version", "Origin" };
	struct buf b = {};
	struct span v;

	for (unsigned int i = 0; i < m->n_headers && !b.len; i++)
		bad_form(&b, &m->headers[i]);
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]) && !b.len; i++) {
		unsigned int n = count(m, once[i], &v);

		if (n > 1)
			buf_printf(&b, "has %u %s headers", n, once[i]);
		else if (!n && !i && m->version.n == 3 && !memcmp(m->version.p, "1.1", 3))
			buf_str(&b, "has no Host header");
	}
	if (b.data)
		buf_char(&b, 0);
	return b.data;
}

void flaw_find(struct response_facts *r, const struct request_facts *req, const struct http_msg *m)
{
	struct buf b = {};

	r->flaw = in_head(&b, m);
	if (!r->flaw)
		r->flaw = in_accept(&b, r);
	if (!r->flaw)
		r->flaw = in_extensions(&b, req, r);
	if (!r->flaw)
		r->flaw = in_protocol(&b, req, r, m);
	if (b.data)
		buf_char(&b, 0);
	r->flaw_says = b.data;
	if (!b.data)
		r->flaw = FLAW_NONE;
}
