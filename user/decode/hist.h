/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms that the kernel side kept, summed up and drawn. */
#ifndef DECODE_HIST_H
#define DECODE_HIST_H

#include "lib/buf.h"
#include "bpf/wstrace.h"

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

/* As bcc draws them: a line for each power of two. indent: blanks before each line. */
void hist_draw(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind, int indent);

#endif
