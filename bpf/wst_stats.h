/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records of what a connection carried, how it stands and how it ended. */
#ifndef WST_STATS_H
#define WST_STATS_H

#include "hist.h"
#include "wst_hdr.h"

/* Indices of wst_counts.frames: opcodes, without the gap between 2 and 8. */
enum wst_op {
	WST_CONT,
	WST_TEXT,
	WST_BINARY,
	WST_CLOSE_OP,
	WST_PING,
	WST_PONG,
	WST_RESERVED,
	WST_OPS
};

/* What one direction carried. */
struct wst_counts {
	__u64 messages; /* data frames with FIN */
	__u64 bytes; /* of payload, as the headers state it */
	__u64 stream; /* bytes of the TCP stream, heads and all, that passed the hooks */
	__u64 frames[WST_OPS];
};

enum wst_end_how {
	WST_FIN = 1,
	WST_RST_SENT,
	WST_RST_RECEIVED,
	WST_TIMEOUT,
	WST_EXIT,
	WST_REFUSED, /* never established: the peer answered the SYN with a RST */
	WST_UNSEEN, /* the close itself was not seen, or its record was lost: no counters */
};

/*
 * Which end closed first; and, only from -r, the directions whose last bytes were not seen, or not
 * decoded: they may have held anything.
 */
enum wst_close_flags {
	WST_FIRST_LOCAL = 1,
	WST_FIRST_REMOTE = 2,
	WST_BLIND_C2S = 4,
	WST_BLIND_S2C = 8,
};

/* --top shows percentiles of three histograms: WST_PING_RTT and the two behind it. */
#define WST_P99S 3
#define WST_NO_P99 0xff /* nothing was counted, or histograms are not wanted */

struct wst_stats {
	struct wst_hdr h;
	__u64 opened; /* CLOCK_MONOTONIC, ns */
	__u64 ended; /* WST_CLOSE: when the first FIN or RST went or came, ns */
	__u64 last; /* tcp_mstamp when bytes last passed, ns; 0: none passed */
	struct wst_counts counts[WST_DIRS];
	__u64 lost; /* events of this connection that found the ring buffer full */
	__u64 gaps; /* bytes that passed unseen */
	__u32 rtt_us; /* TCP's smoothed round-trip time */
	__u32 retrans; /* segments sent again */
	__u32 unread; /* bytes received that the process has not read */
	__u32 unsent; /* bytes that the process sent and TCP has not, yet */
	__u32 window; /* bytes that the peer is ready to take */
	__u8 how; /* WST_CLOSE: enum wst_end_how */
	__u8 last_b0[WST_DIRS]; /* first header byte of the last frame; 0: none */
	__u8 p99[WST_P99S]; /* --top: slots of the 99th percentiles; else WST_NO_P99 */
	__u8 state; /* the socket's, as the kernel numbers them (8: CLOSE_WAIT); 0 in files */
	__u8 pad[5];
};

enum wst_hist_kind {
	WST_MSG_SIZE_C2S,
	WST_MSG_SIZE_S2C,
	WST_MSG_GAP_C2S, /* us from the end of a message to the end of the next */
	WST_MSG_GAP_S2C,
	WST_PING_RTT, /* us from a ping to the next pong the other way */
	/* us from the end of the last c2s message to the start of the first s2c one */
	WST_REPLY_TIME,
	WST_READ_DELAY, /* us that data waited in the receive queue */
	WST_HIST_KINDS
};

struct wst_hists {
	struct wst_hdr h;
	struct wst_hist hist[WST_HIST_KINDS];
};

_Static_assert(sizeof(struct wst_counts) == 80, "ABI");
_Static_assert(sizeof(struct wst_stats) == 256, "ABI");
_Static_assert(sizeof(struct wst_hist) == 528, "ABI");
_Static_assert(sizeof(struct wst_hists) == 3720, "ABI");

#endif
