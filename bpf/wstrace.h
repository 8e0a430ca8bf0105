/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records that the kernel side hands to the user side through the ring buffer. Every record starts
 * with struct wst_hdr. Numbers are in the host's byte order except where a field says "wire": those
 * bytes are as they were sent.
 */
#ifndef WSTRACE_H
#define WSTRACE_H

#include "wst_hdr.h"
#include "wst_stats.h"
#include "wst_why.h"

#define WST_COMM_LEN 16
#define WST_CHUNK 4096 /* most bytes of a head or payload in one record; a power of two */
#define WST_HEAD_MAX 16384 /* bytes of one HTTP head that are handed on */
#define WST_BODY_MAX 256 /* bytes of a body, for judging only; a power of two */

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

_Static_assert(sizeof(struct wst_task) == 56, "ABI");
_Static_assert(sizeof(struct wst_open) == 112, "ABI");
_Static_assert(sizeof(struct wst_bytes) == 32, "ABI");
_Static_assert(sizeof(struct wst_frame) == 56, "ABI: 64 bytes with the ring buffer's own header");
_Static_assert(sizeof(struct wst_held) == 40, "ABI");
_Static_assert(sizeof(struct wst_queue) == 40, "ABI");

#endif
