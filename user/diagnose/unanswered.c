// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/unanswered.h"
#include "facts/chain.h"
#include "rules/rules.h"

void unanswered__done(struct unanswered *u, struct facts *f)
{
	if (!f->asked)
		return;
	*(f->asked_before ? &f->asked_before->asked_after : &u->first) = f->asked_after;
	*(f->asked_after ? &f->asked_after->asked_before : &u->last) = f->asked_before;
	f->asked_before = f->asked_after = NULL;
	f->asked = false;
}

void unanswered__asked(struct unanswered *u, struct facts *f)
{
	unanswered__done(u, f);
	f->asked = true;
	f->asked_before = u->last;
	*(u->last ? &u->last->asked_after : &u->first) = f;
	u->last = f;
}

void unanswered__answered(struct unanswered *u, struct facts *f)
{
	bool gateway = f->res.status == 502 || f->res.status == 504;

	unanswered__done(u, f);
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		if (!leg->told_late || (gateway && leg->told_late == chain_last(f)->number))
			continue;
		leg->causes &= ~(1 << CAUSE_HANDSHAKE);
		leg->told_late = 0;
	}
}

bool unanswered__any(const struct unanswered *u, uint64_t now, uint64_t ns)
{
	return u->first && u->first->req.ts + ns <= now;
}

struct facts *unanswered__next(struct unanswered *u, uint64_t now)
{
	struct facts *f = u->first;

	if (!unanswered__any(u, now, UNANSWERED_NS))
		return NULL;
	unanswered__done(u, f);
	return f;
}
