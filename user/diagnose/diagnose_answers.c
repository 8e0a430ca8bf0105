// SPDX-License-Identifier: GPL-2.0-only
/* Answers to handshakes: what is judged when, since more may be known of them a moment later. */
#include <string.h>
#include "diagnose/diagnose_state.h"
#include "facts/chain.h"
#include "facts/observe.h"

void diagnose__weigh_flaws(struct diagnose *d, struct facts *f, uint64_t ts)
{
	struct facts *last = f;

	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		if (leg->causes & 1 << CAUSE_NOTE)
			return; /* it has been told of, before the client's answer was known */
		last = leg;
	}
	for (struct facts *leg = last; leg; leg = leg->downstream)
		if (leg->res.flaw && leg->conn)
			diagnose__weigh(d, leg, AT_FLAW, ts);
}

/* Returns whether a rule has something against f's request. */
static bool is_faulty(const struct facts *f)
{
	for (const struct rule *const *t = rule_tables; *t; t++)
		for (const struct rule *r = *t; r->id; r++)
			if (r->at & AT_REFUSED && r->when(f))
				return true;
	return false;
}

/*
 * A request that got a 101 has no fault that matters, and one that a proxy has mended on its way is
 * no cause, either.
 */
void diagnose__weigh_requests(struct diagnose *d, struct facts *f, uint64_t ts)
{
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		const struct facts *next = leg->upstream;

		if (!leg->req.unjudged || leg->res.status == 101 || !leg->conn)
			continue;
		if (next && next->req.wanted && !next->req.cut && !is_faulty(next))
			continue;
		leg->req.unjudged = false;
		if (is_faulty(leg))
			diagnose__name_client(d, leg);
		diagnose__weigh(d, leg, AT_REFUSED, ts);
	}
}

/* Judges f's answer, now that all that is to be known of it is known. */
static void judge_answer(struct diagnose *d, struct facts *f, uint64_t ts)
{
	if (f->close_waits)
		diagnose__closes(d, f, ts);
	if (!f->conn || !f->res.seen)
		return;
	if (f->res.status != 101 && (f->s[WST_C2S].frames || f->s[WST_S2C].frames))
		return; /* a 101 has followed that was not seen */
	if ((f->res.status == 401 || f->res.status == 407) &&
	    (servers__retried(&d->servers, f) || end_blind(f)))
		return; /* the client has answered with its credentials, or may have */
	if (!f->req.wanted) {
		diagnose__weigh(d, f, AT_PLAIN, ts);
		return;
	}
	if (f->req.cut)
		diagnose__weigh(d, f, AT_CUT, ts);
	if (f->req.cut || f->res.cut)
		return;
	diagnose__weigh_flaws(d, f, ts);
	if (f->res.status == 101)
		return;
	diagnose__weigh_requests(d, f, ts);
	diagnose__weigh(d, f, AT_RESPONSE, ts);
}

/*
 * Returns whether what has followed behind the end of a file may change what f's answer means:
 * credentials, the answer's end, or a first frame. Most files end shortly after a refusal.
 */
static bool may_go_on(const struct facts *f)
{
	return !f->end.seen && !f->res.flaw &&
	       (f->res.status < 400 || f->res.status == 401 || f->res.status == 407 ||
		f->res.endless);
}

void diagnose__undecided(struct diagnose *d, bool all)
{
	struct facts *f;

	while ((f = undecided__next(&d->undecided, d->now, all))) {
		if (all && !d->live && f->decide_at > d->now && may_go_on(f))
			continue;
		judge_answer(d, f, d->now);
	}
}

void diagnose__decide(struct diagnose *d, struct facts *f, uint64_t ts)
{
	if (!f->undecided)
		return;
	undecided__remove(&d->undecided, f);
	for (struct facts *leg = f->upstream; leg; leg = leg->upstream)
		diagnose__decide(d, leg, ts);
	judge_answer(d, f, ts);
}

bool diagnose__is_again(const struct facts *f, const struct event *e)
{
	struct span target = e->head.msg->target;

	return f->undecided && (f->res.status == 401 || f->res.status == 407) && f->req.target &&
	       strlen(f->req.target) == target.n && !memcmp(f->req.target, target.p, target.n);
}

void diagnose__answered(struct diagnose *d, struct facts *f, uint64_t ts)
{
	uint64_t ns;

	if (!f->req.seen || !f->res.seen)
		return;
	ns = undecided_for(f);
	if (f->undecided)
		return;
	if (!ns || !undecided__add(&d->undecided, f, f->res.ts + ns))
		judge_answer(d, f, ts);
}

void diagnose__handshake_ended(struct diagnose *d, struct facts *f)
{
	diagnose__weigh_flaws(d, f, d->now);
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		servers__left(&d->servers, leg);
		if (leg->res.seen || !leg->end.seen || !leg->conn || server_heard(leg))
			continue;
		diagnose__weigh_requests(d, leg, d->now);
		if (leg->req.cut)
			diagnose__weigh(d, leg, AT_CUT, d->now);
		if (leg->down.ts) /* which explains the missing answer in front of it */
			diagnose__weigh(d, leg, AT_END, d->now);
	}
}
