/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side remembers of a connection, and where. */
#ifndef CONN_BPF_H
#define CONN_BPF_H

#include "core.bpf.h"
#include "ws_frame.h"
#include "http_head.h"

/*
 * HTTP → WS at the blank line of a 101. LOST → HTTP or WS when the bytes at the start of some
 * call show what they are.
 */
enum phase { PH_HTTP, PH_WS, PH_LOST, PH_OPAQUE };

/*
 * A stream joined midway, or behind a gap that hid a frame start, is trusted only after so many
 * signs in a row that frames really start where the walk says: a header that ws_plausible() accepts
 * is one, a frame that ends exactly at the end of a call is another. Random bytes that pass for a
 * short frame do both once in 5000 calls, four signs in a row once in 30 million.
 */
#define TRUST_SIGNS 4
#define TRUSTED 255

#define MESSAGE_DONE 1
#define MESSAGE_OPEN 2

/* In the order of use: what each frame touches lies in as few cache lines as can be. */
struct stream {
	u64 pos; /* of the next byte, since the upgrade */
	u32 next_seq; /* of the next byte */
	u32 busy; /* calls on this stream that are in the core right now */
	u8 phase;
	u8 trust;
	u8 why; /* enum wst_why, while phase is PH_LOST */
	u8 upgraded; /* this direction has noticed the 101 */
	u8 last_b0; /* first header byte of the last frame */
	u8 ending; /* a message is over when this frame's payload is */
	u8 starting; /* a message starts with this frame */
	u8 message; /* what the last data frame left, while in doubt: 0 not known, MESSAGE_* */
	struct ws_walk ws;
	u32 keep; /* payload bytes of the current frame still to hand on */
	u32 kept; /* and those handed on */
	struct wst_counts n;
	u64 msg_bytes; /* of the current message so far */
	u64 lost_pos; /* where decoding stopped, while phase is PH_LOST */
	struct http_scan http;
};

/* Bytes that Nagle's algorithm kept back. */
struct hold {
	u64 since; /* us; 0: none */
	u32 end; /* the number behind the last of them */
	u32 retrans; /* tcp_sock.total_retrans then */
};

/*
 * The two directions may be in the core at the same time, on two CPUs: what both write is a whole
 * byte each, never a bit.
 */
struct conn {
	u8 role; /* open.role */
	u8 shadow; /* the other end is on this host and is the one that is shown */
	u8 opaque;
	u8 announced; /* the user side has had open */
	u8 upgraded; /* a 101 to WebSocket has been seen */
	u8 ws; /* that, or frames have been found midway */
	u8 first; /* who closed: WST_FIRST_* */
	u8 exiting; /* the process that closed was ending */
	u64 last; /* when bytes last passed, ns */
	struct wst_open open; /* as it will be or was announced */
	struct stream s[WST_DIRS];
	u64 lost; /* events for which the ring buffer had no room */
	u64 gaps; /* bytes that passed unseen */
	u64 arrival; /* when the oldest byte in the receive queue came, ns; 0: not known */
	u64 ended; /* when the first FIN went or came, ns */
	u16 request; /* HTTP_* flags of the last request */
	u8 how; /* enum wst_end_how, once TCP has done with it */
	u32 n_holds; /* those of which it is known how long they took */
	struct hold hold[2]; /* the last one, and the one before */
};

#endif
