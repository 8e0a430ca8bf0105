// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "diagnose/undecided.h"
#include "facts/chain.h"
#include "lib/units.h"

#define FLAW_WAIT                                                                       \
	(2 * NS_PER_SEC) /* a client that takes the 101 has mostly sent a frame by then \
			  */
#define AUTH_WAIT (2 * NS_PER_SEC) /* a client that has credentials has sent them by then */

uint64_t undecided_for(const struct facts *f)
{
	uint64_t trips = 2 * chain_rtt(f); /* to the client and back, with a new connection */

	if (f->res.flaw)
		return FLAW_WAIT + trips;
	if (f->res.status == 401 || f->res.status == 407)
		return AUTH_WAIT + 2 * trips;
	if (!f->req.wanted && f->res.status < 400)
		return 0;
	return f->res.status != 101 ? UNDECIDED_NS + trips : 0;
}

static void put(struct undecided *u, size_t i, struct facts *f)
{
	u->all[i] = f;
	f->undecided_at = i;
}

/* Moves f, which is to be at i, towards the root until its parent is no later. */
static void up(struct undecided *u, size_t i, struct facts *f)
{
	for (; i && u->all[(i - 1) / 2]->decide_at > f->decide_at; i = (i - 1) / 2)
		put(u, i, u->all[(i - 1) / 2]);
	put(u, i, f);
}

/* Moves f, which is to be at i, away from the root until its children are no earlier. */
static void down(struct undecided *u, size_t i, struct facts *f)
{
	for (size_t child; (child = 2 * i + 1) < u->n; i = child) {
		if (child + 1 < u->n && u->all[child + 1]->decide_at < u->all[child]->decide_at)
			child++;
		if (u->all[child]->decide_at >= f->decide_at)
			break;
		put(u, i, u->all[child]);
	}
	put(u, i, f);
}

bool undecided__add(struct undecided *u, struct facts *f, uint64_t ts)
{
	if (f->undecided)
		return true;
	if (u->n == u->size) {
		size_t size = u->size ? 2 * u->size : 64;
		struct facts **all = realloc(u->all, size * sizeof(*all));

		if (!all)
			return false;
		u->all = all;
		u->size = size;
	}
	f->undecided = true;
	f->decide_at = ts;
	up(u, u->n++, f);
	return true;
}

void undecided__remove(struct undecided *u, struct facts *f)
{
	size_t i = f->undecided_at;
	struct facts *last;

	if (!f->undecided)
		return;
	f->undecided = false;
	last = u->all[--u->n];
	if (last == f)
		return;
	if (i && u->all[(i - 1) / 2]->decide_at > last->decide_at)
		up(u, i, last);
	else
		down(u, i, last);
}

struct facts *undecided__next(struct undecided *u, uint64_t now, bool all)
{
	struct facts *f = u->n ? u->all[0] : NULL;

	if (!f || (!all && f->decide_at > now))
		return NULL;
	for (struct facts *leg = f->upstream; leg; leg = leg->upstream)
		if (leg->undecided && leg->res.seen)
			f = leg;
	undecided__remove(u, f);
	return f;
}

void undecided__free(struct undecided *u)
{
	free(u->all);
}
