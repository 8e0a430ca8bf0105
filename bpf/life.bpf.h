/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Life of a connection: TCP's changes of state, and its end. */
#ifndef LIFE_BPF_H
#define LIFE_BPF_H

#include "conn.bpf.h"

/* Takes a change of TCP state. */
int on_state(struct sock *sk, int oldstate, int newstate) __hidden;

/* The last process has closed sk, after TCP_CLOSE. */
int on_destroy(struct sock *sk) __hidden;

/* A call has left the core while its connection is closing; at: its place in the map calls. */
int conn_left(u32 at);

/* Closes c, at key in the table, where its socket shows that its end was missed. */
void conn_reap(u64 key, struct conn *c) __hidden;

#endif
