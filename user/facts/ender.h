/* SPDX-License-Identifier: GPL-2.0-only */
/* Who ended a chain: a proxy may pass on what the far end began, or end both its legs itself. */
#ifndef FACTS_ENDER_H
#define FACTS_ENDER_H

#include "decode/ending.h"
#include "facts/endpoints.h"

enum ender { ENDER_UNKNOWN, ENDER_CLIENT, ENDER_PROXY, ENDER_SERVER };

/*
 * Returns who ended the chain of a connection that ends now in the way of e, as far as its legs
 * were seen; f: its facts, which do not have that end yet; NULL: not known. Sets *hop to that
 * process where it is known, and *last to whether no leg of the chain is open any more. A proxy
 * behind which nothing was seen may have passed the end on: it is not known then.
 */
enum ender chain_ender(const struct facts *f, const struct ending *e, struct hop *hop, bool *last);

/* As ender_sentence(), for the caller to free; NULL: nothing to say. */
char *ender_words(const struct facts *f, const struct ending *e);

/* Appends "ended by nginx on 10.0.0.1:80 itself" for a chain of several legs; else nothing. */
void ender_sentence(struct buf *b, const struct facts *f, const struct ending *e);

#endif
