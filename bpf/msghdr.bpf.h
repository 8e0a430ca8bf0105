/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a call's bytes lie, from the msghdr at the exit of tcp_sendmsg_locked() or tcp_recvmsg().
 */
#ifndef MSGHDR_BPF_H
#define MSGHDR_BPF_H

#include "walk.bpf.h"

enum { ITER_IS_OTHER, ITER_IS_UBUF, ITER_IS_IOVEC };

/*
 * The values moved: IOVEC was 4 with a direction bit before 5.14 (8cd54c1c8480), 0 until 6.3, is
 * 1 since de4f5fed3f23; UBUF came in 6.0.
 */
static __always_inline int iter_kind(struct iov_iter *it)
{
	u32 type;

	if (!bpf_core_field_exists(it->iter_type)) {
		type = BPF_CORE_READ((struct iov_iter___510 *)it, type);
		return (type & ~1U) == 4 ? ITER_IS_IOVEC : ITER_IS_OTHER;
	}
	type = BPF_CORE_READ(it, iter_type);
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF))
		return ITER_IS_UBUF;
	return type == bpf_core_enum_value(enum iter_type, ITER_IOVEC) ? ITER_IS_IOVEC :
									 ITER_IS_OTHER;
}

/* __iov since 6.4 (747b1f65d39a). */
static __always_inline u64 iter_iov(struct iov_iter *it)
{
	if (bpf_core_field_exists(it->__iov))
		return (u64)BPF_CORE_READ(it, __iov);
	return (u64)BPF_CORE_READ((struct iov_iter___old *)it, iov);
}

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

/* k: of a call that is this program's, or NULL. msg: NULL where the bytes were not copied. */
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
