/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of loader.h, for loader.c and check.c. */
#ifndef KERNEL_LOADER_STATE_H
#define KERNEL_LOADER_STATE_H

#include "kernel/backend.h"
#include "kernel/loader.h"
#include "wstrace.skel.h"

struct loader {
	struct wstrace_bpf *skel;
	struct bpf_link *stats, *census; /* iterators over the connections */
	struct bpf_link *open_sockets; /* iterator over all files of all tasks */
	struct ring_buffer *ring;
	const struct backend *backend;
	record_fn fn;
	void *ctx;
	int records; /* of the read that goes on */
	size_t room; /* bytes that it may still take */
};

/*
 * Asks for permission and memory, and reads the kernel's types; *btf is the caller's. Returns 0, or
 * the exit status after having said what is missing: 3 or 4.
 */
int loader_prepare(const struct options *o, struct btf **btf);

/*
 * Loads and attaches one backend into l, which is empty. Returns 0, or -errno; refusal__take() has
 * the reasons then.
 */
int loader_try(struct loader *l, const struct backend *backend, const struct options *o,
	       const struct btf *btf);

/* Detaches and frees what loader_try() made. */
void loader_unload(struct loader *l);

#endif
