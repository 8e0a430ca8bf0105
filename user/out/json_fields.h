/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fields of a JSON object that is begun already: each starts with a comma. Names are our own and
 * are not escaped; values are, and are valid UTF-8 whatever they were (RFC 8259).
 */
#ifndef OUT_JSON_FIELDS_H
#define OUT_JSON_FIELDS_H

#include "decode/event.h"
#include "decode/hist.h"

/* Starts a field, whose value comes next. */
void field(struct buf *b, const char *name);

/* Add a value: a string of n bytes, a histogram. */
void value_str(struct buf *b, const char *p, size_t n);
void value_hist(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind);

void field_str(struct buf *b, const char *name, const char *value);
void field_span(struct buf *b, const char *name, struct span value);
void field_u64(struct buf *b, const char *name, uint64_t value);
void field_bool(struct buf *b, const char *name, bool value);

/* Adds the headers in their order, with what may be shown of their values. */
void field_headers(struct buf *b, const struct http_msg *m);

/* Adds the payload: as text if it is valid UTF-8 of a text message, else in base64. */
void field_payload(struct buf *b, const struct frame_event *f);

/* Adds what a compressed payload inflates to, or why it could not be inflated. */
void field_inflated(struct buf *b, const struct frame_event *f);

/* Adds the histograms of one direction, or with dir -1 those that have none. NULL: there are none.
 */
void field_hists(struct buf *b, const struct wst_hists *hists, int dir);

#endif
