/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of flow.h, for its eight files only, each of which uses those after it: flow.c
 * (creating and freeing flows), flow_answer.c (answers that wait for their bodies), flow_hold.c
 * (what has to wait for what comes next), flow_other.c (what is no head and no frame), flow_head.c
 * (HTTP heads), flow_ws.c (frames), flow_tcp.c (TCP around them), flow_iface.c (files and
 * interfaces). What they do for each other is in flow_steps.h.
 */
#ifndef PCAPNG_FLOW_STATE_H
#define PCAPNG_FLOW_STATE_H

#include <uthash.h>
#include "decode/http.h"
#include "pcapng/flow.h"
#include "pcapng/frame_packet.h"

/*
 * Most bytes of data that one packet stands for: the window is 1 GiB, and tshark adds lengths up in
 * 31 bits.
 */
#define CHUNK (512U * 1024 * 1024)

/*
 * Most bytes of a frame that packets stand for before the bytes have passed: the length in the
 * header is what a peer claims, up to 2^63.
 */
#define CLAIM_MAX (16ULL * CHUNK)

#define ACK_PACKETS 64 /* packets one way until the other side acknowledges */

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
	unsigned int busy; /* number of lanes in LANE_STREAMING */
	uint64_t kept_back; /* bytes of heads and frames that wait, of all flows */
	struct flow *waiting; /* those with an answer that waits, the oldest first */
	struct iface *ifaces;
	struct http_msg msg; /* scratch; too big for the stack */
};

enum lane_state {
	LANE_IDLE,
	LANE_GATHERING, /* a frame has begun, but none of it is written */
	LANE_STREAMING, /* the frame's first packet is written */
};

/* One direction of a flow. */
struct lane {
	struct path path;
	uint32_t first, next; /* sequence numbers of its first byte, of the next byte to write */
	bool seen; /* a byte that was really seen has been written */
	bool framed; /* a frame has been written */
	uint64_t latest; /* time of its last packet in the current file */
	uint32_t unseen; /* what to acknowledge beyond next: bytes that were not seen */
	bool blind; /* it ends with such bytes */
	uint32_t unacked; /* packets with data */
	uint64_t unacked_bytes;

	enum lane_state state;
	struct flow_frame frame;
	uint64_t got; /* payload bytes of frame so far */
	struct buf held; /* payload that is not written yet */

	bool msg_cut; /* a fragment of the current message is incomplete in the file */
	bool deflated; /* the current message is compressed */
	bool context_lost; /* a compressed message is incomplete: later ones cannot be inflated */
	bool no_takeover; /* each message starts a compression context of its own (RFC 7692) */
};

#define UNKNOWN_BODY UINT64_MAX
#define HELD_HEADS 6

/* A head that waits, with a copy of its bytes. */
struct held_head {
	struct flow_head head;
	struct buf bytes;
};

struct flow {
	struct flows *flows;
	struct iface *iface;
	uint64_t gen; /* number of the file that has its handshake; 0: none */
	bool server, midstream, attempt;
	bool begun; /* a file has packets of it */
	bool upgraded;
	unsigned int unanswered; /* requests */
	/* bytes of the last request's body; UNKNOWN_BODY: they end somewhere */
	uint64_t body;
	uint32_t body_start; /* its sequence number */
	uint64_t asked; /* number of the file that has a request without an answer; 0: none */
	bool deflate; /* permessage-deflate was agreed, as far as the file tells */
	bool head_request; /* the next answer is to a HEAD request, and has no body */
	char *comment; /* for its first packet in each file */
	char *target, *protocol; /* of the real handshake; NULL where not known */
	char *host; /* of the server */
	struct buf note; /* comment for the next packet; ends in 0 unless empty */
	uint64_t lost; /* events lost since its last packet: 0, or 1 for an unknown number */
	struct lane lane[FLOW_DIRS];

	/* flow_hold.c: CONNECT and the answers to it, or a 101 before its request */
	struct held_head held[HELD_HEADS];
	unsigned int n_held;
	bool tunnel; /* the last one opens a tunnel */
	struct buf early; /* the client's frames before the 101 */
	bool not_early; /* the 101 is not waited for */

	/* flow_answer.c: an answer whose body may come */
	struct held_head answer;
	bool answering;
	struct flow *prev, *next; /* in flows.waiting */
};

/* Finds or adds the interface of a task. Returns 0 or -ENOMEM. */
int flow_iface_get(struct flows *fs, const struct flow_task *t, struct iface **out);

/* What to make up behind the TCP handshake: bits. */
enum { MAKE_NOTHING = 0, MAKE_REQUEST = 1, MAKE_RESPONSE = 2, MAKE_BOTH = 3 };

/* Makes sure that the current file has the TCP handshake, with what is to be made up. */
int flow_open(struct flow *f, uint64_t ts, int make);

#endif
