// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The walk while a connection speaks HTTP: up to the 101, or for good. */
#include "http.bpf.h"
#include "walk.bpf.h"
#include "stream_http.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The stream is not HTTP, says why. Returns whether the walk goes on. */
__noinline int step_opaque(u32 at, u32 why)
{
	struct wst_opaque *r;
	struct call *k;
	struct conn *c;
	struct stream *s;

	if (!call_find(at, &k, &c, &s))
		return 0;
	r = call_opaque(k, c);
	c->opaque = stream_opaque(s, &c->s[WST_C2S], k->dir, why, r);
	emit(c, r, sizeof(*r));
	return !c->opaque;
}

#define HTTP_STEP 512 /* bytes of a head looked at in one step */
#define HTTP_RUN 4 /* bytes in one loop that the verifier follows */

/* Scans k->out.data from pos. Returns where it stopped; k->event says why, or HTTP_MORE. */
__noinline int scan_some(u32 at, u32 pos)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	int ev = HTTP_MORE;

	if (!k)
		return 0;
	for (int i = 0; i < HTTP_RUN && pos < k->out_n && ev == HTTP_MORE; i++) {
		ev = http_byte(&k->http, k->out.data[pos++ & (HTTP_STEP - 1)]);
		if (ev == HTTP_BODY && !http_data(&k->http))
			ev = HTTP_MORE;
		/* Kept in registers, every value that the state can have is a path to verify. */
		barrier();
	}
	k->event = ev;
	return pos;
}

/* Scans the k->out_n bytes in k->out.data up to an event, k->event. Returns how many that are. */
__noinline int scan_all(u32 at)
{
	struct call *k = bpf_map_lookup_elem(&calls, &at);
	u32 used = 0;

	if (!k)
		return 0;
	k->event = HTTP_MORE;
	for (int i = 0; i < HTTP_STEP / HTTP_RUN && used < k->out_n && k->event == HTTP_MORE; i++)
		used = scan_some(at, used);
	return used;
}

/* Hands a record on, with n bytes of k->out.data: fewer than 2 * HTTP_STEP. */
static __always_inline void emit_some(struct call *k, struct conn *c, u32 n)
{
	k->out.h.n = n;
	/* The compiler knows the bound and leaves out what would show it to older verifiers. */
	asm volatile("" : "+r"(n));
	emit(c, &k->out, sizeof(k->out.h) + (n & (2 * HTTP_STEP - 1)));
}

__noinline int step_body(u32 at)
{
	struct call *k;
	struct conn *c;
	struct stream *s;
	u64 n;

	if (!call_find(at, &k, &c, &s))
		return 0;
	n = k->b.left;
	if (n > s->body)
		n = s->body;
	if (n > WST_BODY_MAX)
		n = WST_BODY_MAX;
	/* Older verifiers do not see the bound in the compiler's comparisons. */
	asm volatile("" : "+r"(n));
	n &= 2 * WST_BODY_MAX - 1;
	if (n == 0 || bpf_probe_read_user(k->out.data, n, (void *)k->b.base)) {
		s->body = 0;
		return 1;
	}
	record_start(&k->out.h.h, c, WST_BODY, k->dir, k->seq);
	k->out.h.pos = WST_BODY_MAX - s->body;
	emit_some(k, c, n);
	stream_body_passed(s, n);
	return 1;
}

/* Goes on behind the next used bytes of HTTP, which scan_all() has scanned up to k->event. */
__noinline int step_piece(u32 at, u32 used)
{
	struct call *k;
	struct conn *c;
	struct stream *s;
	int ev, flags;
	bool head;
	u32 pos;

	if (!call_find(at, &k, &c, &s) || used > HTTP_STEP)
		return 0;
	head = s->http.state < HTTP_CONTENT;
	pos = s->http.head_len;
	s->http = k->http;
	ev = k->event;
	if (ev == HTTP_PREFACE)
		c->unsure = 0; /* the user side knows whose it is */
	record_start(&k->out.h.h, c, WST_HEAD, k->dir, k->seq);
	advance(k, s, used);
	if (!head) {
		if (ev == HTTP_BAD)
			lose_sync(k, s, WST_WHY_BAD);
		return k->b.total > 0;
	}
	flags = stream_piece(s, &c->request, k->dir, ev, pos, used,
			     stream_is_tls(k->out.data, k->out_n));
	if (flags < 0)
		return step_opaque(at, -flags);
	if (flags & WST_HEAD_WS)
		c->upgraded = c->ws = 1;
	if (stream_piece_told(flags, &pos, &used)) {
		k->out.h.h.flags = flags;
		k->out.h.pos = pos;
		emit_some(k, c, used);
	}
	if (ev == HTTP_END && k->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		c->opaque = 1; /* plain HTTP is its answer to TLS */
	return k->b.total > 0;
}

__noinline int step_http(u32 at)
{
	struct call *k;
	struct conn *c;
	struct stream *s;
	u32 n;

	if (!call_find(at, &k, &c, &s))
		return 0;
	if (http_data(&s->http)) {
		advance(k, s, http_skip(&s->http, k->b.left));
		return k->b.total > 0;
	}
	n = k->b.left < HTTP_STEP ? k->b.left : HTTP_STEP;
	if (n == 0 || bpf_probe_read_user(k->out.data, n, (void *)k->b.base))
		return 0;
	if (stream_is_socks(s, k->out.data, n, k->b.total, k->dir)) {
		/* What passes through the tunnel tells itself where it is HTTP. */
		stream_lose(&c->s[WST_S2C], WST_WHY_SOCKS);
		lose_sync(k, s, WST_WHY_SOCKS);
		return 1;
	}
	if (stream_is_frame(s, c->request, k->dir, k->out.data[0])) {
		stream_begin_ws(s);
		return 1;
	}
	k->http = s->http;
	k->out_n = n;
	return step_piece(at, scan_all(at));
}
