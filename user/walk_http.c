// SPDX-License-Identifier: GPL-2.0-only
/* The walk while a connection speaks HTTP, as bpf/http.bpf.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include <string.h>
#include "packets.h"
#include "walk_state.h"

bool walk_starts_http(const uint8_t *p, uint32_t n)
{
	if (n < 8)
		return false;
	for (int i = 0; i < 3; i++)
		if (p[i] < 'A' || p[i] > 'Z')
			return false;
	return p[3] == ' ' || p[4] == ' ' || p[5] == ' ' || p[6] == ' ' || p[7] == ' ' ||
	       (p[4] == '/' && p[5] == '1');
}

static void emit_head(struct call *k, uint32_t seq, uint32_t pos, const uint8_t *p, uint32_t n,
		      uint16_t flags)
{
	struct walker *w = k->w;

	if (pos == 0)
		flags |= WST_HEAD_FIRST;
	if (pos + n > WST_HEAD_MAX)
		flags |= WST_HEAD_CUT;
	if (flags & WST_HEAD_CUT && !(flags & WST_HEAD_LAST))
		return;
	record_start(&w->out.h.h, k->c, k->ts, WST_HEAD, k->dir, seq);
	w->out.h.h.flags = flags;
	w->out.h.pos = pos;
	w->out.h.n = flags & WST_HEAD_CUT ? 0 : n;
	memcpy(w->out.data, p, w->out.h.n);
	w->fn(w->ctx, &w->out, sizeof(w->out.h) + w->out.h.n);
}

/* Where a client speaks TLS, how the server answers tells whether it does, too. */
static void go_opaque(struct call *k, uint8_t why)
{
	struct wst_opaque r = { .why = why };

	record_start(&r.h, k->c, k->ts, WST_OPAQUE, k->dir, k->seq);
	if (k->dir == WST_S2C && k->c->s[WST_C2S].phase == PH_OPAQUE)
		r.h.flags = WST_ANSWER;
	k->w->fn(k->w->ctx, &r, sizeof(r));
	k->s->phase = PH_OPAQUE;
	k->c->opaque = why != WST_WHY_TLS || k->dir == WST_S2C;
}

/* A head is complete. Returns the WST_HEAD_* flags that say so, or the negative enum wst_why. */
static int on_head(struct call *k)
{
	struct walk_conn *c = k->c;
	struct stream *s = k->s;
	uint16_t flags = s->http.flags, status = s->http.status;

	if (!!(flags & HTTP_IS_RESPONSE) != (k->dir == WST_S2C))
		return -WST_WHY_NOT_HTTP;
	if (k->dir == WST_C2S) {
		c->request = flags;
		http_body(&s->http, 0);
		return flags & HTTP_IS_PRI ? -WST_WHY_HTTP2 : WST_HEAD_LAST;
	}
	if (status == 101) {
		if (!(flags & HTTP_UPGRADE) &&
		    (flags & HTTP_OTHER_UPGRADE || !(c->request & HTTP_UPGRADE)))
			return -WST_WHY_OTHER_UPGRADE;
		become_ws(s);
		c->upgraded = true;
		c->ws = true;
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

void walk_http(struct call *k)
{
	struct walk_conn *c = k->c;
	struct stream *s = k->s;
	bool head = s->http.state < HTTP_CONTENT;
	uint32_t n = k->left < WST_CHUNK ? k->left : WST_CHUNK;
	uint32_t pos = s->http.head_len, seq = k->seq, used = 0;
	const uint8_t *p = k->p;
	int ev = HTTP_MORE, flags = 0;

	if (http_data(&s->http)) {
		advance(k, http_skip(&s->http, k->left));
		return;
	}
	/* The client's first frame, where the 101 is missing or comes later. */
	if (pos == 0 && head && c->request & HTTP_UPGRADE && k->dir == WST_C2S &&
	    (*p & 0xc0) != 0x40 && *p != '\r' && *p != '\n') {
		become_ws(s);
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
	if (ev == HTTP_BAD)
		/* a TLS handshake record, or an alert, RFC 8446 section 5.1 */
		flags = pos == 0 && (*p == 0x16 || *p == 0x15) ? -WST_WHY_TLS : -WST_WHY_NOT_HTTP;
	else if (pos + used > WST_HEAD_MAX * 16)
		flags = -WST_WHY_NOT_HTTP;
	else if (ev == HTTP_END)
		flags = on_head(k);
	if (flags < 0)
		go_opaque(k, -flags);
	else
		emit_head(k, seq, pos, p, used, flags);
	if (ev == HTTP_END && k->dir == WST_S2C && c->s[WST_C2S].phase == PH_OPAQUE)
		c->opaque = true; /* plain HTTP is its answer to TLS */
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
	emit_head(k, k->seq, s->http.head_len, k->p, 0, flags);
	if (k->dir == WST_C2S)
		c->request = s->http.flags;
	http_next(&s->http);
	k->s->pos += k->missing;
	if (upgrade) {
		become_ws(s);
		c->upgraded = true;
		c->ws = true;
	}
	s->head_cut = 1;
	lose_sync(k, WST_WHY_GAP);
}

static bool holds(const uint8_t *p, uint32_t n, const char *text)
{
	return memmem(p, n, text, strlen(text));
}

bool walk_made_up(const uint8_t *p, uint32_t have)
{
	return walk_starts_http(p, have) && holds(p, have, "\r\n" MADE_UP_HEADER) &&
	       !holds(p, have, "\r\nSec-WebSocket-Key:") &&
	       !holds(p, have, "\r\nSec-WebSocket-Accept:");
}

void walk__resume(struct walk_conn *c, uint64_t ts, const uint8_t *p, uint32_t n)
{
	struct call k = { .w = c->w, .c = c, .s = &c->s[WST_S2C], .ts = ts, .dir = WST_S2C };
	uint32_t seq = c->open.first_seq[WST_S2C] - n, some;

	for (int i = 0; i < WST_DIRS; i++) {
		become_ws(&c->s[i]);
		c->s[i].started = 1;
	}
	c->upgraded = c->ws = c->resumed = true;
	for (uint32_t pos = 0; pos < n; pos += some) {
		some = n - pos < WST_CHUNK ? n - pos : WST_CHUNK;
		emit_head(&k, seq + pos, pos, p + pos, some,
			  pos + some == n ? WST_HEAD_LAST | WST_HEAD_MADE_UP : 0);
	}
}
