// SPDX-License-Identifier: GPL-2.0-only
/* Chains with hops that are not seen, with three hops, and with one host's view only. */
#include "events.h"

#define BARE "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n"

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static void not_said(const char *what)
{
	if (strstr(t.text, what) || strstr(t.fix, what))
		fail_msg("'%s' is in '%s' or in '%s'", what, t.text, t.fix);
}

static struct conn *opens_for(uint32_t client_pid, const char *comm, uint32_t pid,
			      const char *local, const char *remote)
{
	struct conn *c = opens(WST_SERVER, comm, pid, local, remote);

	c->client_pid = client_pid;
	return c;
}

static struct conn *front(void)
{
	struct conn *c = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL);
	t.now += MS;
	return c;
}

/* nginx, then something at a port that is not traced, then HAProxy, which opens the last leg. */
static struct two with_a_gap(const char *headers)
{
	struct two p = { .a = front() };

	p.b = opens(WST_CLIENT, "haproxy", 900, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, GET, headers);
	assert_string_equal(t.by, "key");
	return p;
}

static void stripped_in_a_gap(void **state)
{
	struct two p = with_a_gap(BARE);

	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	told("upgrade-stripped");
	says("nginx on 10.0.0.1:80 got /ws with an Upgrade header, which is gone in what haproxy");
	says("sudo wstrace -p any");
	not_said("haproxy on 10.0.0.1:80");
	assert_string_equal(t.hop, "");
	assert_int_equal(t.chain, 2);
}

/* With every port watched there is no advice to watch more. */
static void gap_with_all_ports(void **state)
{
	struct two p;

	diagnose__all_ports(t.d);
	p = with_a_gap(BARE);
	response(p.b, "400 Bad Request", "");
	told("upgrade-stripped");
	says("TLS or at a unix socket");
	not_said("-p any");
}

/* The leg between is TLS, and both its ends are known. */
static void tls_between(void **state)
{
	struct wst_opaque tls = { .why = WST_WHY_TLS };
	struct event e = { .opaque = &tls };
	struct conn *a, *b, *c;

	diagnose__free(t.d);
	t.d = diagnose__new(on_diagnosis, &t, true);
	a = front();
	b = opens_for(812, "haproxy", 900, "10.0.0.1:8443", "10.0.0.1:40000");
	give(&e, b, EV_OPAQUE);
	assert_string_equal(t.by, "pid-time");
	t.now += MS;
	c = opens(WST_CLIENT, "haproxy", 900, "10.0.0.1:40001", "172.16.0.56:9588");
	request(c, GET, BARE);
	response(c, "400 Bad Request", "");
	response(a, "400 Bad Request", "");
	told("upgrade-stripped");
	says("one of the two removed it");
	says("both sides of 10.0.0.1:8443, which is TLS and not readable");
	assert_int_equal(t.chain, 3);
	not_said("haproxy on 10.0.0.1:80");
}

/* The upstream's client is another host, which nobody watches. */
static void another_host_between(void **state)
{
	struct conn *a = front();
	struct conn *b = opens(WST_SERVER, "node", 7, "10.0.0.1:9588", "172.16.0.56:40000");

	request(b, GET, BARE);
	response(b, "400 Bad Request", "");
	response(a, "400 Bad Request", "");
	told("upgrade-stripped");
	says("a program at 172.16.0.56 sent");
	says("sudo wstrace -p any on 172.16.0.56");
	assert_string_equal(t.hop, "");
}

static void rewritten_in_a_gap(void **state)
{
	struct two p = { .a = front() };

	p.b = opens(WST_CLIENT, "haproxy", 900, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, "GET /other HTTP/1.1", FULL);
	response(p.b, "404 Not Found", "");
	response(p.a, "404 Not Found", "");
	told("path-rewritten");
	says("/ws, as nginx on 10.0.0.1:80 got it, came to the server 172.16.0.56:9588 as /other");
	assert_string_equal(t.hop, "");
}

static void lost_101_in_a_gap(void **state)
{
	struct two p = with_a_gap(FULL);

	response(p.b, "101 x", YES);
	response(p.a, "502 Bad Gateway", "");
	told("proxy-rejected-101");
	says("172.16.0.56:9588 opened a WebSocket for /ws (101), but nginx on 10.0.0.1:80 told");
	assert_string_equal(t.hop, "");
}

/* What a hop sent itself is its own, whatever lies in front of it. */
static void http10_behind_a_gap(void **state)
{
	struct two p = { .a = front() };

	p.b = opens(WST_CLIENT, "haproxy", 900, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, "GET /ws HTTP/1.0", FULL);
	response(p.b, "400 Bad Request", "");
	told("upstream-http10");
	says("haproxy");
	not_said("on 10.0.0.1:80");
	assert_string_equal(t.hop, "haproxy");
}

struct three {
	struct conn *a, *b, *c;
};

/* HAProxy, nginx and node, all on this host; which one spoils the request: 0: none, 1, 2. */
static struct three three_hops(int spoils)
{
	struct three h;

	h.a = opens(WST_SERVER, "haproxy", 900, "10.0.0.1:80", "10.0.0.9:5000");
	request(h.a, GET, FULL);
	t.now += MS;
	h.b = opens_for(900, "nginx", 812, "10.0.0.1:81", "10.0.0.1:40000");
	request(h.b, GET, spoils == 1 ? BARE : FULL);
	t.now += MS;
	h.c = opens_for(812, "node", 7, "10.0.0.1:82", "10.0.0.1:40001");
	request(h.c, GET, spoils ? BARE : FULL);
	assert_int_equal(t.legs, 2);
	return h;
}

static void three_hops_spoil(void **state)
{
	static const char *const who[] = { "", "haproxy on 10.0.0.1:80", "nginx on 10.0.0.1:81" };

	for (int i = 0; i < 3; i++) {
		struct three h;

		teardown(state);
		setup(state);
		h = three_hops(i);
		response(h.c, i ? "400 Bad Request" : "101 x", i ? "" : YES);
		response(h.b, i ? "400 Bad Request" : "101 x", i ? "" : YES);
		response(h.a, i ? "400 Bad Request" : "101 x", i ? "" : YES);
		told(i ? "upgrade-stripped" : "");
		says(who[i]);
	}
}

/* The middle leg is seen last, as where captures of several hosts are put together. */
static void middle_leg_comes_last(void **state)
{
	struct conn *a = front(), *b, *c;

	c = opens(WST_SERVER, "", 0, "10.0.0.3:82", "10.0.0.2:40001");
	request(c, GET, BARE);
	b = opens(WST_SERVER, "", 0, "10.0.0.2:81", "10.0.0.1:40000");
	request(b, GET, FULL);
	response(c, "400 Bad Request", "");
	response(b, "400 Bad Request", "");
	response(a, "400 Bad Request", "");
	told("upgrade-stripped");
	says("10.0.0.2:81 removed the Upgrade header");
	assert_int_equal(t.chain, 3);
}

/* The client's leg is seen last. */
static void first_leg_comes_last(void **state)
{
	struct conn *b = opens(WST_SERVER, "", 0, "10.0.0.3:82", "10.0.0.2:40001"), *a;

	request(b, GET, BARE);
	a = opens(WST_SERVER, "", 0, "10.0.0.2:81", "10.0.0.1:40000");
	request(a, GET, FULL);
	response(b, "400 Bad Request", "");
	response(a, "400 Bad Request", "");
	told("upgrade-stripped");
	says("10.0.0.2:81 removed the Upgrade header");
	assert_int_equal(t.chain, 2);
}

/* All that is seen here is right: the next hop is to be looked at. */
static void one_hosts_view(void **state)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "400 Bad Request", "");
	response(p.a, "400 Bad Request", "");
	told("refused");
	says("nginx passed Upgrade on correctly: look at 172.16.0.56 (sudo wstrace -p 9588 there)");
}

/* A second upstream answers where the first one hung up: no client would notice. */
static void next_upstream(void **state)
{
	struct two p = proxied(GET, FULL);
	struct conn *c;

	ends(p.b, WST_FIN, WST_FIRST_REMOTE, 0);
	t.now += MS;
	c = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40002", "172.16.0.57:9588");
	request(c, GET, FULL);
	response(c, "101 x", YES);
	response(p.a, "101 x", YES);
	frame(p.a, WST_C2S, 0x81, 5);
	assert_int_equal(t.legs, 2);
	told("");
}

#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate\r\n"

/* The proxy took compression out of the 101, so that only the server compresses. */
static void agreement_hidden(void **state)
{
	struct two p = {
		.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"),
	};

	request(p.a, GET, FULL DEFLATE);
	t.now += MS;
	p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, GET, FULL DEFLATE);
	response(p.b, "101 x", YES DEFLATE);
	response(p.a, "101 x", YES);
	frame(p.b, WST_S2C, 0xc1, 5);
	frame(p.a, WST_S2C, 0xc1, 5);
	told("rsv-not-agreed");
	says("nginx on 10.0.0.1:80 passes on compressed frames (RSV1), and agreed on compression "
	     "on one side only: the server 172.16.0.56:9588 did what its handshake says");
	assert_string_equal(t.hop, "nginx");
}

/* What clients reject in a proxy's 101, where the server's own 101 was right. */
static void flaw_of_the_proxy(void **state)
{
	static const struct {
		const char *asked, *passed, *answered, *got, *rule, *says;
	} rows[] = {
		{ "", DEFLATE, DEFLATE, DEFLATE, "extension",
		  "the request had another Sec-WebSocket-Extensions there" },
		{ "Sec-WebSocket-Protocol: chat\r\n", "", "", "", "subprotocol",
		  "the request had lost its Sec-WebSocket-Protocol on the way" },
		{ "Sec-WebSocket-Protocol: chat\r\n", "Sec-WebSocket-Protocol: chat\r\n",
		  "Sec-WebSocket-Protocol: chat\r\n", "", "subprotocol",
		  "the answer was changed on the way" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct two p;

		teardown(state);
		setup(state);
		p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
		snprintf(text, sizeof(text), "%s%s", FULL, rows[i].asked);
		request(p.a, GET, text);
		t.now += MS;
		p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
		snprintf(text, sizeof(text), "%s%s", FULL, rows[i].passed);
		request(p.b, GET, text);
		snprintf(text, sizeof(text), "%s%s", YES, rows[i].answered);
		response(p.b, "101 x", text);
		snprintf(text, sizeof(text), "%s%s", YES, rows[i].got);
		response(p.a, "101 x", text);
		t.now += MS;
		ends(p.a, WST_FIN, WST_FIRST_REMOTE, 0);
		ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
		told(rows[i].rule);
		says(rows[i].says);
		says("the 101 of the server 172.16.0.56:9588 was right");
		assert_string_equal(t.hop, "nginx");
	}
}

/* A server's own flaw is not its proxy's, though the proxy passes it on. */
static void flaw_of_the_server(void **state)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "101 x", YES DEFLATE);
	response(p.a, "101 x", YES DEFLATE);
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
	told("extension");
	says("172.16.0.56:9588 answered");
	not_said("on the way");
}

/* Two legs of HAProxy's and nginx's with a hop between them that changes the code. */
static void close_in_a_gap(void **state)
{
	struct two p = with_a_gap(FULL);

	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	closing(p.b, WST_S2C, 4001, "");
	t.now += MS;
	closing(p.a, WST_S2C, 1000, "");
	told("policy close-changed");
	says("a hop between that is not seen, changed it");
	assert_string_equal(t.hop, "");
}

/* A proxy that is told to stop closes both sides by itself. */
static void close_of_the_proxy(void **state)
{
	struct two p = proxied_well();

	closing(p.a, WST_S2C, 1001, "");
	closing(p.b, WST_C2S, 1001, "");
	t.now += MS;
	closing(p.a, WST_C2S, 1001, "");
	closing(p.b, WST_S2C, 1001, "");
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

/* A client's Close that its proxy swallows: the server reads 1006. */
static void close_of_the_client_lost(void **state)
{
	struct two p = proxied_well();

	closing(p.a, WST_C2S, 4100, "done");
	t.now += MS;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 0);
	told("close-lost");
	says("nginx on 10.0.0.1:12345 did not pass the Close frame of the client 10.0.0.9, 4100");
}

/* A server of this host, behind nginx, ends a connection whose client has sent a Close. */
static void closed_by_the_server(uint32_t unread)
{
	struct two p;

	p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	request(p.a, GET, FULL);
	t.now += MS;
	p.b = opens(WST_SERVER, "python3", 901, "10.0.0.1:9588", "10.0.0.1:40000");
	request(p.b, GET, FULL);
	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	closing(p.a, WST_C2S, 4100, "done");
	t.now += MS;
	ends_unread(p.b, WST_FIN, WST_FIRST_REMOTE, 0, unread);
	ends(p.a, WST_FIN, WST_FIRST_REMOTE, 0);
}

static void close_that_did_not_come(void **state)
{
	closed_by_the_server(0);
	told("close-lost");
}

/* What the server has not read may be the Close. */
static void close_that_nobody_read(void **state)
{
	closed_by_the_server(10);
	told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stripped_in_a_gap),
		TEST(gap_with_all_ports),
		TEST(tls_between),
		TEST(another_host_between),
		TEST(rewritten_in_a_gap),
		TEST(lost_101_in_a_gap),
		TEST(http10_behind_a_gap),
		TEST(three_hops_spoil),
		TEST(middle_leg_comes_last),
		TEST(first_leg_comes_last),
		TEST(one_hosts_view),
		TEST(next_upstream),
		TEST(agreement_hidden),
		TEST(flaw_of_the_proxy),
		TEST(flaw_of_the_server),
		TEST(close_in_a_gap),
		TEST(close_of_the_proxy),
		TEST(close_of_the_client_lost),
		TEST(close_that_did_not_come),
		TEST(close_that_nobody_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
