// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "diagnose/legs.h"
#include "facts/chain.h"
#include "facts/endpoints.h"
#include "lib/process.h"

#define RING 64 /* frames of a direction whose offsets are remembered */
#define SOON (5 * 1000000000ULL) /* ns; a proxy connects upstream within that time */
#define CHAIN_MAX 16 /* legs of a chain; a client that repeats its key makes it no longer */
#define LOOK_BACK 512 /* most connections that are compared where no key tells */

struct leg_ring {
	struct {
		uint64_t offset, ts;
	} seen[WST_DIRS][RING];
	uint32_t n[WST_DIRS];
};

#define MASK_SLOTS 1024 /* frames that may come before a proxy passes one on */
#define MASKS_EQUAL 2 /* frames in a row: 64 random bits of one process (RFC 6455, section 5.3) */

/* A frame that a client sent to a process that may be a proxy. */
struct mask_seen {
	struct facts *f; /* the server's end that got it; NULL: none, or several */
	uint64_t ts, len;
	uint32_t mask, nth; /* nth: f's nth frame */
	uint8_t b0;
};

struct legs {
	struct facts *by_key; /* the last request of each Sec-WebSocket-Key */
	struct facts *newest; /* list of those that wait, by waits_since; some wait no more */
	struct mask_seen *masks; /* MASK_SLOTS, by the key; NULL before the first */
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
		HASH_CLEAR(legs.by_key, l->by_key);
	if (l)
		free(l->masks);
	free(l);
}

static bool in_hash(const struct facts *f)
{
	return f->legs.by_key.tbl;
}

void legs__forget(struct legs *l, struct facts *f)
{
	if (!in_hash(f))
		return;
	HASH_DELETE(legs.by_key, l->by_key, f);
	memset(&f->legs.by_key, 0, sizeof(f->legs.by_key));
}

/* Links two legs, and takes what stood at those places out of the chain. */
static void join(struct facts *down, struct facts *f, const char *by)
{
	if (down->upstream && down->upstream != f) {
		down->upstream->replaced = true;
		down->upstream->downstream = NULL;
	}
	if (f->downstream && f->downstream != down)
		f->downstream->upstream = NULL;
	down->upstream = f;
	f->downstream = down;
	f->joined_by = by;
	/* what is joined by its process has that process in between */
	f->between = !strcmp(by, "key") && chain_fits(down, f) <= 0 ? BETWEEN_UNSEEN : BETWEEN_ONE;
}

static bool same_process(const struct facts *a, const struct facts *b)
{
	return a->conn->pid && a->conn->pid == b->conn->pid;
}

/*
 * Returns whether f is no obstacle to another leg in its place: nobody got a request there, or it
 * failed, and a proxy tries the next of its upstreams.
 */
static bool is_vacant(const struct facts *f)
{
	return !f || !f->req.seen || (f->end.seen && !f->res.seen) || f->res.status >= 500;
}

/* Returns whether no leg is to be added to f's chain: no real one is as long. */
static bool is_full(struct facts *f)
{
	unsigned int n = 0;

	for (f = chain_first(f); f && n < CHAIN_MAX; f = f->upstream)
		n++;
	return n == CHAIN_MAX;
}

/*
 * Returns whether g, whose key f's request repeats, can be the leg downstream of f: some clients
 * send the same key every time.
 */
static bool can_be_downstream(const struct facts *g, const struct facts *f)
{
	if (!is_vacant(g->upstream) || g->res.seen || g->end.seen || f->req.ts < g->req.ts ||
	    chain_fits(g, f) < 0)
		return false;
	if (g->conn->role == WST_SERVER && f->conn->role == WST_SERVER)
		/* The last condition: a proxy that passes on to its own port. */
		return strcmp(g->conn->local, f->conn->local) || chain_fits(g, f) >= 2;
	if (g->conn->role == WST_SERVER && f->conn->role == WST_CLIENT)
		/* another process, too: then something in between is not seen */
		return same_process(g, f) || f->req.ts - g->req.ts < SOON;
	return g->conn->role == WST_CLIENT && strcmp(g->conn->remote, f->conn->local);
}

/*
 * Returns whether g's process has opened f, of which only the server's end is watched. Where the
 * client's process is not known: whether g's is a known proxy, asked for the same target.
 */
static bool opened_by(const struct facts *g, const struct facts *f)
{
	if (f->conn->client_pid)
		return f->conn->client_pid == g->conn->pid;
	return proxy_named(g->conn->comm) && strcmp(g->conn->local, f->conn->local) &&
	       g->req.target && f->req.target && !strcmp(g->req.target, f->req.target);
}

/*
 * Returns whether g's request can be the reason for f's: a proxy asks for a WebSocket if it was
 * asked for one. If f's has no key, the proxy may have made it from a plain request.
 */
static bool may_ask(const struct facts *g, const struct facts *f)
{
	return g->req.wanted || (g->req.seen && f->req.websocket && !f->req.key);
}

/*
 * Returns whether g got an answer, or ended, a moment ago: what its process tried before that may
 * be seen only now.
 */
static bool is_over(const struct facts *g)
{
	return g->req.seen && (g->res.seen ? g->res.status != 101 : g->end.seen);
}

/* Returns whether g was still waiting when f was opened. */
static bool waited_then(const struct facts *g, const struct facts *f)
{
	return !is_over(g) || f->conn->opened <= (g->res.seen ? g->res.ts : g->end.ts);
}

/* Returns whether what a client sent to g's process can have brought that process to open f. */
static bool may_have_caused(const struct legs *l, const struct facts *g, const struct facts *f)
{
	uint64_t opened = f->conn->opened, asked = f->req.seen ? f->req.ts : opened;
	bool local = l->live && f->conn->role == WST_SERVER, soon;

	if (g == f || !g->conn || (g->upstream && g->upstream->req.seen) || g->other_end_judged ||
	    !waited_then(g, f) || g->conn->role != WST_SERVER || (!local && !same_process(g, f)))
		return false;
	/* Where only the server's end is watched, g's request has to explain f's. */
	if (local && (!may_ask(g, f) || g->req.ts > asked || asked - g->req.ts > SOON))
		return false;
	if (g->opaque_why == WST_WHY_TLS || g->opaque_why == WST_WHY_HTTP2)
		soon = g->conn->opened <= opened && opened - g->conn->opened < SOON;
	else
		soon = may_ask(g, f) && g->req.ts <= opened && opened - g->req.ts < SOON &&
		       (!f->req.key || !g->req.key || strcmp(f->req.key, g->req.key));
	return soon && (!local || opened_by(g, f)) && !is_full((struct facts *)g);
}

/* Returns whether f's client has sent something that this end may pass on to an upstream. */
static bool is_waiting(const struct facts *f)
{
	if (!f->open || f->conn->role != WST_SERVER)
		return false;
	return f->opaque_why == WST_WHY_TLS || f->opaque_why == WST_WHY_HTTP2 ||
	       (f->req.seen && !f->res.seen);
}

static void waits_no_more(struct legs *l, struct facts *f)
{
	if (!f->legs.waits_since)
		return;
	*(f->legs.newer ? &f->legs.newer->legs.older : &l->newest) = f->legs.older;
	if (f->legs.older)
		f->legs.older->legs.newer = f->legs.newer;
	f->legs.older = f->legs.newer = NULL;
	f->legs.waits_since = 0;
}

void legs__waits(struct legs *l, struct facts *f, uint64_t ts)
{
	if (f->legs.waits_since && is_over(f))
		return; /* for a moment */
	waits_no_more(l, f);
	if (!is_waiting(f))
		return;
	f->legs.waits_since = ts;
	f->legs.older = l->newest;
	if (l->newest)
		l->newest->legs.newer = f;
	l->newest = f;
}

/*
 * Returns the first, from g to older ones, that can have caused f. *n: how many were looked at.
 * over: those that wait no more count, too.
 */
static struct facts *next_cause(struct legs *l, struct facts *g, const struct facts *f, uint32_t *n,
				bool over)
{
	if (!f->conn->pid && !(l->live && f->conn->role == WST_SERVER))
		return NULL; /* may_have_caused() asks for processes */
	for (struct facts *older; g && *n < LOOK_BACK; g = older, ++*n) {
		older = g->legs.older;
		if (g->legs.waits_since + SOON < f->conn->opened)
			return NULL;
		if (!is_waiting(g) && !is_over(g))
			waits_no_more(l, g);
		else if ((over || is_waiting(g)) && may_have_caused(l, g, f))
			return g;
	}
	return NULL;
}

/* Returns the connection that caused f, if exactly one fits, or NULL. */
static struct facts *find_cause(struct legs *l, const struct facts *f)
{
	uint32_t n = 0;
	struct facts *found = next_cause(l, l->newest, f, &n, false);

	return found && !next_cause(l, found->legs.older, f, &n, false) ? found : NULL;
}

/*
 * Returns the leg that f comes behind, of a chain which has lacked one: legs of several captures,
 * or of several processors, may come in any order.
 */
static struct facts *find_missing(struct facts *g, const struct facts *f)
{
	for (g = chain_first(g); g; g = g->upstream)
		if (g->upstream && g->upstream->between == BETWEEN_UNSEEN &&
		    chain_fits(g, f) >= 2 && chain_fits(f, g->upstream) >= 2)
			return g;
	return NULL;
}

/* Joins f with the chain of g, which has had the same key. Returns false where it is another. */
static bool join_by_key(struct facts *g, struct facts *f)
{
	struct facts *first = chain_first(g), *before, *after;
	bool turned = f->req.ts - first->req.ts < SOON && !first->end.seen &&
		      !(first->res.seen && first->res.ts < f->req.ts) &&
		      (chain_fits(f, first) == 3 || chain_fits(first, f) < 0);

	if (is_full(g))
		return false;
	before = find_missing(g, f);
	if (before) {
		after = before->upstream;
		after->downstream = NULL;
		before->upstream = NULL;
		join(before, f, "key");
		join(f, after, "key");
		return true;
	}
	if (is_vacant(g) && g->downstream && chain_fits(g->downstream, f) >= 2)
		g = g->downstream; /* the proxy that asked g asks another one */
	if (g->upstream && g->upstream->opaque_why && chain_fits(g->upstream, f) > chain_fits(g, f))
		g = g->upstream; /* TLS, in which the request went on */
	if (can_be_downstream(g, f))
		join(g, f, "key");
	else if (turned)
		join(f, first, "key");
	else
		return false;
	return true;
}

bool legs__request(struct legs *l, struct facts *f)
{
	struct facts *g = NULL;

	legs__forget(l, f);
	if (f->req.key && f->req.key[0]) {
		size_t n = strlen(f->req.key);

		HASH_FIND(legs.by_key, l->by_key, f->req.key, n, g);
		if (g && g->req.seq == f->req.seq && g->conn->role != f->conn->role) {
			f->other_end_judged =
				true; /* no proxy leaves sequence numbers as they are */
			return false;
		}
		if (g)
			legs__forget(l, g);
		HASH_ADD_KEYPTR(legs.by_key, l->by_key, f->req.key, n, f);
		if (g && g != f && join_by_key(g, f))
			return true;
	}
	if (f->downstream)
		return false;
	g = find_cause(l, f);
	if (g)
		join(g, f, "pid-time");
	return g;
}

static bool is_loopback(const char *host, size_t n)
{
	return (n > 4 && !memcmp(host, "127.", 4)) || (n == 3 && !memcmp(host, "::1", 3));
}

/*
 * Returns whether the host that got g's request is the one that tried to open f, and g waits: all
 * that a file can tell of a connection that was refused.
 */
static bool same_host_asked(const struct facts *g, const struct facts *f)
{
	const char *a, *b;
	size_t n = addr_host(conn_server_addr(g->conn), &a);
	size_t m = addr_host(conn_client_addr(f->conn), &b);
	bool equal = n == m && !memcmp(a, b, n);

	return (is_waiting(g) || is_over(g)) && waited_then(g, f) && g != f && g->conn &&
	       g->req.wanted && !g->conn->pid &&
	       (equal || (is_loopback(a, n) && is_loopback(b, m))) &&
	       g->req.ts <= f->conn->opened &&
	       strcmp(conn_server_addr(g->conn), conn_server_addr(f->conn)) &&
	       f->conn->opened - g->req.ts < SOON;
}

/* Returns the only one that waits in the host that tried to open f, or NULL. */
static struct facts *find_by_host(const struct legs *l, const struct facts *f)
{
	struct facts *found = NULL;
	uint32_t n = 0;

	for (struct facts *g = l->newest; g && n < LOOK_BACK; g = g->legs.older, n++) {
		if (g->legs.waits_since + SOON < f->conn->opened)
			break;
		if (!same_host_asked(g, f))
			continue;
		if (found)
			return NULL;
		found = g;
	}
	return found;
}

bool legs__refused(struct legs *l, struct facts *f)
{
	uint32_t n = 0;
	struct facts *g = next_cause(l, l->newest, f, &n, true);

	if (!g && !l->live && !f->conn->pid) {
		g = find_by_host(l, f);
		if (g)
			join(g, f, "addr-time");
		return g;
	}

	/* Take any of the requests that wait: they all wait for this upstream, or for another. */
	while (g && !g->req.wanted)
		g = next_cause(l, g->legs.older, f, &n, true);
	if (g)
		join(g, f, "pid-time");
	return g;
}

static bool is_frame(const struct mask_seen *s, const struct frame_event *fr, uint64_t ts)
{
	return s->mask == fr->mask && s->len == fr->len && s->b0 == fr->b0 &&
	       (ts > s->ts ? ts - s->ts : s->ts - ts) < SOON;
}

/* Returns whether the process that got s can have passed the frame on to f's server. */
static bool may_pass_on(const struct mask_seen *s, const struct facts *f)
{
	const struct conn *c = f->conn;
	uint32_t client = c->role == WST_CLIENT ? c->pid : c->client_pid;

	if (!s->f || s->f == f || s->f->upstream || !s->f->open || !client ||
	    s->f->conn->pid != client)
		return false;
	for (const struct facts *g = s->f; g; g = g->downstream)
		if (g == f)
			return false;
	return true;
}

/* Returns the leg downstream of f, once enough frames in a row have come through it, or NULL. */
static struct facts *find_downstream(struct facts *f, const struct mask_seen *s,
				     const struct frame_event *fr, uint64_t ts)
{
	bool equal = is_frame(s, fr, ts) && may_pass_on(s, f);

	if (equal && f->legs.masks.downstream == s->f->number && s->nth == f->legs.masks.nth + 1)
		f->legs.masks.equal++;
	else
		f->legs.masks.equal = equal;
	if (equal) {
		f->legs.masks.downstream = s->f->number;
		f->legs.masks.nth = s->nth;
	}
	return f->legs.masks.equal == MASKS_EQUAL ? s->f : NULL;
}

/* Remembers a frame that f's server end got, and that its process may pass on. */
static void remember(struct mask_seen *s, struct facts *f, const struct frame_event *fr,
		     uint64_t ts)
{
	bool again = is_frame(s, fr, ts) && s->f != f;
	bool passed = again && s->f && (s->f->upstream == f || may_pass_on(s, f));

	*s = (struct mask_seen){
		again && !passed ? NULL : f, ts, fr->len, fr->mask, f->legs.masks.n, fr->b0
	};
}

bool legs__mask(struct legs *l, struct facts *f, const struct frame_event *fr, uint64_t ts)
{
	struct facts *downstream = NULL;
	struct mask_seen *s;
	bool random = fr->mask && fr->mask != f->legs.masks.last; /* not every client's key is */

	if (fr->dir != WST_C2S || !fr->masked || !f->conn->midstream || f->req.wanted ||
	    f->other_end_judged)
		return false;
	if (!l->masks)
		l->masks = calloc(MASK_SLOTS, sizeof(*l->masks));
	if (!l->masks)
		return false;
	f->legs.masks.n++;
	f->legs.masks.last = fr->mask;
	if (!random) {
		f->legs.masks.equal = 0;
		return false;
	}
	s = &l->masks[(fr->mask * 0x9e3779b1u) >> 22];
	if (!f->downstream)
		downstream = find_downstream(f, s, fr, ts);
	if (f->conn->role == WST_SERVER && f->conn->pid && !f->upstream)
		remember(s, f, fr, ts);
	if (downstream)
		join(downstream, f, "mask");
	return downstream;
}

bool legs__unseen(struct legs *l, struct facts *f)
{
	struct facts *g = f->downstream ? NULL : find_cause(l, f);

	if (!g || !g->req.wanted || !proxy_named(g->conn->comm))
		return false;
	join(g, f, "pid-time");
	return true;
}

static struct leg_ring *ring_of(struct facts *f)
{
	if (!f->legs.ring)
		f->legs.ring = calloc(1, sizeof(*f->legs.ring));
	return f->legs.ring;
}

static uint64_t ring_find(const struct facts *f, uint8_t dir, uint64_t offset)
{
	if (!f || !f->legs.ring)
		return 0;
	for (int i = 0; i < RING; i++)
		if (f->legs.ring->seen[dir][i].ts && f->legs.ring->seen[dir][i].offset == offset)
			return f->legs.ring->seen[dir][i].ts;
	return 0;
}

static void add_delay(struct facts *downstream, uint8_t dir, uint64_t came, uint64_t went)
{
	/* A send is reported when it returns: the receiver may have been quicker. */
	uint64_t us = went > came ? (went - came) / 1000 : 0;

	if (!downstream->legs.delay)
		downstream->legs.delay = calloc(WST_DIRS, sizeof(*downstream->legs.delay));
	if (!downstream->legs.delay)
		return;
	downstream->conn->proxy_delay = downstream->legs.delay;
	hist_add(&downstream->legs.delay[dir], us);
}

void legs__frame(struct facts *f, uint8_t dir, uint64_t offset, uint64_t ts)
{
	struct leg_ring *r;
	uint64_t other;

	/*
	 * Without the upgrade both sides' offsets start at different places and cannot be compared.
	 */
	if (f->other_end_judged || (!f->upstream && !f->downstream) ||
	    (f->conn->midstream && !f->res.websocket))
		return;
	r = ring_of(f);
	if (!r)
		return;
	r->seen[dir][r->n[dir] % RING].offset = offset;
	r->seen[dir][r->n[dir]++ % RING].ts = ts;
	other = ring_find(f->upstream, dir, offset);
	if (other)
		add_delay(f, dir, dir == WST_C2S ? ts : other, dir == WST_C2S ? other : ts);
	other = ring_find(f->downstream, dir, offset);
	if (other)
		add_delay(f->downstream, dir, dir == WST_C2S ? other : ts,
			  dir == WST_C2S ? ts : other);
}

void legs__remove(struct legs *l, struct facts *f)
{
	legs__forget(l, f);
	waits_no_more(l, f);
	for (int i = 0; f->legs.masks.n && i < MASK_SLOTS; i++)
		if (l->masks[i].f == f)
			l->masks[i].f = NULL;
	if (f->upstream)
		f->upstream->downstream = NULL;
	if (f->downstream)
		f->downstream->upstream = NULL;
	if (f->conn)
		f->conn->proxy_delay = NULL;
	free(f->legs.delay);
	free(f->legs.ring);
}
