/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Listening sockets, and the connections in their accept queues. */
#ifndef LISTEN_BPF_H
#define LISTEN_BPF_H

#include "conn.bpf.h"

/* These are global, so that the verifier looks at them once. */

/* Notes that process pid listens on a socket, by its address. */
int listen_begins(u64 listener, u32 pid);

/* Sends the WST_QUEUE of a connection, key in conns, that has been announced. */
int listen_tell(u64 key);

#endif
