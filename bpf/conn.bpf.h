/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* State of a connection, how it gets into the table, and who uses it. */
#ifndef CONN_BPF_H
#define CONN_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "stream.h"

/* Chosen so that a server receives WST_C2S: direction = io ^ role. */
enum io { IO_RECV, IO_SEND };

/* A write that Nagle's algorithm delayed. */
struct hold {
	u64 since; /* us; 0: there is none */
	u32 end; /* sequence number behind its last byte */
	u32 retrans; /* tcp_sock.total_retrans then */
};

/*
 * Both directions may be in the core at the same time, on two CPUs: what both write is a whole byte
 * each, never a bit.
 */
struct conn {
	u8 role; /* open.role */
	u8 hidden; /* not shown: its other end is here and is shown, or --host rules it out */
	u8 unsure; /* --host rules it out, unless a PROXY header says whose it is */
	u8 opaque; /* none of its bytes are looked at any more */
	u8 announced; /* the user side has had open */
	u8 upgraded; /* a 101 to WebSocket has been seen */
	u8 ws; /* upgraded, or frames have been found midway */
	u8 first; /* who closed: enum wst_close_flags */
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
	u8 sending; /* TCP was done in the middle of a send, whose bytes are still to come */
	u32 closing; /* not 0: is closed once no call is in the core and none is to come */
	u32 closers; /* how many have set out to close it; the first one does */
	u32 n_holds; /* writes that were delayed, as far as is known for how long */
	struct hold hold[2]; /* the last one, and the one before */
};

#endif
