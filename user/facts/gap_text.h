/* SPDX-License-Identifier: GPL-2.0-only */
/* Words about what is not seen of a chain: hops between its legs, and what is behind its ends. */
#ifndef FACTS_GAP_TEXT_H
#define FACTS_GAP_TEXT_H

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

#endif
