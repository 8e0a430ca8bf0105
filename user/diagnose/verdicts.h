/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts, and a table of them: one row for each rule, port and path, with a count. */
#ifndef DIAGNOSE_VERDICTS_H
#define DIAGNOSE_VERDICTS_H

#include "facts/fact_text.h"
#include "rules/rules.h"

#define LEGS_MAX 8

struct verdict {
	const struct rule *rule;
	const struct facts *facts;
	const char *text, *fix;
	uint32_t legs[LEGS_MAX]; /* numbers of the chain's connections, the client's first */
	unsigned int n_legs;
	uint32_t again; /* earlier verdicts of this rule, port and path */
	bool folded; /* given within the last second already: people need not read it again */
};

/* Returns the fix for a verdict of r on f, with {names}: that of the program at fault. */
const char *verdict_fix(const struct rule *r, const struct facts *f);

/* Returns the process at fault, as far as its rule names one; all its fields may be NULL. */
struct hop verdict_hop(const struct verdict *v);

/* Calls fn, with ctx, for each fact that v's rule names as evidence and that was observed. */
void verdict_evidence(const struct verdict *v,
		      void (*fn)(void *ctx, const struct fact_text *name, struct span value),
		      void *ctx);

/* A row of the table. The texts belong to the table. */
struct verdict_row {
	const struct rule *rule;
	uint64_t count;
	uint16_t port; /* the server's, of the chain's first leg */
	const char *path, *text, *fix;
	const char *hop; /* the process at fault; empty: none is named */
	bool hops; /* there were others, too */
};

struct verdict_count;

/* Starts as zeros. */
struct verdicts {
	struct verdict_count *rows;
	unsigned int n;
};

/*
 * Counts v, whose rule, facts, text and fix are set, and sets v->again and v->folded. ts:
 * CLOCK_REALTIME, ns. Copies the texts. Leaves v out when memory ran out or there are too many
 * rows.
 */
void verdicts__add(struct verdicts *all, struct verdict *v, uint64_t ts);

/* Sorts the rows: the most severe first, and of those the most frequent. */
void verdicts__sort(struct verdicts *all);

/* Returns row i, valid until the next verdicts__add(), or NULL behind the last one. */
const struct verdict_row *verdicts__row(const struct verdicts *all, unsigned int i);

/* Frees the rows and their texts. */
void verdicts__free(struct verdicts *all);

#endif
