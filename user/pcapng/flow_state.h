/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of flow.h, for its four files only. Each uses those after it: flow.c (life of a flow),
 * flow_ws.c (heads and frames), flow_tcp.c (TCP around them), flow_iface.c (files, interfaces).
 */
#ifndef PCAPNG_FLOW_STATE_H
#define PCAPNG_FLOW_STATE_H

#include <uthash.h>
#include "decode/http.h"
#include "pcapng/flow.h"
#include "pcapng/frame_packet.h"

/*
 * Most data that one packet stands for, in bytes: the window is 1 GiB, and tshark adds lengths in
 * 31 bits.
 */
#define CHUNK (512U * 1024 * 1024)

/*
 * Most data of one frame, in bytes, that packets stand for before it has been seen to pass: the
 * length in a header is only the peer's word, up to 2^63.
 */
#define CLAIM_MAX (16ULL * CHUNK)

#define ACK_PACKETS 64 /* one-way packets until the other side acknowledges */

struct iface {
	char *name, *description;
	uint64_t gen; /* number of the file that has it; 0: none */
	uint32_t number; /* in that file */
	uint64_t received, dropped; /* packets in that file */
	UT_hash_handle hh;
};

struct flows {
	const struct pcapng_section *section;
	struct pcapng *to;
	uint64_t gen; /* number of the file, from 1 */
	uint64_t started; /* when the file was begun */
	uint64_t latest; /* latest time of a packet, in all files */
	uint64_t lost; /* events lost since the last packet */
	unsigned int busy; /* lanes that are LANE_STREAMING */
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
	uint64_t got; /* payload bytes of frame so far */
	struct buf held; /* those of them that are not written yet */

	bool msg_cut; /* a fragment of the message is incomplete in the file */
	bool deflated; /* the message is compressed */
	bool context_lost; /* a compressed message is incomplete: later ones cannot be inflated */
	bool no_takeover; /* each message starts a compression context of its own (RFC 7692) */
};

struct flow {
	struct flows *flows;
	struct iface *iface;
	uint64_t gen; /* number of the file that has its handshake; 0: none */
	bool server, midstream, attempt;
	bool begun; /* some file has packets of it */
	bool upgraded;
	bool deflate; /* permessage-deflate was agreed, as far as the file tells */
	bool head_request; /* the next answer has no body */
	char *comment; /* of its first packet in each file */
	char *target, *protocol; /* of the real handshake; NULL where not known */
	char *host; /* of the server */
	struct buf note; /* comment of the next packet; ends in 0 where not empty */
	uint64_t lost; /* events lost since its last packet: 0, or 1 for an unknown number */
	struct lane lane[FLOW_DIRS];
};

/* flow_iface.c */

/* Finds or adds the interface of a task. Returns 0 or -ENOMEM. */
int flow_iface_get(struct flows *fs, const struct flow_task *t, struct iface **out);

/* Writes the interface, where the current file does not have it. */
int flow_iface_ready(struct flows *fs, struct iface *i);

/* flow_tcp.c */

/* As flow__note(), with a format. */
int flow_notef(struct flow *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes packets that stand for len bytes; the pieces are the first of them. */
int flow_tcp_data(struct flow *f, uint8_t dir, uint64_t ts, const struct iovec *data,
		  unsigned int pieces, uint64_t len);

/* Writes the handshake, ws: with a request and a 101, just below each lane's next. */
int flow_tcp_open(struct flow *f, uint64_t ts, bool ws);

/* Writes the note, if there is one, in a packet without data. */
int flow_tcp_note(struct flow *f, uint64_t ts);

/* Writes the end; as flow__close(), how is not FLOW_END_NONE. */
int flow_tcp_close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local);

/* flow_ws.c */

/* Makes sure that the current file has the handshake, ws: up to the upgrade. */
int flow_open(struct flow *f, uint64_t ts, bool ws);

#endif
