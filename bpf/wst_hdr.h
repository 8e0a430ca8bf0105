/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every record of the ring buffer starts with, and which records there are. */
#ifndef WST_HDR_H
#define WST_HDR_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

enum wst_type {
	WST_OPEN = 1, /* struct wst_open: the first record of each connection */
	WST_TASK, /* struct wst_task: another process took the socket over */
	WST_HEAD, /* struct wst_bytes: a piece of an HTTP head */
	WST_FRAME, /* struct wst_frame */
	WST_PAYLOAD, /* struct wst_bytes: payload of the direction's last WST_FRAME */
	WST_RESYNC, /* struct wst_resync: bytes before this one could not be decoded */
	/*
	 * struct wst_opaque: the stream is not HTTP; only WST_CLOSE follows. One exception: after
	 * a client's TLS, one more WST_OPAQUE or WST_HEAD tells what the server answered. After
	 * WST_WHY_HTTP_IN_WS and the two behind it only this direction is given up.
	 */
	WST_OPAQUE,
	WST_STATS, /* struct wst_stats: counters so far */
	WST_HISTS, /* struct wst_hists: of the WST_STATS or WST_CLOSE that comes next */
	WST_CLOSE, /* struct wst_stats: the last counters; the connection is over */
	WST_HELD, /* struct wst_held: bytes waited for an acknowledgement that came late */
	WST_BODY, /* struct wst_bytes: the start of the body behind an answer that is no 2xx */
	WST_QUEUE, /* struct wst_queue: of the WST_STATS or WST_CLOSE that comes next */
};

/* Directions are the protocol's, not the socket's: a server receives C2S and sends S2C. */
enum wst_dir { WST_C2S, WST_S2C, WST_DIRS };

enum wst_role { WST_SERVER, WST_CLIENT };

struct wst_hdr {
	__u64 ts; /* CLOCK_MONOTONIC, ns */
	__u64 conn; /* the same in all records of a connection, never used twice in a run */
	__u32 seq; /* TCP sequence number of the first byte that the record speaks of */
	__u8 type; /* enum wst_type */
	__u8 dir; /* enum wst_dir */
	__u16 flags; /* by type: enum wst_open_flags, wst_head_flags ...; else 0 */
};

_Static_assert(sizeof(struct wst_hdr) == 24, "ABI");

#endif
