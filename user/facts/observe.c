// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "decode/extensions.h"
#include "decode/ws.h"
#include "facts/observe.h"
#include "lib/escape.h"
#include "lib/units.h"

#define BIG (1 << 20) /* bytes of a message behind which a pong may wait long */
#define CLOSED_WINDOW 2048 /* bytes; a smaller window hardly lets anything through */
#define SEGMENT 1448 /* bytes of a full segment, mostly */
#define TINY 32
#define TINY_A_SECOND 1000
#define HELD_APART 4 /* one late acknowledgement in so many small writes makes a run */

/*
 * Returns what may be shown of the first header of this name, for the caller to free; NULL: none.
 */
static char *value(const struct http_msg *m, const char *name)
{
	const struct http_header *h = http_find(m, name);

	return h ? strndup(h->shown.p, h->shown.n) : NULL;
}

/*
 * Returns what may be shown of all headers of this name, with commas between them, for the caller
 * to free; NULL: none.
 */
static char *values(const struct http_msg *m, const char *name)
{
	struct buf b = {};

	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		if (h->name.n != strlen(name) || strncasecmp(h->name.p, name, h->name.n))
			continue;
		if (b.len)
			buf_str(&b, ", ");
		buf_add(&b, h->shown.p, h->shown.n);
	}
	if (b.data)
		buf_char(&b, 0);
	return b.data;
}

static void free_request(struct request_facts *r)
{
	free(r->target);
	free(r->shown_target);
	free(r->upgrade);
	free(r->connection_value);
	free(r->key);
	free(r->version);
	free(r->host);
	free(r->origin);
	free(r->protocols);
	free(r->extensions);
	memset(r, 0, sizeof(*r));
}

static void free_response(struct response_facts *r)
{
	free(r->reason);
	free(r->accept);
	free(r->protocol);
	free(r->extensions);
	free(r->location);
	free(r->version);
	memset(r, 0, sizeof(*r));
}

/* Returns whether a key is 16 bytes in base64 (RFC 6455, 4.1). */
static bool key_good(const char *key)
{
	if (!key || strlen(key) != 24 || strcmp(key + 22, "=="))
		return false;
	for (int i = 0; i < 22; i++)
		if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/')
			return false;
	return strchr("AQgw", key[21]); /* the last digit has four unused bits, which are 0 */
}

void observe_request(struct facts *f, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct request_facts *r = &f->req;

	f->earlier |= f->res.seen;
	free_request(r);
	free_response(&f->res);
	f->looked = 0;
	r->seen = true;
	r->cut = e->head.cut;
	r->ts = e->ts;
	r->seq = e->head.seq;
	r->websocket = e->head.upgrade;
	r->wanted = e->head.wanted;
	r->bad_line = m->bad_line;
	if (!r->wanted)
		return;
	r->connection = http_has_token(m, "connection", "upgrade");
	r->http10 = m->version.n == 3 && !memcmp(m->version.p, "1.0", 3);
	r->target = strndup(m->target.p, m->target.n);
	r->shown_target = strndup(m->shown_target.p, m->shown_target.n);
	r->upgrade = values(m, "upgrade");
	r->connection_value = values(m, "connection");
	r->key = value(m, "sec-websocket-key");
	r->key_good = key_good(r->key);
	if (r->cut && !r->key_good) { /* the key is cut, and may be equal to others' */
		free(r->key);
		r->key = NULL;
	}
	r->version = value(m, "sec-websocket-version");
	r->host = value(m, "host");
	r->origin = value(m, "origin");
	r->protocols = values(m, "sec-websocket-protocol");
	r->extensions = values(m, "sec-websocket-extensions");
}

static struct span span_of(const char *s)
{
	return (struct span){ s ? s : "", s ? strlen(s) : 0 };
}

/* Returns whether a list of extensions has this one, and sets *found to it then. */
static bool offers(const char *list, struct span name, struct extension *found)
{
	struct span rest = span_of(list);

	while (extension_next(&rest, found))
		if (found->name.n == name.n && !strncasecmp(found->name.p, name.p, name.n))
			return true;
	return false;
}

/* Returns whether any extension in the offer has the parameter client_max_window_bits. */
static bool offers_client_bits(const char *offered)
{
	struct span rest = span_of(offered);
	struct extension_param p;
	struct extension e;

	while (extension_next(&rest, &e))
		while (extension_param(&e.params, &p))
			if (extension_is(p.name, "client_max_window_bits"))
				return true;
	return false;
}

/*
 * Returns, in words, a parameter of permessage-deflate that the 101 must not have (RFC 7692, 7.1);
 * NULL: none.
 */
static const char *stray_param(const char *offered, struct span params)
{
	struct extension_param p;

	while (extension_param(&params, &p)) {
		bool client_bits = extension_is(p.name, "client_max_window_bits");

		if (client_bits || extension_is(p.name, "server_max_window_bits")) {
			if (p.value.p && !extension_window_bits(p.value))
				return "a window of permessage-deflate that is not 8 to 15 bits";
		} else if (!extension_is(p.name, "server_no_context_takeover") &&
			   !extension_is(p.name, "client_no_context_takeover")) {
			return "an unknown parameter of permessage-deflate";
		}
		if (client_bits && !offers_client_bits(offered))
			return "client_max_window_bits, which was not offered";
	}
	return NULL;
}

/*
 * Returns, in words, what the 101 grants without an offer, or in a way that is not allowed (RFC
 * 6455, 4.1); NULL: nothing.
 */
static const char *stray_extension(const char *offered, const char *granted)
{
	struct span rest = span_of(granted);
	struct extension e, offer;
	const char *stray = NULL;

	while (!stray && extension_next(&rest, &e)) {
		if (!offers(offered, e.name, &offer))
			return "an extension that was not offered";
		if (extension_is(e.name, "permessage-deflate"))
			stray = stray_param(offered, e.params);
	}
	return stray;
}

void observe_response(struct facts *f, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct response_facts *r = &f->res;

	if (!e->head.final)
		return;
	free_response(r);
	r->seen = true;
	r->cut = e->head.cut;
	r->ts = e->ts;
	r->status = m->status;
	r->websocket = e->head.upgrade;
	r->accept_ok = e->head.accept_ok;
	if (!f->req.wanted)
		return;
	r->has_upgrade = http_has_token(m, "upgrade", "websocket");
	r->has_connection = http_has_token(m, "connection", "upgrade");
	r->has_accept = http_find(m, "sec-websocket-accept");
	r->reason = strndup(m->reason.p, m->reason.n);
	r->accept = value(m, "sec-websocket-accept");
	r->protocol = value(m, "sec-websocket-protocol");
	r->extensions = values(m, "sec-websocket-extensions");
	r->location = value(m, "location");
	r->version = value(m, "sec-websocket-version");
	f->stray_extension = r->websocket && !r->cut && !f->req.cut ?
				     stray_extension(f->req.extensions, r->extensions) :
				     NULL;
}

static const struct breach
	reserved_opcode = { "its opcode is reserved",
			    "mend the sender: RFC 6455 knows the opcodes 0, 1, 2, 8, 9 and 10" },
	long_form = { "its length is not in the shortest form",
		      "mend the sender: one byte says a length up to 125, two more one up to "
		      "65535" },
	top_bit = { "the top bit of its 64-bit length is set",
		    "mend the sender, or what alters the stream: no frame is that long" },
	big_control = { "a control frame may carry 125 bytes at most",
			"mend the sender: send what is longer than 125 bytes as a message, not in "
			"a ping, pong or close" },
	split_control = { "a control frame may not be fragmented",
			  "mend the sender: send a ping, pong or close in one frame, with FIN" },
	orphan = { "it continues a message that was not begun",
		   "mend the sender: let only one thread at a time write a message" },
	nested = { "it begins a message inside another one",
		   "mend the sender: let only one thread at a time write a message" },
	after_close = { "it comes after a Close frame",
			"mend the sender: send nothing behind a Close frame", true };

/*
 * Returns the rule of RFC 6455, section 5, that a frame breaks by its header or by its place; NULL:
 * none.
 */
static const struct breach *find_breach(struct stream_facts *s, const struct frame_event *fr)
{
	uint8_t minimal = 2 + 4 * fr->masked + (fr->len > 125 ? fr->len > 0xffff ? 8 : 2 : 0);
	bool start = fr->opcode == WS_OP_TEXT || fr->opcode == WS_OP_BINARY;

	if ((fr->opcode & 7) > 2)
		return &reserved_opcode;
	if (fr->hdr_len != minimal)
		return &long_form;
	if (fr->opcode & 8 && fr->len > 125)
		return &big_control;
	if (fr->opcode & 8 && !fr->fin)
		return &split_control;
	if (fr->opcode == WS_OP_CONT && s->message == MESSAGE_NONE)
		return &orphan;
	if (start && s->message == MESSAGE_OPEN)
		return &nested;
	return NULL;
}

static bool observe_control(struct facts *f, struct stream_facts *s, const struct event *e)
{
	const struct frame_event *fr = &e->frame;
	struct stream_facts *other = &f->s[!fr->dir];

	switch (fr->opcode) {
	case WS_OP_PING:
		if (s->ping_ts)
			s->ping_every = e->ts - s->ping_ts;
		s->ping_ts = e->ts;
		s->pings++;
		if (!s->asked_ts)
			s->asked_ts = e->ts;
		return false;
	case WS_OP_PONG:
		f->rtt_us = fr->rtt_us;
		if (fr->rtt_us >= 0)
			other->asked_ts = 0;
		return fr->rtt_us > 500000;
	case WS_OP_CLOSE:
		if (s->closed)
			return false;
		s->closed = true;
		s->close_ts = e->ts;
		s->close_len = fr->len;
		s->code = fr->code;
		if (fr->code) {
			s->reason = strndup(fr->reason.p, fr->reason.n);
			f->text_bad = !utf8_valid(fr->reason.p, fr->reason.n);
		}
		return true;
	default:
		return true;
	}
}

/* Returns whether frames of a few bytes come at a rate that costs more than they carry. */
static bool observe_rate(struct stream_facts *s, const struct event *e)
{
	bool storm = false;

	if (e->ts - s->second >= NS_PER_SEC) {
		bool busy = s->tiny > TINY_A_SECOND && e->ts - s->second < 2 * NS_PER_SEC;

		s->busy_seconds = busy ? s->busy_seconds + 1 : 0;
		storm = s->busy_seconds == 3;
		if (!storm)
			s->tiny = 0;
		s->second = e->ts;
	}
	s->tiny += e->frame.len < TINY;
	return storm;
}

bool observe_frame(struct facts *f, const struct event *e)
{
	const struct frame_event *fr = &e->frame;
	struct stream_facts *s = &f->s[fr->dir];
	bool remarkable, closed = s->closed;

	f->dir = fr->dir;
	f->len = fr->len;
	f->rsv = fr->rsv;
	f->frame_masked = fr->masked;
	f->rtt_us = -1;
	f->text_bad = false;
	f->breach = find_breach(s, fr);
	s->frames++;
	s->last_ts = e->ts;
	remarkable = f->breach || fr->rsv || fr->masked != (fr->dir == WST_C2S) || closed;
	if (closed && !f->breach)
		f->breach = &after_close;
	if (fr->opcode & 8)
		return observe_control(f, s, e) || remarkable;
	s->message = fr->fin ? MESSAGE_NONE : MESSAGE_OPEN;
	if (fr->len > BIG || s->data_len <= BIG || e->ts - s->data_ts > NS_PER_SEC) {
		s->data_ts = e->ts;
		s->data_len = fr->len;
	}
	if (fr->opcode == WS_OP_TEXT && fr->fin && !fr->rsv && fr->has_payload &&
	    fr->payload.n == fr->len)
		f->text_bad = !utf8_valid(fr->payload.p, fr->payload.n);
	if (fr->opcode == WS_OP_TEXT && fr->fin && fr->compressed && !fr->inflate_error)
		f->text_bad = !utf8_valid(fr->inflated.p, fr->inflated.n);
	return observe_rate(s, e) || remarkable || f->text_bad;
}

void observe_resync(struct facts *f, const struct event *e)
{
	uint8_t dir = e->resync->h.dir;

	f->dir = dir;
	f->s[dir].message = MESSAGE_UNKNOWN;
	f->rsv = 0;
	f->frame_masked = dir == WST_C2S;
	f->breach = e->resync->why == WST_WHY_BAD ? &top_bit : NULL;
}

static void observe_socket(struct facts *f, const struct wst_stats *r)
{
	const struct wst_counts *out = &r->counts[f->conn->role == WST_SERVER ? WST_S2C : WST_C2S];
	struct waiting_facts *w = &f->wait;

	w->retrans = r->retrans;
	w->window = r->window;
	w->unread = r->unread;
	w->unsent = r->unsent;
	w->segments = out->stream / SEGMENT + counts_frames(out);
}

void observe_stats(struct facts *f, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	struct waiting_facts *w = &f->wait;
	bool server = f->conn->role == WST_SERVER;
	uint64_t received = r->counts[server ? WST_C2S : WST_S2C].stream;
	uint64_t sent = r->counts[server ? WST_S2C : WST_C2S].stream - r->unsent;

	observe_socket(f, r);
	if (!r->unread || received != w->received || !w->unread_since)
		w->unread_since = r->unread ? e->ts : 0;
	if (!r->unsent || r->window >= CLOSED_WINDOW || sent != w->sent || !w->unsent_since)
		w->unsent_since = r->unsent && r->window < CLOSED_WINDOW ? e->ts : 0;
	w->unread_for = w->unread_since ? e->ts - w->unread_since : 0;
	w->unsent_for = w->unsent_since ? e->ts - w->unsent_since : 0;
	w->received = received;
	w->sent = sent;
}

void observe_held(struct facts *f, const struct event *e)
{
	const struct wst_held *r = e->held;
	struct held_facts *h = &f->held;

	if (r->holds - h->holds > HELD_APART)
		memset(h, 0, sizeof(*h));
	h->run++;
	h->holds = r->holds;
	h->rtt_us = r->rtt_us;
	h->us += r->wait_us;
	f->dir = r->h.dir;
}

void observe_close(struct facts *f, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	struct end_facts *end = &f->end;
	uint64_t ended = r->ended ? r->ended : r->h.ts;
	uint64_t since = r->last ? r->last : r->opened;

	end->seen = true;
	end->how = r->how;
	end->by_client = stats_by_client(f->conn, r);
	end->ts = e->ts - (r->h.ts > ended ? r->h.ts - ended : 0);
	end->silence = ended > since ? ended - since : 0;
	if (f->res.websocket)
		end->lived = end->ts > f->res.ts ? end->ts - f->res.ts : 0;
	else
		end->lived = ended > r->opened ? ended - r->opened : 0;
	observe_socket(f, r);
	f->heard |= r->gaps || r->lost || (!f->earlier && r->counts[WST_S2C].stream);
	/* Data frames do not come as events with -q. */
	for (int dir = 0; dir < WST_DIRS; dir++)
		if (counts_frames(&r->counts[dir]) > f->s[dir].frames)
			f->s[dir].frames = counts_frames(&r->counts[dir]);
}

void observe_free(struct facts *f)
{
	free_request(&f->req);
	free_response(&f->res);
	free(f->s[WST_C2S].reason);
	free(f->s[WST_S2C].reason);
}
