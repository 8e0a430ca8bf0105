/* SPDX-License-Identifier: GPL-2.0-only */
/* Where events go. A new output is one file and one line in outputs[] of output.c. */
#ifndef OUT_OUTPUT_H
#define OUT_OUTPUT_H

#include "options.h"
#include "diagnose/diagnose.h"
#include "decode/event.h"

/* What is known once events flow. */
struct run_info {
	const char *backend;
	char kernel[160], host[65];
	uint64_t started; /* CLOCK_REALTIME, ns */
	bool (*ending)(void *ctx); /* whether it is time to end, asked while an output is stuck */
	void *ctx;
};

struct run_totals {
	uint64_t conns, frames, bytes;
	uint64_t lost; /* events that found the ring buffer full */
	uint64_t refused; /* connections not followed: the table was full */
};

struct output_ops {
	void (*start)(const struct options *o, const struct run_info *run);
	void (*event)(const struct event *e);
	void (*lost)(uint64_t ts, uint64_t events);
	/* d: what was wrong; NULL where nothing was judged */
	void (*end)(uint64_t ts, const struct run_totals *t, const struct diagnose *d);

	/* Those of an output that is looked at while it runs; NULL else. */
	bool (*tick)(uint64_t ts, uint64_t *focus);
	void (*totals)(uint64_t ts, const struct run_totals *t);
};

extern const struct output_ops out_text, out_json, out_top, out_report;

/* Chooses the outputs that the options name. */
void output__open(const struct options *o, const struct run_info *run);

/* Passes on what the options let through. */
void output__event(const struct event *e);
void output__lost(uint64_t ts, uint64_t events);

/*
 * To be called often: keys are read, the screen is drawn. *focus: id of the connection whose data
 * frames and histograms are looked at, 0: none. Returns false when the user is done.
 */
bool output__tick(uint64_t ts, uint64_t *focus);

/* The sums so far, after EV_STATS have been asked for. */
void output__totals(uint64_t ts, const struct run_totals *t);

/* From now on EV_STATS are each connection's last word, for connections that stay open. */
void output__ending(void);

/* With --path: sums of all connections become those of the ones that it lets through. */
void output__restrict(struct run_totals *t);

/* Frames shown, or with -w or --report written, so far, for -n. */
uint64_t output__frames(void);

/*
 * Writes out what has gathered. Returns 0; -EPIPE where the reader has gone; another -errno where
 * standard output takes no more.
 */
int output__flush(void);

/* Says what went wrong, a reader that has gone excepted. Returns as output__flush() does. */
int output__close(uint64_t ts, const struct run_totals *t, const struct diagnose *d);

/* Begins the closing line: "wstrace: 1 connection, 4 frames (3 shown), 9 bytes, 0 lost". */
void output__say_totals(const struct run_totals *t);

/*
 * For outputs: the text to be written. frame_line marks a line that may be left out where a
 * terminal cannot keep up; it is counted then.
 */
struct buf *line_start(void);
void line_end(bool frame_line);

/* Whether output__ending() has been called. */
bool output_is_ending(void);

/* Kinds of events that -q and --only let through. */
uint32_t output_kind(const struct event *e);

/* "2026-11-22T10:00:00.123456789Z" */
void time_rfc3339(struct buf *b, uint64_t ts);

/* Bytes of the connection's own order: which end is the client's. */
const char *dir_name(uint8_t dir);

#endif
