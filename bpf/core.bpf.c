// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk through a connection's bytes. Hooks come in through on_bytes(). */
#include "compat.bpf.h"
#include "frame.bpf.h"
#include "stream_http.h"

/* Weighs a header where frames may or may not start. Returns false where they do not. */
static __always_inline bool on_doubtful_frame(struct walk *w, struct conn *c, struct stream *s,
					      const struct ws_frame *f)
{
	int weight = stream_weigh(s, f, w->dir);

	if (weight > 0) {
		emit_resync(w, c, s, f->hdr_len);
		c->ws = 1;
		on_frame(w, c, s, f);
	}
	return weight >= 0;
}

/* Some of the current frame has passed: for the histograms, does its message start or end there? */
static __always_inline void message_moved(struct walk *w, struct stream *s)
{
	u32 starts = s->starting;

	if (want_hists && stream_moved(s))
		time_message(w->at, starts, stream_message_passed(s));
}

/* Hands payload bytes on. */
__noinline int step_payload(u32 at)
{
	struct walk *w;
	struct conn *c;
	struct stream *s;
	u64 n;

	if (!walk_find(at, &w, &c, &s))
		return 0;
	n = w->b.left;
	if (n > s->keep)
		n = s->keep;
	if (n > WST_CHUNK)
		n = WST_CHUNK;
	if (n == 0 || bpf_probe_read_user(w->out.data, n, (void *)w->b.base))
		return 0;
	record_start(&w->out.h.h, c, WST_PAYLOAD, w->dir, w->seq);
	w->out.h.n = n;
	w->out.h.pos = s->kept;
	emit(c, &w->out, sizeof(w->out.h) + n);
	ws_skip(&s->ws, n);
	advance(w, s, n);
	s->keep -= n;
	s->kept += n;
	message_moved(w, s);
	return w->b.total > 0;
}

/* A byte of a header that is not whole, or of which it is in doubt whether it is one: w->hdr[0]. */
__noinline int step_header(u32 at)
{
	struct walk *w;
	struct ws_frame f = {};
	struct conn *c;
	struct stream *s;
	int done;

	if (!walk_find(at, &w, &c, &s))
		return 0;
	if (s->phase == PH_LOST && !s->trust && !s->ws.have && !c->ws &&
	    stream_starts_http(w->hdr, w->b.left)) {
		s->phase = PH_HTTP;
		http_next(&s->http);
		return 1;
	}
	advance(w, s, 1);
	done = ws_header_byte(&s->ws, w->hdr[0], &f);
	if (done > 0 && s->phase == PH_WS)
		on_frame(w, c, s, &f);
	else if (done > 0 && !on_doubtful_frame(w, c, s, &f))
		lose_sync(w, s, WST_WHY_GAP);
	else if (done < 0)
		lose_sync(w, s, WST_WHY_BAD);
	if (!w->b.total)
		stream_call_ends(s);
	return w->b.total > 0;
}

/*
 * A call starts while the walk is, perhaps, inside a payload or header: it got there by a header
 * that nothing has confirmed yet. Where this call holds exactly one plausible frame, that is the
 * better guess.
 */
__noinline int step_rejoin(u32 at)
{
	struct walk *w;
	struct conn *c;
	struct stream *s;
	u32 got;

	if (!walk_find(at, &w, &c, &s))
		return 0;
	w->fresh = 0;
	got = w->b.left < WS_HDR_MAX ? w->b.left : WS_HDR_MAX;
	if (got >= 2 && !bpf_probe_read_user(w->hdr, got, (void *)w->b.base))
		stream_rejoin(s, w->hdr, got, w->b.total, w->dir);
	return 1;
}

/* One frame header and as much of its payload as there is, or the rest of an earlier payload. */
static __always_inline int step_ws(struct walk *w, struct conn *c, struct stream *s)
{
	/* a copy to elsewhere is checked for longer (HARDENED_USERCOPY) */
	u8 hdr[WS_HDR_MAX + 2] = {};
	struct ws_frame f;
	u64 n = w->b.left;

	if (w->skip) {
		advance(w, s, n);
		return w->b.total > 0;
	}
	if (s->phase == PH_LOST && (s->ws.left || s->ws.have) && w->fresh)
		return step_rejoin(w->at);
	if (!s->ws.left) {
		u32 got = n < WS_HDR_MAX ? n : WS_HDR_MAX;

		if (got == 0 || bpf_probe_read_user(hdr, got, (void *)w->b.base))
			return 0;
		if (s->phase == PH_LOST || s->ws.have || got < 2 || got < ws_hdr_len(hdr[1]) ||
		    (hdr[1] & 0x7f) == 127) {
			__builtin_memcpy(w->hdr, hdr, WS_HDR_MAX);
			return step_header(w->at);
		}
		ws_parse(hdr, &f);
		s->ws.left = f.len;
		advance(w, s, f.hdr_len);
		on_frame(w, c, s, &f);
		n = w->b.left;
	}
	if (s->keep && n)
		return step_payload(w->at);
	advance(w, s, ws_skip(&s->ws, n));
	message_moved(w, s);
	if (!w->b.total)
		stream_call_ends(s);
	return w->b.total > 0;
}

__noinline int step_back(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct iovec v;

	if (!w)
		return 0;
	for (int i = 0; i < IOV_RUN; i++) {
		w->b.iov -= sizeof(v);
		if (bpf_probe_read_kernel(&v, sizeof(v), (void *)w->b.iov)) {
			w->b.iov = 0;
			return 0;
		}
		if (w->b.off <= v.iov_len) {
			w->b.off = v.iov_len - w->b.off;
			return 0;
		}
		w->b.off -= v.iov_len;
	}
	return 1;
}

static __always_inline int step(struct walk *w, struct conn *c, struct stream *s)
{
	if (!w->b.left)
		return bytes_next(&w->b);
	if (s->phase == PH_WS || s->phase == PH_LOST)
		return step_ws(w, c, s);
	if (s->phase == PH_HTTP)
		return step_http(w->at);
	advance(w, s, w->b.left);
	return w->b.total > 0;
}

__noinline int walk_some(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	struct conn *c;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	if (!c)
		return 0;
	for (int i = 0; i < 4; i++)
		if (!step(w, c, walk_stream(w, c)))
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

/* The call's bytes start at w->seq, the stream was at s->next_seq. Returns false: nothing new. */
static __noinline bool position(struct walk *w, struct conn *c, struct stream *s)
{
	s32 gap = w->seq - s->next_seq;

	/* Sends of two threads may come back in the other order; not so a send buffer apart. */
	if (gap < 0 && gap > -(1 << 26))
		return false;
	c->gaps += (u32)gap;
	if (!stream_gap(s, gap)) {
		lose_sync(w, s, WST_WHY_GAP);
		w->skip = 0;
	}
	s->pos += (u32)gap;
	return true;
}

int on_bytes(struct conn *c, struct walk *w)
{
	u32 n = w->b.total;
	struct stream *s;

	if ((c->open.t.pid != w->pid || !c->announced) &&
	    (!conn_admit(c, w->pid) || conn_foreign(c, w->sk)))
		return 0;
	w->dir = w->io ^ (c->role & 1);
	w->skip = 0;
	w->fresh = 1;
	w->seq = w->end_seq - n;
	s = walk_stream(w, c);
	c->last = w->ts;
	if (want_hists) {
		w->arrival = w->io == IO_RECV ? c->arrival : 0;
		if (w->arrival)
			c->arrival = 0;
	}

	/* Two threads on one direction at once: the later one's bytes become a gap. */
	__sync_fetch_and_add(&s->busy, 1);
	if (s->busy != 1)
		goto out;
	/* Not one that is lost: that frames start where this call does is still to be shown. */
	if (c->upgraded && !s->upgraded && s->phase == PH_HTTP)
		stream_begin_ws(s);
	if (w->seq != s->next_seq && (conn_foreign(c, w->sk) || !position(w, c, s)))
		goto out;
	s->n.stream += n;
	if (step(w, c, s) && step(w, c, s)) {
		for (int i = 0; i < 256; i++)
			if (!walk_many(w->at))
				break;
	}
	s->next_seq = w->seq; /* short of end_seq where bytes could not be read: a gap */
out:
	if (want_hists && w->arrival)
		time_read(w->at);
	__sync_fetch_and_add(&s->busy, -1);
	if (c->over)
		conn_left(w->at);
	return 0;
}
