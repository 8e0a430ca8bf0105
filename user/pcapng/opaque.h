/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file has of bytes that are neither HTTP nor frames. */
#ifndef PCAPNG_OPAQUE_H
#define PCAPNG_OPAQUE_H

#include "bpf/wstrace.h"
#include "pcapng/flow_other.h"

/*
 * Fills in other for a record whose bytes may be shown: those that were there, or the fewest that a
 * reader takes for the same. They stay as long as r. ts: CLOCK_REALTIME, ns. Returns false where
 * the heads in the file tell it already.
 */
bool opaque_bytes(const struct wst_opaque *r, uint64_t ts, struct flow_other *other);

#endif
