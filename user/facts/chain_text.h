/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words about a chain: hops between its legs that are not seen, what is behind its ends, and what
 * differs from one leg to the next.
 */
#ifndef FACTS_CHAIN_TEXT_H
#define FACTS_CHAIN_TEXT_H

#include "facts/facts.h"

/* Appends how to see what lies between f and the leg in front of it that asked. */
void gap_show(struct buf *b, const struct facts *f);

/*
 * Appends what went well here, and the command for the host where the fault is, if that is not this
 * one; nothing where it is, or where nobody knows.
 */
void gap_look_there(struct buf *b, const struct facts *f);

/* Appends how to see where f's request comes from, if that is another host, and no leg is seen. */
void gap_look_ahead(struct buf *b, const struct facts *f);

/* Appends the chain's first Close frame as its sender sent it, and as it passed on f. */
void chain_close_sent(struct buf *b, const struct facts *f);
void chain_close_passed(struct buf *b, const struct facts *f);

/* Returns whether the leg behind f got a 101 that is right for what was asked there. */
bool chain_right_behind(const struct facts *f);

/* Appends what was asked behind f in place of what f's client asked for, as far as f's flaw goes.
 */
void chain_asked_otherwise(struct buf *b, const struct facts *f, const struct facts *behind);

#endif
