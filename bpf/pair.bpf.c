// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finds the two ends of a connection that are both on this host. */
#include "pair.bpf.h"
#include "config.bpf.h"
#include "select.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct pair {
	/* Roles that are here: 1 << enum wst_role; 4 << it for an end from before wstrace. */
	u32 bits;
	u32 client_pid; /* 0: not known */
};

/* An entry stays until its last end closes; forgotten ones are evicted (LRU). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, u64);
	__type(value, struct pair);
} pairs SEC(".maps");

/*
 * Key of both initial sequence numbers: the same at both ends, whatever translates addresses
 * between them.
 */
static __always_inline u64 seq_key(const struct wst_open *o)
{
	return (u64)o->first_seq[WST_C2S] << 32 | o->first_seq[WST_S2C];
}

/* Key of the addresses: all that is known where TCP's handshake was not seen. */
static __always_inline u64 addr_key(const struct wst_open *o)
{
	const u32 *l = (const u32 *)o->laddr, *r = (const u32 *)o->raddr;
	u64 local = o->lport, remote = o->rport, key;

	for (int i = 0; i < 4; i++) {
		local = local * 0x9e3779b97f4a7c15ULL + l[i];
		remote = remote * 0x9e3779b97f4a7c15ULL + r[i];
	}
	key = o->role == WST_SERVER ? remote * 31 + local : local * 31 + remote;
	/* Each network namespace has loopback addresses of its own. */
	return o->family == AF_INET && o->laddr[0] == 127 ? key + o->netns : key;
}

/* Adds an end to the pair at key. */
static __always_inline void mark(u64 key, u32 bits, u32 client_pid)
{
	struct pair *old = bpf_map_lookup_elem(&pairs, &key), pair = { bits, client_pid };

	if (old) {
		pair.bits |= old->bits;
		if (!pair.client_pid)
			pair.client_pid = old->client_pid;
	}
	bpf_map_update_elem(&pairs, &key, &pair, BPF_ANY);
}

static __always_inline bool is_midstream(const struct conn *c)
{
	return c->open.t.h.flags & WST_MIDSTREAM;
}

void pair_mark(struct conn *c)
{
	u32 pid = c->open.role == WST_CLIENT ? c->open.t.pid : 0;
	u32 bits = 1 << (c->open.role & 1);

	if (hidden_role == 0xff)
		return;
	if (is_midstream(c))
		bits |= bits << 2;
	else
		mark(seq_key(&c->open), bits, pid);
	mark(addr_key(&c->open), bits, pid);
}

u32 pair_client_pid(struct conn *c)
{
	u64 key = is_midstream(c) ? addr_key(&c->open) : seq_key(&c->open);
	struct pair *pair = bpf_map_lookup_elem(&pairs, &key);

	return pair ? pair->client_pid : 0;
}

bool pair_hides(struct conn *c)
{
	u32 other = c->open.role == WST_SERVER ? 1 << WST_CLIENT : 1 << WST_SERVER;
	u64 key = seq_key(&c->open);
	struct pair *pair;

	if (c->open.role != hidden_role)
		return false;
	if (!is_midstream(c)) {
		pair = bpf_map_lookup_elem(&pairs, &key);
		if (pair && pair->bits & other)
			return true;
		other <<= 2; /* only ends without known sequence numbers are found by address */
	}
	key = addr_key(&c->open);
	pair = bpf_map_lookup_elem(&pairs, &key);
	return pair && pair->bits & other;
}

static __always_inline void forget(u64 key, u8 role)
{
	struct pair *pair = bpf_map_lookup_elem(&pairs, &key);

	/* The end that is shown leaves this to the other one, which may be the last to close. */
	if (pair && (role == hidden_role || !(pair->bits & 1 << (hidden_role & 1))))
		bpf_map_delete_elem(&pairs, &key);
}

void pair_forget(struct conn *c)
{
	if (hidden_role == 0xff)
		return;
	if (!is_midstream(c))
		forget(seq_key(&c->open), c->open.role);
	forget(addr_key(&c->open), c->open.role);
}
