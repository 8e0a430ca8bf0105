/* SPDX-License-Identifier: GPL-2.0-only */
/* A trail: some of a connection's frames, and its longest silences. */
#ifndef REPORT_TRAIL_H
#define REPORT_TRAIL_H

#include "decode/event.h"

#define TRAIL_FIRST 16 /* frames kept of a connection's start */
#define TRAIL_LAST 48 /* frames kept of its end */
#define TRAIL_MAX (TRAIL_FIRST + TRAIL_LAST)
#define TRAIL_GAPS 6 /* silences kept: the longest ones */
#define TRAIL_TEXT 60 /* bytes kept of a payload or a close reason */
#define BINS 128

struct report_frame {
	uint64_t ts, len; /* CLOCK_REALTIME, ns; payload bytes */
	char *text; /* start of the payload, if it was kept, or the reason of a close; NULL: none */
	uint32_t rtt_us; /* of a pong, us; UINT32_MAX: none */
	uint16_t code;
	uint8_t dir, opcode, rsv, text_len;
	bool fin, masked, text_cut;
};

struct span_of_time {
	uint64_t from, to; /* ns */
};

/* Counts over time, in bins that become wider as time goes on. */
struct report_bins {
	uint64_t start, width; /* ns */
	uint32_t n[BINS][WST_DIRS];
};

struct report_trail {
	struct report_frame *frames; /* the first TRAIL_FIRST, then a ring */
	uint32_t n, size;
	uint64_t seen; /* number of frames so far */
	uint64_t last_ts; /* of the last frame or trail__moment() */
	uint32_t n_gaps;
	struct span_of_time gaps[TRAIL_GAPS]; /* in the order of time */
	struct report_bins *bins; /* counts of all frames; NULL: no frame was dropped */
};

/* Frees what t owns. A trail that is all zero is empty. */
void trail__free(struct report_trail *t);

/* Notes that something happened at ts, ns, which ends a silence. */
void trail__moment(struct report_trail *t, uint64_t ts);

/* Keeps a frame (EV_FRAME). Once there are TRAIL_MAX, one from the middle is dropped. */
void trail__frame(struct report_trail *t, const struct event *e);

/* Returns frame i of those that are kept, counted from the oldest. */
const struct report_frame *trail__at(const struct report_trail *t, uint32_t i);

/* Returns how many frames were dropped between the first and the last ones. */
uint64_t trail__dropped(const struct report_trail *t);

/* Adds n at ts, ns. If ts is behind the last bin, bins are joined in pairs until it is not. */
void bins__add(struct report_bins *b, uint64_t ts, uint8_t dir, uint32_t n);

#endif
