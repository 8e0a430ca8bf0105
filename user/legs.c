// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "legs.h"
#include "process.h"

#define RING 64 /* frames of a direction whose offsets are remembered */
#define SOON (5 * 1000000000ULL) /* a proxy connects upstream within that */
#define LOOK_BACK 4096 /* connections looked at where no key tells */

struct leg_ring {
	struct {
		uint64_t offset, ts;
	} seen[WST_DIRS][RING];
	uint32_t n[WST_DIRS];
};

struct legs {
	struct facts *by_key; /* the last request of each Sec-WebSocket-Key */
	struct facts *newest; /* of those that wait, by waits_since; some wait no more */
	bool live;
};

struct legs *legs__new(bool live)
{
	struct legs *l = calloc(1, sizeof(*l));

	if (l)
		l->live = live;
	return l;
}

void legs__free(struct legs *l)
{
	if (l)
		HASH_CLEAR(by_key, l->by_key);
	free(l);
}

static bool in_hash(const struct facts *f)
{
	return f->by_key.tbl;
}

void legs__forget(struct legs *l, struct facts *f)
{
	if (!in_hash(f))
		return;
	HASH_DELETE(by_key, l->by_key, f);
	memset(&f->by_key, 0, sizeof(f->by_key));
}

static void join(struct facts *down, struct facts *f, const char *by)
{
	if (down->up)
		down->up->down = NULL;
	down->up = f;
	f->down = down;
	f->joined_by = by;
}

static bool same_process(const struct facts *a, const struct facts *b)
{
	return a->conn->pid && a->conn->pid == b->conn->pid;
}

/*
 * Whether g, whose key f's request repeats, can be the leg in front of f: some clients send the
 * same key every time.
 */
static bool can_be_front(const struct facts *g, const struct facts *f)
{
	/* Of a name's addresses, the first may refuse and the second answer. */
	if ((g->up && g->up->req.seen) || g->res.seen || g->end.seen || f->req.ts < g->req.ts)
		return false;
	if (g->conn->role == WST_SERVER && f->conn->role == WST_SERVER)
		/* The last: a proxy that passes on to its own port. */
		return strcmp(g->conn->local, f->conn->local) || !same_process(g, f) ||
		       (f->conn->client_pid && f->conn->client_pid == g->conn->pid);
	if (g->conn->role == WST_SERVER && f->conn->role == WST_CLIENT)
		return same_process(g, f) || !g->conn->pid || !f->conn->pid;
	return g->conn->role == WST_CLIENT && strcmp(g->conn->remote, f->conn->local);
}

/*
 * Whether g's process holds the client end of f, which is not watched. Where it is not known who does, a
 * program known as a proxy, which was asked for the same target, will do.
 */
static bool opened_by(const struct facts *g, const struct facts *f)
{
	if (f->conn->client_pid)
		return f->conn->client_pid == g->conn->pid;
	return proxy_of(g->conn->comm) && strcmp(g->conn->local, f->conn->local) &&
	       g->req.target && f->req.target && !strcmp(g->req.target, f->req.target);
}

/* A proxy asks for a WebSocket since it was asked for one; without a key, a plain request will do. */
static bool may_ask(const struct facts *g, const struct facts *f)
{
	return g->req.wanted || (g->req.seen && f->req.websocket && !f->req.key);
}

/* Something that a client sent to g's process has brought it to open f just now. */
static bool may_have_caused(const struct legs *l, const struct facts *g, const struct facts *f)
{
	uint64_t opened = f->conn->opened, asked = f->req.seen ? f->req.ts : opened;
	bool local = l->live && f->conn->role == WST_SERVER, soon;

	if (g == f || (g->up && g->up->req.seen) || g->twin || !g->open || g->conn->role != WST_SERVER ||
	    (!local && !same_process(g, f)))
		return false;
	/* A key that came through says more. */
	if (local && (!may_ask(g, f) || g->res.seen || g->req.ts > asked || asked - g->req.ts > SOON))
		return false;
	if (g->opaque_why == WST_WHY_TLS || g->opaque_why == WST_WHY_HTTP2)
		soon = g->conn->opened <= opened && opened - g->conn->opened < SOON;
	else
		soon = may_ask(g, f) && !g->res.seen && g->req.ts <= opened &&
		       opened - g->req.ts < SOON && (!f->req.key || !g->req.key ||
						     strcmp(f->req.key, g->req.key));
	return soon && (!local || opened_by(g, f));
}

/* Whether f's client has sent something that this end may pass on to an upstream. */
static bool is_waiting(const struct facts *f)
{
	if (!f->open || f->conn->role != WST_SERVER)
		return false;
	return f->opaque_why == WST_WHY_TLS || f->opaque_why == WST_WHY_HTTP2 ||
	       (f->req.seen && !f->res.seen);
}

static void waits_no_more(struct legs *l, struct facts *f)
{
	if (!f->waits_since)
		return;
	*(f->wait_newer ? &f->wait_newer->wait_older : &l->newest) = f->wait_older;
	if (f->wait_older)
		f->wait_older->wait_newer = f->wait_newer;
	f->wait_older = f->wait_newer = NULL;
	f->waits_since = 0;
}

void legs__waits(struct legs *l, struct facts *f, uint64_t ts)
{
	waits_no_more(l, f);
	if (!is_waiting(f))
		return;
	f->waits_since = ts;
	f->wait_older = l->newest;
	if (l->newest)
		l->newest->wait_newer = f;
	l->newest = f;
}

/* The first one, from g to older ones, that can have caused f. *n: how many were looked at. */
static struct facts *next_cause(struct legs *l, struct facts *g, const struct facts *f, uint32_t *n)
{
	for (struct facts *older; g && *n < LOOK_BACK; g = older, ++*n) {
		older = g->wait_older;
		if (g->waits_since + SOON < f->conn->opened)
			return NULL;
		if (!is_waiting(g))
			waits_no_more(l, g);
		else if (may_have_caused(l, g, f))
			return g;
	}
	return NULL;
}

/* Only where there is no doubt which: exactly one connection fits. */
static struct facts *find_cause(struct legs *l, const struct facts *f)
{
	uint32_t n = 0;
	struct facts *found = next_cause(l, l->newest, f, &n);

	return found && !next_cause(l, found->wait_older, f, &n) ? found : NULL;
}

bool legs__request(struct legs *l, struct facts *f)
{
	struct facts *g = NULL;

	legs__forget(l, f);
	if (f->req.key && f->req.key[0]) {
		size_t n = strlen(f->req.key);

		HASH_FIND(by_key, l->by_key, f->req.key, n, g);
		if (g && g->req.seq == f->req.seq && g->conn->role != f->conn->role) {
			f->twin = true; /* no proxy leaves sequence numbers as they are */
			return false;
		}
		if (g)
			legs__forget(l, g);
		HASH_ADD_KEYPTR(by_key, l->by_key, f->req.key, n, f);
		if (g && can_be_front(g, f)) {
			join(g, f, "key");
			return true;
		}
	}
	if (f->down)
		return false;
	g = find_cause(l, f);
	if (g)
		join(g, f, "pid-time");
	return g;
}

bool legs__refused(struct legs *l, struct facts *f)
{
	uint32_t n = 0;
	struct facts *g = next_cause(l, l->newest, f, &n);

	/* Any of the requests that wait will do: they all wait for this upstream, or another. */
	while (g && (!g->req.wanted || g->res.seen))
		g = next_cause(l, g->wait_older, f, &n);
	if (g)
		join(g, f, "pid-time");
	return g;
}

bool legs__unseen(struct legs *l, struct facts *f)
{
	struct facts *g = f->down ? NULL : find_cause(l, f);

	if (!g || !g->req.wanted || !proxy_of(g->conn->comm))
		return false;
	join(g, f, "pid-time");
	return true;
}

static struct leg_ring *ring_of(struct facts *f)
{
	if (!f->ring)
		f->ring = calloc(1, sizeof(*f->ring));
	return f->ring;
}

static uint64_t ring_find(const struct facts *f, uint8_t dir, uint64_t offset)
{
	if (!f || !f->ring)
		return 0;
	for (int i = 0; i < RING; i++)
		if (f->ring->seen[dir][i].ts && f->ring->seen[dir][i].offset == offset)
			return f->ring->seen[dir][i].ts;
	return 0;
}

static void add_delay(struct facts *front, uint8_t dir, uint64_t came, uint64_t went)
{
	/* A send is told of when it returns: its receiver may have been quicker. */
	uint64_t us = went > came ? (went - came) / 1000 : 0;
	struct wst_hist *h;

	if (!front->delay)
		front->delay = calloc(WST_DIRS, sizeof(*front->delay));
	if (!front->delay)
		return;
	front->conn->proxy_delay = front->delay;
	h = &front->delay[dir];
	h->slots[hist_slot(us)]++;
	h->sum += us;
	if (us > h->max)
		h->max = us;
}

void legs__frame(struct facts *f, uint8_t dir, uint64_t offset, uint64_t ts)
{
	struct leg_ring *r;
	uint64_t other;

	if (f->twin || (!f->up && !f->down))
		return;
	r = ring_of(f);
	if (!r)
		return;
	r->seen[dir][r->n[dir] % RING].offset = offset;
	r->seen[dir][r->n[dir]++ % RING].ts = ts;
	other = ring_find(f->up, dir, offset);
	if (other)
		add_delay(f, dir, dir == WST_C2S ? ts : other, dir == WST_C2S ? other : ts);
	other = ring_find(f->down, dir, offset);
	if (other)
		add_delay(f->down, dir, dir == WST_C2S ? other : ts, dir == WST_C2S ? ts : other);
}

void legs__remove(struct legs *l, struct facts *f)
{
	legs__forget(l, f);
	waits_no_more(l, f);
	if (f->up)
		f->up->down = NULL;
	if (f->down)
		f->down->up = NULL;
	if (f->conn)
		f->conn->proxy_delay = NULL;
	free(f->delay);
	free(f->ring);
}
