/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of reassembly.h, for reassembly.c and reassembly_flows.c only. The latter has the
 * table of flows, one for each connection of the captures; closed ones stay for a while.
 */
#ifndef CAPTURE_REASSEMBLY_STATE_H
#define CAPTURE_REASSEMBLY_STATE_H

#include <uthash.h>
#include "capture/reassembly.h"
#include "capture/reorder.h"

#define FLOWS_MAX (1 << 18) /* connections at once */

/* The half of a connection that one end sends. */
struct half {
	uint32_t isn; /* initial sequence number */
	uint32_t next; /* sequence number of the next byte to deliver */
	uint32_t acked; /* by the other end */
	uint32_t fin_seq; /* of the FIN */
	uint32_t last_seq; /* of the last segment taken */
	uint32_t acked_packets; /* since the hole was acknowledged */
	uint64_t last_ts;
	uint64_t acked_ts; /* when the hole was acknowledged; 0: it is not */
	uint64_t hole_ts; /* when pieces began to wait */
	struct reorder q; /* pieces that wait */
	uint8_t strays; /* segments in a row whose sequence numbers cannot be */
	bool isn_known, started, has_acked, fin;
};

struct tcp_flow_key {
	uint8_t addr[2][16]; /* the smaller end first */
	uint16_t port[2];
	uint16_t family, pad;
};

struct tcp_flow {
	struct tcp_flow_key key;
	struct half h[2]; /* by who sends, in the order of the key */
	void *conn; /* of ops->open(); NULL: not open */
	uint64_t established; /* ts; 0: not seen */
	uint64_t syn_ts; /* 0: no SYN, or its round trip is measured */
	uint64_t last_ts; /* of the last segment */
	uint64_t ended; /* the first FIN or RST; 0: none so far */
	uint32_t rtt_us, retrans;
	int8_t client; /* which half is the client's; -1: not known yet */
	int8_t first; /* which half closed first; -1: none */
	int8_t local; /* which half's process `task` is */
	uint8_t role; /* enum wst_role of the end that is shown */
	uint8_t file; /* the first capture that has it */
	const struct capture_task *task; /* NULL: not known */
	bool closed, refused;
	bool made_up; /* its handshake is synthetic: it was there before the capture */
	bool resumes; /* synthetic heads come now, at the start of one of wstrace's files */
	UT_hash_handle hh;
};

struct reassembly {
	struct reassembly_options o;
	const struct reassembly_ops *ops;
	void *ctx;
	struct tcp_flow *flows;
	struct tcp_flow *last; /* of the last segment */
	size_t waiting; /* cost of all pieces that wait, bytes */
	size_t sweep_at; /* number of flows at which closed ones are freed */
	uint64_t refused;
	uint64_t listening[1024]; /* ports that answered a SYN */
};

/* Fills in k. Returns which half of the flow the segment belongs to. */
int reassembly_key(const struct segment *s, struct tcp_flow_key *k);

/* Returns NULL where there is none. */
struct tcp_flow *reassembly_find(struct reassembly *r, const struct tcp_flow_key *k);

/* Adds a flow that begins with s. Returns NULL and counts it as refused when there is no room. */
struct tcp_flow *reassembly_add(struct reassembly *r, const struct tcp_flow_key *k,
				const struct segment *s);

/* Frees f and what waits in it, after ops->drop() where it is still open. */
void reassembly_forget(struct reassembly *r, struct tcp_flow *f);

/* Frees the first piece that waits in h. There has to be one. */
void reassembly_drop_first(struct reassembly *r, struct half *h);

#endif
