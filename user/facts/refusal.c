// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <strings.h>
#include "facts/chain.h"
#include "facts/refusal.h"

/*
 * Returns the port behind a host of n bytes, without the colon; the scheme's own port where there
 * is none.
 */
static const char *port_of(const char *host, size_t n, const char *origin)
{
	host += n + (host[n] == ']');
	return *host == ':' ? host + 1 : !strncasecmp(origin, "https:", 6) ? "443" : "80";
}

bool origin_fits(const char *origin, const char *host)
{
	const char *o = strstr(origin, "://");
	size_t n;

	o = o ? o + 3 : origin;
	n = strcspn(o, *o == '[' ? "]" : ":/");
	return !strncasecmp(o, host, n) && (!host[n] || strchr(":]", host[n])) &&
	       !strcmp(port_of(o, n, origin), port_of(host, n, origin));
}

/* Returns whether f's request has a Host that fits the Origin, whatever the port. */
static bool fits(const struct facts *f, const char *origin)
{
	const char *o = strstr(origin, "://");
	const char *host = f->req.host;
	size_t n;

	if (!host)
		return false;
	o = o ? o + 3 : origin;
	n = strcspn(o, *o == '[' ? "]" : ":/");
	return n && !strncasecmp(o, host, n) && (!host[n] || strchr(":]", host[n]));
}

const struct facts *refusal_host_changed(const struct facts *f)
{
	const char *origin = f->req.origin;

	if (!origin || !f->req.host || origin_fits(origin, f->req.host))
		return NULL;
	for (; f->downstream; f = f->downstream) {
		const struct facts *before = f->downstream;

		if (chain_gap(before, f) || !before->req.wanted || before->req.cut)
			return NULL;
		if (fits(before, origin) && f->req.host && strcmp(before->req.host, f->req.host))
			return f;
	}
	return NULL;
}

struct hop refusal_host_changer(const struct facts *f)
{
	const struct facts *at = refusal_host_changed(f);
	struct hop h;

	if (!at)
		return hop_server(f);
	h = hop_client(at);
	h.what = "the proxy at";
	return h;
}

void refusal_host_before(struct buf *b, const struct facts *f)
{
	const struct facts *at = refusal_host_changed(f);

	if (at)
		buf_str(b, at->downstream->req.host);
}

/* Appends those names whose bit is set: "a, b and c". */
static void list(struct buf *b, const char *const names[ASKED_PARTS], uint32_t set)
{
	for (int i = 0; i < ASKED_PARTS; i++) {
		if (!(set & 1U << i))
			continue;
		buf_str(b, names[i]);
		set &= ~(1U << i);
		if (set)
			buf_str(b, set & (set - 1) ? ", " : " and ");
	}
}

void refusal_differs(struct buf *b, const struct facts *f)
{
	static const char *const names[ASKED_PARTS] = {
		"the query",	    "the Cookie header",	 "the Authorization header",
		"the subprotocols", "the Sec-WebSocket-Version", "other headers",
	};
	uint32_t hidden = f->contrast.hidden, differs = f->contrast.differs & ~hidden;

	if (!differs && !hidden)
		buf_str(b, "the two requests are alike, but for the key");
	if (differs)
		buf_str(b, "what differs is ");
	list(b, names, differs);
	if (!hidden)
		return;
	buf_str(b, differs ? "; " : "");
	list(b, names, hidden);
	buf_str(b, " may differ, but cannot be compared in this file, where values are hidden");
}

const struct facts *refusal_hung_up(const struct facts *f)
{
	const struct facts *front = f->downstream;

	if (!front || !front->conn || !front->end.seen || front->end.by_client || front->res.seen ||
	    server_heard(front) || chain_gap(front, f))
		return NULL;
	return front;
}

void refusal_sockjs(struct buf *b, const struct facts *f)
{
	const char *target = f->req.shown_target ? f->req.shown_target : "";
	size_t n = strcspn(target, "?");

	while (n && target[n - 1] == '/')
		n--;
	buf_add(b, target, n);
	buf_str(b, "/websocket");
}
