/* SPDX-License-Identifier: GPL-2.0-only */
/* permessage-deflate (RFC 7692): what a handshake agreed, and the inflating of payloads. */
#ifndef DECODE_DEFLATE_H
#define DECODE_DEFLATE_H

#include "bpf/wstrace.h"
#include "decode/http.h"
#include "lib/buf.h"

struct deflate_params {
	bool agreed;
	bool no_takeover[WST_DIRS]; /* each message starts a context of its own */
	uint8_t window_bits[WST_DIRS];
};

/* Fills in p with what m, a 101, grants in its Sec-WebSocket-Extensions headers. */
void deflate_parse(struct deflate_params *p, const struct http_msg *m);

/*
 * Most bytes that are inflated of one message. A message may unpack to a thousand times its size,
 * and nobody asked this host to hold it.
 */
#define INFLATE_MAX (16U << 20)

/* Why a frame's payload was not inflated, or not all of it. */
enum inflate_error {
	INFLATE_OK,
	INFLATE_TRUNCATED, /* not all of the payload was kept */
	INFLATE_CONTEXT, /* the payload refers to earlier bytes that were not seen, or not kept */
	INFLATE_TOO_LONG, /* the message is above INFLATE_MAX */
	INFLATE_INVALID, /* no deflate data, although all that came before was seen */
};

/* Returns NDJSON's word: "truncated", "context-lost", ...; NULL for INFLATE_OK. */
const char *inflate_error_name(enum inflate_error e);

/* Returns words for people, in at most 26 columns. */
const char *inflate_error_text(enum inflate_error e);

/* The state of one direction of a connection. */
struct inflater;

/*
 * Creates the state of a direction. p: what was agreed; NULL where the handshake was not seen, and
 * the first frame comes from the middle of the stream. Returns NULL when memory ran out.
 */
struct inflater *inflater__new(const struct deflate_params *p, uint8_t dir);
void inflater__free(struct inflater *in); /* accepts NULL */

/*
 * Notes that frames are missing before the next one. A hole in the offsets of frames says the same.
 */
void inflater__lost(struct inflater *in);

struct inflate_frame {
	uint64_t offset; /* of its header, in the stream of frames */
	uint64_t len; /* of the payload, as the header says */
	struct span payload; /* unmasked, as much as there is */
	uint8_t b0, hdr_len;
	bool compressed; /* out: the frame belongs to a message with RSV1 */
	bool text; /* out: to a text message */
};

/*
 * Inflates a frame's payload and appends the result to out. To be called for each frame of the
 * direction, control frames too. After a frame that cannot be inflated the context is lost, until a
 * message comes that refers to nothing before it.
 */
enum inflate_error inflater__frame(struct inflater *in, struct inflate_frame *f, struct buf *out);

#endif
