/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A histogram of four slots to each power of two: the middle of a slot is never more than 12 % off.
 * Pure, as ws_frame.h is.
 */
#ifndef HIST_H
#define HIST_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#include <sys/cdefs.h> /* __always_inline */
#endif

#define HIST_SLOTS 128 /* up to 2^33; larger values are counted in the last one */

/* Part of the ABI: struct wst_hists holds some of these. */
struct wst_hist {
	__u64 sum, max;
	__u32 slots[HIST_SLOTS];
};

/*
 * Position of the highest bit that is set; v is neither 0 nor above 2^33. Written out, since not
 * every clang has clz for BPF, and in arithmetic, since each comparison would double the paths that
 * the verifier follows.
 */
static __always_inline __u32 hist_log2(__u64 v)
{
	__u32 n = 0;

	for (int shift = 32; shift; shift >>= 1) {
		__u32 higher = (((1ULL << shift) - 1 - v) >> 63) * shift;

		v >>= higher;
		n += higher;
	}
	return n;
}

/* The slot in which v is counted. */
static __always_inline __u32 hist_slot(__u64 v)
{
	__u32 e;

	if (v < 4)
		return v;
	if (v >> 33)
		return HIST_SLOTS - 1;
	e = hist_log2(v);
	return (e - 1) * 4 + ((v >> (e - 2)) & 3);
}

/* The smallest value of a slot; hist_low(slot + 1) is where it ends. */
static __always_inline __u64 hist_low(__u32 slot)
{
	if (slot < 4)
		return slot;
	return (4ULL + (slot & 3)) << (slot / 4 - 1);
}

/* Counts v. */
static __always_inline void hist_add(struct wst_hist *h, __u64 v)
{
	__u32 slot = hist_slot(v);

	/* The verifier wants to see the bound on the very register that the compiler uses. */
	asm volatile("" : "+r"(slot));
	h->slots[slot & (HIST_SLOTS - 1)]++;
	h->sum += v;
	if (v > h->max)
		h->max = v;
}

#endif
