/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms that the kernel side kept, summed up and drawn. */
#ifndef DECODE_HIST_H
#define DECODE_HIST_H

#include "bpf/wstrace.h"
#include "lib/buf.h"

struct hist_summary {
	uint64_t count, sum, max;
	uint64_t p50, p90, p99; /* the middle of the slot they fall into: at most 12 % off */
};

struct hist_kind {
	const char *name; /* as NDJSON names it */
	const char *title; /* as people read it */
	const char *unit; /* "us" or "bytes" */
	int dir; /* enum wst_dir; -1 where the kind has none */
};

/* By enum wst_hist_kind. */
extern const struct hist_kind hist_kinds[WST_HIST_KINDS];

void hist_summarise(const struct wst_hist *h, struct hist_summary *s);

/* What a value in this slot is taken for; max: no value was larger. */
uint64_t hist_middle(uint32_t slot, uint64_t max);

/* Adds from to to, slot by slot. */
void hist_merge(struct wst_hist *to, const struct wst_hist *from);

#define HIST_ROWS (HIST_SLOTS / 4 + 1)

/* Slots together by power of two: row 0 counts 0 and 1, row i values of i + 1 binary digits. */
struct hist_rows {
	uint64_t n[HIST_ROWS];
	uint64_t most; /* in a row */
	int first, last; /* rows that are not empty; both -1 where all are */
};

void hist_rows(const struct wst_hist *h, struct hist_rows *rows);

/* The smallest value of a row; hist_row_low(row + 1) is where the row ends. */
static inline uint64_t hist_row_low(int row)
{
	return row ? 1ULL << row : 0;
}

/* As bcc draws them: a line for each power of two. indent: blanks before each line. */
void hist_draw(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind, int indent);

#endif
