// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "diagnose/alike.h"
#include "diagnose/servers.h"
#include "diagnose/worked.h"
#include "facts/endpoints.h"
#include "lib/units.h"

#define MASS 20 /* connections that end within a second */
#define MASS_REMEMBERED (30 * NS_PER_SEC)
/* Time for which nginx and others do not try an upstream again that has failed */
#define DOWN_REMEMBERED (30 * NS_PER_SEC)
#define AGES_DIFFER (50 * NS_PER_MS) /* a busy program's timers are late */
#define SERVERS_MAX 65536 /* most addresses that are remembered */
#define OPENED_MAX 8 /* most targets of each */
#define PROBES_MAX 8 /* hosts that are remembered of each */
#define PROBES_REMEMBERED (60 * NS_PER_SEC)

/* What has been seen at one server address, or at the proxy in front of it. */
struct server {
	char addr[ADDR_LEN];
	uint64_t head; /* bytes of the largest request head that was not refused */
	char comm[WST_COMM_LEN]; /* of the process that last answered there; empty: not known */
	bool plain, tls; /* a server has answered there in HTTP, in TLS */
	/* the same in HTTP, but for 400: behind a PROXY header, without one */
	bool proxied, bare;
	char *kept; /* a target whose Upgrade header the proxy here passed on; NULL: none */
	struct worked *worked; /* NULL: nothing yet */
	uint64_t refused_since,
		refused_last; /* connects that were refused, one soon after another */
	uint32_t refusals;
	bool refusals_told;
	uint64_t there; /* when something was last seen to listen; 0: never */
	struct down_facts down; /* the last upstream that the proxy here could not connect to */
	char *opened[OPENED_MAX]; /* the first targets that got a 101, as they may be shown, without
				     queries */
	struct probe {
		char host[ADDR_LEN];
		uint64_t ts;
	} probes[PROBES_MAX]; /* hosts of clients that sent what nobody speaks here */
	uint32_t n_probes;
	uint32_t http2; /* clients of HTTP/2 on which it hung up, each a minute at most behind the
			   last */
	uint64_t http2_ts;
	struct alike silences; /* without bytes before each of the last cuts */
	struct alike client_silences; /* of clients that had sent nothing while the server had */
	struct alike ages; /* of connections that were cut */
	uint64_t open_second, close_second; /* start of the seconds that are counted now */
	/* in those seconds, and in the second before open_second */
	uint32_t opens, opens_before, closes;
	uint64_t mass_ts; /* when many closed at once, and how many */
	uint32_t mass;
	UT_hash_handle hh;
};

static struct server *server_at(struct servers *all, const struct facts *f)
{
	const char *addr = conn_server_addr(f->conn);
	struct server *s;

	HASH_FIND_STR(all->by_addr, addr, s);
	if (s)
		return s;
	s = HASH_COUNT(all->by_addr) < SERVERS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	strcpy(s->addr, addr);
	HASH_ADD_STR(all->by_addr, addr, s);
	return s;
}

/*
 * Returns the length of "/websocket" in "/websocket/chat?room=1", which a proxy's configuration is
 * likely to name.
 */
static size_t location_len(const char *target)
{
	return target[0] ? 1 + strcspn(target + 1, "/?") : 0;
}

static bool same_location(const char *a, const char *b)
{
	size_t n = location_len(a);

	return n == location_len(b) && !memcmp(a, b, n);
}

void servers__joined(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f->downstream);
	const char *target = f->downstream->req.shown_target;

	if (!s || !target || !f->downstream->req.websocket || f->between != BETWEEN_ONE)
		return;
	if (f->req.websocket && f->req.connection && !f->req.http10) {
		if (!s->kept)
			s->kept = strdup(target);
	} else if (s->kept && !same_location(s->kept, target)) {
		f->kept_elsewhere = s->kept;
	}
}

void servers__asked(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);

	if (!s)
		return;
	if (f->req.ts - s->open_second >= NS_PER_SEC) {
		s->opens_before = f->req.ts - s->open_second < 2 * NS_PER_SEC ? s->opens : 0;
		s->open_second = f->req.ts;
		s->opens = 0;
	}
	f->opens = ++s->opens;
	f->mass_closes = s->mass && f->req.ts - s->mass_ts < MASS_REMEMBERED ? s->mass : 0;
}

static size_t path_len(const char *target)
{
	return strcspn(target, "?");
}

static bool same_path(const char *a, const char *b)
{
	size_t n = path_len(a);

	return n == path_len(b) && !memcmp(a, b, n);
}

/* Returns whether two targets differ at most in case and by a slash at the end. */
static bool alike(const char *a, const char *b)
{
	size_t n = path_len(a), m = path_len(b);

	n -= n > 1 && a[n - 1] == '/';
	m -= m > 1 && b[m - 1] == '/';
	return n == m && !strncasecmp(a, b, n);
}

static void add_opened(struct server *s, const char *target)
{
	for (int i = 0; i < OPENED_MAX; i++) {
		if (!s->opened[i])
			s->opened[i] = strndup(target, path_len(target));
		if (!s->opened[i] || same_path(s->opened[i], target))
			return;
	}
}

/* Returns an opened target that differs from this one only in case or by a slash, or NULL. */
static const char *find_alike(const struct server *s, const char *target)
{
	for (int i = 0; i < OPENED_MAX && s->opened[i]; i++)
		if (alike(s->opened[i], target) && !same_path(s->opened[i], target))
			return s->opened[i];
	return NULL;
}

static void note_target(struct server *s, struct facts *f)
{
	if (f->req.shown_target && f->res.websocket) {
		add_opened(s, f->req.shown_target);
		worked__add(&s->worked, f);
	} else if (f->req.wanted) {
		worked__compare(s->worked, f);
	}
	if (f->req.shown_target && f->res.status == 404)
		f->similar = find_alike(s, f->req.shown_target);
}

void servers__answered(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);

	if (!s)
		return;
	if (s->down.ts && s->down.ts < f->req.ts && f->res.ts - s->down.ts < DOWN_REMEMBERED)
		f->down_before = s->down;
	s->plain |= f->res.seen && f->res.status != 400;
	s->there = f->res.ts;
	f->port_head = s->head;
	if (f->req.len > s->head && f->res.status && f->res.status < 400)
		s->head = f->req.len;
	f->port_tls = s->tls;
	f->port_proxied = s->proxied;
	f->port_bare = s->bare;
	if (f->conn->role == WST_SERVER && f->conn->pid)
		memcpy(s->comm, f->conn->comm, sizeof(s->comm));
	if (f->res.seen && f->res.status != 400)
		*(f->conn->via.version ? &s->proxied : &s->bare) = true;
	note_target(s, f);
}

/* Returns the length of an "addr:port" without its port. */
static size_t host_len(const char *addr)
{
	const char *colon = strrchr(addr, ':');

	return colon ? (size_t)(colon - addr) : strlen(addr);
}

#define REFUSALS 3 /* in a row, by which somebody tries again and again */
#define REFUSED_APART (60 * NS_PER_SEC)
#define RESTART (10 * NS_PER_SEC) /* a server that was there may be back by then */

/* Returns whether any other address of this host is known as a server's, which may be a proxy. */
static bool serves(const struct servers *all, const char *client, const struct server *but)
{
	size_t n = host_len(client);

	for (const struct server *s = all->by_addr; s; s = s->hh.next)
		if (s != but && host_len(s->addr) == n && !memcmp(s->addr, client, n))
			return true;
	return false;
}

void servers__refused(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);
	const struct conn *client = endpoint_client(f);
	uint64_t ts = f->end.ts;

	if (!s)
		return;
	if (s->refused_last < s->there || ts > s->refused_last + REFUSED_APART) {
		s->refusals = 0;
		s->refusals_told = false;
		s->refused_since = ts;
	}
	s->refused_last = ts;
	if (++s->refusals < REFUSALS || s->refusals_told)
		return;
	if (s->there && ts < s->there + RESTART)
		return;
	s->refusals_told = true;
	if (client ? proxy_named(client->comm) != PROXY_NONE :
		     serves(all, conn_client_addr(f->conn), s))
		return;
	f->refused_often = s->refusals;
}

bool servers__refuses(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);

	if (!s || !f->refused_often || s->there > f->end.ts)
		return false;
	f->refused_often = s->refusals;
	return true;
}

void servers__down(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);

	if (s)
		s->down = f->down;
}

bool servers__retried(struct servers *all, const struct facts *f)
{
	struct server *s = server_at(all, f);

	return s && worked__since(s->worked, f, f->res.ts);
}

void servers__left(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);

	if (s && f->res.websocket)
		worked__ended(s->worked, f);
}

void servers__tls(struct servers *all, const struct facts *f)
{
	struct server *s = server_at(all, f);

	if (s)
		s->tls = true;
}

static struct probe *probe_of(struct server *s, const char *client)
{
	size_t n = host_len(client);

	for (uint32_t i = 0; i < PROBES_MAX && i < s->n_probes; i++)
		if (strlen(s->probes[i].host) == n && !memcmp(s->probes[i].host, client, n))
			return &s->probes[i];
	return NULL;
}

void servers__probed(struct servers *all, const struct facts *f)
{
	const char *client = conn_client_addr(f->conn);
	struct server *s = server_at(all, f);
	struct probe *p = s ? probe_of(s, client) : NULL;

	if (s && !p) {
		p = &s->probes[s->n_probes++ % PROBES_MAX];
		snprintf(p->host, sizeof(p->host), "%.*s", (int)host_len(client), client);
	}
	if (p)
		p->ts = f->end.ts;
}

void servers__probing(struct servers *all, struct facts *f, uint64_t now)
{
	struct server *s = server_at(all, f);
	const struct probe *p = s ? probe_of(s, conn_client_addr(f->conn)) : NULL;

	f->probing = p && p->ts + PROBES_REMEMBERED > now;
}

void servers__closed(struct servers *all, struct facts *f)
{
	struct server *s = server_at(all, f);
	uint32_t came = 0;

	if (s && f->end.how != WST_REFUSED && f->end.how != WST_TIMEOUT)
		s->there = f->end.ts;
	f->port_head = s ? s->head : 0;
	f->port_tls = s && s->tls;
	f->port_plain = s && s->plain;
	f->port_proxied = s && s->proxied;
	f->port_bare = s && s->bare;
	if (s && f->opaque_why == WST_WHY_HTTP2 && !f->end.by_client) {
		if (s->http2_ts + PROBES_REMEMBERED < f->end.ts)
			s->http2 = 0;
		s->http2_ts = f->end.ts;
		f->http2_refused = ++s->http2;
	}
	if (s && !*f->wait.queue.comm)
		memcpy(f->wait.queue.comm, s->comm, sizeof(s->comm));
	if (!s || !f->res.websocket)
		return;
	if (f->end.ts - s->close_second >= NS_PER_SEC) {
		s->close_second = f->end.ts;
		s->closes = 0;
	}
	s->closes++;
	/* As many opens as closes are usual with short connections. */
	if (f->end.ts - s->open_second < 2 * NS_PER_SEC && s->mass_ts != s->open_second)
		came = s->opens > s->opens_before ? s->opens : s->opens_before;
	if (s->closes >= MASS && came * 2 < s->closes) {
		s->mass = s->closes;
		s->mass_ts = s->open_second = f->end.ts;
		s->opens = 0; /* count only those that come back from now on */
	}
}

/* Returns the server, or the proxy, that ended f: the leg behind a proxy is an end of its own. */
static struct server *ended_at(struct servers *all, const struct facts *f)
{
	return server_at(all, f->end.by_client && f->downstream ? f->downstream : f);
}

/* Returns whether f was cut: without a Close frame, and on no other leg before. */
static bool was_cut(const struct facts *f)
{
	const struct facts *down = f->downstream, *up = f->upstream;

	if (!f->res.websocket || first_close(f) || end_blind(f))
		return false;
	return !(down && down->end.seen && down->end.ts < f->end.ts) &&
	       !(up && up->end.seen && up->end.ts < f->end.ts);
}

void servers__cut(struct servers *all, struct facts *f)
{
	struct server *s = was_cut(f) ? ended_at(all, f) : NULL;

	if (!s || (f->downstream && f->downstream->end.counted) ||
	    (f->upstream && f->upstream->end.counted))
		return;
	f->end.counted = true;
	if (f->end.silence >= NS_PER_SEC)
		alike__add(&s->silences, f->end.silence, f->end.ts);
	if (f->end.client_silence >= NS_PER_SEC && !f->end.by_client)
		alike__add(&s->client_silences, f->end.client_silence, f->end.ts);
	if (!f->end.by_client || f->downstream)
		alike__add(&s->ages, f->end.lived, f->end.ts);
}

/* Returns by how much the path can make a time of f differ, ns. */
static uint64_t way(const struct facts *f, uint64_t ns)
{
	uint64_t rtt = facts_rtt(f);

	return ns >= 8 * rtt ? rtt : 0;
}

void servers__compare(struct servers *all, struct facts *f)
{
	struct server *s = was_cut(f) ? ended_at(all, f) : NULL;
	struct end_facts *end = &f->end;
	struct alike_count c;

	if (!s)
		return;
	if (end->silence >= NS_PER_SEC) {
		c = alike__count(&s->silences, end->silence, end->ts, way(f, end->silence));
		end->equal = c.alike;
		end->equal_moments = c.moments;
	}
	if (end->client_silence >= NS_PER_SEC && !end->by_client) {
		c = alike__count(&s->client_silences, end->client_silence, end->ts,
				 way(f, end->client_silence));
		end->client_equal = c.alike;
		end->client_moments = c.moments;
	}
	c = alike__count(&s->ages, end->lived, end->ts, way(f, end->lived) + AGES_DIFFER);
	end->aged = c.alike;
	end->aged_moments = c.moments;
	end->ages = c.all;
}

void servers__free(struct servers *all)
{
	struct server *s, *next;

	HASH_ITER(hh, all->by_addr, s, next)
	{
		HASH_DEL(all->by_addr, s);
		free(s->kept);
		worked__free(s->worked);
		for (int i = 0; i < OPENED_MAX; i++)
			free(s->opened[i]);
		free(s);
	}
}
