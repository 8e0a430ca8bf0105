/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two files of the decoder share: decode.c, and heads.c for requests and answers. */
#ifndef DECODE_DECODER_H
#define DECODE_DECODER_H

#include "decode/event.h"

struct decoder {
	struct conns conns;
	event_fn fn;
	tap_fn tap; /* NULL: none */
	void *ctx;
	bool payload, secrets; /* these four: see struct decoder_options */
	uint8_t host[16], host_bits;
	int64_t offset;
	uint64_t packet; /* see decoder__set_origin() */
	const struct tunnel *tunnel;
	struct buf inflated; /* scratch: a frame's payload */
	struct buf shown, head; /* scratch: a head's parts that may be shown, and the whole of it */
	/* rounds of decoder__count(); number of the newest connection when the last one started */
	uint32_t counts, counted_to;
	struct http_msg msg; /* scratch: too big for the stack */
};

/* Calls the receiver of events. ts: CLOCK_MONOTONIC, ns. */
void decoder_send(struct decoder *d, struct event *e, struct conn *c, enum event_type type,
		  uint64_t ts);

/* Takes a piece of a head, and tells of the head once it is whole. */
void decoder_head(struct decoder *d, struct conn *c, const struct wst_bytes *r);

/* Takes more of the body behind an answer; one that waits for its request is told with its body. */
void decoder_body(struct decoder *d, struct conn *c, const struct wst_bytes *r);

/* Sends all that waits: no answer will tell whose turn it is. */
void decoder_tell_waiting(struct decoder *d, struct conn *c);

/*
 * Tells of what was not told yet, since the connection goes no further: of a request, too, that has
 * not come to its end, where it was answered, or is so long that the server may not have wanted
 * more. r: how it closed; NULL: not known.
 */
void decoder_heads_end(struct decoder *d, struct conn *c, const struct wst_stats *r);

#endif
