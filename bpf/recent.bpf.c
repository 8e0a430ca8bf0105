// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recent.bpf.h"
#include "hists.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RECENT_NS (5 * 1000000000ULL)

/*
 * --top shows percentiles of the last 5 to 10 seconds: counts since `since`, and the slot of the
 * period before.
 */
struct recent {
	u64 since; /* ns */
	u32 base[WST_P99S][HIST_SLOTS]; /* the histograms as they were then */
	u8 before[WST_P99S]; /* slot of the percentile of the last period that counted anything */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, struct recent);
} recents SEC(".maps");

static const struct recent no_recent = { .before = { WST_NO_P99, WST_NO_P99, WST_NO_P99 } };

static __always_inline u32 slot_count(const struct wst_hists *h, const struct recent *r, u32 i,
				      u32 slot)
{
	return h->hist[WST_PING_RTT + i].slots[slot] - r->base[i][slot];
}

/* Slot of the 99th percentile since the base was taken. */
__noinline int p99_slot(u64 sk, u32 i)
{
	struct wst_hists *h = bpf_map_lookup_elem(&hists, &sk);
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);
	u64 above = 0, count = 0;

	if (!h || !r || i >= WST_P99S)
		return WST_NO_P99;
	for (u32 slot = 0; slot < HIST_SLOTS; slot++)
		count += slot_count(h, r, i, slot);
	/* So many may lie above it: count - ceil(count * 99 / 100). */
	for (u32 slot = 0; slot < HIST_SLOTS && count; slot++) {
		above += slot_count(h, r, i, HIST_SLOTS - 1 - slot);
		if (above > count / 100)
			return HIST_SLOTS - 1 - slot;
	}
	return WST_NO_P99;
}

/* The worse of this period and the one before, so that nothing is forgotten at once. */
static __noinline u8 recent_p99(u64 sk, u32 i)
{
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);
	struct wst_hists *h = bpf_map_lookup_elem(&hists, &sk);
	u8 now = p99_slot(sk, i), before;

	if (!r || !h || i >= WST_P99S)
		return WST_NO_P99;
	before = r->before[i];
	if (bpf_ktime_get_ns() - r->since > RECENT_NS && now != WST_NO_P99) {
		r->before[i] = now;
		__builtin_memcpy(r->base[i], h->hist[WST_PING_RTT + i].slots, sizeof(r->base[i]));
	}
	return before == WST_NO_P99 || (now != WST_NO_P99 && now > before) ? now : before;
}

void recent_p99s(struct wst_stats *to, u64 sk)
{
	struct recent *r = bpf_map_lookup_elem(&recents, &sk);

	if (!r)
		bpf_map_update_elem(&recents, &sk, &no_recent, BPF_NOEXIST);
	for (int i = 0; i < WST_P99S; i++)
		to->p99[i] = recent_p99(sk, i);
	r = bpf_map_lookup_elem(&recents, &sk);
	if (r && bpf_ktime_get_ns() - r->since > RECENT_NS)
		r->since = bpf_ktime_get_ns();
}

void recent_forget(u64 sk)
{
	bpf_map_delete_elem(&recents, &sk);
}
