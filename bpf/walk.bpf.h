/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps of the walk through one call's bytes: how they find their state and go on in it.
 *
 * The steps are global functions: the verifier looks at each one once, however often and in however
 * deep a loop it is called. That makes long loops possible on every kernel since 5.10; bpf_loop()
 * would need 5.17. They find their state themselves, by the call's place in the map calls, since a
 * global function takes no pointers before 5.12. They return 0 when the walk of this call is over.
 */
#ifndef WALK_BPF_H
#define WALK_BPF_H

#include "call.bpf.h"

/* The direction that the call's bytes belong to. */
static __always_inline struct stream *call_stream(struct call *k, struct conn *c)
{
	return k->dir == WST_C2S ? &c->s[WST_C2S] : &c->s[WST_S2C];
}

/*
 * Finds what a step works on. Returns false if a look-up fails, which cannot happen but which the
 * verifier requires.
 */
static __always_inline bool call_find(u32 at, struct call **k, struct conn **c, struct stream **s)
{
	*k = bpf_map_lookup_elem(&calls, &at);
	if (!*k)
		return false;
	*c = bpf_map_lookup_elem(&conns, &(*k)->sk);
	if (!*c)
		return false;
	*s = call_stream(*k, *c);
	return true;
}

/*
 * An empty record in the call's scratch, which what was there has left: on the stack, of which all
 * functions together have 512 bytes, it would be too large.
 */
static __always_inline struct wst_opaque *call_opaque(struct call *k)
{
	struct wst_opaque *r = (struct wst_opaque *)&k->out;

	__builtin_memset(r, 0, sizeof(*r));
	return r;
}

/* n bytes of the call have been dealt with. */
static __always_inline void advance(struct call *k, struct stream *s, u32 n)
{
	bytes_advance(&k->b, n);
	k->fresh = 0;
	k->seq += n;
	s->pos += n;
}

/* Where frames start is not known any more, and nothing more in this call can tell. */
static __always_inline void lose_sync(struct call *k, struct stream *s, u8 why)
{
	stream_lose(s, why);
	k->skip = 1;
}

#endif
