/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of a run for --report, with limits (below). Those of ended connections without a pin are
 * dropped first, and counted.
 */
#ifndef REPORT_RECORDS_H
#define REPORT_RECORDS_H

#include <utlist.h>
#include "decode/ending.h"
#include "decode/hist.h"
#include "diagnose/diagnose.h"
#include "out/hangups.h"
#include "report/pairs.h"
#include "report/trail.h"

#define REPORT_CONNS_MAX 10000 /* records; connections beyond are only in the sums */
#define REPORT_DETAILS_MAX 4096 /* records with headers and frames */
#define REPORT_PINS_MAX 300 /* pinned records; verdicts beyond are only counted */
#define REPORT_ALIKE 1 /* chains shown in detail of one verdict, port and path */
#define REPORT_WORST 5 /* connections with the largest p99, */
#define REPORT_RANKED 3 /* for each of so many kinds of histogram */
#define REPORT_GROUPS_MAX 500 /* programs, ports and paths told apart */
#define REPORT_SLOW_NS 500000000ULL /* a handshake that takes longer is slow */

/* Reasons to keep a connection and to show it in detail: a mask. */
enum report_pin {
	PIN_VERDICT = 1,
	PIN_HANDSHAKE = 2, /* failed or slow */
	PIN_FIRST = 4,
	PIN_CHAIN = 8, /* another leg of its chain is pinned */
	PIN_WORST = 16, /* shifted left by the index in report_ranked[] */
};

/* The kinds of histograms in which a sick connection stands out. */
extern const enum wst_hist_kind report_ranked[REPORT_RANKED];

struct report_verdict {
	const struct rule *rule;
	char *text, *fix;
	uint32_t again; /* earlier verdicts of this rule at the same port and path */
	struct report_pairs evidence;
	struct report_verdict *next;
};

struct report_detail {
	struct report_pairs request, response; /* their headers */
	bool request_cut, response_cut;
	struct report_trail trail;
	struct wst_hists *hists;
	struct wst_hist *delay; /* the proxy's own delay, WST_DIRS of them; NULL: none */
};

struct report_conn {
	uint32_t number, pid;
	uint32_t up, down; /* numbers of the next legs, to the server, to the client; 0: none */
	uint8_t role; /* enum wst_role */
	bool midstream, placeholder, by_time;
	char comm[WST_COMM_LEN], local[ADDR_LEN], remote[ADDR_LEN];
	uint64_t opened, request_ts, response_ts, closed; /* CLOCK_REALTIME, ns; 0: not seen */
	bool wanted; /* the request asked for a WebSocket, or had a key */
	bool upgrade; /* the request had Upgrade: websocket */
	bool websocket; /* a 101 opened one */
	uint16_t status, code;
	int accept_ok;
	char *method, *target, *reason; /* target: redacted, unless secrets are shown */
	bool target_cut;
	uint8_t how; /* enum wst_end_how */
	bool http10;
	struct ending end; /* once closed */
	char *ender; /* who ended its chain, in words; NULL: not known */
	uint64_t frames[WST_DIRS], bytes[WST_DIRS];
	uint64_t lost, undecoded; /* events; bytes in which no frame was found */
	uint32_t rtt_us, retrans, opaque;
	uint64_t p99[WST_HIST_KINDS]; /* us or bytes by kind; 0: nothing was counted */
	const struct rule *rule; /* of the worst verdict; NULL: none */
	uint64_t verdict_ts;
	struct report_verdict *verdicts; /* kept ones, in the order of time */
	struct report_detail *detail; /* NULL: none, or dropped */
	uint32_t pins; /* enum report_pin */
	bool listed; /* in report.closed or report.bare */
	bool taken; /* already part of a candidate chain */
	bool shown; /* that chain has a card on the page */
	struct report_conn *next, *prev; /* list of closed ones that are not pinned, oldest first */
	UT_hash_handle hh; /* by number, in the order of opening */
};

/* Connections of one program, port and path together. */
struct report_group {
	char key[WST_COMM_LEN + 8 + 128];
	char comm[WST_COMM_LEN];
	uint16_t port;
	char path[128];
	uint64_t conns, websockets, failed, verdicts, frames, bytes, slowest_ns;
	enum severity worst;
	UT_hash_handle hh;
};

struct report {
	uint64_t first_ts, last_ts;
	struct report_conn *conns; /* hash, in the order of opening */
	/* lists of those that may be dropped: with detail, without */
	struct report_conn *closed, *bare;
	uint32_t n_details, n_pinned;
	uint32_t worst[REPORT_RANKED][REPORT_WORST]; /* numbers, the highest p99 first */
	struct report_group *groups, others; /* others: beyond REPORT_GROUPS_MAX */
	struct wst_hist hists[WST_HIST_KINDS], delay[WST_DIRS];
	struct report_bins activity; /* frames */
	struct report_bins verdicts; /* [0] errors, [1] others */
	struct hangups hangups;
	uint64_t n_websockets, n_failed, n_slow, n_open, n_verdicts[3];
	uint64_t no_detail, details_dropped, conns_dropped;
	uint32_t handshakes_pinned;
	bool out_of_memory;
};

/* Finds the record of a connection. Returns NULL where there is none, or where it was dropped. */
struct report_conn *report__find(const struct report *r, uint32_t number);

/* Returns the next leg of c's chain, away from the client; NULL: none, or not known. */
struct report_conn *report__up(const struct report *r, const struct report_conn *c);

/* Returns the first leg of c's chain, nearest to the client, as far as legs are known. */
struct report_conn *report__first(const struct report *r, struct report_conn *c);

const char *report_server_addr(const struct report_conn *c); /* "address:port" of the server */
const char *report_client_addr(const struct report_conn *c); /* "address:port" of the client */

/* Returns whether somebody wanted a WebSocket and did not get it, as far as is known. */
bool report_failed(const struct report_conn *c);

/* Returns the time, ns, from the request to the response or, without one, to the end. */
uint64_t report_latency(const struct report_conn *c);

/* Adds a record for c. Returns NULL where all records are pinned or open, or memory ran out. */
struct report_conn *report__add(struct report *r, const struct conn *c, uint64_t ts);

void report__pin(struct report *r, struct report_conn *c, uint32_t pin); /* adds a pin */
void report__unpin(struct report *r, struct report_conn *c, uint32_t pin); /* takes one away */

/* Add PIN_CHAIN to, and take `pin` and PIN_CHAIN from, all legs of c's chain. */
void report__pin_chain(struct report *r, struct report_conn *c);
void report__unpin_chain(struct report *r, struct report_conn *c, uint32_t pin);

/* Says that c has closed: its record may be dropped from now on. */
void report__settle(struct report *r, struct report_conn *c);

/* Add to the sums and to c's group: c, which is over; a verdict on c. */
void report__count(struct report *r, const struct report_conn *c);
void report__count_verdict(struct report *r, const struct report_conn *c, const struct rule *rule);

void report__drop_all(struct report *r); /* frees all records and groups */

#endif
