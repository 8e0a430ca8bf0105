// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk through a connection's bytes. Hooks come in through on_bytes(). */
#include "maps.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct walk);
} walks SEC(".maps");

struct walk *walk_start(u32 io)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);

	if (w)
		w->io = io;
	return w;
}

static __always_inline void advance(struct walk *w, struct stream *s, u32 n)
{
	bytes_advance(&w->b, n);
	w->seq += n;
	s->pos += n;
}

/* From here on it is not known where frames start; nothing more in this call can tell. */
static __always_inline void lose_sync(struct walk *w, struct stream *s, u8 why)
{
	if (s->phase != PH_LOST) {
		s->lost_pos = s->pos - s->ws.have;
		s->why = why;
		s->phase = PH_LOST;
	}
	s->trust = 0;
	s->keep = 0;
	s->ws.left = 0;
	s->ws.have = 0;
	w->skip = 1;
}

static __always_inline void become_ws(struct stream *s)
{
	s->phase = PH_WS;
	s->trust = TRUSTED;
	s->upgraded = 1;
	s->pos = 0;
	s->ws.left = 0;
	s->ws.have = 0;
}

static __always_inline void count_frame(struct walk *w, struct stream *s,
					const struct ws_frame *f)
{
	u32 op = f->b0 & WS_OPCODE;

	if (WS_IS_CONTROL(f->b0))
		op -= 8 - WST_CLOSE_OP;
	if ((f->b0 & WS_OPCODE & 7) > 2)
		op = WST_RESERVED;
	if (op < WST_OPS)
		s->n.frames[op]++;
	s->n.bytes += f->len;
	w->totals.frames++;
	w->totals.bytes += f->len;
	if (f->b0 & WS_FIN && !WS_IS_CONTROL(f->b0))
		s->n.messages++;
}

static __always_inline void emit_resync(struct walk *w, struct conn *c, struct stream *s, u8 hdr_len)
{
	struct wst_resync r = {};

	r.skipped = s->pos - hdr_len - s->lost_pos;
	r.why = s->why;
	record_start(&r.h, c, WST_RESYNC, w->dir, w->seq - hdr_len);
	emit(c, &r, sizeof(r));
}

static __always_inline void emit_frame(struct walk *w, struct conn *c, struct stream *s,
				       const struct ws_frame *f)
{
	struct wst_frame *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);

	if (!r) {
		lose_event(c);
		return;
	}
	record_start(&r->h, c, WST_FRAME, w->dir, w->seq - f->hdr_len);
	r->len = f->len;
	r->offset = s->pos - f->hdr_len;
	r->mask = f->mask;
	r->pid = w->pid;
	r->kept = s->keep;
	r->b0 = f->b0;
	r->hdr_len = f->hdr_len;
	r->masked = f->masked;
	r->pad = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* A header is complete, and frames are known to start where the walk says. */
static __always_inline void on_frame(struct walk *w, struct conn *c, struct stream *s,
				     const struct ws_frame *f)
{
	bool control = WS_IS_CONTROL(f->b0);

	count_frame(w, s, f);
	s->kept = 0;
	s->keep = 0;
	if (!control && !want_data_frames)
		return;
	s->keep = control ? 125 : snaplen; /* close codes and pings' payload are small: always */
	if (s->keep > f->len)
		s->keep = f->len;
	emit_frame(w, c, s, f);
}

/* Weighs a header where frames may or may not start. Returns false where they do not. */
static __always_inline bool on_doubtful_frame(struct walk *w, struct conn *c, struct stream *s,
					      const struct ws_frame *f)
{
	if (!ws_plausible(f, w->dir == WST_C2S))
		return false;
	if (s->trust < (c->upgraded ? TRUST_GAP : TRUST_MIDSTREAM)) {
		s->trust++;
		return true;
	}
	s->phase = PH_WS;
	s->trust = TRUSTED;
	emit_resync(w, c, s, f->hdr_len);
	c->upgraded = 1;
	s->upgraded = 1;
	on_frame(w, c, s, f);
	return true;
}

static __always_inline struct stream *walk_stream(struct walk *w, struct conn *c)
{
	return w->dir == WST_C2S ? &c->s[WST_C2S] : &c->s[WST_S2C];
}

/*
 * What follows as __noinline without static are global functions: the verifier looks at each once, however often and in
 * however deep a loop it is called. That is what makes long loops possible on every kernel since
 * 5.10; bpf_loop() would need 5.17. They find their state themselves, since a global function
 * takes no pointers before 5.12. They return 0 when the walk of this call is over.
 */

/* Hands payload bytes on. */
__noinline int step_payload(u32 io)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);
	struct conn *c;
	struct stream *s;
	u64 n;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	if (!c)
		return 0;
	s = walk_stream(w, c);
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
	return w->b.total > 0;
}

static __always_inline int go_opaque(struct walk *w, struct conn *c, u8 why)
{
	struct wst_opaque r = {};

	r.why = why;
	record_start(&r.h, c, WST_OPAQUE, w->dir, w->seq);
	emit(c, &r, sizeof(r));
	c->opaque = 1;
	return 0;
}

/* A head is complete. Returns the WST_HEAD_* flags that say so, or the negative enum wst_why. */
static __always_inline int on_head(struct walk *w, struct conn *c, struct stream *s)
{
	u8 flags = s->http.flags;
	u16 status = s->http.status;

	if (!!(flags & HTTP_IS_RESPONSE) != (w->dir == WST_S2C))
		return -WST_WHY_NOT_HTTP;
	if (w->dir == WST_C2S) {
		c->request = flags;
		http_body(&s->http, 0);
		return flags & HTTP_IS_PRI ? -WST_WHY_HTTP2 : WST_HEAD_LAST;
	}
	if (status == 101) {
		if (!(flags & HTTP_UPGRADE) &&
		    (flags & HTTP_OTHER_UPGRADE || !(c->request & HTTP_UPGRADE)))
			return -WST_WHY_OTHER_UPGRADE;
		become_ws(s);
		c->upgraded = 1;
		return WST_HEAD_LAST | WST_HEAD_WS;
	}
	if (http_body(&s->http, c->request & HTTP_IS_HEAD) == HTTP_UNTIL_CLOSE)
		s->phase = PH_OPAQUE;
	if (status >= 200)
		c->request = 0;
	return WST_HEAD_LAST;
}

#define HTTP_STEP 512 /* bytes of a head looked at in one step */
#define HTTP_RUN 8 /* and in one verified loop */

/* Scans w->out.data from at. Returns the new place; w->event is what stopped it, or HTTP_MORE. */
__noinline int scan_some(u32 io, u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);
	int ev = HTTP_MORE;

	if (!w)
		return 0;
	for (int i = 0; i < HTTP_RUN && at < w->n && ev == HTTP_MORE; i++) {
		ev = http_byte(&w->http, w->out.data[at++ & (HTTP_STEP - 1)]);
		if (ev == HTTP_BODY && !http_data(&w->http))
			ev = HTTP_MORE;
		/* Kept in registers, every value that the state can have is a path to verify. */
		barrier();
	}
	w->event = ev;
	return at;
}

/* Looks at HTTP bytes: hands heads on, skips bodies. */
__noinline int step_http(u32 io)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);
	struct conn *c;
	struct stream *s;
	u32 n, used, pos;
	int ev, flags;
	bool head;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	if (!c)
		return 0;
	s = walk_stream(w, c);
	if (http_data(&s->http)) {
		advance(w, s, http_skip(&s->http, w->b.left));
		return w->b.total > 0;
	}
	n = w->b.left < HTTP_STEP ? w->b.left : HTTP_STEP;
	if (n == 0 || bpf_probe_read_user(w->out.data, n, (void *)w->b.base))
		return 0;
	head = s->http.state < HTTP_CONTENT;
	pos = s->http.head_len;
	/*
	 * A server may read the client's first frame on one CPU while the send of its 101 has not
	 * come back on another. No method starts like a frame.
	 */
	if (pos == 0 && head && c->request & HTTP_UPGRADE && w->dir == WST_C2S &&
	    (w->out.data[0] & 0xc0) != 0x40 && w->out.data[0] != '\r' && w->out.data[0] != '\n') {
		become_ws(s);
		return 1;
	}
	w->http = s->http;
	w->event = HTTP_MORE;
	w->n = n;
	used = 0;
	for (int i = 0; i < HTTP_STEP / HTTP_RUN && used < n && w->event == HTTP_MORE; i++)
		used = scan_some(io, used);
	s->http = w->http;
	ev = w->event;
	if (used > HTTP_STEP)
		return 0; /* never: for the verifier */
	record_start(&w->out.h.h, c, WST_HEAD, w->dir, w->seq);
	advance(w, s, used);
	if (!head) {
		if (ev == HTTP_BAD)
			lose_sync(w, s, WST_WHY_BAD);
		return w->b.total > 0;
	}
	flags = ev == HTTP_BAD ? -WST_WHY_NOT_HTTP : 0;
	if (ev == HTTP_BAD && pos == 0 && w->out.data[0] == 0x16)
		flags = -WST_WHY_TLS; /* a TLS handshake record, RFC 8446 section 5.1 */
	if (pos + used > WST_HEAD_MAX * 16)
		flags = -WST_WHY_NOT_HTTP;
	if (ev == HTTP_END)
		flags = on_head(w, c, s);
	if (flags < 0)
		return go_opaque(w, c, -flags);
	if (pos == 0)
		flags |= WST_HEAD_FIRST;
	if (pos + used > WST_HEAD_MAX)
		flags |= WST_HEAD_CUT;
	if (!(flags & WST_HEAD_CUT) || flags & WST_HEAD_LAST) {
		w->out.h.h.flags = flags;
		w->out.h.pos = pos;
		w->out.h.n = flags & WST_HEAD_CUT ? 0 : used;
		emit(c, &w->out, sizeof(w->out.h) + (w->out.h.n & (2 * HTTP_STEP - 1)));
	}
	return w->b.total > 0;
}

/* A request or a response starts like this, on a connection joined midway. */
static __always_inline bool starts_http(const u8 *p, u32 n)
{
	if (n < 8)
		return false;
	for (int i = 0; i < 3; i++)
		if (p[i] < 'A' || p[i] > 'Z')
			return false;
	return p[3] == ' ' || p[4] == ' ' || p[5] == ' ' || p[6] == ' ' || p[7] == ' ' ||
	       (p[4] == '/' && p[5] == '1');
}

/* A byte of a header that is not whole, or of which it is in doubt whether it is one: w->hdr[0]. */
__noinline int step_header(u32 io)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);
	struct ws_frame f = {};
	struct conn *c;
	struct stream *s;
	int done;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	if (!c)
		return 0;
	s = walk_stream(w, c);
	if (s->phase == PH_LOST && !s->trust && !s->ws.have && !c->upgraded &&
	    starts_http(w->hdr, w->b.left)) {
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
	return w->b.total > 0;
}

/* One frame header and as much of its payload as there is, or the rest of an earlier payload. */
static __always_inline int step_ws(struct walk *w, struct conn *c, struct stream *s)
{
	struct ws_frame f;
	u64 n = w->b.left;

	if (w->skip) {
		advance(w, s, n);
		return w->b.total > 0;
	}
	if (!s->ws.left) {
		u32 got = n < WS_HDR_MAX ? n : WS_HDR_MAX;

		if (got == 0 || bpf_probe_read_user(w->hdr, got, (void *)w->b.base))
			return 0;
		if (s->phase == PH_LOST || s->ws.have || got < 2 || got < ws_hdr_len(w->hdr[1]) ||
		    (w->hdr[1] & 0x7f) == 127)
			return step_header(w->io);
		ws_parse(w->hdr, &f);
		s->ws.left = f.len;
		advance(w, s, f.hdr_len);
		on_frame(w, c, s, &f);
		n = w->b.left;
	}
	if (s->keep && n)
		return step_payload(w->io);
	advance(w, s, ws_skip(&s->ws, n));
	if (s->phase == PH_LOST && !w->b.total && !s->ws.left && s->trust)
		s->trust++;
	return w->b.total > 0;
}

static __always_inline int step(struct walk *w, struct conn *c, struct stream *s)
{
	if (!w->b.left)
		return bytes_next(&w->b);
	if (s->phase == PH_WS || s->phase == PH_LOST)
		return step_ws(w, c, s);
	if (s->phase == PH_HTTP)
		return step_http(w->io);
	return 0;
}

__noinline int walk_some(u32 io)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &io);
	struct conn *c;

	if (!w)
		return 0;
	c = bpf_map_lookup_elem(&conns, &w->sk);
	if (!c)
		return 0;
	for (int i = 0; i < 8; i++)
		if (!step(w, c, walk_stream(w, c)))
			return 0;
	return 1;
}

__noinline int walk_many(u32 io)
{
	for (int i = 0; i < 256; i++)
		if (!walk_some(io))
			return 0;
	return 1;
}

/* The call's bytes start at w->seq, the stream was at s->next_seq. Returns false: nothing new. */
static __noinline bool position(struct walk *w, struct conn *c, struct stream *s)
{
	s32 gap = w->seq - s->next_seq;
	bool harmless;

	/* Sends of two threads may come back in the other order; not so a send buffer apart. */
	if (gap < 0 && gap > -(1 << 26))
		return false;
	c->gaps += (u32)gap;
	if (s->phase == PH_HTTP)
		harmless = http_data(&s->http) >= (u32)gap;
	else
		harmless = !s->ws.have && s->ws.left >= (u32)gap;
	if (!harmless) {
		lose_sync(w, s, WST_WHY_GAP);
		w->skip = 0;
	} else if (s->phase == PH_HTTP) {
		http_skip(&s->http, (u32)gap);
	} else {
		ws_skip(&s->ws, (u32)gap);
		s->keep = 0;
	}
	s->pos += (u32)gap;
	return true;
}

int on_bytes(u64 sk, struct walk *w, u32 end_seq)
{
	struct conn *c = bpf_map_lookup_elem(&conns, &sk);
	struct stream *s;
	u32 n = w->b.total;

	if (!c) {
		c = conn_meet(sk, end_seq - n, w->io);
		if (!c)
			return 0;
	}
	if (c->opaque || c->shadow)
		return 0;
	w->pid = bpf_get_current_pid_tgid() >> 32;
	if (c->open.t.pid != w->pid && !conn_admit(c, w->pid))
		return 0;
	w->sk = sk;
	w->dir = w->io ^ (c->open.role & 1);
	w->skip = 0;
	w->seq = end_seq - n;
	s = walk_stream(w, c);

	/* Two threads on one direction at once: the later one's bytes become a gap. */
	__sync_fetch_and_add(&s->busy, 1);
	if (s->busy != 1)
		goto out;
	if (c->upgraded && !s->upgraded)
		become_ws(s);
	if (w->seq != s->next_seq && !position(w, c, s))
		goto out;
	s->n.stream += n;
	if (step(w, c, s) && step(w, c, s)) {
		for (int i = 0; i < 256; i++)
			if (!walk_many(w->io))
				break;
	}
	s->next_seq = w->seq; /* short of end_seq where bytes could not be read: a gap */
out:
	__sync_fetch_and_add(&s->busy, -1);
	return 0;
}
