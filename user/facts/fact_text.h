/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts in words: what replaces {name} in the sentences of the rules. */
#ifndef FACTS_FACT_TEXT_H
#define FACTS_FACT_TEXT_H

#include "facts/endpoints.h"

/* A fact by its name, as sentences of rules hold it in braces, and lists of evidence without. */
struct fact_text {
	const char *name;
	bool number; /* NDJSON shows the value without quotes */
	/* Appends the value; nothing where it was not observed. */
	void (*write)(struct buf *b, const struct facts *f);
	/* Returns the process that the name stands for; NULL: it stands for none. */
	struct hop (*hop)(const struct facts *f);
};

/* Returns the row of a name, which is n bytes long, or NULL where there is none. */
const struct fact_text *fact_text_find(const char *name, size_t n);

/* Appends "nginx on 10.0.0.1:80, container 0123456789ab", or "the client 10.0.0.9". */
void hop_text(struct buf *b, struct hop h);

/* Appends text to b, with every {name} replaced by f's fact. */
void fact_text_fill(struct buf *b, const char *text, const struct facts *f);

/* Does the same with a fix, whose lines are those of text: facts make no further ones. */
void fact_text_fill_fix(struct buf *b, const char *text, const struct facts *f);

#endif
