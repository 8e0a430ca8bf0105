/* SPDX-License-Identifier: GPL-2.0-only */
/* What real clients, Chromium and node's ws, look at in a 101 before they take it. */
#ifndef FACTS_FLAW_H
#define FACTS_FLAW_H

#include "decode/http.h"
#include "facts/facts.h"

/*
 * Looks for the first flaw for which such a client rejects the 101 m. Sets r->flaw, and
 * r->flaw_says to words behind "a 101 that". The request, and the other facts of r, are known.
 */
void flaw_find(struct response_facts *r, const struct request_facts *req, const struct http_msg *m);

#endif
