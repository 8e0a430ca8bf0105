/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways in to the bytes, and which BPF programs each one needs. */
#ifndef KERNEL_BACKEND_H
#define KERNEL_BACKEND_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>

struct backend {
	const char *name;
	const char *how; /* what it hooks, for --check */
	/* Whether the program called prog belongs to it on the kernel that btf describes. */
	bool (*uses)(const struct btf *btf, const char *prog);
	/* The same where this kernel may preempt a program; NULL: none of the backend's can be. */
	bool (*uses_spare)(const struct btf *btf, const char *prog);
	/*
	 * Asks the kernel, before its verifier reads large programs in vain. Returns -errno where
	 * it is sure to refuse them, and *why it does; 0 is no promise.
	 */
	int (*probe)(const struct btf *btf, const char **why);
};

/* In the order in which auto tries them. */
#define BACKENDS_MAX 8

extern const struct backend backends[];
extern const size_t n_backends;

/* Number of parameters of a kernel function; -1 where BTF has none of this name. */
int count_params(const struct btf *btf, const char *function);

/* Whether this kernel preempts tasks while they are in the kernel. When in doubt it does. */
bool preempts_kernel(const struct btf *btf);

/* NULL where there is none of this name. */
const struct backend *backend__find(const char *name);

#endif
