/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the bytes of one send or receive call lie: in one buffer of the process, or in an array of
 * iovecs. A hook fills that in; the core takes the bytes span by span.
 */
#ifndef BYTES_BPF_H
#define BYTES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct bytes {
	u64 base; /* user address of the next byte */
	u64 left; /* bytes in this span */
	u64 iov; /* address of the next iovec; 0: there is one span only */
	u64 off; /* bytes of the next segment that belong to an earlier call */
	u32 total; /* bytes of the call still to come, this span's included */
	u8 iov_in_kernel; /* the array was copied into the kernel; its buffers never are */
};

/* They lie at base, n of them. */
static __always_inline void bytes_one(struct bytes *b, u64 base, u32 n)
{
	b->base = base;
	b->left = n;
	b->total = n;
	b->iov = 0;
}

/* They lie in an array of iovecs, n of them, off bytes behind the start of the first segment. */
static __always_inline void bytes_iov(struct bytes *b, u64 iov, u64 off, u32 n, bool in_kernel)
{
	b->iov = iov;
	b->iov_in_kernel = in_kernel;
	b->off = off;
	b->left = 0;
	b->total = n;
}

/* Goes to the next segment. Returns false where there is none, or it cannot be read. */
static __always_inline bool bytes_next(struct bytes *b)
{
	struct iovec v;
	u64 off = b->off;
	long err;

	if (!b->iov || !b->total)
		return false;
	if (b->iov_in_kernel)
		err = bpf_probe_read_kernel(&v, sizeof(v), (void *)b->iov);
	else
		err = bpf_probe_read_user(&v, sizeof(v), (void *)b->iov);
	if (err)
		return false;
	b->iov += sizeof(v);
	b->off = 0;
	if (off > v.iov_len)
		off = v.iov_len;
	b->base = (u64)v.iov_base + off;
	b->left = v.iov_len - off;
	if (b->left > b->total)
		b->left = b->total;
	return true;
}

static __always_inline void bytes_advance(struct bytes *b, u32 n)
{
	b->base += n;
	b->left -= n;
	b->total -= n;
}

#endif
