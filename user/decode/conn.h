/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections as the user side knows them. */
#ifndef DECODE_CONN_H
#define DECODE_CONN_H

#include <uthash.h>
#include "bpf/wstrace.h"
#include "decode/deflate.h"
#include "lib/buf.h"

#define ADDR_LEN 56 /* "[v6]:port" and its end */

/* A frame whose payload has not all arrived. */
struct pending_frame {
	bool active;
	struct wst_frame frame;
	struct buf payload;
};

struct pending_head {
	struct buf bytes;
	uint64_t ts;
	uint32_t seq;
	bool broken; /* a piece is missing */
};

struct ping {
	uint64_t ts; /* 0: none outstanding */
	uint64_t hash; /* of its payload */
};

struct conn {
	uint64_t id; /* the kernel side's */
	uint32_t number; /* shown: 1, 2, ... */
	uint32_t counted; /* decode.c: in which count it was found open */
	uint8_t role; /* enum wst_role */
	bool midstream;
	bool placeholder; /* its WST_OPEN was lost: addresses are not known */
	bool shown; /* passes the user-side filters */
	uint64_t summed_frames, summed_bytes; /* of it, in the sums of output.c */
	uint64_t opened; /* CLOCK_REALTIME, ns */
	uint32_t pid, netns;
	/* of a server's end: the process at the other one, where that is here; or 0 */
	uint32_t client_pid;
	uint32_t first_seq[WST_DIRS]; /* of each direction's first byte */
	char comm[WST_COMM_LEN];
	char *cgroup; /* path in the cgroup v2 tree; NULL where not known */
	char *container; /* id or name; NULL: none that the cgroup tells of */
	char local[ADDR_LEN], remote[ADDR_LEN];

	struct pending_head head[WST_DIRS];
	struct pending_frame frame[WST_DIRS];
	struct ping ping[WST_DIRS];
	uint64_t request_ts; /* of the request that the next response answers; 0: none */
	char key[32]; /* its Sec-WebSocket-Key, empty where it has none */
	uint16_t close_code; /* of the first close frame that carried one */
	char *target; /* of the last request, for comparing; NULL before one came */
	char *shown_target; /* the same as outputs may show it */
	bool upgraded; /* its 101 was seen, and says: */
	struct deflate_params deflate;
	struct inflater *inflate[WST_DIRS]; /* NULL: nothing to inflate so far */
	struct wst_hists *hists; /* the last ones that came; NULL: none */
	struct top_row *row; /* --top's, where that runs */

	struct facts *facts; /* diagnosis */
	const struct wst_hist *proxy_delay; /* enum wst_dir: to or from upstream; NULL: none */
	void *capture; /* pcapng/output.c's own; NULL: not in its file */

	UT_hash_handle hh;
};

/* The path of a task's cgroup; NULL where it is not known. */
typedef const char *(*cgroup_fn)(void *ctx, const struct wst_task *t);

#define CONNS_RECENT 256

struct conns {
	struct conn *by_id;
	/* by the hash of their id; a busy one is found at once */
	struct conn *recent[CONNS_RECENT];
	uint32_t count; /* numbers given out */
	cgroup_fn cgroup; /* NULL: /proc of this host knows it */
	void *ctx; /* of that */
};

/* "addr:port" of the end that accepted the connection, and of the one that opened it. */
static inline const char *conn_server_addr(const struct conn *c)
{
	return c->role == WST_SERVER ? c->local : c->remote;
}

static inline const char *conn_client_addr(const struct conn *c)
{
	return c->role == WST_SERVER ? c->remote : c->local;
}

/* Returns NULL where it is not there. */
struct conn *conns__find(struct conns *cs, uint64_t id);

/* o may be NULL: then the connection is a placeholder. Returns NULL when memory ran out. */
struct conn *conns__add(struct conns *cs, uint64_t id, const struct wst_open *o);

void conns__remove(struct conns *cs, struct conn *c);
void conns__free(struct conns *cs);

/* Keeps a copy of h. */
void conn__set_hists(struct conn *c, const struct wst_hists *h);

/* Notes who uses the connection now. */
void conns__set_task(struct conns *cs, struct conn *c, const struct wst_task *t);

#endif
