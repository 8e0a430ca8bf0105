// SPDX-License-Identifier: GPL-2.0-only
/*
 * Diagnosis: the input is a program of events, in any order, over a few connections that may be
 * legs of one another. Whatever it sees, no sentence may lack a name or tell of what was not seen.
 */
#include <stdlib.h>
#include <string.h>

#include "decode/ws.h"
#include "diagnose/diagnose.h"
#include "facts/chain.h"
#include "facts/fact_text.h"
#include "facts/observe.h"

#define CHECK(x) ((x) ? (void)0 : abort())
#define CONNS 12
#define MS 1000000ULL
#define PID_NONE 0x7ffffff0 /* no process of this host has such a one */

static const uint8_t *in;
static size_t left;
static struct conn conns[CONNS];
static bool after_gap[CONNS][WST_DIRS]; /* where a message begins has not been seen since */
static uint32_t numbers;
static uint64_t now;

static uint8_t take(void)
{
	return left ? left--, *in++ : 0;
}

#define PICK(list) ((list)[take() % (sizeof(list) / sizeof((list)[0]))])

static uint64_t take_time(void)
{
	static const uint64_t times[] = { 0,	    1000,      MS,	  60 * MS,   200 * MS,
					  999 * MS, 2500 * MS, 5000 * MS, 60000 * MS };

	return PICK(times);
}

static uint64_t take_size(void)
{
	static const uint64_t sizes[] = { 0,	 1,	125,	 126,	     4096,	16384,
					  65535, 65536, 1 << 20, 1ULL << 40, UINT64_MAX };

	return PICK(sizes);
}

/* Appends up to 15 bytes of the input, none of which can be taken for a sentence's own. */
static void take_bytes(struct buf *b)
{
	for (unsigned int n = take() % 16; n; n--) {
		char c = take();

		buf_char(b, c && !strchr(" \r\n{}(),.:;\"'", c) ? c : '_');
	}
}

/* A container's id, or the start of one, is named with a comma in front of it. */
static bool is_odd(const char *p)
{
	return !strncmp(p, "  ", 2) || !strncmp(p, " ,", 2) || !strncmp(p, " .", 2) ||
	       !strncmp(p, " ;", 2) || !strncmp(p, " :", 2) || !strncmp(p, "()", 2) ||
	       !strncmp(p, "(null)", 6) || !strncmp(p, ",,", 2);
}

/* No {name} is left, and none was empty. */
static void check_filled(const char *text, bool sentence)
{
	size_t n = strlen(text);

	for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{'))
		CHECK(!fact_text_find(p + 1, strcspn(p + 1, "}")));
	CHECK(!strstr(text, "(null)"));
	if (!sentence)
		return;
	CHECK(n && text[0] != ' ' && text[n - 1] != ' ');
	for (const char *p = text; *p; p++)
		CHECK(!is_odd(p));
}

static void on_evidence(void *ctx, const struct fact_text *name, struct span value)
{
	CHECK(name && value.n);
	CHECK(!memchr(value.p, 0, value.n)); /* texts end at it */
}

static void check_seen(const struct verdict *v)
{
	const struct facts *f = v->facts;
	uint32_t at = v->rule->at;

	if (at & (AT_LEFT | AT_FLAW))
		CHECK(!f->req.cut && !f->res.cut);
	if (at & AT_LEFT)
		CHECK(!end_blind(f));
	if (at == AT_END && v->rule->cause == CAUSE_END && f->end.how != WST_TIMEOUT &&
	    strcmp(v->rule->id, "restarting"))
		CHECK(!end_blind(f) || f->end.how == WST_EXIT || f->end.process_gone);
	for (int i = 0; i < CONNS; i++)
		if (f->conn == &conns[i] && f->breach && at == AT_FRAME && after_gap[i][f->dir])
			CHECK(!strstr(f->breach->says, "not begun") &&
			      !strstr(f->breach->says, "inside another"));
}

static void on_diagnosis(void *ctx, const struct event *e)
{
	const struct facts *f = e->type == EV_LEG ? e->leg->first : e->verdict->facts;
	unsigned int n = 0;

	CHECK(e->conn && (e->type == EV_LEG || e->type == EV_VERDICT));
	for (f = chain_first((struct facts *)f); f; f = f->upstream) {
		CHECK(!f->upstream || f->upstream->downstream == f);
		CHECK(n++ <= numbers);
	}
	if (e->type == EV_LEG)
		return;
	CHECK(e->verdict->n_legs && rule_help(e->verdict->rule->id));
	check_filled(e->verdict->text, true);
	check_filled(e->verdict->fix, false);
	verdict_evidence(e->verdict, on_evidence, NULL);
	verdict_hop(e->verdict);
	CHECK(e->verdict->rule->certainty != LIKELY || strstr(e->verdict->text, "probably"));
	check_seen(e->verdict);
}

static void give(struct diagnose *d, struct conn *c, struct event *e, enum event_type type)
{
	e->type = type;
	e->conn = c;
	e->ts = now - (take() & 7 ? 0 : take() * MS); /* processors tell of what is past */
	diagnose__event(d, e);
}

static void opens(struct diagnose *d, struct conn *c)
{
	static const char *const comms[] = { "nginx", "haproxy", "node", "app",
					     "",      "envoy",	 "curl", "n\n\x1b[2J" };
	static const char *const addrs[] = { "10.0.0.1:80",	 "10.0.0.1:40000", "10.0.0.9:5000",
					     "172.16.0.56:9588", "[fd00::1]:80",   "10.0.0.1:9588",
					     "127.0.0.1:80",	 "10.0.0.8:5000" };
	struct event e = {};
	uint8_t how = take();

	c->number = ++numbers;
	c->id = c->number;
	c->opened = now - take_time() * (how >> 7);
	c->role = how & 1 ? WST_CLIENT : WST_SERVER;
	c->shown = !(how & 2) || how & 0x40;
	c->midstream = (how & 0x0c) == 0x0c;
	c->placeholder = (how & 0x3c) == 0x38;
	c->pid = take() % 5;
	c->client_pid = c->role == WST_SERVER ? take() % 5 : 0;
	c->pid += c->pid ? PID_NONE : 0;
	c->client_pid += c->client_pid ? PID_NONE : 0;
	if (c->pid)
		strcpy(c->comm, PICK(comms));
	if (!c->placeholder) {
		strcpy(c->local, PICK(addrs));
		strcpy(c->remote, PICK(addrs));
	}
	if (how & 0x10 && how & 0x20)
		c->container =
			strdup("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	if ((how & 0x31) == 0x20) {
		c->via.version = 1 + (how >> 7);
		strcpy(c->via.client, "192.0.2.7:4711");
	}
	give(d, c, &e, EV_OPEN);
}

/* Appends headers, some of which belong into a handshake, and some into none. */
static void take_headers(struct buf *b)
{
	static const char *const lines[] = {
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
		"Host: example.com\r\n",
		"Upgrade: websocket\r\n",
		"Connection: close\r\n",
		"Connection: keep-alive\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Version: 8\r\n",
		"Sec-WebSocket-Protocol: chat\r\n",
		"Sec-WebSocket-Protocol:\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
		"Origin: https://example.com\r\n",
		"Content-Type: text/html\r\n",
		"Location: /elsewhere?a=b\r\n",
		"Transfer-Encoding: chunked\r\n",
		"no colon here\r\n",
		": no name\r\n",
		"Host:\r\n",
		"Origin:\r\n",
		"Upgrade:\r\n",
	};

	for (unsigned int n = take() % 8; n; n--)
		buf_str(b, PICK(lines));
	if (take() % 8 == 7) {
		static const char *const names[] = {
			"Host: ", "Origin: ", "Upgrade: ", "X-", "Sec-WebSocket-Key: ", "Location: "
		};

		buf_str(b, PICK(names));
		take_bytes(b);
		buf_str(b, "\r\n");
	}
	buf_str(b, "\r\n");
}

static void take_first_line(struct buf *b, bool request)
{
	static const char *const asks[] = {
		"GET /ws HTTP/1.1",
		"GET /ws?a=b HTTP/1.1",
		"GET /WS/ HTTP/1.1",
		"GET /ws HTTP/1.0",
		"GET /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1",
		"GET ws://u:p@example.com/ws HTTP/1.1",
		"POST /hub/negotiate HTTP/1.1",
		"CONNECT example.com:443 HTTP/1.1",
		"GET /a b HTTP/1.1",
		"GET /ws"
	};
	static const char *const answers[] = {
		"101 Switching Protocols", "200 OK",	    "301 Moved",     "400 Bad Request",
		"401 Unauthorized",	   "403 Forbidden", "404 Not Found", "407 Auth",
		"426 Upgrade Required",	   "431 Too Large", "500 Error",     "502 Bad Gateway",
		"503 Unavailable",	   "504 Time-out",  "429",	     "101"
	};

	if (!request) {
		buf_str(b, "HTTP/1.1 ");
		buf_str(b, PICK(answers));
	} else if (take() % 16 < 15) {
		buf_str(b, PICK(asks));
	} else {
		buf_str(b, "GET /");
		take_bytes(b);
		buf_str(b, " HTTP/1.1");
	}
	buf_str(b, "\r\n");
}

static void head(struct diagnose *d, struct conn *c, enum event_type type)
{
	static struct http_msg m;
	struct buf b = {}, shown = {};
	struct event e = {};
	uint8_t how = take();

	take_first_line(&b, type == EV_REQUEST);
	take_headers(&b);
	if (!http_parse(&m, b.data, b.len) && !http_show(&m, false, &shown)) {
		bool ws = http_has_token(&m, "upgrade", "websocket");

		e.head.msg = &m;
		e.head.upgrade = ws && (type == EV_REQUEST || m.status == 101);
		e.head.wanted = e.head.upgrade || http_find(&m, "sec-websocket-key");
		e.head.final = m.status >= 200 || m.status == 101;
		e.head.cut = (how & 0x70) == 0x70;
		e.head.missed = (how & 0x0e) == 0x0e;
		e.head.seq = how & 1 ? 1 : c->number * 1000;
		e.head.len = how & 0x80 ? take_size() : b.len;
		e.head.accept_ok = type == EV_RESPONSE ? take() % 3 - 1 : -1;
		give(d, c, &e, type);
	}
	buf_free(&b);
	buf_free(&shown);
}

static void body(struct diagnose *d, struct conn *c)
{
	static const char *const bodies[] = { "Request Header Or Cookie Too Large",
					      "{\"message\":\"Session ID unknown\"}",
					      "origin x not allowed",
					      "Invalid Host header",
					      "no healthy upstream",
					      "upstream request timeout",
					      "too many connections",
					      "Can \"Upgrade\" only to \"WebSocket\".",
					      "\x1b]0;x\a\r\n\xff",
					      "" };
	const char *says = PICK(bodies);
	struct event e = { .head.body = { says, strlen(says) } };

	give(d, c, &e, EV_BODY);
}

static const char *const reasons[] = { "",
				       "keepalive ping timeout",
				       "idle timeout",
				       "shutting down",
				       "message too big",
				       "\xff\xfe",
				       "going away",
				       "0",
				       "Ping timeout",
				       "\xe2\x80\xae" };

static void frame(struct diagnose *d, struct conn *c)
{
	static const uint16_t codes[] = { 0,	1000, 1001,   1002, 1003, 1005, 1006,
					  1007, 1008, 1009,   1010, 1011, 1012, 1013,
					  3000, 4000, 0x3130, 3008, 65535 };
	struct event e = {};
	struct frame_event *f = &e.frame;
	uint8_t how = take();
	const char *reason = PICK(reasons);

	f->b0 = take();
	if (!(how & 0x80)) /* mostly what is allowed */
		f->b0 = 0x80 | (f->b0 & 0x40) | (f->b0 & 8 ? 8 + f->b0 % 3 : 1);
	f->dir = how & 1;
	f->opcode = f->b0 & 15;
	f->fin = f->b0 >> 7;
	f->rsv = f->b0 >> 4 & 7;
	f->masked = how & 0x40 ? how & 1 : f->dir == WST_C2S;
	f->mask = f->masked ? 0x01020304 * (take() % 4) : 0;
	f->len = how & 2 ? take_size() : f->opcode & 8 ? 2 + strlen(reason) : take();
	f->hdr_len = 2 + 4 * f->masked +
		     (f->len > 0xffff ? 8 :
		      f->len > 125    ? 2 :
					0) +
		     ((how & 0x30) == 0x30);
	f->offset = take_size();
	f->other_blind = (how & 0x0c) == 0x0c;
	f->rtt_us = f->opcode == WS_OP_PONG ? take() * 10000 - 1 : -1;
	if (f->opcode == WS_OP_CLOSE) {
		f->code = PICK(codes);
		f->reason = (struct span){ reason, f->code ? strlen(reason) : 0 };
		f->reason_cut = (how & 0x0c) == 4;
	}
	give(d, c, &e, EV_FRAME);
	if (!(f->opcode & 8) && f->fin)
		after_gap[c - conns][f->dir] = false;
}

static void resync(struct diagnose *d, struct conn *c)
{
	struct wst_resync r = { .h.dir = take() & 1,
				.skipped = take_size(),
				.why = WST_WHY_GAP + take() % 3 };
	struct event e = { .resync = &r };

	after_gap[c - conns][r.h.dir] = true;
	give(d, c, &e, EV_RESYNC);
}

static void opaque(struct diagnose *d, struct conn *c)
{
	static const char *const texts[] = { "HTTP/1.1 400 Bad Request\r\n",
					     "GET /?token=secret\r\n",
					     "\x16\x03\x01",
					     "Warning: x",
					     "",
					     "\x1b[2J\xff" };
	struct wst_opaque r = { .h.dir = take() & 1, .why = WST_WHY_TLS + take() % 13 };
	struct event e = { .opaque = &r };

	if (r.why >= WST_WHY_HTTP_IN_WS) {
		strcpy((char *)r.first, PICK(texts));
		r.n = take() & 1 ? WST_FIRST_BYTES : strlen((char *)r.first);
	}
	r.offset = take_size();
	give(d, c, &e, EV_OPAQUE);
}

static void counters(struct wst_stats *s, const struct conn *c)
{
	static const uint32_t waits[] = { 0, 1, 1000, 1 << 20, UINT32_MAX };

	s->h.ts = now;
	s->opened = c->opened;
	s->last = take() & 3 ? now - take_time() : 0;
	s->gaps = take() % 8 == 7;
	s->lost = take() % 8 == 7;
	s->rtt_us = PICK(waits);
	s->retrans = take();
	s->unread = PICK(waits);
	s->unsent = PICK(waits);
	s->window = PICK(waits);
	s->state = take() % 12;
	for (int dir = 0; dir < WST_DIRS; dir++) {
		s->counts[dir].stream = take_size();
		s->counts[dir].frames[take() % WST_OPS] = take() & 1 ? take_size() : take();
	}
}

static void stats(struct diagnose *d, struct conn *c)
{
	struct wst_stats s = {};
	struct event e = { .stats = &s };

	counters(&s, c);
	s.ended = take() & 1 ? now - take_time() : 0;
	give(d, c, &e, EV_STATS);
}

static void closes(struct diagnose *d, struct conn *c)
{
	static const uint8_t hows[] = { WST_FIN,  WST_RST_SENT, WST_RST_RECEIVED, WST_TIMEOUT,
					WST_EXIT, WST_REFUSED,	WST_UNSEEN,	  0 };
	struct wst_stats s = { .how = PICK(hows) };
	struct event e = { .stats = &s };
	uint8_t how = take();

	if (how & 1)
		counters(&s, c);
	s.h.ts = now;
	s.ended = how & 2 ? now - take_time() : now;
	s.last = s.last ? s.last : s.ended - take_time();
	s.opened = c->opened;
	s.h.flags = (how & 4 ? WST_FIRST_LOCAL : WST_FIRST_REMOTE) |
		    ((how & 0x18) == 0x18 ? WST_BLIND_C2S : 0) |
		    ((how & 0x60) == 0x60 ? WST_BLIND_S2C : 0);
	give(d, c, &e, EV_CLOSE);
	free(c->container);
	memset(c, 0, sizeof(*c));
	memset(after_gap[c - conns], 0, sizeof(after_gap[0]));
}

static void held(struct diagnose *d, struct conn *c)
{
	struct wst_held r = { .h.dir = take() & 1,
			      .wait_us = take() * 1000,
			      .rtt_us = take() * 10,
			      .holds = take() };
	struct event e = { .held = &r };

	give(d, c, &e, EV_HELD);
}

static void queue(struct diagnose *d, struct conn *c)
{
	struct wst_queue r = { .pid = take() & 1 ? PID_NONE + 9 : 0,
			       .queued = take(),
			       .max = take(),
			       .unaccepted = take() & 1 };
	struct event e = { .queue = &r };

	give(d, c, &e, EV_QUEUE);
}

static void step(struct diagnose *d)
{
	uint8_t what = take();
	struct conn *c = &conns[take() % CONNS];

	now += what & 0x80 ? take_time() : MS;
	what &= 0x1f;
	if (what == 31)
		diagnose__lost(d, now);
	else if (what >= 28)
		diagnose__tick(d, now);
	else if (!c->number)
		opens(d, c);
	else if (what < 6)
		head(d, c, EV_REQUEST);
	else if (what < 11)
		head(d, c, EV_RESPONSE);
	else if (what < 17)
		frame(d, c);
	else if (what < 20)
		closes(d, c);
	else if (what < 22)
		stats(d, c);
	else
		(void (*const[])(struct diagnose *, struct conn *)){
			body, resync, opaque, opaque, held, queue
		}[what - 22](d, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct verdict_row *row;
	struct diagnose *d;

	in = p;
	left = n;
	now = 1000000 * MS;
	numbers = 0;
	memset(after_gap, 0, sizeof(after_gap));
	n = take();
	d = diagnose__new(on_diagnosis, NULL, n & 1);
	if (n & 2)
		diagnose__all_ports(d);
	while (left)
		step(d);
	diagnose__wants_stats(d, n & 4);
	diagnose__tick(d, now);
	diagnose__finish(d, now + (n & 8 ? 5000 * MS : 0));
	for (unsigned int i = 0; (row = diagnose__verdict(d, i)); i++) {
		check_filled(row->text, true);
		CHECK(row->count);
	}
	for (int i = 0; i < CONNS; i++) {
		free(conns[i].container);
		conns[i].container = NULL;
	}
	diagnose__free(d);
	memset(conns, 0, sizeof(conns));
	return 0;
}
