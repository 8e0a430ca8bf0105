/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of reassembly.h, for its neighbours only. reassembly_flows.c holds the table of flows:
 * one for each connection, which stays for a while after its end. reassembly_attempts.c tells of
 * those that did not come about.
 */
#ifndef CAPTURE_REASSEMBLY_STATE_H
#define CAPTURE_REASSEMBLY_STATE_H

#include <uthash.h>
#include "capture/reassembly.h"
#include "capture/reorder.h"

#define FLOWS_MAX (1 << 18) /* connections at once */

/* bytes; a segment farther off belongs to another connection or is broken */
#define SEQ_FAR (1 << 26)

/* The half of a connection that one end sends. */
struct half {
	uint32_t isn; /* initial sequence number */
	uint32_t next; /* sequence number of the next byte to deliver */
	uint32_t acked; /* sequence number that the other end has acknowledged */
	uint32_t fin_seq; /* sequence number of the FIN */
	uint32_t last_seq; /* sequence number of the last segment taken */
	uint32_t acked_packets; /* packets since the hole was acknowledged */
	uint64_t last_ts;
	uint64_t acked_ts; /* when the hole was acknowledged; 0: it was not */
	uint64_t hole_ts; /* when pieces began to wait */
	struct reorder q; /* pieces that wait for bytes before them */
	uint8_t strays; /* segments in a row with impossible sequence numbers */
	bool isn_known, started, has_acked, fin;
};

struct tcp_flow_key {
	uint8_t addr[2][16]; /* the smaller end first */
	uint16_t port[2];
	uint16_t family, pad;
};

struct tcp_flow {
	struct tcp_flow_key key;
	struct half h[2]; /* by sender, in the order of the key */
	void *conn; /* what ops->open() returned; NULL: not open */
	uint64_t established; /* ts; 0: not seen */
	uint64_t syn_ts; /* 0: no SYN was seen, or its round trip has been measured */
	uint64_t last_ts; /* of the last segment */
	uint64_t ended; /* time of the first FIN or RST; 0: none so far */
	uint32_t rtt_us, retrans;
	uint32_t syn_len; /* bytes of data in the SYN */
	int8_t client; /* index of the client's half; -1: not known yet */
	int8_t first; /* index of the half that closed first; -1: none */
	int8_t local; /* index of the half whose process `task` is */
	uint8_t role; /* enum wst_role of the end that is shown */
	uint8_t file; /* number of the first capture that has the connection */
	const struct capture_task *task; /* NULL: not known */
	bool closed, refused;
	bool own; /* wstrace has written it: a SYN without an answer is one that was given up */
	bool pending; /* a SYN waits for its answer; these two: the list of such flows */
	struct tcp_flow *pending_older, *pending_newer;
	bool made_up; /* its handshake is made up: the connection is older than the capture */
	bool resumes; /* one of wstrace's files starts: made-up heads may come now */
	UT_hash_handle hh;
};

struct reassembly {
	struct reassembly_options o;
	const struct reassembly_ops *ops;
	void *ctx;
	struct tcp_flow *flows;
	struct tcp_flow *last; /* of the last segment */
	/* flows whose SYN waits for its answer, by the time of their last SYN */
	struct tcp_flow *oldest_pending, *newest_pending;
	size_t waiting; /* bytes of memory of all pieces that wait */
	size_t sweep_at; /* number of flows from which closed ones are freed */
	uint64_t refused;
	uint64_t now; /* ts of the last segment */
	uint64_t listening[1024]; /* a bit for each port that answered a SYN */
};

static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return a - b;
}

/* Fills in k. Returns the index of the half that sent the segment. */
int reassembly_key(const struct segment *s, struct tcp_flow_key *k);

/* Finds a flow. Returns NULL where there is none. */
struct tcp_flow *reassembly_find(struct reassembly *r, const struct tcp_flow_key *k);

/* Adds a flow that begins with s. Returns NULL, and counts it as refused, if there is no room. */
struct tcp_flow *reassembly_add(struct reassembly *r, const struct tcp_flow_key *k,
				const struct segment *s);

/* Frees f and what waits in it, after ops->drop() if it is still open. */
void reassembly_forget(struct reassembly *r, struct tcp_flow *f);

/* Frees the first piece that waits in h, which must not be empty. */
void reassembly_drop_first(struct reassembly *r, struct half *h);

/* Keeps a segment until the bytes before it come. Returns false if it is kept already. */
bool reassembly_keep(struct reassembly *r, struct half *h, uint32_t seq, const struct segment *s,
		     uint32_t len);

/* Delivers a piece, whose bytes are at p. */
void reassembly_deliver(struct reassembly *r, struct tcp_flow *f, int side,
			const struct piece *piece, const uint8_t *p);

/* Delivers pieces that follow without a hole, at ts or, if that is 0, at the time when each came.
 */
void reassembly_drain(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts);

/* Gives up the missing bytes before the first piece, or before all pieces of both directions. */
void reassembly_skip_hole(struct reassembly *r, struct tcp_flow *f, int side);
void reassembly_skip_holes(struct reassembly *r, struct tcp_flow *f);

/* Gives up missing bytes for which it has waited long enough. ts: of the current segment. */
void reassembly_check_hole(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts);

/* Tells that all bytes of a direction up to seq are missing that have not come. */
void reassembly_miss(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts, uint32_t seq);

/* Tells of bytes that were acknowledged, and that the capture does not have. */
void reassembly_miss_acked(struct reassembly *r, struct tcp_flow *f, uint64_t ts);

/* Fills in t for the flow's process, which must be known. */
void reassembly_fill_task(const struct tcp_flow *f, struct wst_task *t);

/* Notes that f's client has sent a SYN, or sent it again. */
void reassembly_pend(struct reassembly *r, struct tcp_flow *f);

/* Notes that f's SYN waits no longer. */
void reassembly_unpend(struct reassembly *r, struct tcp_flow *f);

/* Tells of a connection that did not come about, and why: enum wst_end_how. */
void reassembly_attempt(struct reassembly *r, struct tcp_flow *f, uint64_t ts, uint8_t how);

/* Takes what an ICMP message says of a SYN. */
void reassembly_unreachable(struct reassembly *r, struct tcp_flow *f, int side,
			    const struct segment *s);

/* Tells of attempts whose client has given up when s, of the flow at, comes: it may tell of that.
 */
void reassembly_give_up(struct reassembly *r, const struct tcp_flow *at, const struct segment *s);

/* Tells of attempts without an answer at the end of the input, ts. */
void reassembly_give_up_all(struct reassembly *r, uint64_t ts);

#endif
