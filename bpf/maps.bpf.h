/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of connections and the ring buffer for records, which nearly all files here use. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "config.bpf.h"
#include "conn.bpf.h"

struct events {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
};

/* By the address of the struct sock. */
struct conns {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct conn);
};

/* Defined in conns.bpf.c. */
extern struct events events SEC(".maps");
extern struct conns conns SEC(".maps");

/* The ring buffer had no room for a record of c. */
static __always_inline void lose_event(struct conn *c)
{
	__sync_fetch_and_add(&c->lost, 1);
	__sync_fetch_and_add(&lost_events, 1);
}

/* Fills in the header of a record of c. */
static __always_inline void record_start(struct wst_hdr *h, const struct conn *c, u8 type, u8 dir,
					 u32 seq)
{
	h->ts = bpf_ktime_get_ns();
	h->conn = c->open.t.h.conn;
	h->seq = seq;
	h->type = type;
	h->dir = dir;
	h->flags = 0;
}

/*
 * Hands a record of c on; returns false where there is no room. The reader polls, nobody wakes it:
 * a wake-up costs the traced process more than all the rest.
 */
static __always_inline bool emit(struct conn *c, void *record, u32 size)
{
	if (!bpf_ringbuf_output(&events, record, size, BPF_RB_NO_WAKEUP))
		return true;
	lose_event(c);
	return false;
}

#endif
