/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The core, for hooks. A hook finds out that n bytes went through a socket, where they lie and
 * what TCP's position is; the walk through them happens in core.bpf.c.
 */
#ifndef CORE_BPF_H
#define CORE_BPF_H

#include "call.bpf.h"

/* Takes the bytes of a call, which k->b describes and which belong to c. */
int on_bytes(struct conn *c, struct call *k) __hidden;

/* As on_bytes(), for bytes that cannot be read: a gap that ends at k->end_seq, noted at once. */
static __always_inline int on_unseen(struct conn *c, struct call *k)
{
	bytes_one(&k->b, 0, 0);
	return on_bytes(c, k);
}

#endif
