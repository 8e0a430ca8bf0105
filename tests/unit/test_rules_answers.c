// SPDX-License-Identifier: GPL-2.0-only
/* Recorded refusals that other legs, other requests or the answer's own headers explain. */
#include "events.h"

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static void body(struct conn *c, const char *text)
{
	struct event e = {};

	e.head.body = (struct span){ text, strlen(text) };
	give(&e, c, EV_BODY);
}

/* One answer of one server, with a body that may be NULL. */
struct row {
	const char *comm, *target, *headers, *answer, *answer_headers, *body, *rule, *says;
	enum certainty certainty;
};

static void asks(const struct row *r)
{
	struct conn *c = opens(WST_SERVER, r->comm, 7, "10.0.0.1:80", "10.0.0.9:5000");
	char first[128];

	snprintf(first, sizeof(first), "GET %s HTTP/1.1", r->target);
	request(c, first, r->headers);
	t.now += MS;
	response(c, r->answer, r->answer_headers);
	if (r->body)
		body(c, r->body);
	settles();
}

static void answers(void **state)
{
	static const struct row rows[] = {
		{ "app", "/ws", FULL, "200 OK",
		  "X-Cache: HIT from cdn\r\nContent-Type: text/html\r\n", NULL, "refused",
		  "from a cache", CERTAIN },
		{ "app", "/ws", FULL, "200 OK", "Age: 17\r\nContent-Type: text/html\r\n", NULL,
		  "refused", "proxy_cache_bypass", CERTAIN },
		{ "app", "/ws", FULL, "404 Not Found", "cf-cache-status: HIT\r\n", NULL, "refused",
		  "from a cache", CERTAIN },
		{ "app", "/ws", FULL, "200 OK", "X-Cache: MISS\r\nContent-Type: text/html\r\n",
		  NULL, "refused", "a web page", LIKELY },
		{ "app", "/echo/", FULL, "200 OK",
		  "Content-Type: text/plain; charset=UTF-8\r\nContent-Length: 19\r\n", NULL,
		  "refused", "/echo/websocket", LIKELY },
		{ "envoy", "/ws", FULL, "403 Forbidden", "content-length: 0\r\n", NULL, "refused",
		  "upgrade_configs", LIKELY },
		{ "app", "/ws", FULL, "403 Forbidden", "server: istio-envoy\r\n", NULL, "refused",
		  "upgrade_configs", LIKELY },
		{ "app", "/ws", FULL, "403 Forbidden",
		  "server: envoy\r\nx-envoy-upstream-service-time: 3\r\n", NULL, "refused",
		  "refused to open", CERTAIN },
		{ "app", "/ws",
		  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Key: " KEY "\r\n",
		  "400 Bad Request", "Content-Length: 90\r\n",
		  "websocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header",
		  "bad-version", "has no Sec-WebSocket-Version", CERTAIN },
		{ "python3", "/ws",
		  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " KEY "\r\n",
		  "400 Bad Request", "Content-Length: 90\r\n",
		  "Failed to open a WebSocket connection: x", "bad-version", "8, and not 13",
		  LIKELY },
		{ "app", "/engine.io/?EIO=3&transport=websocket", FULL, "400 Bad Request",
		  "Content-Length: 90\r\n",
		  "The client is using an unsupported version of the Socket.IO or Engine.IO "
		  "protocols",
		  "refused", "allowEIO3", CERTAIN },
		{ "app", "/engine.io/?EIO=3&transport=polling", "", "400 Bad Request",
		  "Content-Length: 90\r\n",
		  "{\"code\":5,\"message\":\"Unsupported protocol version\"}", "refused", "EIO=3",
		  CERTAIN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		asks(&rows[i]);
		told(rows[i].rule);
		says(rows[i].says);
		assert_int_equal(t.certainty, rows[i].certainty);
	}
}

/* What is said to be the same is the same, and what differs is named. */
static void differs(void **state)
{
	static const struct {
		const char *target, *headers, *says;
	} rows[] = {
		{ "/ws?room=1", FULL, "alike, but for the key" },
		{ "/ws?room=2", FULL, "what differs is the query" },
		{ "/ws?room=1", FULL "Cookie: a=1\r\n", "what differs is the Cookie header" },
		{ "/ws?room=2", FULL "Cookie: a=1\r\nX-User: me\r\n",
		  "the query, the Cookie header and other headers" },
		{ "/ws?room=[redacted]", FULL, "the query may differ" },
		{ "/ws?room=[", FULL "Cookie: [redacted]...\r\n",
		  "the query and the Cookie header may differ" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		asks(&(struct row){ "app", "/ws?room=1", FULL, "101 x", YES });
		asks(&(struct row){ "app", rows[i].target, rows[i].headers, "403 Forbidden", "" });
		told("refused");
		says(rows[i].says);
		assert_null(strstr(t.text, "something else"));
	}
	teardown(state);
	setup(state);
	asks(&(struct row){ "app", "/io/?EIO=4", FULL, "101 x", YES });
	asks(&(struct row){ "app", "/io/?EIO=3", FULL, "400 Bad Request", "" });
	told("refused");
	says("EIO=3");
	says("allowEIO3");
	assert_int_equal(t.certainty, LIKELY);
}

/* A head that is refused, or reset, beside a smaller one that was taken. */
static void large(void **state)
{
	static const struct {
		size_t n;
		const char *answer, *rule;
		bool before;
	} rows[] = {
		{ 3000, "413 Payload Too Large", "too-large-head", false },
		{ 3000, "414 URI Too Long", "too-large-head", false },
		{ 300, "413 Payload Too Large", "refused", false },
		{ 3000, "400 Bad Request", "too-large-head", true },
		{ 3000, "400 Bad Request", "refused", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char headers[4000] = FULL "Cookie: a=";

		teardown(state);
		setup(state);
		memset(headers + strlen(headers), 'x', rows[i].n);
		strcat(headers, "\r\n");
		if (rows[i].before)
			asks(&(struct row){ "app", "/ws", FULL, "101 x", YES });
		asks(&(struct row){ "app", "/ws", headers, rows[i].answer, "" });
		told(rows[i].rule);
	}
}

/* A server that reads a part of a head that is larger than the others, and resets. */
static void large_unread(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct wst_stats s = { .how = WST_RST_SENT };
		struct event e = { .stats = &s };
		struct conn *c;

		teardown(state);
		setup(state);
		if (i)
			asks(&(struct row){ "app", "/ws", FULL, "101 x", YES });
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5001");
		s.h.ts = s.ended = t.now;
		s.h.flags = i == 2 ? WST_FIRST_REMOTE : WST_FIRST_LOCAL;
		s.opened = c->opened;
		s.counts[WST_C2S].stream = 2048;
		give(&e, c, EV_CLOSE);
		memset(c, 0, sizeof(*c));
		told(i == 1 ? "too-large-head" : "");
		if (i == 1)
			says("2048 bytes");
	}
}

/* A proxy that changes the Host is named, not the server that minds. */
static void host_changed(void **state)
{
	static const struct {
		const char *answer, *body, *origin, *rule, *hop;
	} rows[] = {
		{ "403 Forbidden", NULL, "https://chat.example", "origin-403", "nginx" },
		{ "400 Bad Request", "Not an accepted origin.", "https://chat.example",
		  "origin-403", "nginx" },
		{ "404 Not Found", "Invalid Origin", "https://chat.example", "origin-403",
		  "nginx" },
		{ "404 Not Found", NULL, "https://chat.example", "not-found", "" },
		{ "403 Forbidden", NULL, "https://other.example", "origin-403", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *a, *b;
		char text[512];

		teardown(state);
		setup(state);
		a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
		snprintf(text, sizeof(text), GET "\r\nHost: chat.example\r\n" FULL "Origin: %s\r\n",
			 rows[i].origin);
		head(a, EV_REQUEST, text, true);
		b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
		snprintf(text, sizeof(text), GET "\r\nHost: backend\r\n" FULL "Origin: %s\r\n",
			 rows[i].origin);
		head(b, EV_REQUEST, text, true);
		response(b, rows[i].answer, "Content-Length: 9\r\n");
		if (rows[i].body)
			body(b, rows[i].body);
		response(a, rows[i].answer, "Content-Length: 9\r\n");
		settles();
		told(rows[i].rule);
		assert_string_equal(t.hop, rows[i].hop);
		if (*rows[i].hop) {
			says("proxy_set_header Host");
			says("in place of chat.example");
		}
	}
}

/* The proxy made the line: what it got was sound. */
static void line_made(void **state)
{
	struct two p;

	(void)state;
	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	request(p.a, "GET /a%20room HTTP/1.1", FULL);
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, "GET /a room HTTP/1.1", FULL);
	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	settles();
	told("bad-request-line");
	assert_string_equal(t.hop, "nginx");
	says("$request_uri");
}

/* The proxy hangs up on its client, whatever its upstream said. */
static void swallowed(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct two p;

		teardown(state);
		setup(state);
		p = proxied(GET, FULL);
		response(p.b, i ? "101 x" : "403 Forbidden", i ? YES : "");
		ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
		t.now += 2 * S;
		diagnose__tick(t.d, t.now);
		ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
		told(i ? "proxy-rejected-101" : "refused");
		says(i ? "without passing that on" : "did not pass this one on");
	}
}

/* nginx answers by itself what it has passed on, as far as a file shows that. */
static void page_kept(void **state)
{
	static const struct {
		const char *answer, *says;
	} rows[] = {
		{ "200 OK", "from its cache" },
		{ "503 x", "a limit is reached" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		proxied_well();
		c = opens(WST_SERVER, "", 0, "10.0.0.1:12345", "10.0.0.9:51545");
		request(c, GET, FULL);
		response(c, rows[i].answer, "Content-Type: text/html\r\n");
		settles();
		told("refused");
		says(rows[i].says);
		assert_int_equal(t.certainty, LIKELY);
	}
}

static void is_refused(const char *comm, uint32_t pid)
{
	struct conn *c = opens(WST_CLIENT, comm, pid, "10.0.0.9:5000", "10.0.0.1:80");

	ends(c, WST_REFUSED, WST_FIRST_REMOTE, 0);
	t.now += 100 * MS;
}

/* Connects that are refused again and again are told of once, with their number. */
static void refused_often(void **state)
{
	for (int i = 0; i < 5; i++)
		is_refused("node", 7);
	told("upstream-down");
	says("nothing listens on 10.0.0.1:80");
	says("5 connections");
	assert_int_equal(t.severity, SEV_WARNING);

	teardown(state); /* a port scan */
	setup(state);
	is_refused("nmap", 7);
	is_refused("nmap", 7);
	told("");

	teardown(state); /* a proxy's health checks, and one that comes back */
	setup(state);
	for (int i = 0; i < 9; i++)
		is_refused("haproxy", 7);
	told("");

	teardown(state);
	setup(state);
	for (int i = 0; i < 5; i++)
		is_refused("node", 7);
	websocket();
	told("upstream-down"); /* at another address */

	teardown(state); /* a server that starts */
	setup(state);
	for (int i = 0; i < 5; i++)
		is_refused("node", 7);
	asks(&(struct row){ "app", "/ws", FULL, "101 x", YES });
	told("");

	teardown(state); /* one that is started again */
	setup(state);
	asks(&(struct row){ "app", "/ws", FULL, "101 x", YES });
	for (int i = 0; i < 5; i++)
		is_refused("node", 7);
	told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers),	    TEST(differs),	TEST(large),
		TEST(host_changed), TEST(large_unread), TEST(line_made),
		TEST(swallowed),    TEST(page_kept),	TEST(refused_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
