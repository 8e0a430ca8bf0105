// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/decode.h"
#include "decode/decoder.h"
#include "decode/ending.h"
#include "decode/host.h"
#include "decode/ws.h"
#include "lib/units.h"

struct decoder *decoder__new(event_fn fn, void *ctx, const struct decoder_options *o)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fn = fn;
	d->ctx = ctx;
	d->payload = o->payload;
	d->secrets = o->secrets;
	memcpy(d->host, o->host, sizeof(d->host));
	d->host_bits = o->host_bits;
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

void decoder__set_origin(struct decoder *d, uint64_t packet, const struct tunnel *tunnel)
{
	d->packet = packet;
	d->tunnel = tunnel;
}

uint32_t decoder__conns(const struct decoder *d)
{
	return d->conns.count;
}

void decoder_send(struct decoder *d, struct event *e, struct conn *c, enum event_type type,
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
	f->reason_cut = payload->len < f->len;
	c->closes[f->dir] = true;
	ending_note(c, f, ts);
}

/* Sends a frame's event. payload: as much as was kept, which is unmasked in place. */
static void show_frame(struct decoder *d, struct conn *c, const struct wst_frame *r,
		       const struct buf *payload, uint64_t packet)
{
	struct event e = {
		.packet = packet,
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
			.other_blind = r->h.flags & WST_OTHER_BLIND,
			.payload = { payload->data ? payload->data : "", payload->len },
			.has_payload = d->payload,
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
	decoder_send(d, &e, c, EV_FRAME, r->h.ts);
}

static void finish_frame(struct decoder *d, struct conn *c, uint8_t dir)
{
	struct pending_frame *p = &c->frame[dir];

	if (!p->active)
		return;
	p->active = false;
	show_frame(d, c, &p->frame, &p->payload, p->packet);
	p->payload.len = 0;
}

static void on_frame(struct decoder *d, struct conn *c, const struct wst_frame *r)
{
	struct pending_frame *p = &c->frame[r->h.dir];

	finish_frame(d, c, r->h.dir);
	if (!r->kept) {
		show_frame(d, c, r, &p->payload, d->packet);
		return;
	}
	p->frame = *r;
	p->packet = d->packet;
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

/* Returns the smallest size of a record type, in bytes; 0: no such type. */
static size_t record_size(uint8_t type)
{
	static const size_t sizes[] = {
		[WST_OPEN] = sizeof(struct wst_open),	  [WST_TASK] = sizeof(struct wst_task),
		[WST_HEAD] = sizeof(struct wst_bytes),	  [WST_FRAME] = sizeof(struct wst_frame),
		[WST_PAYLOAD] = sizeof(struct wst_bytes), [WST_RESYNC] = sizeof(struct wst_resync),
		[WST_OPAQUE] = sizeof(struct wst_opaque), [WST_STATS] = sizeof(struct wst_stats),
		[WST_HISTS] = sizeof(struct wst_hists),	  [WST_CLOSE] = sizeof(struct wst_stats),
		[WST_HELD] = sizeof(struct wst_held),	  [WST_QUEUE] = sizeof(struct wst_queue),
		[WST_BODY] = sizeof(struct wst_bytes),
	};

	return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

/* Whether a PROXY header may come: of connections from before, the first bytes are gone. */
static bool may_be_proxied(const struct wst_hdr *h)
{
	return h->type == WST_OPEN && !(h->flags & (WST_MIDSTREAM | WST_ATTEMPT | WST_UNUSED));
}

static void on_open(struct decoder *d, struct conn *c, const struct wst_hdr *h)
{
	struct event e = {};

	c->opened = h->ts + d->offset;
	c->open_ts = h->ts;
	c->opening = may_be_proxied(h);
	if (d->tunnel) {
		c->tunnel = malloc(sizeof(*c->tunnel));
		if (c->tunnel)
			*c->tunnel = *d->tunnel;
	}
	if (!c->opening)
		decoder_send(d, &e, c, EV_OPEN, h->ts);
}

/* Sends the EV_OPEN that has waited for a PROXY header, or for something else. */
static void tell_open(struct decoder *d, struct conn *c)
{
	struct event e = {};

	if (!c->opening)
		return;
	c->opening = false;
	decoder_send(d, &e, c, EV_OPEN, c->open_ts);
}

/* Whether r is a piece of what may become a PROXY header. */
static bool may_be_header(const struct wst_hdr *h)
{
	const struct wst_bytes *r = (const void *)h;

	if (h->type != WST_HEAD || h->dir != WST_C2S || h->flags & WST_HEAD_LAST)
		return h->type == WST_OPEN || h->type == WST_TASK;
	return r->pos || (r->n && strchr("P\r", *(const char *)(r + 1)));
}

/* Copies a record, with what its bytes may hold of secrets left out. */
static void on_opaque(const struct decoder *d, const struct wst_opaque *r, struct wst_opaque *copy)
{
	*copy = *r;
	if (copy->n > sizeof(copy->first))
		copy->n = sizeof(copy->first);
	if (copy->why == WST_WHY_HTTP_IN_WS && !d->secrets)
		http_redact_head((char *)copy->first, copy->n);
}

/* Sends what only diagnosis wants to know of a socket. */
static void on_hint(struct decoder *d, struct conn *c, const struct wst_hdr *h)
{
	struct event e = {};

	if (h->type == WST_HELD)
		e.held = (const void *)h;
	else
		e.queue = (const void *)h;
	decoder_send(d, &e, c, h->type == WST_HELD ? EV_HELD : EV_QUEUE, h->ts);
}

static void on_record(struct decoder *d, struct conn *c, const struct wst_hdr *h)
{
	const void *r = h;
	struct wst_opaque opaque;
	struct event e = {};

	/* Answers are matched no more where bytes are missing, or frames have begun. */
	if (h->type == WST_FRAME || h->type == WST_RESYNC)
		decoder_tell_waiting(d, c);
	switch (h->type) {
	case WST_TASK:
		conns__set_task(&d->conns, c, r);
		break;
	case WST_HEAD:
		decoder_head(d, c, r);
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
		decoder_send(d, &e, c, EV_RESYNC, h->ts);
		break;
	case WST_OPAQUE:
		c->blind = true;
		decoder_tell_waiting(d, c);
		on_opaque(d, r, &opaque);
		e.opaque = &opaque;
		decoder_send(d, &e, c, EV_OPAQUE, h->ts);
		break;
	case WST_HELD:
	case WST_QUEUE:
		on_hint(d, c, h);
		break;
	case WST_BODY:
		decoder_body(d, c, r);
		break;
	case WST_HISTS:
		conn__set_hists(c, r);
		break;
	case WST_STATS:
		e.stats = r;
		decoder_send(d, &e, c, EV_STATS, h->ts);
		break;
	case WST_CLOSE:
		decoder_heads_end(d, c, r);
		finish_frame(d, c, WST_C2S);
		finish_frame(d, c, WST_S2C);
		e.stats = r;
		decoder_send(d, &e, c, EV_CLOSE, h->ts);
		break;
	}
}

/* Takes a record of a connection that is let through. */
static void take(struct decoder *d, struct conn *c, const struct wst_hdr *h)
{
	if (h->type == WST_HEAD && h->flags & WST_HEAD_PROXY) {
		on_record(d, c, h);
		tell_open(d, c);
	} else {
		if (!may_be_header(h))
			tell_open(d, c);
		on_record(d, c, h);
	}
	if (d->tap)
		d->tap(d->ctx, c, h, h->ts + d->offset);
	if (h->type == WST_CLOSE)
		conns__remove(&d->conns, c);
}

/* Lets c through after all, with the records that it has had so far. */
static void let_through(struct decoder *d, struct conn *c)
{
	struct buf held = c->held;
	uint64_t size;

	c->held = (struct buf){};
	c->host = HOST_WANTED;
	c->number = ++d->conns.count;
	for (size_t at = 0; at < held.len; at += sizeof(size) + ((size + 7) & ~7ULL)) {
		const struct wst_hdr *h = (const void *)(held.data + at + sizeof(size));

		memcpy(&size, held.data + at, sizeof(size));
		if (h->type == WST_OPEN)
			on_open(d, c, h);
		take(d, c, h);
	}
	buf_free(&held);
}

#define HELD_MAX 8192 /* bytes; a PROXY header is shorter */

/* Takes a record of a connection whose addresses are not those of --host. */
static void take_other(struct decoder *d, struct conn *c, const struct wst_hdr *h, uint64_t size)
{
	const struct wst_bytes *r = (const void *)h;
	bool proxy = h->type == WST_HEAD && h->flags & WST_HEAD_PROXY;
	struct via_proxy via = {};
	struct buf *b = &c->held;

	if (c->host == HOST_DOUBT) {
		buf_add(b, &size, sizeof(size));
		buf_add(b, h, size);
		buf_add(b, &(uint64_t){ 0 }, -size & 7);
		if (h->type == WST_HEAD)
			buf_add(&c->head[WST_C2S].bytes, r + 1, r->n);
		if ((!proxy && !may_be_header(h)) || b->len > HELD_MAX || b->failed)
			c->host = HOST_OUT;
	}
	if (c->host == HOST_DOUBT && proxy) {
		proxy_protocol_parse(c->head[WST_C2S].bytes.data, c->head[WST_C2S].bytes.len, &via);
		c->head[WST_C2S].bytes.len = 0;
		if (host_named(via.client, d->host, d->host_bits))
			let_through(d, c);
		else
			c->host = HOST_OUT;
	}
	if (c->host == HOST_OUT)
		buf_free(b);
	if (h->type == WST_CLOSE)
		conns__remove(&d->conns, c);
}

/* Begins a connection with its first record. Returns NULL when memory ran out. */
static struct conn *begin(struct decoder *d, const struct wst_hdr *h)
{
	const struct wst_open *o = h->type == WST_OPEN ? (const void *)h : NULL;
	struct conn *c = conns__add(&d->conns, h->conn, o);

	if (c && o && !host_takes(o, d->host, d->host_bits)) {
		d->conns.count--;
		c->number = 0;
		c->host = may_be_proxied(h) ? HOST_DOUBT : HOST_OUT;
	} else if (c) {
		on_open(d, c, h);
	}
	return c;
}

int decoder__record(struct decoder *d, const void *record, size_t size, int64_t offset)
{
	const struct wst_hdr *h = record;
	const struct wst_bytes *b = record;
	struct conn *c;

	if (size < sizeof(*h) || !record_size(h->type) || size < record_size(h->type) ||
	    h->dir >= WST_DIRS)
		return -EPROTO;
	if ((h->type == WST_HEAD || h->type == WST_PAYLOAD || h->type == WST_BODY) &&
	    size < sizeof(*b) + b->n)
		return -EPROTO;
	d->offset = offset;
	c = conns__find(&d->conns, h->conn);
	if (!c)
		c = begin(d, h);
	if (!c)
		return -ENOMEM;
	if (c->host == HOST_WANTED)
		take(d, c, h);
	else
		take_other(d, c, h, size);
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
		tell_open(d, c);
		decoder_heads_end(d, c, NULL);
		finish_frame(d, c, WST_C2S);
		finish_frame(d, c, WST_S2C);
	}
}
