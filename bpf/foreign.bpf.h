/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets whose bytes others than tcp_sendmsg() and tcp_recvmsg() move. */
#ifndef FOREIGN_BPF_H
#define FOREIGN_BPF_H

#include "conn.bpf.h"

/*
 * Returns whether sk, the socket of c, is one. Then a record says so, and c is opaque from now on.
 * For slow paths: a new process, a gap, the end.
 */
bool conn_foreign(struct conn *c, u64 sk) __hidden;

#endif
