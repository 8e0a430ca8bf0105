/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts of what went through a connection in words: frames, Close frames, what is lost. */
#ifndef FACTS_FACT_STREAMS_H
#define FACTS_FACT_STREAMS_H

#include "facts/endpoints.h"

/* Returns the direction whose Close frame came first, or one without any. */
const struct stream_facts *streams_close(const struct facts *f);

/* Returns the sender of the chain's first Close frame. */
struct hop hop_close(const struct facts *f);

/* Returns the proxy that lost messages of the chain. */
struct hop hop_loser(const struct facts *f);

/* What stands for {names} in sentences. Each appends its words, for f. */

void streams_code(struct buf *b, const struct facts *f);
void streams_code_name(struct buf *b, const struct facts *f);
void streams_close_reason(struct buf *b, const struct facts *f);
void streams_stray_pongs(struct buf *b, const struct facts *f);
void streams_data_size(struct buf *b, const struct facts *f);
void streams_close_sent(struct buf *b, const struct facts *f);
void streams_close_passed(struct buf *b, const struct facts *f);
void streams_sent_len(struct buf *b, const struct facts *f);
void streams_sent_frames(struct buf *b, const struct facts *f);
void streams_taken_len(struct buf *b, const struct facts *f);
void streams_intruder_offset(struct buf *b, const struct facts *f);
void streams_lost(struct buf *b, const struct facts *f);
void streams_lost_of(struct buf *b, const struct facts *f);

/* Appends "RSV2 and RSV3". */
void streams_rsv_bits(struct buf *b, const struct facts *f);

/* Appends a code that is written in digits, with those that follow it. */
void streams_code_digits(struct buf *b, const struct facts *f);

/* Appends the time from the last Close frame to the end, in seconds. */
void streams_lingered(struct buf *b, const struct facts *f);

/* Appends '1008 policy violation ("go away")'. */
void streams_closing(struct buf *b, const struct facts *f);

/* Appends for how long a ping of who sent that Close frame had had no answer, in seconds. */
void streams_unanswered_for(struct buf *b, const struct facts *f);

/* Appends ", of 70000 bytes in 2 frames; one of 100 it took (64 KiB is ...)". */
void streams_sent_size(struct buf *b, const struct facts *f);

/* Appends what came in place of a frame. */
void streams_intruder(struct buf *b, const struct facts *f);

/* Appends the first of those bytes; U+FFFD stands for a NUL, which would end the sentence. */
void streams_intruder_bytes(struct buf *b, const struct facts *f);

#endif
