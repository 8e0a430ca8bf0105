/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a server has opened WebSockets for: the last few Origins, Hosts and paths. If it refuses one
 * of them later, that one is not the cause.
 */
#ifndef DIAGNOSE_WORKED_H
#define DIAGNOSE_WORKED_H

#include "facts/facts.h"

struct worked;

/* Remembers f, which has got its 101. *w: NULL at first; where memory ran out f is forgotten. */
void worked__add(struct worked **w, const struct facts *f);

/* Sets f->contrast: what of f's request, which was refused, has worked. */
void worked__compare(const struct worked *w, struct facts *f);

/*
 * Returns whether f's path has got a 101 from client's address since ts, ns; that is how a client
 * answers a 401.
 */
bool worked__since(const struct worked *w, const struct facts *f, uint64_t ts);

/*
 * Counts f, which has ended after its 101. Sets f->early: from how many addresses clients have left
 * at once after a 101 for this Origin, Host and path, while none stayed.
 */
void worked__ended(struct worked *w, struct facts *f);

/* Frees w. Accepts NULL. */
void worked__free(struct worked *w);

#endif
