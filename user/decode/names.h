/* SPDX-License-Identifier: GPL-2.0-only */
/* Words for the numbers in records, the same for all outputs. They need no escaping. */
#ifndef DECODE_NAMES_H
#define DECODE_NAMES_H

#include "bpf/wstrace.h"
#include "lib/buf.h"

/* Returns whether something came in place of a frame, for an enum wst_why. */
static inline int why_in_ws(uint32_t why)
{
	return why >= WST_WHY_HTTP_IN_WS && why <= WST_WHY_TEXT_IN_WS;
}

/* Returns "c2s" or "s2c", for an enum wst_dir. */
const char *dir_name(uint8_t dir);

/* Returns "->" or "<-", from the client to the server or back, for an enum wst_dir. */
const char *dir_arrow(uint8_t dir);

/* Returns NDJSON's word for an enum wst_why: "gap", "tls", ... */
const char *why_name(uint32_t why);

/* Words for counters of frames, by enum wst_op: "cont", "text", ... */
extern const char *const count_names[WST_OPS];

enum end_style {
	END_WORD, /* "fin", "rst": NDJSON, evidence */
	END_SHORT, /* "FIN", "RST" */
	END_TEXT, /* "FIN", "RST sent", "process ended" */
};

/* Returns how TCP ended, for an enum wst_end_how; NULL where the style has no word for that. */
const char *end_name(uint8_t how, enum end_style style);

/* Appends what a direction carried: "-> 12 frames 340 B". dir: enum wst_dir. */
void counts_sentence(struct buf *b, uint8_t dir, const struct wst_counts *n);

/* Appends "decoding again after 12 bytes not decoded (gap)". */
void resync_sentence(struct buf *b, const struct wst_resync *r);

/* Appends "2026-11-22T10:00:00.123456789Z" (RFC 3339). ts: CLOCK_REALTIME, ns. */
void time_rfc3339(struct buf *b, uint64_t ts);

/* Appends the local time of day, "10:00:00.123456". ts: CLOCK_REALTIME, ns. */
void time_local(struct buf *b, uint64_t ts);

#endif
