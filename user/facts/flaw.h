/* SPDX-License-Identifier: GPL-2.0-only */
/* What Chromium and node's ws look at before they take a 101, and servers in a request. */
#ifndef FACTS_FLAW_H
#define FACTS_FLAW_H

#include "decode/http.h"
#include "facts/facts.h"

/*
 * Looks for the first flaw for which such a client rejects the 101 m. Sets r->flaw, and
 * r->flaw_says to words behind "a 101 that". The request, and the other facts of r, are known.
 */
void flaw_find(struct response_facts *r, const struct request_facts *req, const struct http_msg *m);

/*
 * Looks for the first flaw in the headers of a whole request for which servers refuse it (RFC 9112,
 * RFC 6455, 4.2.1). Returns words behind "a request that", for the caller to free, or NULL.
 */
char *request_flaw(const struct http_msg *m);

#endif
