/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of connections: how one gets into it, and when the user side is told of it. */
#ifndef CONNS_BPF_H
#define CONNS_BPF_H

#include "conn.bpf.h"

/* A bit for each port that somebody listened on at start; the scan fills it in. */
extern __u64 listening[1024] __hidden;

/* Guesses which end sk is, enum wst_role, where TCP's handshake was not seen. */
u8 conn_guess_role(struct sock *sk) __hidden;

/*
 * Makes the connection of sk. sent, received: sequence numbers of the next byte in each direction.
 * Returns NULL where the table is full, or sk is not TCP/IP.
 */
struct conn *conn_new(struct sock *sk, u8 role, bool midstream, u32 sent, u32 received) __hidden;

/*
 * Makes the connection of a socket that the table does not hold when bytes pass, the first of them
 * seq: one from before wstrace. Returns NULL where it is not to be followed.
 */
struct conn *conn_meet(u64 sk, u32 seq, u32 io) __hidden;

/* Notes that c's client is process pid: the other end, where it is on this host, is to know. */
void conn_set_client(struct conn *c, u32 pid) __hidden;

/*
 * Announces c, or the process in t that uses it now. Returns false where that process is not to be
 * followed.
 */
bool conn_set_task(struct conn *c, struct wst_task *t) __hidden;

/*
 * Does the same for the current process, pid, when it uses c for the first time in a row. Returns
 * false where these bytes are not to be followed.
 */
bool conn_admit(struct conn *c, u32 pid) __hidden;

/* Announces c, found by the scan; task holds its socket. */
void conn_announce(struct conn *c, struct task_struct *task) __hidden;

/* Announces c as nobody's, unless it has been announced, or only some processes are wanted. */
void conn_announce_unused(struct conn *c) __hidden;

/*
 * Does conn_announce_unused() for a server's end in which data has waited for a second without
 * being read.
 */
void conn_unread(struct conn *c) __hidden;

#endif
