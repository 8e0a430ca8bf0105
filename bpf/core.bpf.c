// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk through a call's bytes. Hooks come in through on_bytes(). */
#include "core.bpf.h"
#include "conns.bpf.h"
#include "foreign.bpf.h"
#include "frame.bpf.h"
#include "http.bpf.h"
#include "life.bpf.h"
#include "nagle.bpf.h"
#include "stream_http.h"

/* Takes a header of a stream in doubt. Returns false where it cannot be one. */
static __always_inline bool on_doubtful_frame(struct call *k, struct conn *c, struct stream *s,
					      const struct ws_frame *f)
{
	int weight = -1;

	if (!stream_repeats(s, f, k->hdr + 1, k->b.left))
		weight = stream_weigh(s, f, k->dir);

	if (weight > 0) {
		emit_resync(k, c, s, f->hdr_len);
		c->ws = 1;
		on_frame(k, c, s, f);
	}
	return weight >= 0;
}

/* Some of the current frame has passed: times its message where that starts or ends there. */
static __always_inline void message_moved(struct call *k, struct stream *s)
{
	u32 moved = want_hists ? stream_moved(s) : 0;

	if (moved)
		time_message(k->at, moved & MESSAGE_STARTS, stream_message_passed(s, moved));
}

/* Hands payload bytes on, as many as are wanted and fit into a record. */
__noinline int step_payload(u32 at)
{
	struct call *k;
	struct conn *c;
	struct stream *s;
	u64 n;

	if (!call_find(at, &k, &c, &s))
		return 0;
	n = k->b.left;
	if (n > s->keep)
		n = s->keep;
	if (n > WST_CHUNK)
		n = WST_CHUNK;
	if (n == 0 || bpf_probe_read_user(k->out.data, n, (void *)k->b.base))
		return 0;
	record_start(&k->out.h.h, c, WST_PAYLOAD, k->dir, k->seq);
	k->out.h.n = n;
	k->out.h.pos = s->kept;
	emit(c, &k->out, sizeof(k->out.h) + n);
	ws_skip(&s->ws, n);
	advance(k, s, n);
	s->keep -= n;
	s->kept += n;
	message_moved(k, s);
	return k->b.total > 0;
}

/*
 * Looks whether k->hdr, where a frame has to start, is something else; if so, gives the direction
 * up. Returns whether it has.
 */
__noinline int step_intruder(u32 at)
{
	struct wst_opaque *r;
	struct call *k;
	struct conn *c;
	struct stream *s;
	u64 n;
	u8 why;

	if (!call_find(at, &k, &c, &s))
		return 0;
	n = k->b.left;
	if (s->phase == PH_LOST)
		why = stream_is_tls(k->hdr, n) ? WST_WHY_TUNNEL_TLS : 0;
	else
		why = stream_intruder(k->hdr, n, k->dir);
	if (!why)
		return 0;
	r = call_opaque(k, c);
	stream_intrusion(s, why, k->hdr, n, r);
	if (n > WST_FIRST_BYTES)
		n = WST_FIRST_BYTES;
	/* The verifier of 6.12 loses the bound in comparisons of n's lower half. */
	asm volatile("" : "+r"(n));
	n &= 2 * WST_FIRST_BYTES - 1;
	if (why == WST_WHY_TUNNEL_TLS)
		c->opaque = 1;
	else if (n < 8 || bpf_probe_read_user(r->first, n, (void *)k->b.base))
		r->n = 0;
	emit(c, r, sizeof(*r));
	return 1;
}

/* Takes k->hdr[0]: a byte of a header that is not whole, or that may be none. */
__noinline int step_header(u32 at)
{
	struct call *k;
	struct ws_frame f = {};
	struct conn *c;
	struct stream *s;
	int done;

	if (!call_find(at, &k, &c, &s))
		return 0;
	if (s->phase == PH_LOST && !s->trust && !s->ws.have && !c->ws &&
	    stream_starts_http(k->hdr, k->b.left)) {
		s->phase = PH_HTTP;
		http_first(&s->http);
		return 1;
	}
	if (!s->ws.have && (s->phase == PH_WS || s->why == WST_WHY_SOCKS) && step_intruder(at))
		return 1;
	advance(k, s, 1);
	done = ws_header_byte(&s->ws, k->hdr[0], &f);
	if (done > 0 && s->phase == PH_WS)
		on_frame(k, c, s, &f);
	else if (done > 0 && !on_doubtful_frame(k, c, s, &f))
		lose_sync(k, s, WST_WHY_GAP);
	else if (done < 0)
		lose_sync(k, s, WST_WHY_BAD);
	if (!k->b.total)
		stream_call_ends(s);
	return k->b.total > 0;
}

/* The call's first bytes, while a header that is in doubt leads elsewhere: stream_rejoin(). */
__noinline int step_rejoin(u32 at)
{
	struct call *k;
	struct conn *c;
	struct stream *s;
	u32 got;

	if (!call_find(at, &k, &c, &s))
		return 0;
	k->fresh = 0;
	got = k->b.left < WS_HDR_MAX ? k->b.left : WS_HDR_MAX;
	if (got >= 2 && !bpf_probe_read_user(k->hdr, got, (void *)k->b.base))
		stream_rejoin(s, k->hdr, got, k->b.total, k->dir);
	return 1;
}

/* Takes a frame's header and as much of its payload as there is, or the rest of a payload. */
static __always_inline int step_ws(struct call *k, struct conn *c, struct stream *s)
{
	/* on the stack: a copy to elsewhere is checked for longer (HARDENED_USERCOPY) */
	u8 hdr[WS_HDR_MAX + 2] = {};
	struct ws_frame f;
	u64 n = k->b.left;

	if (k->skip) {
		advance(k, s, n);
		return k->b.total > 0;
	}
	if (s->phase == PH_LOST && (s->ws.left || s->ws.have) && k->fresh)
		return step_rejoin(k->at);
	if (!s->ws.left) {
		u32 got = n < WS_HDR_MAX ? n : WS_HDR_MAX;

		if (got == 0 || bpf_probe_read_user(hdr, got, (void *)k->b.base))
			return 0;
		if (s->phase == PH_LOST || s->ws.have || got < 2 || got < ws_hdr_len(hdr[1]) ||
		    (hdr[1] & 0x7f) == 127 || (u8)(hdr[0] - 0x14) < 0x6c) {
			__builtin_memcpy(k->hdr, hdr, WS_HDR_MAX);
			return step_header(k->at);
		}
		ws_parse(hdr, &f);
		s->ws.left = f.len;
		advance(k, s, f.hdr_len);
		on_frame(k, c, s, &f);
		n = k->b.left;
	}
	if (s->keep && n)
		return step_payload(k->at);
	advance(k, s, ws_skip(&s->ws, n));
	message_moved(k, s);
	if (!k->b.total)
		stream_call_ends(s);
	return k->b.total > 0;
}

/* One step of the walk: to the next segment, or through bytes of this one. */
static __always_inline int step(struct call *k, struct conn *c, struct stream *s)
{
	if (!k->b.left)
		return bytes_next(&k->b);
	if (s->phase == PH_WS || s->phase == PH_LOST)
		return step_ws(k, c, s);
	if (s->body && stream_wants_body(s))
		return step_body(k->at);
	if (s->phase == PH_HTTP)
		return step_http(k->at);
	advance(k, s, k->b.left);
	return k->b.total > 0;
}

/* Takes four steps, walk_many() 2048: two short loops for the verifier instead of a long one. */
__noinline int walk_some(u32 at)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	struct conn *c;

	if (!k)
		return 0;
	c = bpf_map_lookup_elem(&conns, &k->sk);
	if (!c)
		return 0;
	for (int i = 0; i < 4; i++)
		if (!step(k, c, call_stream(k, c)))
			return 0;
	return 1;
}

__noinline int walk_many(u32 at)
{
	for (int i = 0; i < 512; i++)
		if (!walk_some(at))
			return 0;
	return 1;
}

/*
 * Brings the stream from s->next_seq to k->seq, where the call's bytes start. Returns false where
 * there is nothing new in them.
 */
static __noinline bool position(struct call *k, struct conn *c, struct stream *s)
{
	s32 gap = k->seq - s->next_seq;

	/*
	 * Two threads' sends may return in the other order, but never 64 MiB apart: a smaller step
	 * back is an old call, ignore it.
	 */
	if (gap < 0 && gap > -(1 << 26))
		return false;
	c->gaps += (u32)gap;
	if (!stream_gap(s, gap)) {
		lose_sync(k, s, WST_WHY_GAP);
		k->skip = 0;
	}
	s->pos += (u32)gap;
	return true;
}

/* Returns whether the call's bytes are to be looked at; announces c where it has not been. */
static __always_inline bool admit(struct call *k, struct conn *c)
{
	if (c->open.t.pid == k->pid && c->announced)
		return true;
	return conn_admit(c, k->pid) && !conn_foreign(c, k->sk);
}

/* Places the call's bytes in c. Returns their direction. */
static __always_inline struct stream *place(struct call *k, struct conn *c)
{
	k->dir = k->io ^ (c->role & 1);
	k->skip = 0;
	k->fresh = 1;
	k->seq = k->end_seq - k->b.total;
	c->last = k->ts;
	if (want_hists) {
		k->arrival = k->io == IO_RECV ? c->arrival : 0;
		if (k->arrival)
			c->arrival = 0;
	}
	return call_stream(k, c);
}

/* Goes through the call's bytes, frame by frame. */
static __always_inline void walk(struct call *k, struct conn *c, struct stream *s)
{
	u32 n = k->b.total;

	/*
	 * A stream that lost sync stays lost: the 101 alone does not show that a frame starts here.
	 */
	if (c->upgraded && !s->upgraded && s->phase == PH_HTTP)
		stream_begin_ws(s);
	if (k->seq != s->next_seq && (conn_foreign(c, k->sk) || !position(k, c, s)))
		return;
	s->n.stream += n;
	if (step(k, c, s) && step(k, c, s)) {
		for (int i = 0; i < 256; i++)
			if (!walk_many(k->at))
				break;
	}
	s->next_seq = k->seq; /* short of end_seq where bytes could not be read: a gap */
}

/* Lets a connection go that --host rules out, once no PROXY header can come. */
static __always_inline void settle_host(struct conn *c, const struct stream *s, u8 dir)
{
	if (dir == WST_S2C || s->http.later || s->phase != PH_HTTP ||
	    (s->http.head_len > 7 && !(s->http.flags & HTTP_IS_PROXY)))
		c->hidden = 1;
}

int on_bytes(struct conn *c, struct call *k)
{
	struct stream *s;

	if (!admit(k, c))
		return 0;
	s = place(k, c);
	if (k->unsent)
		on_unsent(k->at);
	/* Two threads on one direction at once: the later one's bytes become a gap. */
	__sync_fetch_and_add(&s->busy, 1);
	if (s->busy == 1)
		walk(k, c, s);
	if (c->unsure)
		settle_host(c, s, k->dir);
	if (want_hists && k->arrival)
		time_read(k->at);
	__sync_fetch_and_add(&s->busy, -1);
	if (c->closing)
		conn_left(k->at);
	return 0;
}
