/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts in words: by the names that the sentences of the rules have for them. */
#ifndef FACTS_FACT_TEXT_H
#define FACTS_FACT_TEXT_H

#include "facts/facts.h"

/* A name that a rule's sentence may hold in braces, and its evidence as it is. */
struct fact_name {
	const char *name;
	bool number; /* NDJSON shows it bare */
	/* Writes the value; nothing where it was not observed. */
	void (*write)(struct buf *b, const struct facts *f);
};

/* name: n bytes. NULL: there is none of this name. */
const struct fact_name *fact_find(const char *name, size_t n);

/* Whether query values may be shown in targets. */
extern bool facts_show_secrets;

/* Adds text to b, with every {name} replaced. */
void facts_fill(struct buf *b, const char *text, const struct facts *f);

#endif
