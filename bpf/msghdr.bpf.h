/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds where a call's bytes lie, by the msghdr at the exit of the kernel's function. */
#ifndef MSGHDR_BPF_H
#define MSGHDR_BPF_H

#include "core.bpf.h"

#define IOV_MAX 1024 /* UIO_MAXIOV */

/* Steps k->n bytes back from an iterator that has done with them, as iov_iter_revert() does. */
static __always_inline void bytes_behind_iov(struct call *k, struct iov_iter *it)
{
	u64 off = BPF_CORE_READ(it, iov_offset);

	bytes_iov(&k->b, iter_iov(it), off - k->n, k->n, true);
	if (off >= k->n)
		return;
	k->b.off = k->n - off;
	for (int i = 0; i < IOV_MAX / IOV_RUN; i++)
		if (!step_back(k->at))
			return;
	k->b.iov = 0;
}

/* Takes the bytes of a call, or none where k is NULL. msg: NULL where they were not copied. */
static __always_inline int on_msghdr(struct call *k, struct msghdr *msg)
{
	struct iov_iter *it = &msg->msg_iter;
	struct conn *c;

	if (!k)
		return 0;
	c = call_conn(k);
	if (!c)
		return 0;
	k->pid = bpf_get_current_pid_tgid() >> 32;
	switch (msg ? iter_kind(it) : ITER_IS_OTHER) {
	case ITER_IS_UBUF:
		bytes_one(&k->b,
			  (u64)BPF_CORE_READ(it, ubuf) + BPF_CORE_READ(it, iov_offset) - k->n,
			  k->n);
		break;
	case ITER_IS_IOVEC:
		bytes_behind_iov(k, it);
		break;
	default: /* pages of a file, memory of the kernel */
		return on_unseen(c, k);
	}
	return on_bytes(c, k);
}

#endif
