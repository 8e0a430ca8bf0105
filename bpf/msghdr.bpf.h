/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a call's bytes lie, from the msghdr at the exit of tcp_sendmsg_locked() or tcp_recvmsg(). */
#ifndef MSGHDR_BPF_H
#define MSGHDR_BPF_H

#include "maps.bpf.h"

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

#define IOV_MAX 1024 /* UIO_MAXIOV */

/* Steps n bytes back from an iterator that has done with them, as iov_iter_revert() does. */
static __always_inline void bytes_behind_iov(struct bytes *b, struct iov_iter *it, u32 n)
{
	u64 iov = iter_iov(it), off = BPF_CORE_READ(it, iov_offset), back = n;
	struct iovec v;

	if (back <= off) {
		bytes_iov(b, iov, off - back, n, true);
		return;
	}
	back -= off;
	for (int i = 0; i < IOV_MAX; i++) {
		iov -= sizeof(v);
		if (bpf_probe_read_kernel(&v, sizeof(v), (void *)iov))
			break;
		if (back <= v.iov_len) {
			bytes_iov(b, iov, v.iov_len - back, n, true);
			return;
		}
		back -= v.iov_len;
	}
	bytes_iov(b, 0, 0, n, true);
}

/* w: of a call that is this program's, or NULL. msg: NULL where the bytes were not copied. */
static __always_inline int on_msghdr(struct walk *w, struct msghdr *msg)
{
	struct iov_iter *it = &msg->msg_iter;
	struct conn *c;

	if (!w)
		return 0;
	c = walk_conn(w);
	if (!c)
		return 0;
	switch (msg ? iter_kind(it) : ITER_IS_OTHER) {
	case ITER_IS_UBUF:
		bytes_one(&w->b,
			  (u64)BPF_CORE_READ(it, ubuf) + BPF_CORE_READ(it, iov_offset) - w->n, w->n);
		break;
	case ITER_IS_IOVEC:
		bytes_behind_iov(&w->b, it, w->n);
		break;
	default: /* pages of a file, memory of the kernel */
		return on_unseen(c, w);
	}
	return on_bytes(c, w);
}

#endif
