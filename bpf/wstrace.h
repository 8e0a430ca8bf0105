/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records that the kernel side hands to the user side through the ring buffer. Every record starts
 * with struct wst_hdr. Numbers are in the host's byte order except where a field says "wire": those
 * bytes are as they were sent.
 */
#ifndef WSTRACE_H
#define WSTRACE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "hist.h"

#define WST_COMM_LEN 16
#define WST_CHUNK 4096 /* most bytes of a head or payload in one record; a power of two */
#define WST_HEAD_MAX 16384 /* bytes of one HTTP head that are handed on */
#define WST_BODY_MAX 256 /* bytes of a body, for judging only; a power of two */

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

struct wst_task {
	struct wst_hdr h;
	__u32 pid; /* process, as the initial pid namespace counts; 0: not known */
	__u32 pad;
	__u64 cgroup; /* cgroup v2 id, as bpf_get_current_cgroup_id() gives it */
	char comm[WST_COMM_LEN]; /* name of the process's main thread */
};

enum wst_open_flags {
	WST_MIDSTREAM = 1, /* the connection was there before wstrace */
	WST_ATTEMPT = 2, /* it was never established, and its WST_CLOSE comes next */
	WST_UNUSED = 4, /* no process has sent or received anything on it so far */
};

/*
 * h.ts is when the connection was established; with WST_MIDSTREAM when it was first seen, with
 * WST_ATTEMPT when the connect began.
 */
struct wst_open {
	struct wst_task t;
	__u8 laddr[16], raddr[16]; /* wire; the first 4 bytes where family is AF_INET */
	__u16 lport, rport;
	__u16 family;
	__u8 role; /* enum wst_role */
	__u8 pad;
	__u32 first_seq[WST_DIRS]; /* sequence number of each direction's first byte */
	__u32 netns; /* inode number */
	__u32 client_pid; /* of a server's end: the client's process where it is here, else 0 */
};

enum wst_head_flags {
	WST_HEAD_FIRST = 1, /* the piece starts a head */
	WST_HEAD_LAST = 2, /* the blank line is the end of this piece */
	/* the head is longer than WST_HEAD_MAX: the rest is left out, and pos is its length */
	WST_HEAD_CUT = 4,
	WST_HEAD_WS = 8, /* with LAST: a 101 after which both directions speak WebSocket */
	/*
	 * with LAST, only from -r: a synthetic 101 out of a file that wstrace wrote. It is not
	 * shown; its Sec-WebSocket-Extensions are used for inflating.
	 */
	WST_HEAD_MADE_UP = 16,
	/* with LAST: a header of the PROXY protocol, version 1 or 2, before the first request */
	WST_HEAD_PROXY = 32,
	/* with LAST, only from -r: bytes before the head are not in the capture */
	WST_HEAD_MISSED = 64,
};

/* WST_HEAD, WST_PAYLOAD, WST_BODY: n bytes of data follow the struct, as on the wire, so masked. */
struct wst_bytes {
	struct wst_hdr h;
	__u32 n;
	/* bytes of the head, of the frame's payload or of the body before this piece */
	__u32 pos;
};

enum wst_frame_flags {
	/* only from -r: bytes that the other direction has sent since its last frame were not seen
	 */
	WST_OTHER_BLIND = 1,
};

struct wst_frame {
	struct wst_hdr h;
	__u64 len; /* payload length that the header states */
	__u64 offset; /* of the header's first byte, since the upgrade, in this direction */
	__u32 mask; /* wire */
	__u32 pid; /* who sent or received it */
	__u32 kept; /* payload bytes that WST_PAYLOAD records bring, unless one is lost */
	__u8 b0; /* first header byte: FIN, RSV1-3, opcode */
	__u8 hdr_len;
	__u8 masked;
	__u8 pad;
};

enum wst_why {
	WST_WHY_GAP = 1, /* bytes passed where they could not be read */
	WST_WHY_BAD, /* a header that cannot be one: a 64-bit length with the top bit set */
	WST_WHY_MIDSTREAM, /* joined between two frame starts */
	WST_WHY_TLS, /* from here on reasons of WST_OPAQUE */
	WST_WHY_HTTP2,
	WST_WHY_NOT_HTTP,
	WST_WHY_OTHER_UPGRADE, /* 101 to something that is not WebSocket */
	WST_WHY_KTLS, /* these three move a socket's bytes past tcp_sendmsg(), tcp_recvmsg() */
	WST_WHY_SOCKMAP,
	WST_WHY_MPTCP,
	WST_WHY_UNSEEN, /* all bytes went past them, and nothing tells why */
	WST_WHY_TUNNEL_TLS, /* TLS through a proxy's tunnel: behind CONNECT or SOCKS */
	WST_WHY_SOCKS, /* a client of SOCKS: what comes through the tunnel is waited for */
	WST_WHY_HTTP_IN_WS, /* these three: where a frame had to start, there was something else */
	WST_WHY_TLS_IN_WS,
	WST_WHY_TEXT_IN_WS,
};

/* Decoding goes on again; h.seq is of the first byte that was decoded again. */
struct wst_resync {
	struct wst_hdr h;
	__u64 skipped; /* bytes not decoded */
	__u32 why; /* enum wst_why */
	__u32 pad;
};

enum wst_opaque_flags {
	WST_ANSWER = 1, /* of the server's direction; an earlier one was of the client's TLS */
};

#define WST_FIRST_BYTES 64

struct wst_opaque {
	struct wst_hdr h;
	__u32 why; /* enum wst_why */
	__u32 n; /* of first; 0 but with WST_WHY_HTTP_IN_WS and the two behind it */
	__u64 offset; /* of the first byte, since the upgrade, in this direction */
	__u8 first[WST_FIRST_BYTES]; /* what was there in place of a frame */
};

/*
 * Nagle's algorithm delayed a small write of h.dir for long. Reported when the next write is
 * delayed: only then is the first delay known.
 */
struct wst_held {
	struct wst_hdr h;
	__u32 wait_us; /* from the write until its bytes were sent */
	__u32 rtt_us; /* the shortest round trip that TCP has measured of late */
	__u32 holds; /* writes delayed so far, this one and those delayed briefly included */
	__u32 pad;
};

/*
 * The accept queue in which a connection that no process has used is, or was, and that had no room
 * for one that did not come about: the listener on that port of this host.
 */
struct wst_queue {
	struct wst_hdr h;
	__u32 pid; /* who listens, or once called listen(); 0: not known, as the rest is */
	__u32 queued, max; /* connections in the queue; it is full with max + 1 */
	__u8 unaccepted; /* the connection is in it */
	__u8 pad[3];
};

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

_Static_assert(sizeof(struct wst_hdr) == 24, "ABI");
_Static_assert(sizeof(struct wst_task) == 56, "ABI");
_Static_assert(sizeof(struct wst_open) == 112, "ABI");
_Static_assert(sizeof(struct wst_bytes) == 32, "ABI");
_Static_assert(sizeof(struct wst_frame) == 56, "ABI: 64 bytes with the ring buffer's own header");
_Static_assert(sizeof(struct wst_resync) == 40, "ABI");
_Static_assert(sizeof(struct wst_opaque) == 104, "ABI");
_Static_assert(sizeof(struct wst_held) == 40, "ABI");
_Static_assert(sizeof(struct wst_queue) == 40, "ABI");
_Static_assert(sizeof(struct wst_counts) == 80, "ABI");
_Static_assert(sizeof(struct wst_stats) == 256, "ABI");
_Static_assert(sizeof(struct wst_hist) == 528, "ABI");
_Static_assert(sizeof(struct wst_hists) == 3720, "ABI");

#endif
