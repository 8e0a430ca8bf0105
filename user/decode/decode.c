// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/decode.h"
#include "decode/ending.h"
#include "decode/ws.h"

struct decoder {
	struct conns conns;
	event_fn fn;
	tap_fn tap; /* NULL: none */
	void *ctx;
	struct decoder_options o;
	int64_t offset;
	struct buf inflated, shown,
		/*
		 * scratch: a frame's payload; a head's parts that may be shown, and the whole of it
		 */
		head;
	/* rounds of decoder__count(); number of the newest connection when the last one started */
	uint32_t counts, counted_to;
	struct http_msg msg; /* scratch: too big for the stack */
};

struct decoder *decoder__new(event_fn fn, void *ctx, const struct decoder_options *o)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fn = fn;
	d->ctx = ctx;
	d->o = *o;
	return d;
}

void decoder__free(struct decoder *d)
{
	if (!d)
		return;
	conns__free(&d->conns);
	buf_free(&d->inflated);
	buf_free(&d->shown);
	buf_free(&d->head);
	free(d);
}

void decoder__set_tap(struct decoder *d, tap_fn tap)
{
	d->tap = tap;
}

void decoder__set_cgroup(struct decoder *d, cgroup_fn cgroup, void *ctx)
{
	d->conns.cgroup = cgroup;
	d->conns.ctx = ctx;
}

uint32_t decoder__conns(const struct decoder *d)
{
	return d->conns.count;
}

static void send(struct decoder *d, struct event *e, struct conn *c, enum event_type type,
		 uint64_t ts)
{
	e->type = type;
	e->conn = c;
	e->ts = ts + d->offset;
	d->fn(d->ctx, e);
}

static uint64_t payload_hash(struct span p)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < p.n; i++)
		h = (h ^ (uint8_t)p.p[i]) * 0x100000001b3;
	return h ^ p.n;
}

/*
 * Returns the time, us, since the ping that this pong answers, or -1: the last ping that went the
 * other way, if it had the same payload (RFC 6455, 5.5.3).
 */
static int64_t match_ping(struct conn *c, const struct frame_event *f, uint64_t ts)
{
	struct ping *p = &c->ping[f->opcode == WS_OP_PING ? f->dir : !f->dir];
	int64_t rtt;

	if (f->opcode == WS_OP_PING) {
		p->ts = ts;
		p->hash = payload_hash(f->payload);
		return -1;
	}
	if (f->opcode != WS_OP_PONG || !p->ts || p->hash != payload_hash(f->payload))
		return -1;
	rtt = ts > p->ts ? (ts - p->ts) / 1000 : 0;
	p->ts = 0;
	return rtt;
}

/* Inflates payload (RFC 7692), where that was agreed on or the handshake was not seen. */
static void inflate_payload(struct decoder *d, struct conn *c, struct frame_event *f)
{
	struct inflater **in = &c->inflate[f->dir];
	struct inflate_frame frame = {
		.offset = f->offset,
		.len = f->len,
		.payload = f->payload,
		.b0 = f->b0,
		.hdr_len = f->hdr_len,
	};

	if (!*in && (c->upgraded ? c->deflate.agreed : f->rsv & 4))
		*in = inflater__new(c->upgraded ? &c->deflate : NULL, f->dir);
	if (!*in)
		return;
	if (d->inflated.size > (1 << 20)) /* after one that was large */
		buf_free(&d->inflated);
	d->inflated.len = 0;
	f->inflate_error = inflater__frame(*in, &frame, &d->inflated);
	f->compressed = frame.compressed;
	f->text = frame.text;
	f->inflated = (struct span){ d->inflated.data ? d->inflated.data : "", d->inflated.len };
}

static void on_close_frame(struct conn *c, struct frame_event *f, const struct buf *payload,
			   uint64_t ts)
{
	if (payload->data && payload->len >= 2) {
		f->code = (uint8_t)payload->data[0] << 8 | (uint8_t)payload->data[1];
		f->reason = (struct span){ payload->data + 2, payload->len - 2 };
		if (!c->close_code)
			c->close_code = f->code;
	}
	c->closes[f->dir] = true;
	ending_note(c, f, ts);
}

/* Sends a frame's event. payload: as much as was kept, which is unmasked in place. */
static void show_frame(struct decoder *d, struct conn *c, const struct wst_frame *r,
		       const struct buf *payload)
{
	struct event e = {
		.frame = {
			.len = r->len,
			.offset = r->offset,
			.seq = r->h.seq,
			.mask = r->mask,
			.pid = r->pid,
			.b0 = r->b0,
			.hdr_len = r->hdr_len,
			.opcode = r->b0 & WS_OPCODE,
			.rsv = (r->b0 & WS_RSV) >> 4,
			.dir = r->h.dir,
			.fin = r->b0 & WS_FIN,
			.masked = r->masked,
			.payload = { payload->data ? payload->data : "", payload->len },
			.has_payload = d->o.payload,
		},
	};
	struct frame_event *f = &e.frame;

	if (f->masked)
		ws_unmask(payload->data, payload->len, f->mask, 0);
	if (f->has_payload)
		inflate_payload(d, c, f);
	f->rtt_us = match_ping(c, f, r->h.ts);
	if (f->opcode == WS_OP_CLOSE)
		on_close_frame(c, f, payload, r->h.ts);
	send(d, &e, c, EV_FRAME, r->h.ts);
}

static void finish_frame(struct decoder *d, struct conn *c, uint8_t dir)
{
	struct pending_frame *p = &c->frame[dir];

	if (!p->active)
		return;
	p->active = false;
	show_frame(d, c, &p->frame, &p->payload);
	p->payload.len = 0;
}

static void on_frame(struct decoder *d, struct conn *c, const struct wst_frame *r)
{
	struct pending_frame *p = &c->frame[r->h.dir];

	finish_frame(d, c, r->h.dir);
	if (!r->kept) {
		show_frame(d, c, r, &p->payload);
		return;
	}
	p->frame = *r;
	p->active = true;
}

static void on_payload(struct decoder *d, struct conn *c, const struct wst_bytes *r)
{
	struct pending_frame *p = &c->frame[r->h.dir];

	/* Pieces behind a lost piece, or behind a lost frame, have no place. */
	if (!p->active || r->pos != p->payload.len)
		return;
	buf_add(&p->payload, r + 1, r->n);
	if (p->payload.len >= p->frame.kept)
		finish_frame(d, c, r->h.dir);
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
	if (http_show(&d->msg, d->o.secrets, &d->shown))
		return -ENOMEM;
	h->shown = (struct span){ bytes->data, bytes->len };
	if (d->o.secrets)
		return 0;
	d->head.len = 0;
	buf_add(&d->head, bytes->data, bytes->len);
	if (d->head.failed)
		return -ENOMEM;
	http_redact_head(d->head.data, d->head.len);
	h->shown.p = d->head.data;
	return 0;
}

static void on_head(struct decoder *d, struct conn *c, const struct wst_bytes *r)
{
	struct pending_head *p = &c->head[r->h.dir];
	struct event e = {};

	if (r->h.flags & WST_HEAD_FIRST) {
		p->bytes.len = 0;
		p->broken = false;
		p->ts = r->h.ts;
		p->seq = r->h.seq;
	}
	if (r->pos != p->bytes.len)
		p->broken = true; /* an earlier piece was lost, or cut off */
	else
		buf_add(&p->bytes, r + 1, r->n);
	if (!(r->h.flags & WST_HEAD_LAST))
		return;
	if (!http_parse(&d->msg, p->bytes.data, p->bytes.len) &&
	    !show_head(d, &p->bytes, &e.head)) {
		e.head.msg = &d->msg;
		e.head.cut = p->broken || r->h.flags & WST_HEAD_CUT;
		e.head.seq = p->seq;
		e.head.len = r->pos + r->n;
		if (r->h.flags & WST_HEAD_MADE_UP) {
			on_made_up(c, &d->msg);
		} else if (r->h.dir == WST_C2S) {
			e.head.upgrade = http_has_token(&d->msg, "upgrade", "websocket");
			e.head.wanted = e.head.upgrade || http_find(&d->msg, "sec-websocket-key");
			on_request(c, &e);
			c->request_ts = r->h.ts;
			send(d, &e, c, EV_REQUEST, p->ts);
		} else {
			e.head.upgrade = r->h.flags & WST_HEAD_WS;
			e.head.final = d->msg.status >= 200 || d->msg.status == 101;
			on_response(c, &e, p->ts);
			send(d, &e, c, EV_RESPONSE, p->ts);
		}
	}
	p->bytes.len = 0;
	p->broken = false;
}

/* Returns the smallest size of a record type, in bytes; 0: no such type. */
static size_t record_size(uint8_t type)
{
	static const size_t sizes[] = {
		[WST_OPEN] = sizeof(struct wst_open),	  [WST_TASK] = sizeof(struct wst_task),
		[WST_HEAD] = sizeof(struct wst_bytes),	  [WST_FRAME] = sizeof(struct wst_frame),
		[WST_PAYLOAD] = sizeof(struct wst_bytes), [WST_RESYNC] = sizeof(struct wst_resync),
		[WST_OPAQUE] = sizeof(struct wst_opaque), [WST_STATS] = sizeof(struct wst_stats),
		[WST_HISTS] = sizeof(struct wst_hists),	  [WST_CLOSE] = sizeof(struct wst_stats),
		[WST_HELD] = sizeof(struct wst_held),
	};

	return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

static void on_open(struct decoder *d, struct conn *c, uint64_t ts)
{
	struct event e = {};

	c->opened = ts + d->offset;
	send(d, &e, c, EV_OPEN, ts);
}

static void on_record(struct decoder *d, struct conn *c, const struct wst_hdr *h)
{
	const void *r = h;
	struct event e = {};

	switch (h->type) {
	case WST_TASK:
		conns__set_task(&d->conns, c, r);
		break;
	case WST_HEAD:
		on_head(d, c, r);
		break;
	case WST_FRAME:
		on_frame(d, c, r);
		break;
	case WST_PAYLOAD:
		on_payload(d, c, r);
		break;
	case WST_RESYNC:
		finish_frame(d, c, h->dir);
		if (c->inflate[h->dir])
			inflater__lost(c->inflate[h->dir]);
		e.resync = r;
		send(d, &e, c, EV_RESYNC, h->ts);
		break;
	case WST_OPAQUE:
		c->blind = true;
		e.opaque = r;
		send(d, &e, c, EV_OPAQUE, h->ts);
		break;
	case WST_HELD:
		e.held = r;
		send(d, &e, c, EV_HELD, h->ts);
		break;
	case WST_HISTS:
		conn__set_hists(c, r);
		break;
	case WST_STATS:
		e.stats = r;
		send(d, &e, c, EV_STATS, h->ts);
		break;
	case WST_CLOSE:
		finish_frame(d, c, WST_C2S);
		finish_frame(d, c, WST_S2C);
		e.stats = r;
		send(d, &e, c, EV_CLOSE, h->ts);
		break;
	}
}

int decoder__record(struct decoder *d, const void *record, size_t size, int64_t offset)
{
	const struct wst_hdr *h = record;
	const struct wst_bytes *b = record;
	struct conn *c;

	if (size < sizeof(*h) || !record_size(h->type) || size < record_size(h->type) ||
	    h->dir >= WST_DIRS)
		return -EPROTO;
	if ((h->type == WST_HEAD || h->type == WST_PAYLOAD) && size < sizeof(*b) + b->n)
		return -EPROTO;
	d->offset = offset;
	c = conns__find(&d->conns, h->conn);
	if (!c) {
		c = conns__add(&d->conns, h->conn, h->type == WST_OPEN ? record : NULL);
		if (!c)
			return -ENOMEM;
		on_open(d, c, h->ts);
	}
	on_record(d, c, h);
	if (d->tap)
		d->tap(d->ctx, c, h, h->ts + offset);
	if (h->type == WST_CLOSE)
		conns__remove(&d->conns, c);
	return 0;
}

void decoder__count(struct decoder *d)
{
	d->counts++;
	d->counted_to = d->conns.count;
}

void decoder__counted(struct decoder *d, uint64_t conn)
{
	struct conn *c = conns__find(&d->conns, conn);

	if (c)
		c->counted = d->counts;
}

void decoder__uncounted(struct decoder *d, uint64_t now)
{
	struct wst_stats r = { .h.type = WST_CLOSE, .h.ts = now, .how = WST_UNSEEN };
	struct conn *c, *next;

	HASH_ITER(hh, d->conns.by_id, c, next)
	{
		if (c->number > d->counted_to || c->counted == d->counts)
			continue;
		r.h.conn = c->id;
		r.opened = c->opened - d->offset;
		decoder__record(d, &r, sizeof(r), d->offset);
	}
}

void decoder__flush(struct decoder *d)
{
	struct conn *c, *next;

	HASH_ITER(hh, d->conns.by_id, c, next)
	{
		finish_frame(d, c, WST_C2S);
		finish_frame(d, c, WST_S2C);
	}
}
