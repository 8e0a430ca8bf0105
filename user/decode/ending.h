/* SPDX-License-Identifier: GPL-2.0-only */
/* Who ended a connection, and how: the first Close frame, or without one TCP's first FIN or RST. */
#ifndef DECODE_ENDING_H
#define DECODE_ENDING_H

#include "decode/event.h"

/* A side that began the end. Where records are missing, it may be nobody that is known. */
enum end_side { END_BY_NOBODY, END_BY_CLIENT, END_BY_SERVER };

struct ending {
	uint8_t how; /* TCP's, enum wst_end_how */
	uint8_t by; /* enum end_side: who sent the first Close frame, or else FIN or RST */
	bool tcp_by_client; /* TCP's first FIN or RST was the client's */
	bool closed; /* by a Close frame */
	bool no_close; /* a Close frame would have been seen, and there was none */
	uint16_t code; /* of the first Close frame; 0: none */
};

/* Returns how c ended, from its last record, r. */
struct ending ending_of(const struct conn *c, const struct wst_stats *r);

/* Returns "client" or "server", or NULL where no side is known to have begun. */
const char *ending_by(const struct ending *e);

/* Returns NDJSON's close_how: "close", "fin", "rst", ...; NULL where it is not known. */
const char *ending_how(const struct ending *e);

/*
 * Appends who ended a connection, and how: 'client closed (1000 normal closure: "bye"); server
 * ended TCP', 'client ended TCP (FIN), no Close frame'. reason: the first Close frame's.
 */
void ending_sentence(struct buf *b, const struct ending *e, struct span reason);

/* Appends the same in a few characters: "client, 1000", "server, FIN"; nothing if not known. */
void ending_short(struct buf *b, const struct ending *e);

/* Notes a Close frame of c, which passed at ts. Frames may come late; the earliest counts. */
void ending_note(struct conn *c, const struct frame_event *f, uint64_t ts);

#endif
