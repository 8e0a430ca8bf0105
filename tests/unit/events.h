/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams of events made by hand, on a clock of their own, and what diagnosis says of them. */
#ifndef EVENTS_H
#define EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "diagnose/diagnose.h"
#include "diagnose/legs.h"
#include "decode/ws.h"

#define MS 1000000ULL
#define S 1000000000ULL
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define ASK "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
#define YES "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"

struct run {
	struct diagnose *d;
	char told[512]; /* rules, a blank between, in their order */
	unsigned int legs, chain;
	struct conn *told_of; /* the last one */
	char text[512], fix[1024], by[16], hop[16], listen[ADDR_LEN]; /* of the last one */
	enum certainty certainty;
	enum severity severity;
	struct conn conns[256]; /* numbered ones are in use */
	uint64_t now;
	uint32_t n;
	bool cut; /* heads from now on were not seen to their end */
};

static struct run t;

/* No {name} of a fact is left; the braces of configurations have no letter behind them. */
static inline void assert_all_filled(const char *text)
{
	for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{'))
		assert_false(p[1] >= 'a' && p[1] <= 'z');
}

static inline void on_diagnosis(void *ctx, const struct event *e)
{
	struct run *r = ctx;
	struct hop h;

	if (e->type == EV_LEG) {
		r->legs++;
		snprintf(r->by, sizeof(r->by), "%s", e->leg->by);
		return;
	}
	assert_int_equal(e->type, EV_VERDICT);
	h = verdict_hop(e->verdict);
	if (r->told[0])
		strcat(r->told, " ");
	strcat(r->told, e->verdict->rule->id);
	snprintf(r->text, sizeof(r->text), "%s", e->verdict->text);
	snprintf(r->fix, sizeof(r->fix), "%s", e->verdict->fix);
	snprintf(r->hop, sizeof(r->hop), "%s", h.comm ? h.comm : "");
	snprintf(r->listen, sizeof(r->listen), "%s", h.listen ? h.listen : "");
	r->certainty = e->verdict->rule->certainty;
	r->severity = e->verdict->rule->severity;
	r->chain = e->verdict->n_legs;
	r->told_of = e->conn;
	assert_non_null(rule_help(e->verdict->rule->id));
	assert_all_filled(r->text);
	assert_all_filled(r->fix);
}

static inline int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.now = 1000 * S;
	t.d = diagnose__new(on_diagnosis, &t, false);
	return !t.d;
}

static inline int teardown(void **state)
{
	(void)state;
	diagnose__free(t.d);
	return 0;
}

static inline void give(struct event *e, struct conn *c, enum event_type type)
{
	e->type = type;
	e->conn = c;
	e->ts = t.now;
	diagnose__event(t.d, e);
	diagnose__tick(t.d, t.now);
}

static inline struct conn *opens(uint8_t role, const char *comm, uint32_t pid, const char *local,
				 const char *remote)
{
	struct conn *c = t.conns;
	struct event e = {};

	while (c->number)
		assert_true(++c < t.conns + sizeof(t.conns) / sizeof(t.conns[0]));
	c->number = ++t.n;
	c->role = role;
	c->shown = true;
	c->pid = pid;
	c->opened = t.now;
	strcpy(c->comm, comm);
	strcpy(c->local, local);
	strcpy(c->remote, remote);
	give(&e, c, EV_OPEN);
	return c;
}

static inline void head(struct conn *c, enum event_type type, const char *text, bool upgrade)
{
	static struct http_msg m;
	static struct buf shown;
	char bytes[20000];
	struct event e = {};

	snprintf(bytes, sizeof(bytes), "%s\r\n", text);
	assert_int_equal(http_parse(&m, bytes, strlen(bytes)), 0);
	assert_int_equal(http_show(&m, false, &shown), 0);
	e.head.msg = &m;
	e.head.upgrade = upgrade;
	e.head.wanted = upgrade || http_find(&m, "sec-websocket-key");
	e.head.final = m.status >= 200 || m.status == 101;
	e.head.seq = c->number * 1000;
	e.head.accept_ok = -1;
	e.head.len = strlen(bytes);
	e.head.cut = t.cut;
	if (type == EV_RESPONSE && upgrade)
		e.head.accept_ok = ws_accept_ok((struct span){ KEY, strlen(KEY) },
						http_value(&m, "sec-websocket-accept"));
	give(&e, c, type);
}

static inline void request(struct conn *c, const char *first, const char *headers)
{
	char text[20000];

	snprintf(text, sizeof(text), "%s\r\nHost: example.com\r\n%s", first, headers);
	head(c, EV_REQUEST, text, strstr(headers, "Upgrade: websocket"));
}

static inline void response(struct conn *c, const char *first, const char *headers)
{
	char text[20000];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n%s", first, headers);
	head(c, EV_RESPONSE, text, !strncmp(first, "101", 3));
}

#define GET "GET /ws HTTP/1.1"
#define FULL ASK "Sec-WebSocket-Key: " KEY "\r\n"

static inline struct conn *websocket(void)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	request(c, GET, FULL);
	response(c, "101 Switching Protocols", YES);
	return c;
}

static inline struct event frame_event(uint8_t dir, uint8_t b0, uint64_t len)
{
	struct event e = {};

	e.frame.dir = dir;
	e.frame.b0 = b0;
	e.frame.opcode = b0 & 15;
	e.frame.fin = b0 >> 7;
	e.frame.rsv = b0 >> 4 & 7;
	e.frame.masked = dir == WST_C2S;
	e.frame.len = len;
	e.frame.hdr_len = 2 + 4 * e.frame.masked + (len > 0xffff ? 8 : len > 125 ? 2 : 0);
	e.frame.rtt_us = -1;
	return e;
}

static inline void frame(struct conn *c, uint8_t dir, uint8_t b0, uint64_t len)
{
	struct event e = frame_event(dir, b0, len);

	give(&e, c, EV_FRAME);
}

static inline void closing(struct conn *c, uint8_t dir, uint16_t code, const char *reason)
{
	struct event e = frame_event(dir, 0x88, code ? 2 + strlen(reason) : 0);

	e.frame.code = code;
	e.frame.reason = (struct span){ reason, strlen(reason) };
	give(&e, c, EV_FRAME);
}

/* silence before it, in ns */
/* unread: bytes that came and were not read. */
static inline void ends_unread(struct conn *c, uint8_t how, uint16_t first, uint64_t silence,
			       uint32_t unread)
{
	struct wst_stats s = { .how = how, .unread = unread };
	struct event e = { .stats = &s };

	s.h.ts = s.ended = t.now;
	s.h.flags = first;
	s.last = t.now - silence;
	s.opened = c->opened;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
}

static inline void ends(struct conn *c, uint8_t how, uint16_t first, uint64_t silence)
{
	ends_unread(c, how, first, silence, 0);
}

static inline void looks(struct conn *c, uint32_t unread, uint32_t unsent, uint32_t window)
{
	struct wst_stats s = { .unread = unread, .unsent = unsent, .window = window };
	struct event e = { .stats = &s };

	give(&e, c, EV_STATS);
}

/*
 * A write waited so long for an acknowledgement, on a short path; it is the n-th that waited at
 * all.
 */
static inline void held(struct conn *c, uint32_t n, uint32_t wait_ms)
{
	struct wst_held r = {
		.h.dir = WST_S2C, .wait_us = wait_ms * 1000, .rtt_us = 60, .holds = n
	};
	struct event e = { .held = &r };

	give(&e, c, EV_HELD);
}

/* Lets pass what a refusal waits for. */
static inline void settles(void)
{
	t.now += 200 * MS;
	diagnose__tick(t.d, t.now);
}

static inline void told(const char *rules)
{
	t.now += S;
	diagnose__tick(t.d, t.now);
	diagnose__finish(t.d, t.now);
	assert_string_equal(t.told, rules);
}

struct two {
	struct conn *a, *b;
};

/* nginx with a remote upstream, through which /ws goes. */
static inline struct two proxied(const char *upstream_first, const char *upstream_headers)
{
	struct two p;

	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	request(p.a, GET, FULL);
	t.now += MS;
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, upstream_first, upstream_headers);
	return p;
}

static inline struct two proxied_well(void)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	return p;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
