/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Steps of the walk through one call's bytes.
 *
 * The steps are global functions: the verifier looks at each one once, however often and in however
 * deep a loop it is called. That is what makes long loops possible on every kernel since 5.10;
 * bpf_loop() would need 5.17. They find their state themselves, since a global function takes no
 * pointers before 5.12. They return 0 when the walk of this call is over.
 */
#ifndef WALK_BPF_H
#define WALK_BPF_H

#include "maps.bpf.h"

#define IOV_MAX 1024 /* UIO_MAXIOV */
#define IOV_RUN 32

/*
 * From the segment k->b.iov, in the kernel, k->b.off bytes back: over IOV_RUN segments, or to the
 * one that holds the place; then k->b.off is where in it, and 0 is returned.
 */
int step_back(u32 at);
int step_http(u32 at); /* HTTP bytes: hands heads on, skips bodies */

/*
 * For the histograms: a message starts or has ended here, after so many bytes; a ping or pong
 * passes; data was read that came at k->arrival. time_message() does what time_read() does, too.
 */
int time_message(u32 at, u32 starts, u64 ended);
int time_ping(u32 at, u32 opcode);
int time_read(u32 at);

static __always_inline struct stream *call_stream(struct call *k, struct conn *c)
{
	return k->dir == WST_C2S ? &c->s[WST_C2S] : &c->s[WST_S2C];
}

/*
 * What a step works on. Returns false where there is no such thing, which only the verifier
 * believes.
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

static __always_inline void advance(struct call *k, struct stream *s, u32 n)
{
	bytes_advance(&k->b, n);
	k->fresh = 0;
	k->seq += n;
	s->pos += n;
}

static __always_inline void lose_sync(struct call *k, struct stream *s, u8 why)
{
	stream_lose(s, why);
	k->skip = 1;
}

#endif
