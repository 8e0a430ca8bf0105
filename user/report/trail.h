/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames of a connection, as far as they are kept, and when nothing happened. */
#ifndef REPORT_TRAIL_H
#define REPORT_TRAIL_H

#include "decode/event.h"

#define TRAIL_FIRST 16 /* frames kept of a connection's start */
#define TRAIL_LAST 48 /* frames kept of its end */
#define TRAIL_MAX (TRAIL_FIRST + TRAIL_LAST)
#define TRAIL_GAPS 6 /* silences kept, the longest */
#define TRAIL_TEXT 60 /* bytes kept of a payload or a close reason */
#define BINS 128

struct report_frame {
	uint64_t ts, len; /* CLOCK_REALTIME, ns; payload bytes */
	char *text; /* payload, where it was kept, or the reason of a close; NULL: none */
	uint32_t rtt_us; /* of a pong; UINT32_MAX: none */
	uint16_t code;
	uint8_t dir, opcode, rsv, text_len;
	bool fin, masked, text_cut;
};

struct span_of_time {
	uint64_t from, to; /* ns */
};

/* Counts over time, in ever wider bins. */
struct report_bins {
	uint64_t start, width; /* ns */
	uint32_t n[BINS][WST_DIRS];
};

struct report_trail {
	struct report_frame *frames; /* the first TRAIL_FIRST, then a ring */
	uint32_t n, size;
	uint64_t seen; /* frames */
	uint64_t last_ts; /* of a frame or another moment */
	uint32_t n_gaps;
	struct span_of_time gaps[TRAIL_GAPS]; /* by time */
	struct report_bins *bins; /* of all frames; NULL: none was dropped */
};

/* All zero is an empty trail. The trail owns its memory; trail__free() gives it back. */
void trail__free(struct report_trail *t);

/* Ends a silence: something happened at ts, ns. */
void trail__moment(struct report_trail *t, uint64_t ts);

/* Keeps a frame (EV_FRAME); one of the middle gives way once there are TRAIL_MAX. */
void trail__frame(struct report_trail *t, const struct event *e);

/* Returns frame i of those that are kept, oldest first. */
const struct report_frame *trail__at(const struct report_trail *t, uint32_t i);

/* Counts the frames that were dropped between the first and the last ones. */
uint64_t trail__dropped(const struct report_trail *t);

/* Adds n at ts, ns. Bins become twice as wide, and are joined, where ts lies behind the last. */
void bins__add(struct report_bins *b, uint64_t ts, uint8_t dir, uint32_t n);

#endif
