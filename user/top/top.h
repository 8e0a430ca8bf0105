/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live table. out_top.c takes events and keys, top_rows.c keeps a row a connection, top_list.c
 * draws the table, top_conn.c one connection that was opened.
 */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include "out/output.h"
#include "top/screen.h"

#define TOP_NONE UINT32_MAX /* no percentile: nothing has been counted */

/* What of a connection is kept besides struct conn. Times are CLOCK_REALTIME, ns. */
struct top_row {
	struct conn *c; /* a copy of its own once closed */
	struct top_row *next_closed;
	uint64_t closed, active; /* when closed, when bytes last passed; 0: not */
	uint64_t sampled, sample_messages, sample_bytes; /* what the rates are counted from */
	uint64_t frames, bytes;
	uint64_t key; /* by which it is sorted right now */
	float messages_rate, bytes_rate; /* a second */
	uint32_t p99[WST_P99S]; /* us; TOP_NONE */
	uint32_t unsent, unread;
	uint32_t place; /* in all rows */
	uint32_t line; /* in the view */
	uint16_t port; /* local */
	uint8_t how, flags; /* once closed: enum wst_end_how, WST_FIRST_* */
	bool awaits_response;
	bool wanted; /* the request asks for a WebSocket */
	uint16_t refused; /* the status that it got instead; 0: none */
	const struct rule *rule; /* of its worst verdict; NULL: none */
	char *verdicts; /* escaped, '\n' behind each line; NULL: none */
	char *target; /* redacted and escaped; NULL: none yet */
	char *request, *response; /* heads, redacted and escaped, '\n' behind each line */
};

struct top_column {
	const char *title;
	char letter; /* sorts by it */
	int width;
	bool is_text; /* sorted upwards, drawn to the left */
	const char *help;
	uint64_t (*key)(const struct top_row *r, uint64_t now);
	int (*compare)(const struct top_row *a, const struct top_row *b); /* text */
	void (*draw)(struct buf *b, const struct top_row *r, uint64_t now, int width);
};

/* The last one is the widest. */
extern const struct top_column top_columns[];
extern const int top_n_columns;

#define TOP_FIXED 2 /* columns that stay where they are */

/* The rows that pass the filter, sorted. */
struct top_view {
	struct top_row **rows;
	uint32_t n;
	int column; /* sorted by */
	bool reverse;
	char filter[64]; /* UTF-8, empty: all, "!": those with a mark */
};

void top_rows__free(void);

/* Makes a row, notes what e says in it, and returns it; NULL when memory ran out. */
struct top_row *top_rows__event(const struct event *e);

/* Notes a verdict in its row, where that is still there. */
void top_rows__verdict(const struct event *e);

/* Whether something is wrong with it. */
static inline bool top_row_marked(const struct top_row *r)
{
	return r->rule || r->refused;
}

uint32_t top_rows__open(void); /* rows whose connections are open */
uint32_t top_rows__closed(void);

/*
 * Sorts and filters anew. With forget, rows that closed some seconds before now are freed, but for
 * pinned; else all stay.
 */
void top_rows__arrange(struct top_view *v, uint64_t now, bool forget, const struct top_row *pinned);

/*
 * top_list.c. Draws lines from y on, the titles first, and returns how many rows had room. *left:
 * the first column that is drawn of those that do not stay; moved where column must has no room
 * else.
 */
uint32_t top_list__draw(const struct top_view *v, int y, int height, uint32_t first,
			const struct top_row *selected, uint64_t now, int *left, int must);

/* top_conn.c: the connection that is open. */
void top_conn__open(struct top_row *r);
void top_conn__close(void);
struct top_row *top_conn__row(void); /* NULL: none is */
void top_conn__event(const struct event *e, bool paused);
void top_conn__draw(uint64_t now, bool paused);
void top_conn__key(uint32_t key);
extern const char *const top_conn_help[]; /* lines; NULL behind the last one */

/* Numbers in five columns. */
void top_count(struct buf *b, double v);
void top_bytes(struct buf *b, double v);
void top_micros(struct buf *b, uint32_t us); /* TOP_NONE: "-" */
void top_age(struct buf *b, uint64_t ns);

#endif
