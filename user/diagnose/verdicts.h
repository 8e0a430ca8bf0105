/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts, counted: those of one kind about the same port and path are one row. */
#ifndef DIAGNOSE_VERDICTS_H
#define DIAGNOSE_VERDICTS_H

#include "diagnose/diagnose.h"

struct row;

/* Starts as zeros. */
struct findings {
	struct row *rows;
	unsigned int n;
};

/*
 * Counts v, of which rule, facts, text and fix are there, and sets v->again and v->folded. ts: ns.
 * Texts are copied. Where memory ran out, or there are too many rows, it is left out.
 */
void findings__add(struct findings *all, struct verdict *v, uint64_t ts);

/* The worst first, and of those the most frequent. */
void findings__sort(struct findings *all);

/* Row i, or NULL behind the last one. It stays until the next findings__add(). */
const struct diagnose_row *findings__row(const struct findings *all, unsigned int i);

void findings__free(struct findings *all);

#endif
