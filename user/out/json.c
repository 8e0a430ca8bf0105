// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output NDJSON: one object a line. New versions only add fields. A field without a value is
 * left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/ending.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "facts/ender.h"
#include "facts/fact_text.h"
#include "lib/escape.h"
#include "out/json_fields.h"
#include "out/lines.h"
#include "out/output.h"

struct json {
	const struct options *o;
	struct lines *lines;
};

static struct buf *object(struct json *j, const char *type, uint64_t ts)
{
	struct buf *b = lines__start(j->lines);

	buf_str(b, "{\"type\":\"");
	buf_str(b, type);
	buf_str(b, "\",\"ts\":\"");
	time_rfc3339(b, ts);
	buf_char(b, '"');
	return b;
}

static struct buf *conn_object(struct json *j, const char *type, const struct event *e)
{
	struct buf *b = object(j, type, e->ts);

	field_u64(b, "conn", e->conn->number);
	return b;
}

static void finish(struct json *j, struct buf *b, bool frame)
{
	buf_str(b, "}\n");
	lines__end(j->lines, frame);
}

static void field_files(struct buf *b, const struct options *o)
{
	field(b, "files");
	for (unsigned int i = 0; i < o->n_files; i++) {
		buf_char(b, i ? ',' : '[');
		value_str(b, o->files[i], strlen(o->files[i]));
	}
	buf_char(b, ']');
}

static bool json_wanted(const struct options *o)
{
	return o->json && !o->top && !(o->write && !strcmp(o->write, "-"));
}

static void json_start(struct json *j, const struct run_info *run)
{
	const struct options *o = j->o;
	struct buf *b = object(j, "start", run->started);

	field_u64(b, "v", 1);
	field_str(b, "version", WSTRACE_VERSION);
	if (run->kernel[0])
		field_str(b, "kernel", run->kernel);
	field_str(b, "backend", run->backend);
	if (o->port_list)
		field_str(b, "ports", o->port_list);
	if (run->host[0])
		field_str(b, "host", run->host);
	if (o->n_files)
		field_files(b, o);
	finish(j, b, false);
}

static int json_open_output(void **self, const struct options *o, const struct run_info *run)
{
	struct json *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->o = o;
	j->lines = run->lines;
	json_start(j, run);
	*self = j;
	return 0;
}

static void field_tunnel(struct buf *b, const struct conn *c)
{
	if (!c->tunnel)
		return;
	field(b, "outer");
	buf_printf(b, "[\"%s\",\"%s\"]", c->tunnel->end[0], c->tunnel->end[1]);
}

static void json_open(struct json *j, const struct event *e)
{
	const struct conn *c = e->conn;
	struct buf *b = conn_object(j, "open", e);

	if (!c->placeholder) {
		field_str(b, "role", c->role == WST_SERVER ? "server" : "client");
		field_str(b, "local", c->local);
		field_str(b, "remote", c->remote);
		if (c->pid) {
			field_u64(b, "pid", c->pid);
			field_str(b, "comm", c->comm);
		}
		if (c->cgroup)
			field_str(b, "cgroup", c->cgroup);
		if (c->container)
			field_str(b, "container", c->container);
		if (c->netns)
			field_u64(b, "netns", c->netns);
		field_bool(b, "midstream", c->midstream);
		field_tunnel(b, c);
		if (c->via.version) {
			field(b, "via_proxy");
			buf_printf(b, "{\"version\":%u", c->via.version);
			if (c->via.client[0])
				field_str(b, "client", c->via.client);
			buf_char(b, '}');
		}
	}
	finish(j, b, false);
}

/* Adds the packet, and its file where there are several, and the tunnel around it. */
static void field_origin(const struct json *j, struct buf *b, const struct event *e)
{
	uint64_t file = PACKET_FILE(e->packet);

	if (!e->packet)
		return;
	field_u64(b, "packet", PACKET_NUMBER(e->packet));
	if (j->o->n_files > 1 && file < j->o->n_files)
		field_str(b, "file", j->o->files[file]);
	field_tunnel(b, e->conn);
}

/* Adds seq and offset: bytes since the connection's first one, or since wstrace joined it. */
static void field_position(struct buf *b, const struct event *e, uint8_t dir)
{
	field_u64(b, "seq", e->head.seq);
	if (!e->conn->placeholder)
		field_u64(b, "offset", e->head.seq - e->conn->first_seq[dir]);
}

static void json_request(struct json *j, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct buf *b = conn_object(j, "request", e);

	field_span(b, "method", m->method);
	field_span(b, "target", m->shown_target);
	if (m->version.n)
		field_span(b, "http", m->version);
	if (m->bad_line)
		field_str(b, "bad_line", m->bad_line);
	field_headers(b, m);
	field_bool(b, "upgrade", e->head.upgrade);
	if (http_find(m, "sec-websocket-key"))
		field_span(b, "key", http_value(m, "sec-websocket-key"));
	if (e->head.cut)
		field_bool(b, "truncated", true);
	field_position(b, e, WST_C2S);
	field_origin(j, b, e);
	finish(j, b, false);
}

static void json_response(struct json *j, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	struct buf *b = conn_object(j, "response", e);

	field_u64(b, "status", m->status);
	field_span(b, "reason", m->reason);
	field_span(b, "http", m->version);
	field_headers(b, m);
	field_bool(b, "upgrade", e->head.upgrade);
	if (e->head.accept_ok >= 0)
		field_bool(b, "accept_ok", e->head.accept_ok);
	if (http_find(m, "sec-websocket-protocol"))
		field_span(b, "subprotocol", http_value(m, "sec-websocket-protocol"));
	if (http_find(m, "sec-websocket-extensions"))
		field_span(b, "extensions", http_value(m, "sec-websocket-extensions"));
	if (e->head.latency_us)
		field_u64(b, "latency_us", e->head.latency_us);
	if (e->head.cut)
		field_bool(b, "truncated", true);
	field_position(b, e, WST_S2C);
	field_origin(j, b, e);
	finish(j, b, false);
}

static void json_frame(struct json *j, const struct event *e)
{
	static const char hex[] = "0123456789abcdef";
	const struct frame_event *f = &e->frame;
	struct buf *b = conn_object(j, "frame", e);

	field_str(b, "dir", dir_name(f->dir));
	field_str(b, "op", ws_op_name(f->opcode));
	field_u64(b, "opcode", f->opcode);
	field_bool(b, "fin", f->fin);
	field_u64(b, "rsv", f->rsv);
	field_bool(b, "masked", f->masked);
	if (f->masked) {
		const uint8_t *key = (const uint8_t *)&f->mask;

		field(b, "mask");
		buf_char(b, '"');
		for (int i = 0; i < 4; i++) {
			buf_char(b, hex[key[i] >> 4]);
			buf_char(b, hex[key[i] & 15]);
		}
		buf_char(b, '"');
	}
	field_u64(b, "len", f->len);
	field_u64(b, "hdr_len", f->hdr_len);
	field_u64(b, "seq", f->seq);
	field_u64(b, "offset", f->offset);
	if (f->pid)
		field_u64(b, "pid", f->pid);
	if (f->pid && f->pid == e->conn->pid)
		field_str(b, "comm", e->conn->comm);
	if (f->has_payload)
		field_payload(b, f);
	if (f->compressed)
		field_inflated(b, f);
	if (f->code) {
		field_u64(b, "code", f->code);
		if (f->reason.n)
			field_span(b, "reason", f->reason);
	}
	if (f->rtt_us >= 0)
		field_u64(b, "rtt_us", f->rtt_us);
	field_origin(j, b, e);
	finish(j, b, true);
}

static void json_resync(struct json *j, const struct event *e)
{
	struct buf *b = conn_object(j, "resync", e);

	field_str(b, "dir", dir_name(e->resync->h.dir));
	field_u64(b, "skipped", e->resync->skipped);
	field_str(b, "why", why_name(e->resync->why));
	finish(j, b, false);
}

static void json_opaque(struct json *j, const struct event *e)
{
	struct buf *b = conn_object(j, "opaque", e);

	field_str(b, "dir", dir_name(e->opaque->h.dir));
	field_str(b, "why", why_name(e->opaque->why));
	if (e->opaque->n) {
		field_u64(b, "offset", e->opaque->offset);
		field_span(b, "first",
			   (struct span){ (const char *)e->opaque->first, e->opaque->n });
	}
	finish(j, b, false);
}

static void field_counts(struct json *j, struct buf *b, uint8_t dir, const struct wst_counts *n,
			 uint8_t last_b0, const struct conn *c)
{
	uint64_t frames = counts_frames(n);

	field(b, dir_name(dir));
	buf_str(b, "{\"frames\":");
	buf_u64(b, frames);
	field_u64(b, "bytes", n->bytes);
	for (int i = 0; i < WST_OPS; i++)
		if (i != WST_RESERVED || n->frames[i])
			field_u64(b, count_names[i], n->frames[i]);
	field_u64(b, "messages", n->messages);
	if (frames && last_b0)
		field_str(b, "last", ws_op_name(last_b0 & WS_OPCODE));
	if (j->o->histograms)
		field_hists(b, c->hists, dir);
	if (c->proxy_delay) {
		static const struct hist_kind kind = { "proxy_delay", "", "us", -1 };

		field(b, kind.name);
		value_hist(b, &c->proxy_delay[dir], &kind);
	}
	buf_char(b, '}');
}

/* Adds the fields that EV_STATS and EV_CLOSE have in common. */
static void stats_fields(struct json *j, struct buf *b, const struct event *e)
{
	const struct wst_stats *r = e->stats;

	for (int dir = 0; dir < WST_DIRS; dir++)
		field_counts(j, b, dir, &r->counts[dir], r->last_b0[dir], e->conn);
	if (j->o->histograms)
		field_hists(b, e->conn->hists, -1);
	if (r->last)
		field_u64(b, "idle_us", stats_idle_ns(r) / 1000);
	field_u64(b, "rtt_us", r->rtt_us);
	field_u64(b, "retrans", r->retrans);
	field_u64(b, "unread", r->unread);
	field_u64(b, "unsent", r->unsent);
	field_u64(b, "gaps", r->gaps);
	field_u64(b, "lost", r->lost);
}

static void json_stats(struct json *j, const struct event *e)
{
	struct buf *b;

	if (e->last && !j->o->histograms)
		return;
	b = conn_object(j, "stats", e);
	stats_fields(j, b, e);
	finish(j, b, false);
}

static void evidence_field(void *ctx, const struct fact_text *name, struct span value)
{
	struct buf *b = ctx;

	if (b->data[b->len - 1] != '{')
		buf_char(b, ',');
	value_str(b, name->name, strlen(name->name));
	buf_char(b, ':');
	if (name->number)
		buf_add(b, value.p, value.n);
	else
		value_str(b, value.p, value.n);
}

static void field_hop(struct buf *b, const char *field_name, struct hop h)
{
	if (!h.comm && !h.listen && !h.container)
		return;
	field(b, field_name);
	buf_char(b, '{');
	for (int i = 0; i < 3; i++) {
		const char *name = i == 0 ? "comm" : i == 1 ? "listen" : "container";
		const char *value = i == 0 ? h.comm : i == 1 ? h.listen : h.container;

		if (value && *value)
			evidence_field(b, &(struct fact_text){ .name = name },
				       (struct span){ value, strlen(value) });
	}
	buf_char(b, '}');
}

/* Adds who ended the WebSocket, and how; "first" and "how" are TCP's. */
static void close_fields(struct buf *b, const struct ending *e)
{
	if (ending_by(e))
		field_str(b, "close_by", ending_by(e));
	if (ending_how(e))
		field_str(b, "close_how", ending_how(e));
}

/* Adds the process that ended the chain, where that is known: a proxy may pass an end on. */
static void field_close_hop(struct buf *b, const struct event *e, const struct ending *ending)
{
	const struct facts *f = e->conn->facts;
	struct hop hop;
	bool last;

	if (f && (f->upstream || f->downstream) &&
	    chain_ender(f, ending, &hop, &last) != ENDER_UNKNOWN)
		field_hop(b, "close_hop", hop);
}

static void json_close(struct json *j, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	const char *how = end_name(r->how, END_WORD);
	struct ending ending = ending_of(e->conn, r);
	struct buf *b = conn_object(j, "close", e);

	if (r->how == WST_UNSEEN) {
		field_bool(b, "unseen", true);
		close_fields(b, &ending);
		finish(j, b, false);
		return;
	}
	field_u64(b, "duration_us", r->h.ts > r->opened ? (r->h.ts - r->opened) / 1000 : 0);
	if (r->h.flags & (WST_FIRST_LOCAL | WST_FIRST_REMOTE))
		field_str(b, "first", r->h.flags & WST_FIRST_LOCAL ? "local" : "remote");
	if (how)
		field_str(b, "how", how);
	close_fields(b, &ending);
	field_close_hop(b, e, &ending);
	if (e->conn->close_code)
		field_u64(b, "code", e->conn->close_code);
	stats_fields(j, b, e);
	finish(j, b, false);
}

static void json_leg(struct json *j, const struct event *e)
{
	const struct conn *proxy = endpoint_server(e->leg->downstream);
	struct buf *b = conn_object(j, "leg", e);

	field_u64(b, "upstream", e->leg->upstream->number);
	field_str(b, "by", e->leg->by);
	if (proxy) {
		field_u64(b, "pid", proxy->pid);
		field_str(b, "comm", proxy->comm);
	}
	finish(j, b, false);
}

static void field_evidence(struct buf *b, const struct verdict *v)
{
	field(b, "evidence");
	buf_char(b, '{');
	verdict_evidence(v, evidence_field, b);
	buf_char(b, '}');
}

static void json_verdict(struct json *j, const struct event *e)
{
	const struct verdict *v = e->verdict;
	struct buf *b = conn_object(j, "verdict", e);

	field_str(b, "rule", v->rule->id);
	field_str(b, "severity", severity_name(v->rule->severity));
	field_str(b, "certainty", certainty_name(v->rule->certainty));
	field_str(b, "text", v->text);
	field_str(b, "fix", v->fix);
	field_hop(b, "hop", verdict_hop(v));
	field_evidence(b, v);
	field(b, "legs");
	for (unsigned int i = 0; i < v->n_legs; i++) {
		buf_char(b, i ? ',' : '[');
		buf_u64(b, v->legs[i]);
	}
	buf_char(b, ']');
	finish(j, b, false);
}

static void json_event(void *self, const struct event *e)
{
	static void (*const shows[EV_TYPES])(struct json *, const struct event *) = {
		[EV_OPEN] = json_open,	       [EV_REQUEST] = json_request,
		[EV_RESPONSE] = json_response, [EV_FRAME] = json_frame,
		[EV_RESYNC] = json_resync,     [EV_OPAQUE] = json_opaque,
		[EV_STATS] = json_stats,       [EV_CLOSE] = json_close,
		[EV_LEG] = json_leg,	       [EV_VERDICT] = json_verdict,
	};

	shows[e->type](self, e);
}

static void json_lost(void *self, uint64_t ts, uint64_t events)
{
	struct json *j = self;
	struct buf *b = object(j, "lost", ts);

	field_u64(b, "events", events);
	field_str(b, "where", "ring buffer");
	finish(j, b, false);
}

static void field_verdicts(struct buf *b, const struct diagnose *d)
{
	const struct verdict_row *r;

	for (unsigned int i = 0; d && (r = diagnose__verdict(d, i)); i++) {
		if (!i)
			field(b, "verdicts");
		buf_str(b, i ? ",{\"rule\":\"" : "[{\"rule\":\"");
		buf_str(b, r->rule->id);
		buf_char(b, '"');
		field_str(b, "severity", severity_name(r->rule->severity));
		field_u64(b, "count", r->count);
		field_u64(b, "port", r->port);
		field_str(b, "path", r->path);
		buf_char(b, '}');
		if (!diagnose__verdict(d, i + 1))
			buf_char(b, ']');
	}
}

static int json_end(void *self, uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	struct json *j = self;
	struct buf *b = object(j, "end", ts);

	field_u64(b, "conns", t->conns);
	field_u64(b, "frames", t->frames);
	field_u64(b, "bytes", t->bytes);
	field_u64(b, "lost", t->lost);
	if (t->refused)
		field_u64(b, "not_followed", t->refused);
	field_verdicts(b, d);
	finish(j, b, false);
	free(j);
	return 0;
}

const struct output output_json = {
	.name = "json",
	.filtered = true,
	.wanted = json_wanted,
	.open = json_open_output,
	.event = json_event,
	.lost = json_lost,
	.close = json_end,
};
