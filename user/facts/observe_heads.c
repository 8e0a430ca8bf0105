// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "facts/flaw.h"
#include "facts/observe.h"
#include "lib/units.h"

/*
 * Returns what may be shown of the first header of this name, for the caller to free; NULL: none.
 */
static char *value(const struct http_msg *m, const char *name)
{
	const struct http_header *h = http_find(m, name);

	return h ? strndup(h->shown.p, h->shown.n) : NULL;
}

/*
 * Returns what may be shown of all headers of this name, with commas between them, for the caller
 * to free; NULL: none.
 */
static char *values(const struct http_msg *m, const char *name)
{
	struct buf b = {};

	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		if (h->name.n != strlen(name) || strncasecmp(h->name.p, name, h->name.n))
			continue;
		if (b.len)
			buf_str(&b, ", ");
		buf_add(&b, h->shown.p, h->shown.n);
	}
	if (b.data)
		buf_char(&b, 0);
	return b.data;
}

static void free_request(struct request_facts *r)
{
	free(r->target);
	free(r->shown_target);
	free(r->upgrade);
	free(r->connection_value);
	free(r->key);
	free(r->version);
	free(r->host);
	free(r->origin);
	free(r->protocols);
	free(r->extensions);
	free(r->flaw_says);
	memset(r, 0, sizeof(*r));
}

static void free_response(struct response_facts *r)
{
	free(r->reason);
	free(r->accept);
	free(r->protocol);
	free(r->extensions);
	free(r->location);
	free(r->version);
	free(r->type);
	free(r->flaw_says);
	memset(r, 0, sizeof(*r));
}

/* Returns whether a key is 16 bytes in base64 (RFC 6455, 4.1). */
static bool key_good(const char *key)
{
	if (!key || strlen(key) != 24 || strcmp(key + 22, "=="))
		return false;
	for (int i = 0; i < 22; i++)
		if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/')
			return false;
	return strchr("AQgw", key[21]); /* the last digit has four unused bits, which are 0 */
}

#define AHEAD (2 * NS_PER_SEC) /* an answer is at most so old when its request is complete */

static bool contains(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (!strncasecmp(s.p + i, word, n))
			return true;
	return false;
}

/* Adds bytes to a hash (FNV-1a); 0 is that of nothing. */
static void hash(uint64_t *h, struct span s)
{
	*h = *h ? *h : 0xcbf29ce484222325;
	for (size_t i = 0; i < s.n; i++)
		*h = (*h ^ (unsigned char)s.p[i]) * 0x100000001b3;
}

static bool is_named(const struct http_header *h, const char *name)
{
	return h->name.n == strlen(name) && !strncasecmp(h->name.p, name, h->name.n);
}

/* Returns whether a file holds "[redacted]", cut or filled up, in place of a value. */
static bool is_hidden(struct span value)
{
	size_t n = value.n < strlen(HTTP_REDACTED) ? value.n : strlen(HTTP_REDACTED);

	return n && !memcmp(value.p, HTTP_REDACTED, n);
}

/* Returns the part of a request to which a header belongs; ASKED_PARTS: none is compared so. */
static enum asked part_of(const struct http_header *h)
{
	static const struct {
		const char *name;
		enum asked part;
	} rows[] = {
		{ "cookie", ASKED_COOKIE },
		{ "authorization", ASKED_AUTH },
		{ "sec-websocket-protocol", ASKED_PROTOCOL },
		{ "sec-websocket-version", ASKED_VERSION },
		{ "sec-websocket-key", ASKED_PARTS },
		{ "host", ASKED_PARTS },
		{ "origin", ASKED_PARTS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_named(h, rows[i].name))
			return rows[i].part;
	return ASKED_OTHERS;
}

/* Notes which part of the head is the longest. */
static void take_longest(struct request_facts *r, const struct http_msg *m)
{
	size_t most = m->target.n;

	strcpy(r->longest, "/");
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		if (h->name.n + h->value.n <= most || h->name.n >= sizeof(r->longest))
			continue;
		most = h->name.n + h->value.n;
		memcpy(r->longest, h->name.p, h->name.n);
		r->longest[h->name.n] = 0;
	}
}

/* Notes what a request has beside its path, Origin and Host. */
static void take_parts(struct request_facts *r, const struct http_msg *m)
{
	const char *query = r->target ? strchr(r->target, '?') : NULL;

	for (unsigned int i = 0; i < m->n_headers; i++) {
		enum asked part = part_of(&m->headers[i]);

		if (part == ASKED_PARTS)
			continue;
		if (part == ASKED_OTHERS)
			hash(&r->parts[part], m->headers[i].name);
		hash(&r->parts[part], m->headers[i].value);
		r->hidden |= (uint32_t)is_hidden(m->headers[i].value) << part;
	}
	if (query)
		hash(&r->parts[ASKED_QUERY], (struct span){ query, strlen(query) });
	if (query && strstr(query, "=[")) /* a redacted value, cut to its length */
		r->hidden |= 1U << ASKED_QUERY;
}

/* Returns the number behind EIO= in a target's query, or 0. */
static uint32_t engine_version(const char *target)
{
	for (const char *p = target ? strchr(target, '?') : NULL; p; p = strchr(p + 1, '&'))
		if (!strncmp(p + 1, "EIO=", 4) && isdigit((unsigned char)p[5]))
			return strtoul(p + 5, NULL, 10) % 100;
	return 0;
}

/* Copies the headers that rules compare. */
static void take_headers(struct request_facts *r, const struct http_msg *m)
{
	r->connection = http_has_token(m, "connection", "upgrade");
	r->upgrade = values(m, "upgrade");
	r->connection_value = values(m, "connection");
	r->key = value(m, "sec-websocket-key");
	r->key_good = key_good(r->key);
	if (r->cut && !r->key_good) { /* the key is cut, and may be equal to others' */
		free(r->key);
		r->key = NULL;
	}
	r->version = value(m, "sec-websocket-version");
	r->host = value(m, "host");
	r->origin = value(m, "origin");
	r->protocols = values(m, "sec-websocket-protocol");
	r->extensions = values(m, "sec-websocket-extensions");
}

/* Returns whether the answer to this request has come already. */
static bool answered_before(const struct facts *f, uint64_t ts)
{
	return f->ahead && f->res.seen && f->res.ts + AHEAD + 2 * facts_rtt(f) > ts &&
	       !f->conn->midstream;
}

bool observe_request(struct facts *f, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct request_facts *r = &f->req;
	bool answered = !e->head.missed && answered_before(f, e->ts);

	f->earlier |= f->res.seen && !answered;
	free_request(r);
	if (!answered)
		free_response(&f->res);
	f->outstanding += !answered;
	f->ahead = false;
	f->looked = 0;
	memset(&f->down, 0, sizeof(f->down));
	r->seen = true;
	r->cut = e->head.cut || m->n_headers == HTTP_HEADERS_MAX;
	r->ts = e->ts;
	r->seq = e->head.seq;
	r->len = e->head.len;
	r->websocket = e->head.upgrade;
	r->wanted = e->head.wanted;
	r->bad_line = m->bad_line;
	r->http10 = m->version.n == 3 && !memcmp(m->version.p, "1.0", 3);
	take_longest(r, m);
	r->target = strndup(m->target.p, m->target.n);
	r->shown_target = strndup(m->shown_target.p, m->shown_target.n);
	r->engine = engine_version(r->target);
	if (r->wanted) {
		take_headers(r, m);
		take_parts(r, m);
	}
	if (r->wanted && !r->cut)
		r->flaw_says = request_flaw(m);
	return answered;
}

/* Returns whether a client cannot know where this answer ends, on a connection that stays. */
static bool is_endless(const struct http_msg *m)
{
	return m->status >= 200 && m->status != 204 && m->status != 304 && m->version.n == 3 &&
	       !memcmp(m->version.p, "1.1", 3) && !http_find(m, "content-length") &&
	       !http_find(m, "transfer-encoding") && !http_has_token(m, "connection", "close");
}

/* Returns whether a header of a cache says that this answer was in it. */
static bool is_cached(const struct http_msg *m)
{
	static const char *const names[] = { "x-cache",		"x-cache-status",
					     "x-proxy-cache",	"x-nginx-cache",
					     "x-cached",	"cf-cache-status",
					     "cache-status",	"x-fastcgi-cache",
					     "x-varnish-cache", "x-nginx-cache-status" };
	static const char *const has[] = { "hit", "stale", "updating", "revalidated" };
	struct span age = http_value(m, "age");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < sizeof(has) / sizeof(has[0]); k++)
			if (contains(http_value(m, names[i]), has[k]) &&
			    !contains(http_value(m, names[i]), "miss"))
				return true;
	return age.n && age.p[0] >= '1' && age.p[0] <= '9';
}

/* Returns whether Envoy answers of its own: it tells how long its upstream took, where one did. */
static bool is_envoys(const struct http_msg *m)
{
	return contains(http_value(m, "server"), "envoy") &&
	       !http_find(m, "x-envoy-upstream-service-time");
}

static int64_t content_length(const struct http_msg *m)
{
	struct span s = http_value(m, "content-length");
	int64_t n = 0;

	if (!s.n || s.n > 15)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return -1;
		n = 10 * n + s.p[i] - '0';
	}
	return n;
}

void observe_body(struct facts *f, const struct event *e)
{
	if (!f->res.seen || f->res.status < 300)
		return;
	if (!f->res.says)
		f->res.says = body_find(e->head.body);
}

void observe_response(struct facts *f, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct response_facts *r = &f->res;

	if (!e->head.final)
		return;
	f->ahead = !f->outstanding;
	f->outstanding -= !!f->outstanding;
	free_response(r);
	r->seen = true;
	r->cut = e->head.cut || m->n_headers == HTTP_HEADERS_MAX;
	r->ts = e->ts;
	r->status = m->status;
	r->websocket = e->head.upgrade;
	r->accept_ok = e->head.accept_ok;
	r->reason = strndup(m->reason.p, m->reason.n);
	r->type = value(m, "content-type");
	r->endless = !r->cut && is_endless(m);
	r->cached = r->status != 101 && is_cached(m);
	r->envoys = is_envoys(m);
	r->length = content_length(m);
	observe_body(f, e);
	if (!f->req.wanted && !r->websocket)
		return;
	r->accept = value(m, "sec-websocket-accept");
	r->protocol = values(m, "sec-websocket-protocol");
	r->extensions = values(m, "sec-websocket-extensions");
	r->location = value(m, "location");
	r->version = value(m, "sec-websocket-version");
	if (r->status == 101 && !r->cut && !f->req.cut && f->req.websocket)
		flaw_find(r, &f->req, m);
}

void observe_free(struct facts *f)
{
	free_request(&f->req);
	free_response(&f->res);
	free(f->contrast.target);
	free(f->contrast.origin);
	free(f->s[WST_C2S].reason);
	free(f->s[WST_S2C].reason);
}
