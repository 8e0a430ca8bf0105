/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Percentiles of what has come lately, for --top. */
#ifndef RECENT_BPF_H
#define RECENT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wstrace.h"

/* Fills in to->p99 of the connection of sk, which has histograms. */
void recent_p99s(struct wst_stats *to, u64 sk) __hidden;

/* The connection of sk is over. */
void recent_forget(u64 sk) __hidden;

#endif
