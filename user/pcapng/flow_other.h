/* SPDX-License-Identifier: GPL-2.0-only */
/* What a flow has beside heads and frames; as flow.h. */
#ifndef PCAPNG_FLOW_OTHER_H
#define PCAPNG_FLOW_OTHER_H

#include "pcapng/flow.h"

/*
 * Says what the body of the last answer says, if that is still to be written: an answer of 300 and
 * above waits for what comes next, or for flows__tick(). words: a star stands for anything.
 */
int flow__body(struct flow *f, const char *words);

/* Writes answers that have waited for their bodies. */
int flows__tick(struct flows *fs, uint64_t now);

/* Bytes that are neither a head nor a frame. */
struct flow_other {
	uint64_t ts;
	uint32_t seq; /* of the first byte; synthetic: not asked for */
	uint8_t dir;
	bool synthetic; /* they stand for what was there, and come next */
	struct span bytes; /* none: a packet without content */
	const char *note; /* what they are */
};

int flow__other(struct flow *f, const struct flow_other *o);

/*
 * Writes a packet without content for what a direction had beside what is written, of n bytes in
 * all. Does nothing where frames tell that, or where the first bytes were not seen.
 */
int flow__pad(struct flow *f, uint8_t dir, uint64_t ts, uint64_t n);

/*
 * Tells that bytes of a direction were not seen, which may have held anything: the next packet the
 * other way acknowledges them. end: the direction ends with such bytes.
 */
void flow__blind(struct flow *f, uint8_t dir, bool end);

#endif
