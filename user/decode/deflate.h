/* SPDX-License-Identifier: GPL-2.0-only */
/* permessage-deflate (RFC 7692): what a handshake agreed, and the payload that it stands for. */
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

/* What the 101 m grants, in all its Sec-WebSocket-Extensions. */
void deflate_parse(struct deflate_params *p, const struct http_msg *m);

/*
 * Most that is inflated of a message: its peer may refuse what a thousandth of it unpacks to, and
 * this host did not ask for it.
 */
#define INFLATE_MAX (16U << 20)

/* Why a frame's payload was not inflated, or not all of it. */
enum inflate_error {
	INFLATE_OK,
	INFLATE_TRUNCATED, /* its payload is not there in full */
	INFLATE_CONTEXT, /* it refers to something before that was not seen, or not kept */
	INFLATE_TOO_LONG, /* the message is above INFLATE_MAX */
	INFLATE_INVALID, /* all that came before was seen, and still this is no deflate data */
};

/* "truncated", "context-lost", ...; NULL for INFLATE_OK. */
const char *inflate_error_name(enum inflate_error e);

/* The same for people, in not more than 26 columns. */
const char *inflate_error_text(enum inflate_error e);

/* One direction of a connection. */
struct inflater;

/*
 * p: what was agreed; NULL where the handshake was not seen, and the first frame comes from
 * anywhere in the stream. Returns NULL when memory ran out.
 */
struct inflater *inflater__new(const struct deflate_params *p, uint8_t dir);
void inflater__free(struct inflater *in); /* accepts NULL */

/* Frames are missing before the next one. A hole in their offsets says as much. */
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
 * Takes each frame of the direction, control frames too, and adds to out what its payload stands
 * for. What cannot be inflated costs the context; a message that refers to nothing before it is
 * inflated even so, and later ones that refer to no more than that.
 */
enum inflate_error inflater__frame(struct inflater *in, struct inflate_frame *f, struct buf *out);

#endif
