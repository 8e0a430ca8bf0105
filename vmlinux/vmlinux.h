/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The slice of the kernel's types that wstrace reads: README.md beside this file says how it came
 * to be. Only names and types count here. libbpf finds every offset in the running kernel's BTF
 * (CO-RE); a field that a kernel lacks is asked for with bpf_core_field_exists() first.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/bpf.h> /* map types, flags and __u8 ... __u64 */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
typedef unsigned long size_t;

enum { false, true };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct msghdr;
struct sock;

struct proto {
	int (*sendmsg)(struct sock *sk, struct msghdr *msg, size_t len);
	void *recvmsg; /* its prototype differs */
};

struct tcp_ulp_ops {
	char name[16];
};

struct inet_connection_sock {
	const struct tcp_ulp_ops *icsk_ulp_ops;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct proto *skc_prot;
	possible_net_t skc_net;
	unsigned long skc_flags; /* bits: enum sock_flags */
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
	__u8 sk_shutdown;
	struct proto *sk_prot_creator;
	struct socket *sk_socket;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
};

enum sock_flags {
	SOCK_DEAD,
	SOCK_DONE,
};

struct inet_sock {
	__be16 inet_sport;
};

struct tcp_rack {
	u64 mstamp; /* of what was acknowledged: when the last of it was sent, in microseconds */
	u32 end_seq; /* and the number behind it */
};

struct minmax_sample {
	u32 v;
};

struct minmax {
	struct minmax_sample s[3]; /* the first one is the smallest */
};

struct tcp_sock {
	u32 rcv_nxt;
	u32 copied_seq;
	u32 write_seq;
	u32 snd_sml; /* as long as nothing but a SYN was sent: its number */
	u32 snd_nxt;
	u32 snd_una;
	u32 snd_wnd;
	u32 snd_cwnd; /* in segments, as packets_out */
	u32 packets_out;
	u32 mss_cache;
	u32 pushed_seq; /* behind the last write without MSG_MORE */
	u8 nonagle : 4; /* TCP_NODELAY, TCP_CORK; 0: Nagle's algorithm */
	struct tcp_rack rack;
	struct minmax rtt_min; /* round-trip times of the last minutes, in microseconds */
	u64 tcp_mstamp; /* CLOCK_MONOTONIC in microseconds, as of the last packet */
	u32 srtt_us; /* smoothed round-trip time, eight times, in microseconds */
	u32 total_retrans;
};

struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct iov_iter {
	u8 iter_type; /* from 5.14 */
	size_t iov_offset;
	size_t count;
	void *ubuf; /* from 6.0 */
	const struct iovec *__iov; /* from 6.4 */
};

struct iov_iter___old { /* before 6.4 */
	const struct iovec *iov;
};

struct iov_iter___510 { /* before 5.14 */
	unsigned int type;
};

enum iter_type {
	ITER_IOVEC,
	ITER_UBUF,
};

struct msghdr {
	struct iov_iter msg_iter;
};

struct user_msghdr { /* whole: arrays of it are walked */
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	size_t msg_iovlen;
	void *msg_control;
	size_t msg_controllen;
	unsigned int msg_flags;
};

struct mmsghdr {
	struct user_msghdr msg_hdr;
	unsigned int msg_len;
};

struct thread_info {
	u32 status; /* x86: TS_COMPAT */
	unsigned long flags; /* arm64: _TIF_32BIT */
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct socket {
	struct sock *sk;
};

struct io_uring_task;

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct files_struct *files;
	struct io_uring_task *io_uring; /* from 5.11, with CONFIG_IO_URING */
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	struct css_set *cgroups;
};

struct sk_buff {
	char cb[48]; /* TCP: __u32 seq, end_seq */
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

struct bpf_map;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12;
	unsigned long bp, bx;
	unsigned long r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
struct pt_regs {
	struct user_pt_regs user_regs;
	__u64 orig_x0;
	s32 syscallno;
};
#endif

#pragma clang attribute pop

#endif
