// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "diagnose/opened.h"
#include "diagnose/servers.h"

#define SECOND 1000000000ULL
#define MASS 20 /* connections that end within a second */
#define MASS_REMEMBERED (30 * SECOND)
#define SILENCES 16
#define SITES_MAX 65536 /* server addresses that are remembered */

/* What has been seen at one server address, or in front of it. */
struct site {
	char addr[ADDR_LEN];
	bool plain, tls; /* has been spoken there */
	char *kept; /* a target whose Upgrade header the proxy here has passed on */
	struct opened opened;
	uint64_t silence[SILENCES]; /* before connections were cut */
	uint32_t n_silences;
	uint64_t open_second, close_second, mass_ts;
	uint32_t opens, opens_before, closes, mass; /* in the second, and in the one before it */
	UT_hash_handle hh;
};

static struct site *site_of(struct sites *all, const struct facts *f)
{
	const char *addr = f->conn->role == WST_SERVER ? f->conn->local : f->conn->remote;
	struct site *s;

	HASH_FIND_STR(all->by_addr, addr, s);
	if (s)
		return s;
	s = HASH_COUNT(all->by_addr) < SITES_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	strcpy(s->addr, addr);
	HASH_ADD_STR(all->by_addr, addr, s);
	return s;
}

/* "/websocket" of "/websocket/chat?room=1": what a location block is likely to name. */
static size_t location_len(const char *target)
{
	return target[0] ? 1 + strcspn(target + 1, "/?") : 0;
}

static bool same_location(const char *a, const char *b)
{
	size_t n = location_len(a);

	return n == location_len(b) && !memcmp(a, b, n);
}

void sites__joined(struct sites *all, struct facts *f)
{
	struct site *s = site_of(all, f->down);
	const char *target = f->down->req.target;

	if (!s || !target || !f->down->req.websocket)
		return;
	if (f->req.websocket && f->req.connection && !f->req.http10) {
		if (!s->kept)
			s->kept = strdup(target);
	} else if (s->kept && !same_location(s->kept, target)) {
		f->kept_elsewhere = s->kept;
	}
}

void sites__asked(struct sites *all, struct facts *f)
{
	struct site *s = site_of(all, f);

	if (!s)
		return;
	if (f->req.ts - s->open_second >= SECOND) {
		s->opens_before = f->req.ts - s->open_second < 2 * SECOND ? s->opens : 0;
		s->open_second = f->req.ts;
		s->opens = 0;
	}
	f->opens = ++s->opens;
	f->mass_closes = s->mass && f->req.ts - s->mass_ts < MASS_REMEMBERED ? s->mass : 0;
}

/*
 * Which targets this server opens, and whether the one that it does not know is like one of them.
 */
static void note_opened(struct site *s, struct facts *f)
{
	if (f->req.target && f->res.websocket)
		opened__add(&s->opened, f->req.target);
	if (f->req.target && f->res.status == 404)
		f->similar = opened__like(&s->opened, f->req.target);
}

void sites__answered(struct sites *all, struct facts *f)
{
	struct site *s = site_of(all, f);

	if (!s)
		return;
	s->plain |= f->res.seen && f->res.status != 400;
	f->port_tls = s->tls;
	note_opened(s, f);
}

void sites__tls(struct sites *all, const struct facts *f)
{
	struct site *s = site_of(all, f);

	if (s)
		s->tls = true;
}

void sites__closed(struct sites *all, struct facts *f)
{
	struct site *s = site_of(all, f);
	uint32_t came = 0;

	f->port_tls = s && s->tls;
	f->port_plain = s && s->plain;
	if (!s || !f->res.websocket)
		return;
	if (f->end.ts - s->close_second >= SECOND) {
		s->close_second = f->end.ts;
		s->closes = 0;
	}
	s->closes++;
	/* Where as many come as go, short connections are the custom. */
	if (f->end.ts - s->open_second < 2 * SECOND && s->mass_ts != s->open_second)
		came = s->opens > s->opens_before ? s->opens : s->opens_before;
	if (s->closes >= MASS && came * 2 < s->closes) {
		s->mass = s->closes;
		s->mass_ts = s->open_second = f->end.ts;
		s->opens = 0; /* from here on they are those that come back */
	}
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

void sites__silence(struct sites *all, struct facts *f)
{
	struct site *s = site_of(all, f);
	uint32_t n = 0;

	if (!s || f->end.silence < SECOND || !f->res.websocket || f->s[0].closed || f->s[1].closed)
		return;
	for (uint32_t i = 0; i < SILENCES && i < s->n_silences; i++)
		n += apart(s->silence[i], f->end.silence) * 50 <= f->end.silence;
	s->silence[s->n_silences++ % SILENCES] = f->end.silence;
	f->end.equal = n + 1;
}

void sites__free(struct sites *all)
{
	struct site *s, *next;

	HASH_ITER(hh, all->by_addr, s, next)
	{
		HASH_DEL(all->by_addr, s);
		free(s->kept);
		opened__free(&s->opened);
		free(s);
	}
}
