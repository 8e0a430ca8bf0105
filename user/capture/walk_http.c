// SPDX-License-Identifier: GPL-2.0-only
/* The walk through HTTP. bpf/stream_http.h decides, as in bpf/http.bpf.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include <string.h>
#include "bpf/stream_http.h"
#include "capture/walk_state.h"
#include "pcapng/made_up.h"

static void emit_head(struct call *k, uint32_t seq, uint32_t pos, const uint8_t *p, uint32_t n,
		      int flags)
{
	struct walker *w = k->w;

	if (!stream_piece_told(flags, &pos, &n))
		return;
	record_start(&w->out.h.h, k->c, k->ts, WST_HEAD, k->dir, seq);
	if (flags & WST_HEAD_LAST && call_dir(k)->missed) {
		flags |= WST_HEAD_MISSED;
		call_dir(k)->missed = false;
	}
	w->out.h.h.flags = flags;
	w->out.h.pos = pos;
	w->out.h.n = n;
	memcpy(w->out.data, p, n);
	w->fn(w->ctx, &w->out, sizeof(w->out.h) + n);
}

/* Gives up a stream that is not HTTP, with a WST_OPAQUE. */
static void go_opaque(struct call *k, uint8_t why)
{
	struct walk_conn *c = k->c;
	struct wst_opaque r = {};

	record_start(&r.h, c, k->ts, WST_OPAQUE, k->dir, k->seq);
	c->opaque = stream_opaque(k->s, &c->s[WST_C2S], k->dir, why, &r);
	k->w->fn(k->w->ctx, &r, sizeof(r));
}

/* Hands the start of a body on, as it lies in this segment. */
static void hand_body_on(struct call *k)
{
	struct walker *w = k->w;
	uint32_t n = k->left < k->s->body ? k->left : k->s->body;

	record_start(&w->out.h.h, k->c, k->ts, WST_BODY, k->dir, k->seq);
	w->out.h.n = n;
	w->out.h.pos = WST_BODY_MAX - k->s->body;
	memcpy(w->out.data, k->p, n);
	w->fn(w->ctx, &w->out, sizeof(w->out.h) + n);
	stream_body_passed(k->s, n);
}

void walk_http(struct call *k)
{
	struct walk_conn *c = k->c;
	struct stream *s = k->s;
	bool head = s->http.state < HTTP_CONTENT;
	uint32_t n = k->left < WST_CHUNK ? k->left : WST_CHUNK;
	uint32_t pos = s->http.head_len, seq = k->seq, used = 0;
	const uint8_t *p = k->p;
	int ev = HTTP_MORE, flags;

	if (stream_wants_body(s))
		hand_body_on(k);
	if (s->phase == PH_OPAQUE) {
		advance(k, k->left);
		return;
	}
	if (http_data(&s->http)) {
		advance(k, http_skip(&s->http, k->left));
		return;
	}
	if (stream_is_socks(s, p, k->left, k->left + k->missing, k->dir)) {
		/* What passes through the tunnel tells itself where it is HTTP. */
		stream_lose(&c->s[WST_S2C], WST_WHY_SOCKS);
		lose_sync(k, WST_WHY_SOCKS);
		return;
	}
	if (stream_is_frame(s, c->request, k->dir, *p)) {
		stream_begin_ws(s);
		call_dir(k)->n_held = 0;
		return;
	}
	while (used < n && ev == HTTP_MORE) {
		ev = http_byte(&s->http, p[used++]);
		if (ev == HTTP_BODY && !http_data(&s->http))
			ev = HTTP_MORE;
	}
	advance(k, used);
	if (!head) {
		if (ev == HTTP_BAD)
			lose_sync(k, WST_WHY_BAD);
		return;
	}
	flags = stream_piece(s, &c->request, k->dir, ev, pos, used, stream_is_tls(p, n));
	if (flags < 0) {
		go_opaque(k, -flags);
		return;
	}
	if (flags & WST_HEAD_WS)
		c->upgraded = c->ws = true;
	emit_head(k, seq, pos, p, used, flags);
	if (ev == HTTP_END && k->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		c->opaque = true; /* the answer to TLS is plain HTTP */
}

void walk_cut_head(struct call *k)
{
	struct walk_conn *c = k->c;
	struct stream *s = k->s;
	uint16_t flags = WST_HEAD_LAST | WST_HEAD_CUT;
	bool known = s->http.state > HTTP_LINE || s->http.pos >= 12;
	bool upgrade = k->dir == WST_S2C && known && s->http.status == 101 &&
		       !(s->http.flags & HTTP_OTHER_UPGRADE);

	if (upgrade)
		flags |= WST_HEAD_WS;
	if (!s->http.head_len)
		flags |= WST_HEAD_FIRST;
	if (s->http.flags & HTTP_IS_PROXY && k->dir == WST_C2S)
		flags |= WST_HEAD_PROXY;
	emit_head(k, k->seq, s->http.head_len, k->p, 0, flags);
	if (k->dir == WST_C2S)
		c->request = s->http.flags;
	http_next(&s->http);
	k->s->pos += k->missing;
	if (upgrade) {
		stream_begin_ws(s);
		c->upgraded = true;
		c->ws = true;
	}
	call_dir(k)->head_cut = true;
	lose_sync(k, WST_WHY_GAP);
}

static bool holds(const uint8_t *p, uint32_t n, const char *text)
{
	return memmem(p, n, text, strlen(text));
}

bool walk_made_up(const uint8_t *p, uint32_t have)
{
	return stream_starts_http(p, have) && holds(p, have, "\r\n" MADE_UP_HEADER) &&
	       !holds(p, have, "\r\nSec-WebSocket-Key:") &&
	       !holds(p, have, "\r\nSec-WebSocket-Accept:");
}

void walk__resume(struct walk_conn *c, uint64_t ts, const uint8_t *p, uint32_t n)
{
	struct call k = { .w = c->w, .c = c, .s = &c->s[WST_S2C], .ts = ts, .dir = WST_S2C };
	uint32_t seq = c->open.first_seq[WST_S2C] - n, some;

	for (int i = 0; i < WST_DIRS; i++) {
		stream_begin_ws(&c->s[i]);
		c->d[i].started = true;
	}
	c->upgraded = c->ws = c->resumed = true;
	for (uint32_t pos = 0; pos < n; pos += some) {
		some = n - pos < WST_CHUNK ? n - pos : WST_CHUNK;
		emit_head(&k, seq + pos, pos, p + pos, some,
			  (pos ? 0 : WST_HEAD_FIRST) |
				  (pos + some == n ? WST_HEAD_LAST | WST_HEAD_MADE_UP : 0));
	}
}
