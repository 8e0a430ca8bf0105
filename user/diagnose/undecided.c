// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/undecided.h"
#include "facts/chain.h"
#include "lib/units.h"

#define WAIT (100 * NS_PER_MS)

bool undecided_is(const struct facts *f)
{
	const struct facts *last = chain_last(f);

	return f->res.status >= 500 && last != f && last->req.seen && !last->res.seen;
}

void undecided__add(struct undecided *u, struct facts *f)
{
	if (f->undecided)
		return;
	f->undecided = true;
	f->undecided_next = u->first;
	u->first = f;
}

void undecided__remove(struct undecided *u, struct facts *f)
{
	struct facts **at = &u->first;

	if (!f->undecided)
		return;
	while (*at != f)
		at = &(*at)->undecided_next;
	*at = f->undecided_next;
	f->undecided = false;
}

struct facts *undecided__next(struct undecided *u, uint64_t now, bool all)
{
	struct facts *f = u->first;

	while (f && !all && f->res.ts + WAIT > now)
		f = f->undecided_next;
	if (!f)
		return NULL;
	for (struct facts *leg = f->upstream; leg; leg = leg->upstream)
		if (leg->undecided)
			f = leg;
	undecided__remove(u, f);
	return f;
}
