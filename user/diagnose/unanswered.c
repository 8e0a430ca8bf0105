// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/unanswered.h"
#include "rules/rules.h"

void overdue__done(struct overdue *o, struct facts *f)
{
	if (!f->asked)
		return;
	*(f->asked_before ? &f->asked_before->asked_after : &o->first) = f->asked_after;
	*(f->asked_after ? &f->asked_after->asked_before : &o->last) = f->asked_before;
	f->asked_before = f->asked_after = NULL;
	f->asked = false;
}

void overdue__asked(struct overdue *o, struct facts *f)
{
	overdue__done(o, f);
	f->asked = true;
	f->asked_before = o->last;
	*(o->last ? &o->last->asked_after : &o->first) = f;
	o->last = f;
}

void overdue__answered(struct overdue *o, struct facts *f)
{
	bool gateway = f->res.status == 502 || f->res.status == 504;

	overdue__done(o, f);
	for (struct facts *leg = chain_first(f); leg; leg = leg->up) {
		if (!leg->overdue || (gateway && leg->overdue == chain_last(f)->number))
			continue;
		leg->causes &= ~(1 << CAUSE_HANDSHAKE);
		leg->overdue = 0;
	}
}

bool overdue__any(const struct overdue *o, uint64_t now, uint64_t ns)
{
	return o->first && o->first->req.ts + ns <= now;
}

struct facts *overdue__next(struct overdue *o, uint64_t now)
{
	struct facts *f = o->first;

	if (!overdue__any(o, now, OVERDUE_NS))
		return NULL;
	overdue__done(o, f);
	return f;
}
