/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Histograms of connections; all of this is only for want_hists. at: a call's place in the map
 * calls.
 */
#ifndef HISTS_BPF_H
#define HISTS_BPF_H

#include "config.bpf.h"
#include "timing.h"

/* Keyed as conns. Defined in hists.bpf.c. */
struct hists {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct timed_hists);
};

extern struct hists hists SEC(".maps");

/*
 * A message starts, or has ended after so many bytes; else ended is NOT_ENDED. Does what
 * time_read() does, too.
 */
int time_message(u32 at, u32 starts, u64 ended);

/* A ping or pong passes. */
int time_ping(u32 at, u32 opcode);

/* The call has read data that came at its arrival. */
int time_read(u32 at);

#endif
