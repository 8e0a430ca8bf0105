/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms (bpf/hist.h), summed up and drawn. */
#ifndef DECODE_HIST_H
#define DECODE_HIST_H

#include "bpf/wstrace.h"
#include "lib/buf.h"

struct hist_summary {
	uint64_t count, sum, max;
	uint64_t p50, p90, p99; /* each is the middle of its slot, at most 12 % off */
};

struct hist_kind {
	const char *name; /* as NDJSON names it */
	const char *title; /* as people read it */
	const char *unit; /* "us" or "bytes" */
	int dir; /* enum wst_dir; -1 where the kind has none */
};

/* Names of the kinds, by enum wst_hist_kind. */
extern const struct hist_kind hist_kinds[WST_HIST_KINDS];

/* Fills in s. */
void hist_summarise(const struct wst_hist *h, struct hist_summary *s);

/*
 * Returns the value that stands for all in a slot: the middle, or max where that is less. max: the
 * largest value that was counted.
 */
uint64_t hist_middle(uint32_t slot, uint64_t max);

/* Adds `from` to `to`, slot by slot. */
void hist_merge(struct wst_hist *to, const struct wst_hist *from);

#define HIST_ROWS (HIST_SLOTS / 4 + 1)

/*
 * A histogram with one row for each power of two: row 0 counts 0 and 1, row i counts values of i +
 * 1 binary digits.
 */
struct hist_rows {
	uint64_t n[HIST_ROWS];
	uint64_t most; /* the largest of n */
	int first, last; /* first and last row that is not empty; -1: all are empty */
};

/* Fills in rows. */
void hist_rows(const struct wst_hist *h, struct hist_rows *rows);

/* Returns the smallest value of a row. The row ends below hist_row_low(row + 1). */
static inline uint64_t hist_row_low(int row)
{
	return row ? 1ULL << row : 0;
}

/*
 * Appends a histogram as bcc's tools draw it: a line for each power of two. indent: blanks before
 * each line.
 */
void hist_draw(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind, int indent);

#endif
