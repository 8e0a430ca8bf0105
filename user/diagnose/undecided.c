// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/undecided.h"
#include "facts/chain.h"
#include "lib/units.h"

#define WAIT (100 * NS_PER_MS)
#define FLAW_WAIT                                                                       \
	(2 * NS_PER_SEC) /* a client that takes the 101 has mostly sent a frame by then \
			  */
#define AUTH_WAIT (2 * NS_PER_SEC) /* a client that has credentials has sent them by then */

uint64_t undecided_for(const struct facts *f, bool live)
{
	const struct facts *last = chain_last(f);

	if (f->res.flaw)
		return FLAW_WAIT;
	if (f->res.status == 401 || f->res.status == 407)
		return AUTH_WAIT;
	if (f->res.body_due)
		return WAIT;
	return live && f->res.status >= 400 && last != f && last->req.seen && !last->res.seen ?
		       WAIT :
		       0;
}

void undecided__add(struct undecided *u, struct facts *f, uint64_t ns)
{
	if (f->undecided)
		return;
	f->undecided = true;
	f->decide_at = f->res.ts + ns;
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

	while (f && !all && f->decide_at > now)
		f = f->undecided_next;
	if (!f)
		return NULL;
	for (struct facts *leg = f->upstream; leg; leg = leg->upstream)
		if (leg->undecided && leg->decide_at <= f->decide_at)
			f = leg;
	undecided__remove(u, f);
	return f;
}
