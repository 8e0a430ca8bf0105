// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "decode/http.h"

static bool span_is(struct span s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

static struct span trimmed(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return (struct span){ p, end - p };
}

/* Cuts the next word off *rest and returns it. */
static struct span word(struct span *rest)
{
	const char *space = memchr(rest->p, ' ', rest->n);
	struct span w = { rest->p, space ? (size_t)(space - rest->p) : rest->n };

	rest->n -= w.n + !!space;
	rest->p += w.n + !!space;
	return w;
}

static bool span_has(struct span s, const char *start)
{
	return s.n >= strlen(start) && !memcmp(s.p, start, strlen(start));
}

/*
 * Cuts the target off *rest, what follows a method and one blank. What is left is "HTTP/1.1", or
 * nothing. Blanks are not allowed in a target, but are sent.
 */
static struct span cut_target(struct span *rest)
{
	struct span target = *rest;
	size_t at = rest->n;

	while (at && rest->p[at - 1] != ' ')
		at--;
	if (at && span_has((struct span){ rest->p + at, rest->n - at }, "HTTP/") &&
	    rest->n - at > 5) {
		target.n = at - 1;
		*rest = (struct span){ rest->p + at, rest->n - at };
	} else {
		*rest = (struct span){ rest->p + rest->n, 0 };
	}
	return target;
}

/* cut: the line does not end where the bytes do. */
static int parse_first_line(struct http_msg *m, struct span line, bool cut)
{
	struct span first = word(&line);

	if (first.n >= 8 && !memcmp(first.p, "HTTP/1.", 7)) {
		struct span status = word(&line);

		m->response = true;
		m->version = (struct span){ first.p + 5, first.n - 5 };
		if (status.n != 3)
			return -EINVAL;
		for (size_t i = 0; i < 3; i++)
			m->status = m->status * 10 + (status.p[i] - '0');
		m->reason = line;
		return 0;
	}
	if (!first.n || first.p + first.n == line.p || span_has(first, "HTTP/"))
		return -EINVAL;
	m->method = first;
	m->target = cut_target(&line);
	if (line.n)
		m->version = (struct span){ line.p + 5, line.n - 5 };
	if (cut)
		return 0;
	if (!line.n)
		m->bad_line = "no HTTP version";
	else if (!m->target.n || m->target.p[0] == ' ' || m->target.p[m->target.n - 1] == ' ')
		m->bad_line = "two blanks in a row";
	else if (memchr(m->target.p, ' ', m->target.n))
		m->bad_line = "a blank in its target";
	return 0;
}

static bool is_secret(struct span name)
{
	static const char *const names[] = { "cookie", "set-cookie", "authorization",
					     "proxy-authorization" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool ends_in(struct span name, const char *text)
{
	size_t n = strlen(text);

	return name.n >= n && span_is((struct span){ name.p + name.n - n, n }, text);
}

/*
 * Returns whether this header's value is a URL, whose query or user may hold a secret: by its name,
 * or as it starts, or holds one with a scheme.
 */
static bool is_url(struct span name, struct span value)
{
	static const char *const ends[] = {
		"location", "referer", "uri", "url", "refresh", "link"
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(name, ends[i]))
			return true;
	return (value.n && value.p[0] == '/') || memmem(value.p, value.n, "//", 2);
}

/* Returns the query: all behind "?", or behind "#" where a "=" follows. Its p is NULL: none. */
static struct span find_query(struct span url)
{
	const char *end = url.p + url.n, *p = memchr(url.p, '?', url.n);
	const char *hash = memchr(url.p, '#', url.n);

	if (hash && (!p || hash < p) && memchr(hash, '=', end - hash))
		p = hash;
	return p ? (struct span){ p + 1, end - p - 1 } : (struct span){ NULL, 0 };
}

/* Returns the first "user:password" of the URLs in s, before any query. Its n is 0: none. */
static struct span find_user(struct span s, bool target)
{
	static const char behind[] = { '/', '?', '#', ' ', '\t', ',', '<', '>', '"' };
	struct span query = find_query(s);
	const char *end = query.p ? query.p : s.p + s.n, *at, *p = s.p;

	for (at = NULL; p < end; p++) {
		size_t n = 0;

		if (target && p == s.p && *p != '/' && !memmem(p, end - p, "//", 2))
			at = p; /* CONNECT user@host:443 */
		else if (end - p > 2 && !memcmp(p, "//", 2) && (p == s.p || p[-1] == ':'))
			at = p + 2;
		else
			continue;
		while (at + n < end && !memchr(behind, at[n], sizeof(behind)))
			n++;
		while (n && at[n - 1] != '@')
			n--;
		if (n > 1)
			return (struct span){ at, n - 1 };
	}
	return (struct span){ s.p, 0 };
}

int http_parse(struct http_msg *m, const char *p, size_t n)
{
	const char *end = p + n, *eol, *colon;
	bool dropped = false;

	memset(m, 0, offsetof(struct http_msg, headers));
	m->method = m->target = m->version = m->reason = (struct span){ "", 0 };
	m->shown_target = (struct span){ "", 0 };
	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	eol = memchr(p, '\n', end - p);
	if (!eol)
		eol = end; /* cut off */
	if (parse_first_line(m, trimmed(p, eol), eol == end))
		return -EINVAL;
	for (p = eol; p < end && ++p < end; p = eol) {
		struct http_header *h = &m->headers[m->n_headers];

		eol = memchr(p, '\n', end - p);
		if (!eol)
			eol = end;
		if (trimmed(p, eol).n == 0)
			break;
		if ((*p == ' ' || *p == '\t') && m->n_headers) { /* obs-fold */
			if (!dropped)
				h[-1].value.n = trimmed(h[-1].value.p, eol).n;
			continue;
		}
		dropped = m->more = m->n_headers == HTTP_HEADERS_MAX;
		if (dropped)
			continue;
		colon = memchr(p, ':', eol - p);
		h->name = trimmed(p, colon ? colon : eol);
		h->value = colon ? trimmed(colon + 1, eol) : (struct span){ eol, 0 };
		h->shown = (struct span){ "", 0 };
		m->n_headers++;
	}
	return 0;
}

const struct http_header *http_find(const struct http_msg *m, const char *name)
{
	for (unsigned int i = 0; i < m->n_headers; i++)
		if (span_is(m->headers[i].name, name))
			return &m->headers[i];
	return NULL;
}

struct span http_value(const struct http_msg *m, const char *name)
{
	const struct http_header *h = http_find(m, name);

	return h ? h->value : (struct span){ "", 0 };
}

bool http_has_token(const struct http_msg *m, const char *name, const char *token)
{
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const char *p = m->headers[i].value.p, *end = p + m->headers[i].value.n, *comma;

		if (!span_is(m->headers[i].name, name))
			continue;
		for (; p < end; p = comma + 1) {
			comma = memchr(p, ',', end - p);
			if (!comma)
				comma = end;
			if (span_is(trimmed(p, comma), token))
				return true;
		}
	}
	return false;
}

/* Appends a query to b with its values left out. */
static void redact_values(struct buf *b, struct span query)
{
	const char *end = query.p + query.n, *p, *amp, *eq;

	for (p = query.p; p < end; p = amp + 1) {
		amp = memchr(p, '&', end - p);
		if (!amp)
			amp = end;
		eq = memchr(p, '=', amp - p);
		if (eq && eq + 1 < amp) {
			buf_add(b, p, eq + 1 - p);
			buf_str(b, HTTP_REDACTED);
		} else if (eq) {
			buf_add(b, p, amp - p);
		} else if (p < amp) {
			buf_str(b, HTTP_REDACTED); /* a query without "=" is all value */
		}
		if (amp < end)
			buf_char(b, '&');
	}
}

/* Appends a URL to b with the values of its query left out, and with whom it names as user. */
static void redact_url(struct buf *b, struct span url, bool target)
{
	const char *end = url.p + url.n;
	struct span user, query;

	while ((user = find_user(url, target)).n) {
		buf_add(b, url.p, user.p - url.p);
		buf_str(b, HTTP_REDACTED);
		url = (struct span){ user.p + user.n, end - user.p - user.n };
		target = false;
	}
	query = find_query(url);
	buf_add(b, url.p, query.p ? (size_t)(query.p - url.p) : url.n);
	if (query.p)
		redact_values(b, query);
}

/* Appends the redacted URL. Sets only the length of *shown: b may still move in memory. */
static void show_url(struct buf *b, struct span url, bool target, struct span *shown)
{
	size_t from = b->len;

	redact_url(b, url, target);
	*shown = (struct span){ NULL, b->len - from };
}

/* Points *shown at the next bytes of b, unless it points somewhere already. */
static void place(const struct buf *b, size_t *at, struct span *shown)
{
	if (shown->p)
		return;
	shown->p = b->data ? b->data + *at : "";
	*at += shown->n;
}

int http_show(struct http_msg *m, bool secrets, struct buf *b)
{
	size_t at = 0;

	b->len = 0;
	m->shown_target = m->target;
	if (!secrets)
		show_url(b, m->target, true, &m->shown_target);
	for (unsigned int i = 0; i < m->n_headers; i++) {
		struct http_header *h = &m->headers[i];

		h->shown = h->value;
		if (!secrets && is_secret(h->name))
			h->shown = (struct span){ HTTP_REDACTED, strlen(HTTP_REDACTED) };
		else if (!secrets && is_url(h->name, h->value))
			show_url(b, h->value, false, &h->shown);
	}
	if (b->failed)
		return -ENOMEM;
	place(b, &at, &m->shown_target);
	for (unsigned int i = 0; i < m->n_headers; i++)
		place(b, &at, &m->headers[i].shown);
	return 0;
}

/* Overwrites s with "[redacted]", filled up with dots: blanks would end a request target. */
static void overwrite(struct span s)
{
	char *p = (char *)s.p; /* the caller's own */
	size_t word = strlen(HTTP_REDACTED);

	memset(p, '.', s.n);
	memcpy(p, HTTP_REDACTED, s.n < word ? s.n : word);
}

/* Overwrites a value of a query. A blank within it stays one: it is what is wrong with the request.
 */
static void overwrite_value(struct span s)
{
	char *p = (char *)s.p;
	bool first = s.n && *p == ' ', last = s.n && p[s.n - 1] == ' ';
	bool inside = s.n > 2 && memchr(p + 1, ' ', s.n - 2);

	overwrite(s);
	if (first)
		*p = ' ';
	if (last)
		p[s.n - 1] = ' ';
	if (inside)
		p[s.n / 2] = ' '; /* where it was is not told */
}

static void overwrite_url(struct span url, bool target)
{
	struct span user, rest = url, query = find_query(url);
	const char *end = query.p ? query.p + query.n : NULL, *p, *amp, *eq;

	while ((user = find_user(rest, target)).n) {
		overwrite(user);
		rest = (struct span){ user.p + user.n, rest.p + rest.n - user.p - user.n };
		target = false;
	}
	for (p = query.p; p && p < end; p = amp + 1) {
		amp = memchr(p, '&', end - p);
		if (!amp)
			amp = end;
		eq = memchr(p, '=', amp - p);
		p = eq ? eq + 1 : p;
		overwrite_value((struct span){ p, amp - p });
	}
}

/*
 * Redacts one header line in place. Returns whether it may hold a secret: folded lines are secret
 * then.
 */
static bool redact_header(const char *line, const char *eol)
{
	const char *colon = memchr(line, ':', eol - line);
	struct span name = colon ? trimmed(line, colon) : (struct span){ line, 0 };

	if (colon && is_url(name, trimmed(colon + 1, eol))) {
		overwrite_url(trimmed(colon + 1, eol), false);
		return true;
	}
	if (!colon || !is_secret(name))
		return false;
	overwrite(trimmed(colon + 1, eol));
	return true;
}

void http_redact_head(char *p, size_t n)
{
	const char *end = p + n, *at = p, *eol;
	bool secret = false, first = true;

	while (at < end && (*at == '\r' || *at == '\n'))
		at++;
	for (; at < end; at = eol + 1, first = false) {
		eol = memchr(at, '\n', end - at);
		if (!eol)
			eol = end;
		if (first) {
			struct span line = trimmed(at, eol);

			word(&line);
			overwrite_url(cut_target(&line), true);
		} else if (*at != ' ' && *at != '\t') {
			secret = redact_header(at, eol);
		} else if (secret) { /* obs-fold: the value goes on */
			overwrite(trimmed(at, eol));
		}
	}
}
