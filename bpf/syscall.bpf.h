/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds where a call's bytes lie, by the registers with which the task entered the kernel. */
#ifndef SYSCALL_BPF_H
#define SYSCALL_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "core.bpf.h"
#include "mmsg.bpf.h"

enum { BYTES_NONE, BYTES_BUF, BYTES_IOV, BYTES_MSG, BYTES_MMSG };

#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 2
enum {
	NR_read = 0,
	NR_write = 1,
	NR_readv = 19,
	NR_writev = 20,
	NR_sendto = 44,
	NR_recvfrom = 45,
	NR_sendmsg = 46,
	NR_recvmsg = 47,
	NR_recvmmsg = 299,
	NR_sendmmsg = 307,
	NR_preadv2 = 327,
	NR_pwritev2 = 328,
};
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT 22
enum {
	NR_read = 63,
	NR_write = 64,
	NR_readv = 65,
	NR_writev = 66,
	NR_sendto = 206,
	NR_recvfrom = 207,
	NR_sendmsg = 211,
	NR_recvmsg = 212,
	NR_recvmmsg = 243,
	NR_sendmmsg = 269,
	NR_preadv2 = 286,
	NR_pwritev2 = 287,
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

#define PF_IO_WORKER 0x10

/* Whether the task's file fd is the socket sk. */
static __always_inline bool fd_is(struct task_struct *task, u64 fd, struct sock *sk)
{
	struct fdtable *t = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(t, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(t, fd) + fd))
		return false;
	socket = BPF_CORE_READ(file, private_data); /* of another file, whose sk differs */
	return BPF_CORE_READ(socket, sk) == sk;
}

/* Returns the number of task's system call; -1 where sk's bytes are not those of a 64-bit call. */
static __always_inline int call_args(struct task_struct *task, struct sock *sk,
				     struct call_args *args)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	int nr;

#if defined(__TARGET_ARCH_x86)
	if (task->thread_info.status & TS_COMPAT)
		return -1;
	args->fd = regs->di;
	args->buf = regs->si;
	args->n = regs->dx;
	nr = regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	if (task->thread_info.flags >> TIF_32BIT & 1)
		return -1;
	args->fd = regs->user_regs.regs[0]; /* the return value only once the call is over */
	args->buf = regs->user_regs.regs[1];
	args->n = regs->user_regs.regs[2];
	nr = regs->syscallno;
#endif
	/* io_uring's requests run in any call that the task happens to be in, or in a worker. */
	if (task->flags & PF_IO_WORKER)
		return -1;
	if (bpf_core_field_exists(task->io_uring) && task->io_uring && !fd_is(task, args->fd, sk))
		return -1;
	return nr;
}

/* Takes a call that moved no byte: a message that fails is its call's last, an empty one is not. */
static __always_inline int on_nothing(struct sock *sk, u32 io, int ret)
{
	u64 task = bpf_get_current_pid_tgid();
	struct call_args args = {};

	if (bytes_kind(call_args(bpf_get_current_task_btf(), sk, &args)) != BYTES_MMSG)
		return 0;
	if (ret < 0)
		bpf_map_delete_elem(&mmsg_places, &task);
	else
		mmsg_current(&args, io, 0);
	return 0;
}

/* Takes a call that moved n bytes. copied: the process has them in its memory. */
static __always_inline int on_syscall(struct sock *sk, u32 io, bool copied, u32 n)
{
	struct call *k = call_start(sk, io, n, false);
	struct call_args args = {};
	struct task_struct *task;
	struct conn *c;
	int kind;

	if (!k)
		return 0;
	c = call_conn(k);
	if (!c)
		return 0;
	task = bpf_get_current_task_btf();
	k->pid = task->tgid;
	kind = copied ? bytes_kind(call_args(task, sk, &args)) : BYTES_NONE;
	switch (kind) {
	case BYTES_BUF:
		bytes_one(&k->b, args.buf, n);
		break;
	case BYTES_IOV:
		bytes_iov(&k->b, args.buf, 0, n, false);
		break;
	case BYTES_MSG:
	case BYTES_MMSG:
		if (kind == BYTES_MMSG)
			args.buf = mmsg_current(&args, io, n);
		bytes_iov(&k->b, (u64)msg_segments(args.buf).iov, 0, n, false);
		break;
	default:
		return on_unseen(c, k);
	}
	return on_bytes(c, k);
}

#endif
