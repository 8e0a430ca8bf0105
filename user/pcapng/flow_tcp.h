/* SPDX-License-Identifier: GPL-2.0-only */
/* What packets.c, flow.c and flow_data.c share: the inside of packets.h. */
#ifndef PCAPNG_FLOW_TCP_H
#define PCAPNG_FLOW_TCP_H

#include <uthash.h>
#include "decode/deflate.h"
#include "decode/http.h"
#include "pcapng/flow.h"
#include "pcapng/frame_packet.h"

/*
 * Most data that one packet stands for: the window is 1 GiB, and tshark does sums of lengths in
 * 31 bits.
 */
#define CHUNK (512U * 1024 * 1024)

/*
 * What a header claims is the peer's word, up to 2^63: more than this is not put into packets
 * before it has been seen to pass.
 */
#define CLAIM_MAX (16ULL * CHUNK)

#define ACK_PACKETS 64 /* one-way packets until the other side acknowledges */

struct iface {
	char *name, *description;
	uint64_t gen; /* the file that it was written to last */
	uint32_t number; /* in that file */
	uint64_t received, dropped; /* packets in that file */
	UT_hash_handle hh;
};

struct packets {
	const struct pcapng_section *section;
	struct pcapng *to;
	uint64_t gen; /* counts files, from 1 */
	uint64_t started; /* when the file was */
	uint64_t latest; /* time of a packet, in all files */
	uint64_t lost; /* events, since the last packet */
	unsigned int busy; /* lanes that stream */
	struct iface *ifaces;
	struct http_msg msg; /* scratch: too big for the stack */
};

enum lane_state {
	LANE_IDLE,
	LANE_GATHERING, /* a frame has begun, and none of it is written */
	LANE_STREAMING, /* its first packet is written */
};

/* One direction of a flow. */
struct lane {
	struct path path;
	uint32_t next; /* the sequence number behind what is written */
	bool seen; /* a real byte was written */
	uint32_t unacked; /* packets with data */
	uint64_t unacked_bytes;

	enum lane_state state;
	struct flow_frame frame;
	uint64_t got; /* payload bytes of it so far */
	struct buf held; /* those that are not written yet */

	bool msg_cut; /* a fragment of the message is not there in full */
	bool deflated; /* the message is compressed */
	bool context_lost; /* and nobody could go on inflating */
	bool no_takeover; /* each message starts a compression context of its own (RFC 7692) */
};

struct flow {
	struct packets *p;
	struct iface *iface;
	uint64_t gen; /* the file that has its handshake; 0: none */
	bool server, midstream, attempt;
	bool begun; /* something is in some file */
	bool upgraded;
	bool deflate; /* permessage-deflate was agreed, as far as the file tells */
	bool head_request; /* the answer has no body */
	char *comment; /* of its first packets */
	char *target, *protocol; /* of the real handshake; NULL where not known */
	char *host; /* of the server */
	struct buf note; /* comment of the next packet; ends in 0 where not empty */
	uint64_t lost;
	struct lane lane[FLOW_DIRS];
};

/* packets.c */
int iface_get(struct packets *p, const struct flow_task *t, struct iface **out);
int iface_ready(struct packets *p, struct iface *i); /* it is in the file */

/* flow.c */

/* Data of len bytes, of which the pieces hold the first. */
int flow_data(struct flow *f, uint8_t dir, uint64_t ts, const struct iovec *data,
	      unsigned int pieces, uint64_t len);

/*
 * Sees to the handshake in the file, ws: up to the upgrade, and to all that comes before seq:
 * lane->next is seq then.
 */
int flow_reach(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, bool ws);

/* The first half of it alone. */
int flow_open(struct flow *f, uint64_t ts, bool ws);

int flow_notef(struct flow *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* flow_data.c */

/* Ends the frame that the lane is at; what has not come will not come any more. */
int lane_finish(struct flow *f, uint8_t dir);

/* Its header alone stands for all of the frame, once more. */
int lane_repeat(struct flow *f, uint8_t dir);

/* Bytes are missing: what depends on them must not be dissected. */
void lane_lost(struct flow *f, uint8_t dir);

#endif
