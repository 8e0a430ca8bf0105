/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side remembers of a connection, and where. */
#ifndef CONN_BPF_H
#define CONN_BPF_H

#include "core.bpf.h"
#include "stream.h"

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
	u8 hidden; /* the other end is on this host and is the one that is shown */
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
	/* TCP was done with it in the middle of a send, whose bytes are still to come */
	u8 sending;
	u32 closing; /* not 0: to be closed, once no call is in the core and none is to come */
	u32 closers; /* how many have set out to do so; the first one does */
	u32 n_holds; /* those of which it is known how long they took */
	struct hold hold[2]; /* the last one, and the one before */
};

/*
 * A socket that the table does not hold, on its first bytes, which start at seq: a connection
 * from before wstrace. NULL where it is not one to follow.
 */
struct conn *conn_meet(u64 sk, u32 seq, u32 io) __hidden;

/*
 * sk has, or is about to get, a connection; sent, received: positions of the next byte in each
 * direction. NULL where there is no room for it, or sk is not TCP/IP.
 */
struct conn *conn_new(struct sock *sk, u8 role, bool midstream, u32 sent, u32 received) __hidden;

/* t says who uses c now. Returns false where that process is not to be followed. */
bool conn_set_task(struct conn *c, struct wst_task *t) __hidden;

/* c's client is process pid: the other end, where that is on this host, is to know. */
void conn_set_client(struct conn *c, u32 pid) __hidden;

/* The scan is over, and task holds the socket of c. */
void conn_announce(struct conn *c, struct task_struct *task) __hidden;

/* Which end sk is, where the TCP handshake was not seen: enum wst_role. */
u8 scan_role(struct sock *sk) __hidden;

/*
 * The SYN goes out, in the context of the process that connects; it came to nothing; either way it
 * is over, and the process that connected is returned, 0 where that is not known. A socket that was
 * given up before there was an answer has no error.
 */
void connect_start(struct sock *sk) __hidden;
void connect_failed(struct sock *sk) __hidden;
u32 connect_end(struct sock *sk) __hidden;

/*
 * Process pid uses c for the first time in a row. Announces the connection, or the new process.
 * Returns false where this connection, or this process's bytes, are not to be followed.
 */
bool conn_admit(struct conn *c, u32 pid) __hidden;

/* A call on the connection that is k's has left the core, and c->closing is set. */
int conn_left(u32 at);

/* A connection whose end was not seen: where its socket is gone, so is it. */
void conn_reap(u64 key, struct conn *c) __hidden;

/* Unread data waits in c: announces it, where no process has brought that about for a second. */
void conn_unread(struct conn *c) __hidden;

/* Sends WST_HISTS and a record of struct wst_stats; of type WST_CLOSE with how and who. */
void report(struct conn *c, struct sock *sk, u8 type, u8 how) __hidden;

/*
 * For connections with both ends on this host, of which one is shown. pair_mark() when c is new,
 * and again once its client's process is known; pair_forget() when it goes. pair_hides(): the other
 * end is here, and is the one that is shown. pair_client_pid(): the client's process, or 0.
 */
void pair_mark(struct conn *c) __hidden;
bool pair_hides(struct conn *c) __hidden;
void pair_forget(struct conn *c) __hidden;
u32 pair_client_pid(struct conn *c) __hidden;

/*
 * Whether others than tcp_sendmsg() and tcp_recvmsg() move sk's bytes. Says so in an event, once,
 * and makes c opaque. For slow paths: a new process, a gap, the end.
 */
bool conn_foreign(struct conn *c, u64 sk) __hidden;

#endif
