/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Listening sockets, and the connections in their accept queues. */
#ifndef LISTEN_BPF_H
#define LISTEN_BPF_H

#include "conn.bpf.h"

/* Notes that process pid listens on sk. */
void listen_begins(struct sock *sk, u32 pid) __hidden;

/*
 * Fills in the fields of r about the accept queue at port of this host, in which sk may wait, or
 * have wanted to.
 */
void listen_stats(struct wst_stats *r, struct sock *sk, u32 port) __hidden;

#endif
