// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk while a connection speaks HTTP: up to the 101, or for good. */
#include "walk.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Nothing more of c is looked at. But where a client speaks TLS, how the server answers tells whether
 * it does, too: its first bytes still are.
 */
static __always_inline int go_opaque(struct walk *w, struct conn *c, struct stream *s, u8 why)
{
	struct wst_opaque r = {};

	r.why = why;
	record_start(&r.h, c, WST_OPAQUE, w->dir, w->seq);
	if (w->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		r.h.flags = WST_ANSWER;
	emit(c, &r, sizeof(r));
	s->phase = PH_OPAQUE;
	c->opaque = why != WST_WHY_TLS || w->dir == WST_S2C;
	return !c->opaque;
}

/* A head is complete. Returns the WST_HEAD_* flags that say so, or the negative enum wst_why. */
static __always_inline int on_head(struct walk *w, struct conn *c, struct stream *s)
{
	u16 flags = s->http.flags;
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
		c->ws = 1;
		return WST_HEAD_LAST | WST_HEAD_WS;
	}
	if (status / 100 == 2 && c->request & HTTP_IS_CONNECT)
		http_next(&s->http); /* a tunnel (RFC 9110 section 9.3.6): whatever comes is new */
	else if (http_body(&s->http, c->request & HTTP_IS_HEAD) == HTTP_UNTIL_CLOSE)
		s->phase = PH_OPAQUE;
	if (status >= 200)
		c->request = 0;
	return WST_HEAD_LAST;
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
	flags = ev == HTTP_BAD ? -WST_WHY_NOT_HTTP : 0;
	/* A TLS record: a handshake's, or the alert that answers what is none (RFC 8446, 5.1). */
	if (ev == HTTP_BAD && pos == 0 && (w->out.data[0] == 0x16 || w->out.data[0] == 0x15))
		flags = -WST_WHY_TLS;
	if (pos + used > WST_HEAD_MAX * 16)
		flags = -WST_WHY_NOT_HTTP;
	if (ev == HTTP_END)
		flags = on_head(w, c, s);
	if (flags < 0)
		return go_opaque(w, c, s, -flags);
	if (pos == 0)
		flags |= WST_HEAD_FIRST;
	if (pos + used > WST_HEAD_MAX)
		flags |= WST_HEAD_CUT;
	if (!(flags & WST_HEAD_CUT) || flags & WST_HEAD_LAST) {
		w->out.h.h.flags = flags;
		w->out.h.pos = flags & WST_HEAD_CUT ? pos + used : pos;
		w->out.h.n = flags & WST_HEAD_CUT ? 0 : used;
		emit(c, &w->out, sizeof(w->out.h) + (w->out.h.n & (2 * HTTP_STEP - 1)));
	}
	if (ev == HTTP_END && w->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		c->opaque = 1; /* plain HTTP is its answer to TLS */
	return w->b.total > 0;
}
