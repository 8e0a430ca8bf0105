/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections with both ends on this host, of which one may be hidden (--side). */
#ifndef PAIR_BPF_H
#define PAIR_BPF_H

#include "conn.bpf.h"

/* Notes that c is here: when it is new, and again once its client's process is known. */
void pair_mark(struct conn *c) __hidden;

/* Returns whether c's other end is here, and is the one that is shown. */
bool pair_hides(struct conn *c) __hidden;

/* Returns the process at c's client end; 0: it is not here, or not known. */
u32 pair_client_pid(struct conn *c) __hidden;

/* Forgets c, which is over. */
void pair_forget(struct conn *c) __hidden;

#endif
