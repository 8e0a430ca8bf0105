// SPDX-License-Identifier: GPL-2.0-only
/* Recorded streams of events: each must give exactly its verdict, and the mended one none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "diagnose.h"
#include "legs.h"
#include "ws.h"

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
	char text[512], fix[512], by[16];
	struct conn conns[128];
	uint64_t now;
	uint32_t n;
};

static struct run t;

static void on_finding(void *ctx, const struct event *e)
{
	struct run *r = ctx;

	if (e->type == EV_LEG) {
		r->legs++;
		snprintf(r->by, sizeof(r->by), "%s", e->leg->by);
		return;
	}
	assert_int_equal(e->type, EV_VERDICT);
	if (r->told[0])
		strcat(r->told, " ");
	strcat(r->told, e->verdict->rule->id);
	snprintf(r->text, sizeof(r->text), "%s", e->verdict->text);
	snprintf(r->fix, sizeof(r->fix), "%s", e->verdict->fix);
	r->chain = e->verdict->n_legs;
	assert_non_null(rule_help(e->verdict->rule->id));
	assert_null(strchr(r->text, '{'));
	assert_null(strchr(r->fix, '{'));
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.now = 1000 * S;
	t.d = diagnose__new(on_finding, &t, false, false);
	return !t.d;
}

static int teardown(void **state)
{
	(void)state;
	diagnose__free(t.d);
	return 0;
}

static void give(struct event *e, struct conn *c, enum event_type type)
{
	e->type = type;
	e->conn = c;
	e->ts = t.now;
	diagnose__event(t.d, e);
	diagnose__tick(t.d, t.now);
}

static struct conn *opens(uint8_t role, const char *comm, uint32_t pid, const char *local,
			  const char *remote)
{
	struct conn *c = &t.conns[t.n++];
	struct event e = {};

	c->number = t.n;
	c->role = role;
	c->pid = pid;
	c->opened = t.now;
	strcpy(c->comm, comm);
	strcpy(c->local, local);
	strcpy(c->remote, remote);
	give(&e, c, EV_OPEN);
	return c;
}

static void head(struct conn *c, enum event_type type, const char *text, bool upgrade)
{
	static struct http_msg m;
	char bytes[2048];
	struct event e = {};

	snprintf(bytes, sizeof(bytes), "%s\r\n", text);
	assert_int_equal(http_parse(&m, bytes, strlen(bytes)), 0);
	e.head.msg = &m;
	e.head.upgrade = upgrade;
	e.head.seq = c->number * 1000;
	e.head.accept_ok = -1;
	if (type == EV_RESPONSE && upgrade)
		e.head.accept_ok = ws_accept_ok((struct span){ KEY, strlen(KEY) },
						http_value(&m, "sec-websocket-accept"));
	give(&e, c, type);
}

static void request(struct conn *c, const char *first, const char *headers)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s\r\nHost: example.com\r\n%s", first, headers);
	head(c, EV_REQUEST, text, strstr(headers, "Upgrade: websocket"));
}

static void response(struct conn *c, const char *first, const char *headers)
{
	char text[1024];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n%s", first, headers);
	head(c, EV_RESPONSE, text, !strncmp(first, "101", 3));
}

#define GET "GET /ws HTTP/1.1"
#define FULL ASK "Sec-WebSocket-Key: " KEY "\r\n"

static struct conn *websocket(void)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	request(c, GET, FULL);
	response(c, "101 Switching Protocols", YES);
	return c;
}

static struct event frame_event(uint8_t dir, uint8_t b0, uint64_t len)
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

static void frame(struct conn *c, uint8_t dir, uint8_t b0, uint64_t len)
{
	struct event e = frame_event(dir, b0, len);

	give(&e, c, EV_FRAME);
}

static void closing(struct conn *c, uint8_t dir, uint16_t code, const char *reason)
{
	struct event e = frame_event(dir, 0x88, code ? 2 + strlen(reason) : 0);

	e.frame.code = code;
	e.frame.reason = (struct span){ reason, strlen(reason) };
	give(&e, c, EV_FRAME);
}

/* silence before it, in ns */
static void ends(struct conn *c, uint8_t how, uint16_t first, uint64_t silence)
{
	struct wst_stats s = { .how = how };
	struct event e = { .stats = &s };

	s.h.ts = s.ended = t.now;
	s.h.flags = first;
	s.last = t.now - silence;
	s.opened = c->opened;
	give(&e, c, EV_CLOSE);
}

static void looks(struct conn *c, uint32_t unread, uint32_t unsent, uint32_t window)
{
	struct wst_stats s = { .unread = unread, .unsent = unsent, .window = window };
	struct event e = { .stats = &s };

	give(&e, c, EV_STATS);
}

static void told(const char *rules)
{
	t.now += S;
	diagnose__tick(t.d, t.now);
	diagnose__finish(t.d, t.now);
	assert_string_equal(t.told, rules);
}

static void fine(void **state)
{
	struct conn *c = websocket();

	frame(c, WST_C2S, 0x81, 5);
	frame(c, WST_S2C, 0x01, 5);
	frame(c, WST_S2C, 0x89, 5);
	frame(c, WST_S2C, 0x80, 70000);
	closing(c, WST_C2S, 1000, "bye");
	closing(c, WST_S2C, 1000, "bye");
	ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

/* One request for each fault; what the row says is all that comes. */
static void requests(void **state)
{
	static const struct {
		const char *first, *headers, *rule;
	} rows[] = {
		{ GET, FULL, "" },
		{ GET, "Sec-WebSocket-Key: " KEY "\r\n", "upgrade-stripped" },
		{ "GET /ws HTTP/1.0", FULL, "upstream-http10" },
		{ GET, "Upgrade: upgrade\r\nSec-WebSocket-Key: " KEY "\r\n", "upgrade-value" },
		{ GET, "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Key: " KEY "\r\n",
		  "connection-token" },
		{ GET, "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
		       "Sec-WebSocket-Key: " KEY "\r\n", "" },
		{ GET, ASK, "no-key" },
		{ GET, ASK "Sec-WebSocket-Key: short\r\n", "bad-key" },
		{ GET, ASK "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n", "bad-key" },
		{ GET, "Upgrade: h2c\r\nConnection: Upgrade\r\n", "" },
		{ GET, "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		request(opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000"),
			rows[i].first, rows[i].headers);
		told(rows[i].rule);
	}
}

static void answers(void **state)
{
	static const struct {
		const char *headers, *first, *answer, *rule;
	} rows[] = {
		{ FULL, "101 Switching Protocols", YES, "" },
		{ FULL, "101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade\r\n",
		  "bad-101" },
		{ FULL, "101 Switching Protocols", "Connection: Upgrade\r\nSec-WebSocket-Accept: "
		  ACCEPT "\r\n", "bad-101" },
		{ FULL, "101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Accept: AAAA\r\n", "bad-accept" },
		{ FULL "Sec-WebSocket-Protocol: a, b\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Protocol: b\r\n", "" },
		{ FULL "Sec-WebSocket-Protocol: a, b\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Protocol: B\r\n", "subprotocol" },
		{ FULL, "101 Switching Protocols", YES "Sec-WebSocket-Protocol: a\r\n", "subprotocol" },
		{ FULL "Sec-WebSocket-Protocol: a\r\n", "101 Switching Protocols", YES, "" },
		{ FULL, "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
		  "server_max_window_bits=15\r\n", "" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n",
		  "extension" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
		  "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=7\r\n",
		  "extension" },
		{ FULL "Origin: https://www.example.org\r\n", "403 Forbidden", "", "origin-403" },
		{ FULL "Origin: https://example.com:8443\r\n", "403 Forbidden", "", "refused" },
		{ FULL, "302 Found", "Location: /x?token=secret\r\n", "redirect" },
		{ FULL, "404 Not Found", "", "not-found" },
		{ FULL, "401 Unauthorized", "", "auth" },
		{ FULL, "502 Bad Gateway", "", "refused" },
		{ FULL, "200 OK", "", "refused" },
		{ "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
		  "Sec-WebSocket-Key: " KEY "\r\n", "426 Upgrade Required",
		  "Sec-WebSocket-Version: 13\r\n", "bad-version" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, rows[i].headers);
		response(c, rows[i].first, rows[i].answer);
		told(rows[i].rule);
		assert_null(strstr(t.text, "secret"));
	}
}

static void sticky(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, "GET /socket.io/?EIO=4&transport=websocket&sid=abc HTTP/1.1", FULL);
	response(c, "400 Bad Request", "");
	told("sticky");
}

/* What breaks framing: n frames of one direction, the last one the culprit. */
static void frames(void **state)
{
	static const struct {
		uint8_t dir, b0[3];
		uint64_t len;
		const char *rule;
	} rows[] = {
		{ WST_C2S, { 0x01, 0x00, 0x80 }, 5, "" },
		{ WST_C2S, { 0x80 }, 5, "bad-frame" },
		{ WST_C2S, { 0x01, 0x81 }, 5, "bad-frame" },
		{ WST_C2S, { 0x01, 0x89, 0x80 }, 5, "" },
		{ WST_S2C, { 0x83 }, 5, "bad-frame" },
		{ WST_S2C, { 0x8b }, 5, "bad-frame" },
		{ WST_S2C, { 0x89 }, 126, "bad-frame" },
		{ WST_S2C, { 0x09 }, 5, "bad-frame" },
		{ WST_S2C, { 0xc1 }, 5, "rsv-not-agreed" },
		{ WST_S2C, { 0xa1 }, 5, "rsv-not-agreed" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = websocket();
		for (int k = 0; k < 3 && rows[i].b0[k]; k++)
			frame(c, rows[i].dir, rows[i].b0[k], rows[i].len);
		told(rows[i].rule);
	}
}

static void masks(void **state)
{
	struct event e = frame_event(WST_C2S, 0x81, 5);
	struct conn *c = websocket();

	e.frame.masked = false;
	e.frame.hdr_len = 2;
	give(&e, c, EV_FRAME);
	give(&e, c, EV_FRAME); /* once a connection */
	told("mask-c2s");
}

static void long_form(void **state)
{
	struct event e = frame_event(WST_S2C, 0x81, 5);

	e.frame.hdr_len = 4;
	give(&e, websocket(), EV_FRAME);
	told("bad-frame");
}

static void deflate_agreed(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL "Sec-WebSocket-Extensions: permessage-deflate\r\n");
	response(c, "101 x", YES "Sec-WebSocket-Extensions: permessage-deflate\r\n");
	frame(c, WST_S2C, 0xc1, 5);
	told("");
}

static void text_not_utf8(void **state)
{
	struct event e = frame_event(WST_S2C, 0x81, 2);

	e.frame.payload = (struct span){ "\xff\xfe", 2 };
	e.frame.has_payload = true;
	give(&e, websocket(), EV_FRAME);
	told("bad-utf8");
}

static void close_codes(void **state)
{
	static const struct {
		uint16_t code;
		const char *rule;
	} rows[] = {
		{ 1000, "" },		{ 1001, "" },	     { 1002, "bad-frame" },
		{ 1005, "bad-close" },	{ 1006, "bad-close" }, { 1007, "bad-utf8" },
		{ 1008, "policy" },	{ 1009, "too-big" },   { 1011, "app-error" },
		{ 1013, "policy" },	{ 1016, "bad-close" }, { 3000, "policy" },
		{ 3001, "" },		{ 4000, "policy" },    { 5000, "bad-close" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = websocket();
		closing(c, WST_S2C, rows[i].code, "why");
		closing(c, WST_C2S, rows[i].code == 1000 ? 1000 : 0, "");
		ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
		told(rows[i].rule);
	}
}

struct two {
	struct conn *a, *b;
};

/* nginx with a remote upstream, through which /ws goes. */
static struct two proxied(const char *upstream_first, const char *upstream_headers)
{
	struct two p;

	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	request(p.a, GET, FULL);
	t.now += MS;
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, upstream_first, upstream_headers);
	return p;
}

static struct two proxied_well(void)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	return p;
}

static void chain(void **state)
{
	struct two p = proxied_well();

	assert_int_equal(t.legs, 1);
	assert_string_equal(t.by, "key");
	closing(p.b, WST_S2C, 1000, "");
	closing(p.a, WST_S2C, 1000, "");
	ends(p.b, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

static void stripped(void **state)
{
	struct two p = proxied("GET /ws HTTP/1.0", "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n");

	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	told("upgrade-stripped");
	assert_int_equal(t.chain, 2);
	assert_non_null(strstr(t.text, "nginx[812]"));
	assert_non_null(strstr(t.fix, "proxy_set_header"));
}

static void path_rewritten(void **state)
{
	struct two p = proxied("GET / HTTP/1.1", FULL);

	response(p.b, "404 Not Found", "");
	response(p.a, "404 Not Found", "");
	told("path-rewritten");
}

/* The same key from two clients at once is no chain. */
static void constant_key(void **state)
{
	struct conn *a = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
	struct conn *b = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.8:5000");

	request(a, GET, FULL);
	request(b, GET, FULL);
	assert_int_equal(t.legs, 0);
	told("");
}

static void by_process(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:443", "10.0.0.9:51544"), *b;
	struct wst_opaque tls = { .why = WST_WHY_TLS };
	struct event e = { .opaque = &tls };

	give(&e, a, EV_OPAQUE);
	t.now += MS;
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(b, GET, FULL);
	assert_string_equal(t.by, "pid-time");
	told("");
}

static void upstream(uint8_t how, const char *status, const char *rule)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544"), *b;

	request(a, GET, FULL);
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	ends(b, how, WST_FIRST_REMOTE, 0);
	response(a, status, "");
	told(rule);
}

static void upstream_refused(void **state)
{
	upstream(WST_REFUSED, "502 Bad Gateway", "upstream-down");
}

static void upstream_unreachable(void **state)
{
	upstream(WST_TIMEOUT, "504 Gateway Time-out", "upstream-down");
}

static void upstream_mute(void **state)
{
	struct two p = proxied(GET, FULL);

	t.now += 60 * S;
	response(p.a, "504 Gateway Time-out", "");
	told("upstream-mute");
}

static void rejected_101(void **state)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "101 x", YES);
	response(p.a, "502 Bad Gateway", "");
	told("proxy-rejected-101");
}

static void cut(uint64_t silence, const char *rule)
{
	struct two p = proxied_well();

	t.now += silence;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, silence);
	t.now += MS / 16;
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, silence);
	told(rule);
}

static void idle(void **state)
{
	cut(60 * S + 3 * MS, "idle-timeout");
	assert_non_null(strstr(t.fix, "proxy_read_timeout"));
}

static void idle_uneven(void **state)
{
	cut(12345 * MS, "no-goodbye");
}

static void races(void **state)
{
	struct two p = proxied_well();

	for (int i = 0; i < 3; i++) {
		frame(p.a, WST_C2S, 0x89, 0);
		frame(p.b, WST_C2S, 0x89, 0);
		t.now += 59 * S;
	}
	t.now += S;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	told("heartbeat-races");
}

/* What an application's client does is no proxy's timeout. */
static void backend_reset(void **state)
{
	struct two p = proxied_well();

	t.now += S / 3;
	ends(p.b, WST_RST_RECEIVED, WST_FIRST_REMOTE, S / 3);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, S / 3);
	told("reset");
	assert_non_null(strstr(t.text, "172.16.0.56:9588"));
}

static void reloaded(void **state)
{
	struct conn *c[5];

	for (int i = 0; i < 5; i++) {
		c[i] = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
		request(c[i], GET, FULL);
		response(c[i], "101 x", YES);
	}
	for (int i = 0; i < 5; i++)
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, (7 * i + 3) * S / 11);
	told("reload reload reload reload reload");
}

static void half_open(void **state)
{
	ends(websocket(), WST_TIMEOUT, WST_FIRST_REMOTE, 900 * S);
	told("half-open");
}

static void early(void **state)
{
	struct conn *c = websocket();

	t.now += MS;
	ends(c, WST_FIN, WST_FIRST_REMOTE, 0);
	told("early-client-close");
}

static void waiting(void **state)
{
	struct conn *c = websocket();

	for (int i = 0; i < 4; i++, t.now += S)
		looks(c, 500, 0, 65535);
	told("not-reading");
}

static void window_closed(void **state)
{
	struct conn *c = websocket();

	for (int i = 0; i < 4; i++, t.now += S)
		looks(c, 0, 500000, 0);
	told("slow-reader");
}

/* A full send queue on a slow path, and reads now and then, are nobody's fault. */
static void busy(void **state)
{
	struct conn *c = websocket();

	for (int i = 0; i < 8; i++, t.now += S)
		looks(c, i & 1 ? 500 : 0, 500000, 65535);
	told("");
}

static void storm(void **state)
{
	struct conn *c = websocket();

	for (int i = 0; i < 9000; i++, t.now += S / 2000)
		frame(c, WST_S2C, 0x81, 4);
	told("tiny-frames");
}

static void lively(void **state)
{
	struct conn *c = websocket();

	for (int i = 0; i < 4000; i++, t.now += S / 500)
		frame(c, WST_S2C, 0x81, 4);
	told("");
}

static void slow_proxy(void **state)
{
	struct two p = proxied_well();

	for (int i = 0; i < 32; i++) {
		struct event e = frame_event(WST_S2C, 0x81, 5);

		e.frame.offset = 7 * i;
		give(&e, p.b, EV_FRAME);
		t.now += 80 * MS;
		give(&e, p.a, EV_FRAME);
	}
	assert_non_null(p.a->proxy_delay);
	told("proxy-slow");
}

static void late_pong(void **state)
{
	struct conn *c = websocket();
	struct event e = frame_event(WST_C2S, 0x8a, 0);

	frame(c, WST_S2C, 0x89, 0);
	frame(c, WST_C2S, 0x82, 8 << 20);
	t.now += 3 * S;
	e.frame.rtt_us = 3100000;
	give(&e, c, EV_FRAME);
	told("pong-behind");
}

static void stampede(void **state)
{
	struct conn *c[30];

	for (int i = 0; i < 30; i++)
		c[i] = websocket();
	for (int i = 0; i < 30; i++) {
		closing(c[i], WST_S2C, 1000, "");
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, 0);
	}
	for (int i = 0; i < 30; i++)
		websocket();
	told("stampede");
}

/* Every fact that a rule names is one, and every rule is explained. */
static void tables(void **state)
{
	for (const struct rule *const *table = rule_tables; *table; table++)
		for (const struct rule *r = *table; r->id; r++) {
			assert_non_null(rule_help(r->id));
			for (const char *p = r->evidence; *p; p += strcspn(p, " "), p += *p == ' ')
				assert_non_null(fact_find(p, strcspn(p, " ")));
			for (const char *p = strchr(r->says, '{'); p; p = strchr(p + 1, '{'))
				assert_non_null(fact_find(p + 1, strcspn(p + 1, "}")));
		}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fine), TEST(requests), TEST(answers), TEST(sticky), TEST(frames), TEST(masks),
		TEST(long_form), TEST(deflate_agreed), TEST(text_not_utf8), TEST(close_codes),
		TEST(chain), TEST(stripped), TEST(path_rewritten), TEST(constant_key),
		TEST(by_process), TEST(upstream_refused), TEST(upstream_unreachable),
		TEST(upstream_mute), TEST(rejected_101), TEST(idle), TEST(idle_uneven), TEST(races),
		TEST(backend_reset), TEST(reloaded), TEST(half_open), TEST(early), TEST(waiting),
		TEST(window_closed), TEST(busy), TEST(storm), TEST(lively), TEST(slow_proxy),
		TEST(late_pong), TEST(stampede), TEST(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
