/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a call's bytes lie, from the registers with which the task entered the kernel. */
#ifndef SYSCALL_BPF_H
#define SYSCALL_BPF_H

#include "core.bpf.h"

enum { BYTES_NONE, BYTES_BUF, BYTES_IOV, BYTES_MSG, BYTES_MMSG };

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 2
enum {
	NR_read = 0, NR_write = 1, NR_readv = 19, NR_writev = 20, NR_sendto = 44,
	NR_recvfrom = 45, NR_sendmsg = 46, NR_recvmsg = 47, NR_recvmmsg = 299,
	NR_sendmmsg = 307, NR_preadv2 = 327, NR_pwritev2 = 328,
};
#elif defined(__TARGET_ARCH_arm64)
enum {
	NR_read = 63, NR_write = 64, NR_readv = 65, NR_writev = 66, NR_sendto = 206,
	NR_recvfrom = 207, NR_sendmsg = 211, NR_recvmsg = 212, NR_recvmmsg = 243,
	NR_sendmmsg = 269, NR_preadv2 = 286, NR_pwritev2 = 287,
};
#endif

static __always_inline int bytes_kind(int nr)
{
	switch (nr) {
	case NR_read:
	case NR_write:
	case NR_sendto:
	case NR_recvfrom:
		return BYTES_BUF;
	case NR_readv:
	case NR_writev:
	case NR_preadv2:
	case NR_pwritev2:
		return BYTES_IOV;
	case NR_sendmsg:
	case NR_recvmsg:
		return BYTES_MSG;
	case NR_sendmmsg:
	case NR_recvmmsg:
		return BYTES_MMSG;
	default:
		return BYTES_NONE; /* sendfile, splice, io_uring: the bytes are not to be had */
	}
}

/* The system call's number and its second argument; -1 for a 32-bit task's call. */
static __always_inline int syscall_args(u64 *arg2)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	if (task->thread_info.status & TS_COMPAT)
		return -1;
	*arg2 = regs->si;
	return regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	*arg2 = regs->user_regs.regs[1];
	return regs->syscallno;
#endif
}

/* The messages of one sendmmsg() or recvmmsg(): which one this is, the registers do not tell. */
struct mmsg_place {
	u64 first; /* address of the array */
	u32 index; /* of the last message that went through */
	u32 n; /* and its length */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64); /* pid_tgid */
	__type(value, struct mmsg_place);
} mmsg_places SEC(".maps");

/*
 * Address of the message of n bytes in the array at first. The next in line follows when the
 * kernel has noted the last one's length in the array, and only while the same array is in use;
 * else a new call has begun.
 */
static __always_inline u64 mmsg_current(u64 first, u32 n)
{
	u64 task = bpf_get_current_pid_tgid();
	struct mmsg_place *old = bpf_map_lookup_elem(&mmsg_places, &task);
	struct mmsg_place new = { .first = first, .n = n };
	struct mmsghdr m;

	if (old && old->first == first &&
	    !bpf_probe_read_user(&m, sizeof(m), (void *)(first + old->index * sizeof(m))) &&
	    m.msg_len == old->n)
		new.index = old->index + 1;
	bpf_map_update_elem(&mmsg_places, &task, &new, BPF_ANY);
	return first + new.index * sizeof(m);
}

static __always_inline void on_syscall(struct sock *sk, u32 io, u32 n, u32 end_seq)
{
	struct walk *w = walk_start(io);
	struct user_msghdr m;
	u64 at = 0;

	if (!w)
		return;
	switch (bytes_kind(syscall_args(&at))) {
	case BYTES_BUF:
		bytes_one(&w->b, at, n);
		break;
	case BYTES_IOV:
		bytes_iov(&w->b, at, 0, n, false);
		break;
	case BYTES_MMSG:
		at = mmsg_current(at, n);
		/* fall through */
	case BYTES_MSG:
		if (bpf_probe_read_user(&m, sizeof(m), (void *)at))
			return;
		bytes_iov(&w->b, (u64)m.msg_iov, 0, n, false);
		break;
	default:
		return; /* the next call finds a gap of n bytes */
	}
	on_bytes((u64)sk, w, end_seq);
}

#endif
