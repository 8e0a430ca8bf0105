// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk while a connection speaks HTTP: up to the 101, or for good. */
#include "walk.bpf.h"
#include "stream_http.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int go_opaque(struct walk *w, struct conn *c, struct stream *s, u8 why)
{
	struct wst_opaque r = {};

	record_start(&r.h, c, WST_OPAQUE, w->dir, w->seq);
	c->opaque = stream_opaque(s, &c->s[WST_C2S], w->dir, why, &r);
	emit(c, &r, sizeof(r));
	return !c->opaque;
}

#define HTTP_STEP 512 /* bytes of a head looked at in one step */
#define HTTP_RUN 4 /* and in one verified loop */

/* Scans w->out.data from pos. Returns the new place; w->event is what stopped it, or HTTP_MORE. */
__noinline int scan_some(u32 at, u32 pos)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	int ev = HTTP_MORE;

	if (!w)
		return 0;
	for (int i = 0; i < HTTP_RUN && pos < w->out_n && ev == HTTP_MORE; i++) {
		ev = http_byte(&w->http, w->out.data[pos++ & (HTTP_STEP - 1)]);
		if (ev == HTTP_BODY && !http_data(&w->http))
			ev = HTTP_MORE;
		/* Kept in registers, every value that the state can have is a path to verify. */
		barrier();
	}
	w->event = ev;
	return pos;
}

/* Scans the w->out_n bytes in w->out.data, as far as w->event says. Returns how many that are. */
__noinline int scan_all(u32 at)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &at);
	u32 used = 0;

	if (!w)
		return 0;
	w->event = HTTP_MORE;
	for (int i = 0; i < HTTP_STEP / HTTP_RUN && used < w->out_n && w->event == HTTP_MORE; i++)
		used = scan_some(at, used);
	return used;
}

__noinline int step_http(u32 at)
{
	struct walk *w;
	struct conn *c;
	struct stream *s;
	u32 n, used, pos;
	int ev, flags;
	bool head;

	if (!walk_find(at, &w, &c, &s))
		return 0;
	if (http_data(&s->http)) {
		advance(w, s, http_skip(&s->http, w->b.left));
		return w->b.total > 0;
	}
	n = w->b.left < HTTP_STEP ? w->b.left : HTTP_STEP;
	if (n == 0 || bpf_probe_read_user(w->out.data, n, (void *)w->b.base))
		return 0;
	head = s->http.state < HTTP_CONTENT;
	pos = s->http.head_len;
	if (stream_is_frame(s, c->request, w->dir, w->out.data[0])) {
		stream_begin_ws(s);
		return 1;
	}
	w->http = s->http;
	w->out_n = n;
	used = scan_all(at);
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
	flags = stream_piece(s, &c->request, w->dir, ev, pos, used, w->out.data[0]);
	if (flags < 0)
		return go_opaque(w, c, s, -flags);
	if (flags & WST_HEAD_WS)
		c->upgraded = c->ws = 1;
	if (stream_piece_told(flags, &pos, &used)) {
		w->out.h.h.flags = flags;
		w->out.h.pos = pos;
		w->out.h.n = used;
		emit(c, &w->out, sizeof(w->out.h) + (used & (2 * HTTP_STEP - 1)));
	}
	if (ev == HTTP_END && w->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		c->opaque = 1; /* plain HTTP is its answer to TLS */
	return w->b.total > 0;
}
