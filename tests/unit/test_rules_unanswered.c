// SPDX-License-Identifier: GPL-2.0-only
/* Recorded handshakes without an answer, or with one in another protocol. */
#include "events.h"

#define PLAIN_GET "Connection: keep-alive\r\n"

/* On this host and now, as without -r: requests are looked at while they wait. */
static void live(void)
{
	diagnose__free(t.d);
	t.d = diagnose__new(on_diagnosis, &t, true);
	assert_non_null(t.d);
}

static void wait_for(uint64_t ns)
{
	for (uint64_t end = t.now + ns; t.now < end; t.now += S / 10)
		diagnose__tick(t.d, t.now);
}

static struct conn *opens_for(uint32_t client_pid, const char *comm, uint32_t pid,
			      const char *local, const char *remote)
{
	struct conn *c = opens(WST_SERVER, comm, pid, local, remote);

	c->client_pid = client_pid;
	return c;
}

static void opaque(struct conn *c, uint8_t dir, uint32_t why)
{
	struct wst_opaque o = { .h.dir = dir, .why = why };
	struct event e = { .opaque = &o };

	give(&e, c, EV_OPAQUE);
}

/* gaps: bytes that were not seen; asked, came: bytes of the client's, and of the server's */
static void ends_after(struct conn *c, uint16_t first, uint64_t gaps, uint64_t asked, uint64_t came)
{
	struct wst_stats s = { .how = WST_FIN, .gaps = gaps };
	struct event e = { .stats = &s };

	s.h.ts = s.ended = t.now;
	s.h.flags = first;
	s.opened = c->opened;
	s.counts[WST_C2S].stream = asked;
	s.counts[WST_S2C].stream = came;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
}

static void ends_with(struct conn *c, uint16_t first, uint64_t gaps, uint64_t came)
{
	ends_after(c, first, gaps, 517, came);
}

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static void client_gives_up(void **state)
{
	struct two p = proxied(GET, FULL);

	t.now += 3 * S;
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 3 * S);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 3 * S);
	told("upstream-mute");
	says("172.16.0.56:9588 did not answer");
	assert_int_equal(t.chain, 2);
}

static void client_leaves_at_once(void **state)
{
	struct two p = proxied(GET, FULL);

	t.now += S / 2;
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

/* Told once, while it lasts; the client's end says nothing new. */
static void told_while_it_waits(void **state)
{
	struct two p;

	live();
	p = proxied(GET, FULL);
	wait_for(4900 * MS);
	assert_string_equal(t.told, "");
	wait_for(S);
	assert_string_equal(t.told, "upstream-mute");
	says("172.16.0.56:9588 has not answered");
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 3 * S);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 3 * S);
	told("upstream-mute");
}

static void gateway_says_the_same(void **state)
{
	struct two p;

	live();
	p = proxied(GET, FULL);
	wait_for(60 * S);
	response(p.a, "504 Gateway Time-out", "");
	told("upstream-mute");
}

static void slow(uint64_t ns, const char *rules)
{
	struct two p;

	live();
	p = proxied(GET, FULL);
	wait_for(ns);
	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	frame(p.a, WST_S2C, 0x83, 0);
	told(rules);
}

/* What was told of a slow one hides nothing that comes after it. */
static void slow_handshakes(void **state)
{
	slow(4 * S, "bad-frame");
	teardown(state);
	setup(state);
	slow(8 * S, "upstream-mute bad-frame");
}

static void late_refusal(void **state)
{
	struct two p;

	live();
	p = proxied(GET, FULL);
	wait_for(8 * S);
	response(p.b, "403 Forbidden", "");
	response(p.a, "403 Forbidden", "");
	told("upstream-mute refused");
}

static void lost_events(void **state)
{
	live();
	proxied(GET, FULL);
	wait_for(S);
	diagnose__lost(t.d, t.now);
	wait_for(10 * S);
	told("");
}

static void proxy_without_upstream(void **state)
{
	live();
	request(opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"), GET, FULL);
	wait_for(6 * S);
	told("upstream-mute");
	says("nginx on 10.0.0.1:80 has not answered");
	says("wstrace -p any --comm nginx");
}

/* An upstream that cannot be reached is found out later than that nobody answers. */
static void then_unreachable(void **state)
{
	struct conn *a, *b;

	live();
	a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
	request(a, GET, FULL);
	t.now += MS;
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	wait_for(60 * S);
	ends(b, WST_TIMEOUT, WST_FIRST_REMOTE, 0);
	response(a, "504 Gateway Time-out", "");
	told("upstream-mute upstream-down");
}

static void unread(uint64_t ns, const char *what)
{
	struct conn *a, *b;

	live();
	a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
	request(a, GET, FULL);
	t.now += MS;
	b = opens_for(812, "", 0, "10.0.0.1:9501", "10.0.0.1:40000");
	wait_for(2 * S);
	assert_true(diagnose__wants_stats(t.d, false));
	looks(b, 200, 0, 65535);
	assert_string_equal(t.by, "pid-time");
	wait_for(ns);
	ends(a, WST_FIN, WST_FIRST_REMOTE, 0);
	told("upstream-mute");
	says(what);
	assert_int_equal(t.chain, 2);
}

static void never_read(void **state)
{
	unread(S, "10.0.0.1:9501 never read the request for /ws");
	teardown(state);
	setup(state);
	unread(6 * S, "10.0.0.1:9501 has not read the request for /ws");
}

static void upstream_hangs_up(void **state)
{
	struct two p = proxied(GET, FULL);

	ends(p.b, WST_FIN, WST_FIRST_REMOTE, 0);
	response(p.a, "502 Bad Gateway", "");
	told("refused");
	says("172.16.0.56:9588 did not answer");
	says("https://");
}

/* The 101 passed unseen: the frames, the bytes or a gap say so. */
static void missing_101(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, FULL);
		if (i < 2)
			frame(c, i ? WST_C2S : WST_S2C, 0x81, 5);
		t.now += 2 * S;
		ends_with(c, i & 1 ? WST_FIRST_LOCAL : WST_FIRST_REMOTE, i == 2 ? 129 : 0,
			  i == 3 ? 129 : 0);
		told("");
	}
}

static void no_answer_at_all(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL);
	ends_with(c, WST_FIRST_LOCAL, 0, 0);
	told("refused");
	says("wss://");
}

static void tls_and_its_answers(void **state)
{
	static const struct {
		const char *answer; /* NULL: none */
		uint32_t why;
		uint16_t first;
		uint64_t after;
		const char *rule;
	} rows[] = {
		{ "400 Bad Request", 0, WST_FIRST_LOCAL, 0, "tls-mismatch" },
		{ NULL, WST_WHY_NOT_HTTP, WST_FIRST_LOCAL, 0, "" }, /* SMTP's greeting, say */
		{ NULL, WST_WHY_TLS, WST_FIRST_LOCAL, 0, "" },
		{ NULL, 0, WST_FIRST_LOCAL, 0, "tls-mismatch" },
		{ NULL, 0, WST_FIRST_LOCAL, 9 * S, "" },
		{ NULL, 0, WST_FIRST_REMOTE, 0, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		opaque(c, WST_C2S, WST_WHY_TLS);
		if (rows[i].answer)
			response(c, rows[i].answer, "");
		if (rows[i].why)
			opaque(c, WST_S2C, rows[i].why);
		t.now += rows[i].after;
		ends_with(c, rows[i].first, 0, rows[i].answer || rows[i].why ? 100 : 0);
		told(rows[i].rule);
	}
}

/* Who sends the start of a TLS record, or other protocols, too, looks for what answers. */
static void tls_of_a_scanner(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		if (i == 1) {
			c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:4000");
			opaque(c, WST_C2S, WST_WHY_NOT_HTTP);
			ends_after(c, WST_FIRST_REMOTE, 0, 19, 0);
		}
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		opaque(c, WST_C2S, WST_WHY_TLS);
		response(c, "400 Bad Request", "");
		ends_after(c, WST_FIRST_LOCAL, 0, i ? 517 : 3, 100);
		if (i == 2) {
			c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:6000");
			opaque(c, WST_C2S, WST_WHY_NOT_HTTP);
			ends_after(c, WST_FIRST_REMOTE, 0, 19, 0);
		}
		told(i == 3 ? "tls-mismatch" : "");
	}
}

/* A server that speaks TLS with others has its own reasons to hang up. */
static void tls_elsewhere(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

		opaque(c, WST_C2S, WST_WHY_TLS);
		if (!i)
			opaque(c, WST_S2C, WST_WHY_TLS);
		ends_with(c, WST_FIRST_LOCAL, 0, 0);
	}
	told("");
}

/* curl tries HTTP/2 once; a gRPC client at the wrong port comes again and again. */
static void http2_again(void **state)
{
	for (int i = 0; i < 5; i++) {
		teardown(state);
		setup(state);
		if (i) {
			struct conn *c =
				opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:4000");

			request(c, GET, "Upgrade: h2c\r\n");
			response(c, "200 OK", "Content-Length: 0\r\n");
			ends_after(c, WST_FIRST_REMOTE, 0, 100, 100);
		}
		for (int k = 0; k < (i == 1 ? 1 : 2); k++) {
			struct conn *c =
				opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

			opaque(c, WST_C2S, WST_WHY_HTTP2);
			if (i == 2) /* it answers in HTTP/2, and hangs up */
				opaque(c, WST_S2C, WST_WHY_NOT_HTTP);
			ends_after(c, WST_FIRST_LOCAL, 0, 100, 100);
			if (i == 4) /* two that have nothing to do with each other */
				t.now += 300 * S;
		}
		told(i == 3 ? "http2-mismatch" : "");
	}
}

/* The client asks for a WebSocket, and gets a 101 to h2c, say. */
static void other_upgrade(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL);
	opaque(c, WST_S2C, WST_WHY_OTHER_UPGRADE);
	ends_after(c, WST_FIRST_REMOTE, 0, 200, 100);
	told("bad-101");
	says("another protocol than websocket");
	c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5001");
	request(c, GET, "Upgrade: h2c\r\nConnection: Upgrade\r\n");
	opaque(c, WST_S2C, WST_WHY_OTHER_UPGRADE);
	told("bad-101");
}

static void tls_answer(void **state)
{
	struct two p = proxied(GET, FULL);

	opaque(p.b, WST_S2C, WST_WHY_TLS);
	response(p.a, "502 Bad Gateway", "");
	told("tls-mismatch");
	says("nginx on 10.0.0.1:12345 speaks plain HTTP to the server 172.16.0.56:9588");
	assert_int_equal(t.chain, 2);
}

static void tls_to_plain_upstream(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"), *b;

	request(a, GET, FULL);
	t.now += MS;
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	opaque(b, WST_C2S, WST_WHY_TLS);
	assert_string_equal(t.by, "pid-time");
	response(b, "400 Bad Request", "");
	response(a, "502 Bad Gateway", "");
	told("tls-mismatch");
	says("nginx on 10.0.0.1:80 speaks TLS to the server 172.16.0.56:9588");
	assert_int_equal(t.chain, 2);
}

/* An application that asks somebody over TLS is no proxy. */
static void tls_of_an_application(void **state)
{
	struct conn *a = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000"), *b;

	request(a, GET, FULL);
	b = opens(WST_CLIENT, "app", 7, "10.0.0.1:40000", "172.16.0.56:443");
	opaque(b, WST_C2S, WST_WHY_TLS);
	assert_int_equal(t.legs, 0);
	told("");
}

static void upgrade_added(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"), *b;

	request(a, GET, PLAIN_GET);
	t.now += MS;
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(b, GET, ASK);
	told("no-key");
	says("nginx on 10.0.0.1:80 added Upgrade to a plain request");
}

static void key_removed(void **state)
{
	proxied(GET, ASK);
	told("no-key");
	says("nginx on 10.0.0.1:12345 removed the Sec-WebSocket-Key");
}

/* The same key on the same port: a proxy's way to itself where the client is known to be it. */
static void own_port(void **state)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"), *b;

	request(a, GET, FULL);
	t.now += MS;
	b = opens_for(812, "nginx", 812, "10.0.0.1:80", "10.0.0.1:40000");
	request(b, "GET /foo/ws HTTP/1.1", FULL);
	response(b, "404 Not Found", "");
	response(a, "404 Not Found", "");
	told("path-rewritten");
}

static void found_but_for_case(void **state)
{
	static const char *const paths[] = { "/ws?token=secret", "/Ws/?x=1", "/other" };
	static const char *const rules[] = { "", "not-found", "not-found not-found" };

	for (int i = 0; i < 3; i++) {
		char first[64];
		struct conn *c = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");

		snprintf(first, sizeof(first), "GET %s HTTP/1.1", paths[i]);
		request(c, first, FULL);
		response(c, i ? "404 Not Found" : "101 x", i ? "Content-Length: 0\r\n" : YES);
		settles();
		assert_string_equal(t.told, rules[i]);
		if (i == 1)
			says("use /ws: ");
	}
	says("or its upstream is a unix socket");
}

/* The upstream refused, and its proxy hung up without an answer, in either order of their ends. */
static void refused_and_silent(void **state)
{
	struct conn *a = opens(WST_SERVER, "node", 9, "10.0.0.1:80", "10.0.0.9:5000"), *b;

	request(a, GET, FULL);
	t.now += MS;
	b = opens(WST_CLIENT, "node", 9, "127.0.0.1:40000", "127.0.0.1:9588");
	ends(b, WST_REFUSED, WST_FIRST_REMOTE, 0);
	t.now += MS;
	ends(a, WST_FIN, WST_FIRST_LOCAL, 0);
	told("upstream-down");
	says("nothing listens on 127.0.0.1:9588");
	says("node on 10.0.0.1:80");
	assert_string_equal(t.listen, "127.0.0.1:9588");
}

/* A file knows no processes: the host that was asked tried in vain to connect. */
static void refused_in_a_file(void **state)
{
	struct conn *a = opens(WST_SERVER, "", 0, "10.0.0.2:80", "10.0.0.1:5000"), *b;

	request(a, GET, FULL);
	t.now += MS;
	b = opens(WST_SERVER, "", 0, "10.0.0.3:9000", "10.0.0.2:50000");
	ends(b, WST_REFUSED, WST_FIRST_LOCAL, 0);
	response(a, "502 Bad Gateway", "");
	told("upstream-down");
	says("nothing listens on 10.0.0.3:9000, where the server 10.0.0.2:80");
}

/* A proxy does not try for some time what has just failed. */
static void no_live_upstream(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct conn *a = opens(WST_SERVER, "nginx", 8, "10.0.0.1:80", "10.0.0.9:5000"), *b;

		request(a, GET, FULL);
		t.now += MS;
		if (!i) {
			b = opens(WST_CLIENT, "nginx", 8, "127.0.0.1:40000", "127.0.0.1:9588");
			ends(b, WST_REFUSED, WST_FIRST_REMOTE, 0);
		}
		response(a, "502 Bad Gateway", "");
		ends(a, WST_FIN, WST_FIRST_LOCAL, 0);
		t.now += 4 * S;
		diagnose__tick(t.d, t.now);
	}
	told("upstream-down upstream-down");
	says("probably none is live, since it could not connect to 127.0.0.1:9588");
}

/* Any answer but a 101 in front of a backend's 101 is the proxy's doing. */
static void rejected_101(void **state)
{
	static const char *const answers[] = { "500 x", "502 x", "503 x", "426 x" };

	for (int i = 0; i < 4; i++) {
		struct two p;

		teardown(state);
		setup(state);
		p = proxied(GET, FULL);
		response(p.b, "101 x", YES);
		response(p.a, answers[i], "");
		told("proxy-rejected-101");
		assert_string_equal(t.listen, "10.0.0.1:12345");
	}
}

/* With every port watched, no advice to watch more. */
static void all_ports_watched(void **state)
{
	diagnose__all_ports(t.d);
	for (int i = 0; i < 2; i++) {
		struct conn *a = opens(WST_SERVER, "nginx", 8, "10.0.0.1:80", "10.0.0.9:5000");

		request(a, GET, FULL);
		response(a, i ? "404 Not Found" : "502 Bad Gateway", "Content-Length: 0\r\n");
		settles();
		says("unix socket");
		assert_null(strstr(t.text, "traced"));
		assert_null(strstr(t.fix, "-p any"));
	}
	told("refused not-found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_and_silent),
		TEST(refused_in_a_file),
		TEST(no_live_upstream),
		TEST(rejected_101),
		TEST(all_ports_watched),
		TEST(client_gives_up),
		TEST(client_leaves_at_once),
		TEST(told_while_it_waits),
		TEST(gateway_says_the_same),
		TEST(slow_handshakes),
		TEST(late_refusal),
		TEST(lost_events),
		TEST(proxy_without_upstream),
		TEST(then_unreachable),
		TEST(never_read),
		TEST(upstream_hangs_up),
		TEST(missing_101),
		TEST(no_answer_at_all),
		TEST(tls_and_its_answers),
		TEST(tls_of_a_scanner),
		TEST(tls_elsewhere),
		TEST(other_upgrade),
		TEST(tls_answer),
		TEST(tls_to_plain_upstream),
		TEST(tls_of_an_application),
		TEST(upgrade_added),
		TEST(key_removed),
		TEST(own_port),
		TEST(http2_again),
		TEST(found_but_for_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
