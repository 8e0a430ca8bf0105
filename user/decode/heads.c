// SPDX-License-Identifier: GPL-2.0-only
/* Requests and answers, from the pieces that the kernel side sends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "decode/decoder.h"
#include "decode/ws.h"
#include "lib/units.h"

/* A client that sends the next request within this time has not waited for the answer. */
#define PIPELINED_NS NS_PER_SEC
#define PIPELINED_MAX 32

/* Whether h is the last answer to its request, and the next one belongs to another. */
static bool is_final(const struct whole_head *h)
{
	size_t at = 0;
	const char *status;

	while (at < h->bytes.len && strchr("\r\n", h->bytes.data[at]))
		at++;
	status = h->bytes.len > at + 12 ? h->bytes.data + at + 9 : "200"; /* behind "HTTP/1.1 " */
	return *status >= '2' || h->flags & WST_HEAD_WS || !memcmp(status, "101", 3);
}

static void set_target(char **to, struct span target)
{
	free(*to);
	*to = strndup(target.p, target.n);
}

static void on_request(struct conn *c, const struct event *e)
{
	struct span key = http_value(e->head.msg, "sec-websocket-key");

	set_target(&c->target, e->head.msg->target);
	set_target(&c->shown_target, e->head.msg->shown_target);
	c->key[0] = 0;
	/* A key at the end of a cut head may be cut, too. */
	if (!e->head.cut && key.n && key.n < sizeof(c->key)) {
		memcpy(c->key, key.p, key.n);
		c->key[key.n] = 0;
	}
}

static void on_response(struct conn *c, struct event *e, uint64_t ts)
{
	struct head_event *h = &e->head;

	h->accept_ok = -1;
	if (c->request_ts && ts >= c->request_ts)
		h->latency_us = (ts - c->request_ts) / 1000;
	if (h->msg->status == 101 && c->key[0] && !h->cut)
		h->accept_ok = ws_accept_ok((struct span){ c->key, strlen(c->key) },
					    http_value(h->msg, "sec-websocket-accept"));
	if (h->final)
		c->request_ts = 0;
	if (h->upgrade && !h->cut) {
		c->upgraded = true;
		deflate_parse(&c->deflate, h->msg);
	}
}

/*
 * Takes the compression that a made-up 101 tells of: one in a file of wstrace's own, for a
 * connection that was older than the file.
 */
static void on_made_up(struct conn *c, const struct http_msg *m)
{
	struct deflate_params p;

	deflate_parse(&p, m);
	if (!p.agreed)
		return;
	c->upgraded = true;
	c->deflate = p;
}

/* Fills in the parts of a head that outputs may show. Returns 0 or -ENOMEM. */
static int show_head(struct decoder *d, const struct buf *bytes, struct head_event *h)
{
	if (http_show(&d->msg, d->secrets, &d->shown))
		return -ENOMEM;
	h->shown = (struct span){ bytes->data, bytes->len };
	if (d->secrets)
		return 0;
	d->head.len = 0;
	buf_add(&d->head, bytes->data, bytes->len);
	if (d->head.failed)
		return -ENOMEM;
	http_redact_head(d->head.data, d->head.len);
	h->shown.p = d->head.data;
	return 0;
}

/* Sends a head's event. Of bytes that are no head, nothing is sent. */
static void tell_head(struct decoder *d, struct conn *c, const struct whole_head *h)
{
	struct event e = {};

	if (http_parse(&d->msg, h->bytes.data, h->bytes.len) || show_head(d, &h->bytes, &e.head))
		return;
	e.packet = h->packet;
	e.head.msg = &d->msg;
	e.head.cut = h->cut || d->msg.more || http_find(&d->msg, "x-wstrace-cut") ||
		     http_find(&d->msg, "x-wstrace"); /* filled in, or made up, by -w */
	e.head.missed = h->flags & WST_HEAD_MISSED;
	e.head.seq = h->seq;
	e.head.len = h->len;
	if (h->flags & WST_HEAD_MADE_UP) {
		on_made_up(c, &d->msg);
	} else if (h->dir == WST_C2S) {
		e.head.upgrade = http_has_token(&d->msg, "upgrade", "websocket");
		e.head.wanted = e.head.upgrade || http_find(&d->msg, "sec-websocket-key");
		on_request(c, &e);
		c->request_ts = h->last_ts;
		decoder_send(d, &e, c, EV_REQUEST, h->ts);
	} else {
		e.head.upgrade = h->flags & WST_HEAD_WS;
		e.head.final = is_final(h);
		e.head.body = (struct span){ c->body.data ? c->body.data : "", c->body.len };
		on_response(c, &e, h->ts);
		decoder_send(d, &e, c, EV_RESPONSE, h->ts);
	}
}

static void free_head(struct whole_head *h)
{
	if (h)
		buf_free(&h->bytes);
	free(h);
}

/* Sends the answer that came before its request had come to its end. */
static void tell_early(struct decoder *d, struct conn *c)
{
	struct whole_head *h = c->early;

	c->early = NULL;
	if (h)
		tell_head(d, c, h);
	free_head(h);
}

/* Sends the oldest request that waits. */
static void tell_next(struct decoder *d, struct conn *c)
{
	struct whole_head *h = c->waiting;

	if (!h)
		return;
	c->waiting = h->next;
	c->n_waiting--;
	tell_head(d, c, h);
	free_head(h);
}

void decoder_tell_waiting(struct decoder *d, struct conn *c)
{
	while (c->waiting)
		tell_next(d, c);
	tell_early(d, c);
}

/* Whether a request comes so soon behind one without an answer that it did not wait for that. */
static bool is_pipelined(const struct conn *c, const struct whole_head *h)
{
	return (c->waiting || c->request_ts) && h->ts < c->request_ts + PIPELINED_NS &&
	       c->n_waiting < PIPELINED_MAX;
}

/* Whether an answer now belongs to a request that has not come to its end, or to a PROXY header. */
static bool comes_early(const struct conn *c)
{
	return !c->request_ts && !c->early &&
	       (c->head[WST_C2S].bytes.len || (c->via.version && !c->target));
}

/* Puts a copy of h into *at, whose bytes are h's from now on. */
static void keep_head(struct whole_head **at, struct whole_head *h)
{
	struct whole_head *copy = malloc(sizeof(*copy));

	if (!copy)
		return;
	*copy = *h;
	copy->next = NULL;
	h->bytes = (struct buf){};
	*at = copy;
}

/*
 * Takes a whole head. A request is told once those before it have their answers, and an answer once
 * its request is there: so each answer follows its own request, whatever order they come in.
 */
static void on_whole_head(struct decoder *d, struct conn *c, struct whole_head *h)
{
	struct whole_head **at = &c->waiting;

	if (h->flags & WST_HEAD_MISSED)
		decoder_tell_waiting(d, c); /* nobody knows whose answer comes */
	if (h->dir == WST_C2S && is_pipelined(c, h)) {
		while (*at)
			at = &(*at)->next;
		keep_head(at, h);
		c->n_waiting += *at != NULL;
		return;
	}
	if (h->dir == WST_C2S) {
		while (c->waiting)
			tell_next(d, c);
		tell_head(d, c, h);
		tell_early(d, c);
	} else if (comes_early(c) && is_final(h)) {
		keep_head(&c->early, h);
	} else {
		tell_head(d, c, h);
		if (h->flags & WST_HEAD_WS)
			decoder_tell_waiting(d, c);
		else if (is_final(h))
			tell_next(d, c);
	}
}

/* Limits of heads begin at 8 KiB, of one line or of all. */
#define LONG_HEAD 8000

/* Returns what is known of the length of a client's head that has not come to its end. */
static uint64_t sent_len(const struct conn *c, const struct wst_stats *r)
{
	const struct pending_head *p = &c->head[WST_C2S];
	uint64_t came = r ? r->counts[WST_C2S].stream + (c->role == WST_SERVER ? r->unread : 0) : 0;

	return p->seq == c->first_seq[WST_C2S] && came > p->bytes.len ? came : p->bytes.len;
}

void decoder_heads_end(struct decoder *d, struct conn *c, const struct wst_stats *r)
{
	struct pending_head *p = &c->head[WST_C2S];
	struct whole_head h = { .bytes = p->bytes,
				.ts = p->ts,
				.last_ts = p->ts,
				.len = sent_len(c, r),
				.packet = p->packet,
				.seq = p->seq,
				.dir = WST_C2S,
				.cut = true };

	if (p->bytes.len >= LONG_HEAD || (c->early && p->bytes.len)) {
		tell_head(d, c, &h);
		p->bytes.len = 0;
	}
	decoder_tell_waiting(d, c);
}

static void on_proxy_header(struct conn *c, const struct pending_head *p)
{
	proxy_protocol_parse(p->bytes.data ? p->bytes.data : "", p->bytes.len, &c->via);
}

void decoder_head(struct decoder *d, struct conn *c, const struct wst_bytes *r)
{
	struct pending_head *p = &c->head[r->h.dir];
	struct whole_head h;

	if (r->h.flags & WST_HEAD_FIRST) {
		if (r->h.dir == WST_S2C)
			c->body.len = 0;
		p->bytes.len = 0;
		p->broken = false;
		p->ts = r->h.ts;
		p->packet = d->packet;
		p->seq = r->h.seq;
	}
	if (r->pos != p->bytes.len)
		p->broken = true; /* an earlier piece was lost, or cut off */
	else
		buf_add(&p->bytes, r + 1, r->n);
	if (!(r->h.flags & WST_HEAD_LAST))
		return;
	if (r->h.flags & WST_HEAD_PROXY) {
		on_proxy_header(c, p);
	} else {
		h = (struct whole_head){
			.bytes = p->bytes,
			.ts = p->ts,
			.last_ts = r->h.ts,
			.len = r->pos + r->n,
			.packet = p->packet,
			.seq = p->seq,
			.flags = r->h.flags,
			.dir = r->h.dir,
			.cut = p->broken || r->h.flags & WST_HEAD_CUT,
		};
		on_whole_head(d, c, &h);
		p->bytes = h.bytes;
	}
	p->bytes.len = 0;
	p->broken = false;
}

void decoder_body(struct decoder *d, struct conn *c, const struct wst_bytes *r)
{
	struct event e = {};

	if (r->pos != c->body.len || r->n > WST_BODY_MAX - c->body.len)
		return;
	buf_add(&c->body, r + 1, r->n);
	e.head.body = (struct span){ c->body.data ? c->body.data : "", c->body.len };
	if (!c->early)
		decoder_send(d, &e, c, EV_BODY, r->h.ts);
}
