/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions about a WebSocket's stream and end that several tables of rules ask. */
#ifndef RULES_STREAM_H
#define RULES_STREAM_H

#include "facts/facts.h"
#include "facts/reason.h"

/* Returns whether f carries, or carried, a WebSocket. */
bool is_ws(const struct facts *f);

/* Returns whether the stream was seen from its 101 on. */
bool seen_whole(const struct facts *f);

/* Returns whether the 101 grants permessage-deflate. */
bool has_deflate(const struct facts *f);

/* Returns what the reason of the first Close frame says. */
enum close_meaning close_says(const struct facts *f);

/* Returns whether the proxy between two legs ended both, so that neither end of the chain did. */
bool proxy_ended(const struct facts *f);

#endif
