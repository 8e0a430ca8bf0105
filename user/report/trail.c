// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "decode/ws.h"
#include "report/trail.h"

#define FINEST 1000000 /* width of the first bins, ns */

void bins__add(struct report_bins *b, uint64_t ts, uint8_t dir, uint32_t n)
{
	if (!b->width) {
		b->width = FINEST;
		b->start = ts;
	}
	if (ts < b->start)
		ts = b->start;
	while ((ts - b->start) / b->width >= BINS) {
		for (int i = 0; i < BINS; i++)
			for (int d = 0; d < WST_DIRS; d++)
				b->n[i][d] = i < BINS / 2 ? b->n[2 * i][d] + b->n[2 * i + 1][d] : 0;
		b->width *= 2;
	}
	b->n[(ts - b->start) / b->width][dir] += n;
}

static void free_text(struct report_frame *f)
{
	free(f->text);
	f->text = NULL;
}

void trail__free(struct report_trail *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		free_text(&t->frames[i]);
	free(t->frames);
	free(t->bins);
	memset(t, 0, sizeof(*t));
}

/* Keeps the TRAIL_GAPS longest, in the order of time. */
static void note_gap(struct report_trail *t, uint64_t from, uint64_t to)
{
	uint32_t shortest = 0;

	if (to - from < FINEST)
		return;
	if (t->n_gaps < TRAIL_GAPS) {
		t->gaps[t->n_gaps++] = (struct span_of_time){ from, to };
		return;
	}
	for (uint32_t i = 1; i < TRAIL_GAPS; i++)
		if (t->gaps[i].to - t->gaps[i].from < t->gaps[shortest].to - t->gaps[shortest].from)
			shortest = i;
	if (t->gaps[shortest].to - t->gaps[shortest].from >= to - from)
		return;
	memmove(&t->gaps[shortest], &t->gaps[shortest + 1],
		(TRAIL_GAPS - 1 - shortest) * sizeof(*t->gaps));
	t->gaps[TRAIL_GAPS - 1] = (struct span_of_time){ from, to };
}

void trail__moment(struct report_trail *t, uint64_t ts)
{
	if (t->last_ts && ts > t->last_ts)
		note_gap(t, t->last_ts, ts);
	if (ts > t->last_ts)
		t->last_ts = ts;
}

/* Returns the place for the next frame; NULL when memory ran out. */
static struct report_frame *place(struct report_trail *t)
{
	struct report_frame *frames;

	if (t->n == TRAIL_MAX) {
		frames = &t->frames[TRAIL_FIRST + (t->seen - TRAIL_FIRST) % TRAIL_LAST];
		free_text(frames);
		return frames;
	}
	if (t->n == t->size) {
		uint32_t size = t->size ? t->size * 2 : 8;

		frames = realloc(t->frames, size * sizeof(*frames));
		if (!frames)
			return NULL;
		t->frames = frames;
		t->size = size;
	}
	return &t->frames[t->n++];
}

/* Counts all frames in bins, before the first one is dropped. */
static void start_bins(struct report_trail *t)
{
	t->bins = calloc(1, sizeof(*t->bins));
	for (uint32_t i = 0; t->bins && i < t->n; i++)
		bins__add(t->bins, t->frames[i].ts, t->frames[i].dir, 1);
}

void trail__frame(struct report_trail *t, const struct event *e)
{
	const struct frame_event *f = &e->frame;
	struct span text = f->opcode == WS_OP_CLOSE ? f->reason : f->payload;
	struct report_frame *to;

	trail__moment(t, e->ts);
	if (t->n == TRAIL_MAX && !t->bins)
		start_bins(t);
	if (t->bins)
		bins__add(t->bins, e->ts, f->dir, 1);
	to = place(t);
	if (!to)
		return;
	t->seen++;
	*to = (struct report_frame){
		.ts = e->ts,
		.len = f->len,
		.rtt_us = f->rtt_us < 0 ? UINT32_MAX : f->rtt_us,
		.code = f->code,
		.dir = f->dir,
		.opcode = f->opcode,
		.rsv = f->rsv,
		.fin = f->fin,
		.masked = f->masked,
	};
	if (!text.n || !(f->has_payload || f->opcode == WS_OP_CLOSE))
		return;
	to->text_len = text.n < TRAIL_TEXT ? text.n : TRAIL_TEXT;
	to->text_cut = to->text_len < (f->opcode == WS_OP_CLOSE ? text.n : f->len);
	to->text = malloc(to->text_len);
	if (to->text)
		memcpy(to->text, text.p, to->text_len);
}

const struct report_frame *trail__at(const struct report_trail *t, uint32_t i)
{
	if (t->seen <= TRAIL_MAX || i < TRAIL_FIRST)
		return &t->frames[i];
	return &t->frames[TRAIL_FIRST + (t->seen - TRAIL_FIRST + i - TRAIL_FIRST) % TRAIL_LAST];
}

uint64_t trail__dropped(const struct report_trail *t)
{
	return t->seen - t->n;
}
