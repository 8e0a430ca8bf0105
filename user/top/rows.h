/* SPDX-License-Identifier: GPL-2.0-only */
/* A row for each connection: what --top keeps of it besides struct conn. */
#ifndef TOP_ROWS_H
#define TOP_ROWS_H

#include "decode/ending.h"
#include "diagnose/diagnose.h"

/* Times are CLOCK_REALTIME, ns. */
struct top_row {
	const struct conn *conn; /* NULL once closed */
	struct conn_id *who; /* conn's; a copy of its own once closed */
	char *cgroup, *container; /* copies, once closed; NULL where not known */
	struct top_row *next_closed;
	uint64_t closed, active; /* when closed, when bytes last passed; 0: not */
	uint64_t sampled, sample_messages, sample_bytes; /* what the rates are counted from */
	uint64_t frames, bytes;
	double key; /* of the column that the table is sorted by */
	float messages_rate, bytes_rate; /* a second */
	int64_t p99[WST_P99S]; /* us; -1: nothing has been counted */
	uint32_t unsent, unread;
	uint32_t place; /* in all rows */
	uint32_t line; /* in the table; UINT32_MAX: filtered out */
	uint16_t port; /* local */
	uint16_t close_code; /* 0: none seen */
	struct ending end; /* once closed */
	char *ender; /* who ended its chain, in words; NULL: not known */
	bool awaits_response;
	bool wanted; /* the request asks for a WebSocket */
	uint16_t refused; /* the status that it got instead; 0: none */
	const struct rule *rule; /* of its worst verdict; NULL: none */
	char *verdicts; /* escaped, '\n' behind each line; NULL: none */
	char *target; /* redacted and escaped; NULL: none yet */
	char *request, *response; /* heads, redacted and escaped, '\n' behind each line */
};

struct top_rows {
	struct top_row **all;
	uint32_t n, size, n_closed;
	struct top_row *first_closed, *last_closed; /* in the order in which they closed */
};

/* Frees what is in it, and leaves it empty. */
void top_rows__free(struct top_rows *rows);

/*
 * Notes what e says in the row of its connection, and makes one where there is none. Returns it;
 * NULL for frames of a connection without a row, and when memory ran out. An EV_CLOSE that returns
 * NULL has freed the row.
 */
struct top_row *top_rows__event(struct top_rows *rows, const struct event *e);

/* Notes a verdict in its row, where that is still there. */
void top_rows__verdict(struct top_rows *rows, const struct event *e);

/* Frees rows that closed some seconds before now, or are too many, but for pinned, or NULL. */
void top_rows__forget(struct top_rows *rows, uint64_t now, const struct top_row *pinned);

/* Rows whose connections are open. */
static inline uint32_t top_rows__open(const struct top_rows *rows)
{
	return rows->n - rows->n_closed;
}

static inline const char *top_row__container(const struct top_row *r)
{
	return r->conn ? r->conn->container : r->container;
}

static inline const char *top_row__cgroup(const struct top_row *r)
{
	return r->conn ? r->conn->cgroup : r->cgroup;
}

/* Whether something is wrong with it. */
static inline bool top_row__marked(const struct top_row *r)
{
	return r->rule || r->refused;
}

#endif
