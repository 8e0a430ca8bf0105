// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the chains that are shown in detail. */
#include <stdlib.h>
#include <string.h>
#include "report/page.h"

struct candidate {
	struct report_case c;
	int class; /* classes with lower numbers come first */
	uint32_t again; /* earlier chains with the same verdict */
	unsigned int row; /* of diagnose__verdict(), if the chain has a verdict */
	uint64_t ts;
};

/* Classes after those of verdicts, which are 0 for the worst severity and so on. */
enum { CLASS_HANDSHAKE = SEV_ERROR + 1, CLASS_WORST, CLASS_FIRST, CLASS_OTHER };

/* Least p99, us, that is worth mention: every run has a largest one. */
static const struct {
	const char *is;
	uint64_t from_us;
} worst[REPORT_RANKED] = {
	{ "long in the receive queue", 10000 },
	{ "slow to reply", 200000 },
	{ "slow to answer pings", 200000 },
};

static uint64_t worst_p99(const struct report_case *c, int k)
{
	uint64_t us = 0;

	for (unsigned int i = 0; i < c->n; i++)
		if (c->legs[i]->pins & PIN_WORST << k && c->legs[i]->p99[report_ranked[k]] > us)
			us = c->legs[i]->p99[report_ranked[k]];
	return us;
}

static const char *why_pinned(struct report_case *c, uint32_t pins, int *class)
{
	*class = CLASS_HANDSHAKE;
	if (pins & PIN_HANDSHAKE) {
		for (unsigned int i = 0; i < c->n; i++)
			if (report_failed(c->legs[i]))
				return "failed handshake";
		return "slow handshake";
	}
	*class = CLASS_WORST;
	for (int k = 0; k < REPORT_RANKED; k++) {
		c->why_us = worst_p99(c, k);
		if (c->why_us >= worst[k].from_us)
			return worst[k].is;
	}
	c->why_us = 0;
	*class = pins & PIN_FIRST ? CLASS_FIRST : CLASS_OTHER;
	return pins & PIN_FIRST ? "one of the first" : "to compare with";
}

bool page__is_at(const struct report_case *c, const struct verdict_row *row)
{
	const char *target = c->legs[0]->target ? c->legs[0]->target : "";
	size_t n = strcspn(target, "?");

	return addr_port(report_server_addr(c->legs[0])) == row->port && strlen(row->path) == n &&
	       !memcmp(row->path, target, n);
}

/*
 * Finds the row at the top of the page that tells of the chain's verdict, so that chains and rows
 * have the same order, and counts chains alike. Returns false if a more precise rule has that row:
 * then another chain shows it.
 */
static bool find_row(const struct page *p, struct report_case *c, unsigned int *i)
{
	const struct verdict_row *row;

	for (*i = 0; p->diagnose && (row = diagnose__verdict(p->diagnose, *i)); ++*i) {
		if (!rules_alike(row->rule, c->rule) || !page__is_at(c, row))
			continue;
		c->alike = row->count - 1;
		return !strcmp(row->rule->id, c->rule->id);
	}
	return true;
}

static void weigh_case(struct candidate *to)
{
	struct report_case *c = &to->c;
	uint32_t pins = 0;

	to->ts = c->legs[0]->opened;
	to->again = UINT32_MAX;
	for (unsigned int i = 0; i < c->n; i++) {
		struct report_conn *leg = c->legs[i];

		pins |= leg->pins;
		if (leg->rule && (!c->rule || leg->rule->severity > c->rule->severity)) {
			c->rule = leg->rule;
			to->ts = leg->verdict_ts;
		}
		for (const struct report_verdict *v = leg->verdicts; v; v = v->next)
			to->again = v->again < to->again ? v->again : to->again;
	}
	if (c->rule)
		to->class = SEV_ERROR - c->rule->severity;
	else
		c->why = why_pinned(c, pins, &to->class);
}

/* Compares two candidates: the first chain of each verdict comes before the second of any. */
static int by_worth(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->class != y->class)
		return x->class - y->class;
	if (x->again != y->again)
		return x->again < y->again ? -1 : 1;
	return x->ts < y->ts ? -1 : x->ts > y->ts;
}

static int by_cause(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = x->class != y->class ? x->class - y->class : (int)x->row - (int)y->row;

	return order ? order : x->ts < y->ts ? -1 : x->ts > y->ts;
}

static void gather(const struct report *r, struct report_case *c, struct report_conn *first)
{
	*c = (struct report_case){};
	while (first && c->n < LEGS_MAX) {
		first->taken = true;
		c->legs[c->n++] = first;
		first = report__up(r, first);
	}
}

void page__choose(struct page *p)
{
	struct candidate *all = calloc(p->r->n_pinned + 1, sizeof(*all));
	struct report_conn *c, *next;
	uint32_t n = 0;

	if (!all) {
		p->b->failed = true;
		return;
	}
	HASH_ITER(hh, p->r->conns, c, next)
	{
		struct report_conn *first = c->pins ? report__first(p->r, c) : NULL;

		if (!first || first->taken || n == p->r->n_pinned)
			continue;
		gather(p->r, &all[n].c, first);
		weigh_case(&all[n]);
		if (all[n].c.rule && all[n].again == UINT32_MAX)
			continue; /* enough chains with that verdict are shown */
		if (!all[n].c.rule || find_row(p, &all[n].c, &all[n].row))
			n++;
	}
	qsort(all, n, sizeof(*all), by_worth);
	p->n_cases = n < CASES_MAX ? n : CASES_MAX;
	p->cases_left_out = n - p->n_cases;
	qsort(all, p->n_cases, sizeof(*all), by_cause);
	for (unsigned int i = 0; i < p->n_cases; i++) {
		p->cases[i] = all[i].c;
		for (unsigned int k = 0; k < all[i].c.n; k++)
			all[i].c.legs[k]->shown = true;
	}
	free(all);
}
