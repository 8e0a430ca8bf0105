// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls under way, and the way back through the segments of one. */
#include "call.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct calls calls SEC(".maps");

__noinline int step_back(u32 at)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	struct iovec v;

	if (!k)
		return 0;
	for (int i = 0; i < IOV_RUN; i++) {
		k->b.iov -= sizeof(v);
		if (bpf_probe_read_kernel(&v, sizeof(v), (void *)k->b.iov)) {
			k->b.iov = 0;
			return 0;
		}
		if (k->b.off <= v.iov_len) {
			k->b.off = v.iov_len - k->b.off;
			return 0;
		}
		k->b.off -= v.iov_len;
	}
	return 1;
}
