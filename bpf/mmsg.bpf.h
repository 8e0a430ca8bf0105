/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds which message of a sendmmsg() or recvmmsg() has just gone through. */
#ifndef MMSG_BPF_H
#define MMSG_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "call.bpf.h"

struct call_args {
	u64 fd, buf, n;
};

/* Place in the messages of a sendmmsg() or recvmmsg(): registers do not tell which one this is. */
struct mmsg_place {
	u64 first; /* address of the array */
	u64 vlen; /* its length */
	u32 index; /* of the last message that went through */
	u32 n; /* length of that one */
	u64 over; /* no other message follows in this call */
};

/* Defined in hook_tracepoint.bpf.c. */
struct mmsg_places {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64); /* pid_tgid */
	__type(value, struct mmsg_place);
};

extern struct mmsg_places mmsg_places SEC(".maps");

/* Array of a struct msghdr: the whole struct takes too much of the 512-byte stack. */
struct segments {
	struct iovec *iov; /* NULL: cannot be read */
	u64 n;
};

static __always_inline struct segments msg_segments(u64 msg)
{
	struct segments s;

	if (bpf_probe_read_user(&s, sizeof(s),
				(void *)(msg + __builtin_offsetof(struct user_msghdr, msg_iov))))
		s = (struct segments){};
	return s;
}

#define MMSG_SEGMENTS 8

/* Whether the message at this address is longer than the n bytes that went: that ends the call. */
static __always_inline bool mmsg_short(u64 at, u32 n)
{
	struct segments s = msg_segments(at);
	u64 all = 0, len;

	for (int i = 0; i < MMSG_SEGMENTS && i < s.n; i++) {
		if (bpf_probe_read_user(&len, sizeof(len), (char *)(s.iov + i) + sizeof(s.iov)))
			return false;
		all += len;
	}
	return all > n;
}

/*
 * Address of the message in the array, n bytes of which went. It is the one behind the last where
 * the kernel has noted that one's length in the array; else a new call has begun. Not inline, so
 * that the walk, which comes later, has the stack that this takes.
 */
static __noinline u64 mmsg_current(const struct call_args *args, u32 io, u32 n)
{
	u64 task = bpf_get_current_pid_tgid(), at;
	struct mmsg_place *old = bpf_map_lookup_elem(&mmsg_places, &task);
	struct mmsg_place new = { .first = args->buf, .vlen = args->n, .n = n };
	u64 noted = __builtin_offsetof(struct mmsghdr, msg_len), size = sizeof(struct mmsghdr);
	u32 len;

	if (old && old->first == new.first && old->vlen == new.vlen && !old->over &&
	    old->index + 1 < new.vlen &&
	    !bpf_probe_read_user(&len, sizeof(len),
				 (void *)(new.first + size * old->index + noted)) &&
	    len == old->n)
		new.index = old->index + 1;
	at = new.first + size *new.index;
	new.over = (io == IO_SEND) && mmsg_short(at, n);
	bpf_map_update_elem(&mmsg_places, &task, &new, BPF_ANY);
	return at;
}

#endif
