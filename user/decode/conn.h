/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of connections in user space: what their records and heads have told. */
#ifndef DECODE_CONN_H
#define DECODE_CONN_H

#include <uthash.h>
#include "bpf/wstrace.h"
#include "decode/deflate.h"
#include "decode/origin.h"
#include "decode/proxy_protocol.h"
#include "lib/buf.h"

#define ADDR_LEN 56 /* bytes of "[v6]:port" and the final 0 */

/* A frame whose payload has not all arrived. */
struct pending_frame {
	bool active;
	uint64_t packet; /* where it begins: PACKET_AT(); 0: not known */
	struct wst_frame frame;
	struct buf payload;
};

struct pending_head {
	struct buf bytes;
	uint64_t ts, packet;
	uint32_t seq;
	bool broken; /* a piece is missing */
};

/* A whole head. Requests wait in a list while those before them have no answer. */
struct whole_head {
	struct buf bytes;
	struct whole_head *next;
	uint64_t ts, last_ts; /* of its first and last piece, CLOCK_MONOTONIC, ns */
	uint64_t len; /* on the wire */
	uint64_t packet; /* where it begins */
	uint32_t seq;
	uint16_t flags; /* enum wst_head_flags */
	uint8_t dir;
	bool cut; /* bytes of it are missing */
};

struct ping {
	uint64_t ts; /* 0: none outstanding */
	uint64_t hash; /* of the ping's payload */
};

#define CLOSE_REASON 123 /* bytes at most (RFC 6455, 5.5) */

/* The first Close frame of a connection, of either side. */
struct first_close {
	uint64_t ts; /* as in its record */
	uint16_t code; /* 0: it carried none */
	uint8_t dir, reason_len;
	char reason[CLOSE_REASON];
};

/* Who a connection is; modules that speak of a closed one keep a copy. */
struct conn_id {
	uint64_t opened; /* CLOCK_REALTIME, ns */
	uint32_t number; /* as outputs show it: 1, 2, ... */
	uint32_t pid, netns; /* 0: not known */
	uint8_t role; /* enum wst_role */
	bool midstream;
	bool placeholder; /* its WST_OPEN was lost: addresses are not known */
	char comm[WST_COMM_LEN];
	char local[ADDR_LEN], remote[ADDR_LEN];
	struct via_proxy via; /* what a PROXY header in front of the first request says */
};

struct conn {
	uint64_t id; /* the kernel side's number for it */
	union {
		struct conn_id who;
		struct conn_id; /* -fms-extensions: c->number is c->who.number */
	};
	uint32_t counted; /* decode.c: the last count that found it open */
	bool shown; /* passes the user-side filters */
	/* this connection's part of the sums in out/output.c */
	uint64_t summed_frames, summed_bytes;
	/* server's end: pid of the client's process, if that runs on this host; else 0 */
	uint32_t client_pid;
	uint32_t first_seq[WST_DIRS]; /* sequence number of each direction's first byte */
	char *cgroup; /* path in the cgroup v2 tree; NULL: not known */
	struct tunnel *tunnel; /* NULL: it comes through none */
	char *container; /* id or name; NULL: the cgroup names none */

	struct pending_head head[WST_DIRS];
	struct buf body; /* the start of the body behind the last answer, as on the wire */
	bool opening; /* its EV_OPEN waits until it is known whether a PROXY header comes first */
	uint64_t open_ts; /* of that event, CLOCK_MONOTONIC, ns */
	struct whole_head *waiting; /* requests whose turn has not come, the oldest first */
	uint32_t n_waiting;
	struct whole_head *early; /* an answer to a request that has not come to its end */
	struct pending_frame frame[WST_DIRS];
	struct ping ping[WST_DIRS];
	uint64_t request_ts; /* of the request that the next response answers; 0: none */
	char key[32]; /* the request's Sec-WebSocket-Key; empty: it has none */
	uint16_t close_code; /* of the first close frame that carried one */
	bool closes[WST_DIRS]; /* a Close frame has come */
	bool blind; /* a direction is not decoded, or not to its end */
	struct first_close *closing; /* NULL: none so far */
	char *target; /* of the last request, for comparing; NULL before one came */
	char *shown_target; /* the same as outputs may show it */
	bool upgraded; /* a 101 to WebSocket was seen; deflate is what it agreed */
	struct deflate_params deflate;
	struct inflater *inflate[WST_DIRS]; /* NULL: nothing to inflate so far */
	struct wst_hists *hists; /* the last ones that came; NULL: none */
	struct top_row *row; /* --top's, where that runs */

	struct facts *facts; /* diagnosis */
	const struct wst_hist *proxy_delay; /* by enum wst_dir: to, from upstream; NULL: none */
	void *capture; /* used by pcapng/output.c; NULL: not in its file */

	UT_hash_handle hh;
};

/* Returns the path of a task's cgroup, valid until the next call, or NULL where it is not known. */
typedef const char *(*cgroup_fn)(void *ctx, const struct wst_task *t);

#define CONNS_RECENT 256

struct conns {
	struct conn *by_id;
	/* by the hash of the id: the last ones looked up, so that a busy one is found at once */
	struct conn *recent[CONNS_RECENT];
	uint32_t count; /* numbers given out */
	cgroup_fn cgroup; /* NULL: this host's /proc is asked */
	void *ctx; /* for cgroup() */
};

/* Returns "addr:port" of the end that accepted the connection. */
static inline const char *conn_server_addr(const struct conn *c)
{
	return c->role == WST_SERVER ? c->local : c->remote;
}

/* Returns "addr:port" of the end that opened the connection. */
static inline const char *conn_client_addr(const struct conn *c)
{
	return c->role == WST_SERVER ? c->remote : c->local;
}

/* Finds a connection by the kernel side's number. Returns NULL where there is none. */
struct conn *conns__find(struct conns *cs, uint64_t id);

/*
 * Adds a connection; the table owns it. o: how it was opened, or NULL for a placeholder. Returns
 * NULL when memory ran out.
 */
struct conn *conns__add(struct conns *cs, uint64_t id, const struct wst_open *o);

/* Removes c from the table and frees it. */
void conns__remove(struct conns *cs, struct conn *c);

/* Frees all connections. */
void conns__free(struct conns *cs);

/* Sets c->hists to a copy of h. When memory ran out, there are none. */
void conn__set_hists(struct conn *c, const struct wst_hists *h);

/* Notes which process uses the connection now, and that process's cgroup and container. */
void conns__set_task(struct conns *cs, struct conn *c, const struct wst_task *t);

#endif
