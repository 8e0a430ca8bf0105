// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "diagnose/worked.h"
#include "facts/endpoints.h"

#define WORKED 16 /* kept of each server; the oldest goes first */
#define LEN_MAX 512 /* bytes of a path, Host or Origin that is kept */
#define ADDRS 4 /* addresses of clients that left at once */

struct one {
	char *origin, *host, *path; /* as they may be shown; never NULL where ts is set */
	uint64_t ts; /* of the last 101 */
	char client[ADDR_LEN]; /* that got it, without its port */
	bool stayed; /* a client has stayed */
	uint32_t n_left;
	char left[ADDRS][ADDR_LEN];
};

struct worked {
	struct one list[WORKED];
};

static size_t path_len(const char *target)
{
	return strcspn(target, "?");
}

static bool same_path(const struct one *o, const struct facts *f)
{
	size_t n = path_len(f->req.shown_target);

	return strlen(o->path) == n && !memcmp(o->path, f->req.shown_target, n);
}

static bool equal(const char *kept, const char *s)
{
	return !strcmp(kept, s ? s : "");
}

static bool same_pair(const struct one *o, const struct facts *f)
{
	return equal(o->origin, f->req.origin) && equal(o->host, f->req.host);
}

static struct one *find(struct worked *w, const struct facts *f)
{
	for (int i = 0; w && f->req.shown_target && i < WORKED; i++)
		if (w->list[i].ts && same_path(&w->list[i], f) && same_pair(&w->list[i], f))
			return &w->list[i];
	return NULL;
}

static void forget(struct one *o)
{
	free(o->origin);
	free(o->host);
	free(o->path);
	memset(o, 0, sizeof(*o));
}

/* Returns the place of the oldest, or an unused one. */
static struct one *oldest(struct worked *w)
{
	struct one *o = w->list;

	for (int i = 1; i < WORKED; i++)
		if (w->list[i].ts < o->ts)
			o = &w->list[i];
	return o;
}

static void set_client(char to[ADDR_LEN], const struct facts *f)
{
	const char *from;
	size_t n = addr_host(conn_client_addr(f->conn), &from);

	memcpy(to, from, n);
	to[n] = 0;
}

static bool too_long(const char *s)
{
	return s && strlen(s) > LEN_MAX;
}

void worked__add(struct worked **w, const struct facts *f)
{
	struct one *o = find(*w, f);

	if (!f->req.shown_target || too_long(f->req.shown_target) || too_long(f->req.host) ||
	    too_long(f->req.origin))
		return;
	if (!*w)
		*w = calloc(1, sizeof(**w));
	if (!*w)
		return;
	if (!o) {
		o = oldest(*w);
		forget(o);
		o->origin = strdup(f->req.origin ? f->req.origin : "");
		o->host = strdup(f->req.host ? f->req.host : "");
		o->path = strndup(f->req.shown_target, path_len(f->req.shown_target));
		if (!o->origin || !o->host || !o->path) {
			forget(o);
			return;
		}
	}
	o->ts = f->res.ts;
	set_client(o->client, f);
}

void worked__compare(const struct worked *w, struct facts *f)
{
	struct contrast_facts *c = &f->contrast;
	int best = -1;

	free(c->target);
	free(c->origin);
	memset(c, 0, sizeof(*c));
	for (int i = 0; w && f->req.shown_target && i < WORKED; i++) {
		const struct one *o = &w->list[i];
		bool pair = o->ts && same_pair(o, f), path = o->ts && same_path(o, f);
		int like = 2 * path + pair;

		if (!like || (like == best && o->ts < c->ts))
			continue;
		c->pair |= pair;
		c->path |= path;
		if (like < best)
			continue;
		best = like;
		c->ts = o->ts;
		free(c->target);
		free(c->origin);
		c->target = strdup(o->path);
		c->origin = strdup(o->origin);
	}
}

bool worked__since(const struct worked *w, const struct facts *f, uint64_t ts)
{
	char client[ADDR_LEN];

	set_client(client, f);
	for (int i = 0; w && f->req.shown_target && i < WORKED; i++)
		if (w->list[i].ts > ts && same_path(&w->list[i], f) &&
		    !strcmp(w->list[i].client, client))
			return true;
	return false;
}

void worked__ended(struct worked *w, struct facts *f)
{
	struct one *o = find(w, f);
	char client[ADDR_LEN];
	uint32_t i = 0;

	f->early = 0;
	if (!o)
		return;
	if (!left_at_once(f)) {
		o->stayed = true;
		return;
	}
	set_client(client, f);
	while (i < o->n_left && strcmp(o->left[i], client))
		i++;
	if (i == o->n_left && i < ADDRS)
		strcpy(o->left[o->n_left++], client);
	f->early = o->stayed ? 0 : o->n_left;
}

void worked__free(struct worked *w)
{
	for (int i = 0; w && i < WORKED; i++)
		forget(&w->list[i]);
	free(w);
}
