/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What --report keeps of a run, bounded whatever comes: a record for each of CONNS_MAX connections,
 * more (headers, frames, histograms) for DETAILS_MAX of them. Those that ended, and that nobody
 * will ask for, make room first; what was dropped is counted.
 */
#ifndef REPORT_GATHER_H
#define REPORT_GATHER_H

#include <utlist.h>
#include "diagnose/diagnose.h"
#include "decode/event.h"
#include "decode/hist.h"
#include "report/trail.h"

#define REPORT_CONNS_MAX 10000
#define REPORT_DETAILS_MAX 4096
#define REPORT_PINS_MAX 300 /* connections kept for their verdicts or handshakes */
#define REPORT_ALIKE 1 /* of the same verdict at the same place so many are shown in detail */
#define REPORT_WORST 5
#define REPORT_RANKED 3
#define REPORT_GROUPS_MAX 500
#define REPORT_SLOW_NS 500000000ULL /* a handshake that takes longer is slow */

#define TARGET_MAX 512 /* bytes of a request target that are kept */
#define HEADERS_MAX 8192 /* of a head's headers */

/* Why a connection is not to be dropped; and so it is shown in detail. */
enum report_pin {
	PIN_VERDICT = 1,
	PIN_HANDSHAKE = 2, /* failed or slow */
	PIN_FIRST = 4,
	PIN_CHAIN = 8, /* another leg is */
	PIN_WORST = 16, /* << the index in report_ranked[] */
};

/* The kinds by which a sick connection shows. */
extern const enum wst_hist_kind report_ranked[REPORT_RANKED];

/* Name and value pairs, one after the other; own them as a struct buf. */
struct report_pairs {
	struct buf bytes;
	uint32_t n, left_out;
};

/* The next pair from *at on, which is 0 at first. Returns false behind the last one. */
bool pairs__next(const struct report_pairs *p, size_t *at, struct span *name, struct span *value);
void pairs__add(struct report_pairs *p, struct span name, struct span value);

struct report_verdict {
	const struct rule *rule;
	uint64_t ts;
	char *text, *fix;
	uint32_t again; /* how often the same was said before, of the same port and path */
	struct report_pairs evidence;
	struct report_verdict *next;
};

struct report_detail {
	struct report_pairs request, response; /* headers */
	bool request_cut, response_cut;
	struct report_trail trail;
	struct wst_hists *hists;
	struct wst_hist *delay; /* WST_DIRS of the proxy's delay; NULL: none */
};

struct report_conn {
	uint32_t number, pid, up, down; /* up, down: numbers of the next legs; 0: none */
	uint8_t role; /* enum wst_role */
	bool midstream, placeholder, by_time;
	char comm[WST_COMM_LEN], local[ADDR_LEN], remote[ADDR_LEN];
	uint64_t opened, request_ts, response_ts, closed; /* CLOCK_REALTIME, ns; 0: not seen */
	bool wanted; /* the request asked for a WebSocket, or had a key */
	bool upgrade; /* it had Upgrade: websocket */
	bool http10, websocket; /* websocket: a 101 opened one */
	uint16_t status, code;
	int accept_ok;
	uint32_t requests; /* all, plain ones, too */
	char *method, *target, *reason; /* target: redacted, unless secrets are shown */
	bool target_cut;
	uint8_t how; /* enum wst_end_how */
	bool by_client;
	uint64_t frames[WST_DIRS], bytes[WST_DIRS];
	uint64_t lost, gaps, undecoded; /* undecoded: bytes in which no frame was found */
	uint32_t rtt_us, retrans, opaque;
	uint64_t p99[WST_HIST_KINDS]; /* us, bytes; 0: nothing was counted */
	const struct rule *rule; /* of the worst verdict; NULL: none */
	uint64_t verdict_ts;
	struct report_verdict *verdicts; /* those that are kept */
	struct report_detail *detail; /* NULL: none, or no longer */
	uint32_t pins; /* enum report_pin */
	bool listed;
	bool taken, shown; /* into a chain that may be shown in detail, and that is */
	struct report_conn *next, *prev; /* closed, may be dropped: oldest first */
	UT_hash_handle hh; /* by number, in the order of opening */
};

/* Connections of one program, port and path together. */
struct report_group {
	char key[WST_COMM_LEN + 8 + 128];
	char comm[WST_COMM_LEN];
	uint16_t port;
	char path[128];
	uint64_t conns, websockets, failed, plain, open, verdicts, frames, bytes, slowest_ns;
	enum severity worst;
	UT_hash_handle hh;
};

struct report {
	bool show_secrets;
	uint64_t first_ts, last_ts;
	struct report_conn *conns; /* hash, in the order of opening */
	struct report_conn *closed, *dim; /* may be dropped: with detail, and without */
	uint32_t n_details, n_pinned;
	uint32_t worst[REPORT_RANKED][REPORT_WORST]; /* numbers, the highest p99 first */
	struct report_group *groups, others; /* others: beyond REPORT_GROUPS_MAX */
	struct wst_hist hists[WST_HIST_KINDS], delay[WST_DIRS];
	struct report_bins activity; /* frames */
	struct report_bins verdicts; /* [0] errors, [1] others */
	uint64_t n_conns, n_websockets, n_failed, n_slow, n_open, n_verdicts[3];
	uint64_t no_detail, details_dropped, conns_dropped;
	uint32_t handshakes_pinned;
	bool out_of_memory;
};

/* Returns NULL when memory ran out. */
struct report *report__new(bool show_secrets);
void report__free(struct report *r);

/* Every event, in order. */
void report__event(struct report *r, const struct event *e);

/* The end: takes what is still open into the sums. */
void report__finish(struct report *r, uint64_t ts);

struct report_conn *report__find(const struct report *r, uint32_t number);

/* The first connection of c's chain that is known, at the client's side. */
struct report_conn *report__first(const struct report *r, struct report_conn *c);

/* An address of the server's and of the client's end. */
const char *report_server_addr(const struct report_conn *c);
const char *report_client_addr(const struct report_conn *c);

/* Whether somebody wanted a WebSocket and did not get it, as far as is known. */
bool report_failed(const struct report_conn *c);

/* From request to response, or to the end where there was none; ns. */
uint64_t report_latency(const struct report_conn *c);

/* The next leg, away from the client; NULL where there is none, or it is not known. */
struct report_conn *report__up(const struct report *r, const struct report_conn *c);

/* report_conns.c, for report.c: */
struct report_conn *report__add(struct report *r, const struct conn *c, uint64_t ts);
void report__pin(struct report *r, struct report_conn *c, uint32_t pin);
void report__unpin(struct report *r, struct report_conn *c, uint32_t pin);
void report__pin_chain(struct report *r, struct report_conn *c);
void report__unpin_chain(struct report *r, struct report_conn *c, uint32_t pin); /* and PIN_CHAIN */
void report__settle(struct report *r, struct report_conn *c); /* it has closed */
void report__count(struct report *r, const struct report_conn *c); /* into its group */
void report__count_verdict(struct report *r, const struct report_conn *c, const struct rule *rule);
void report__drop_all(struct report *r);

#endif
