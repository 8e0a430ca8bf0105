// SPDX-License-Identifier: GPL-2.0-only
/* Who ended a chain: what a proxy passes on, what it does itself, and what was not seen. */
#include "events.h"
#include "facts/ender.h"

/* Returns who ended c's chain, if c ends now, by a FIN of the client's or of the server's. */
static enum ender ended(const struct conn *c, bool by_client, const char *words)
{
	struct ending e = { .how = WST_FIN, .tcp_by_client = by_client };
	struct buf b = {};
	struct hop hop;
	enum ender by;
	bool last;

	e.by = by_client ? END_BY_CLIENT : END_BY_SERVER;
	ender_sentence(&b, c->facts, &e);
	buf_char(&b, 0);
	assert_string_equal(b.data, words);
	buf_free(&b);
	by = chain_ender(c->facts, &e, &hop, &last);
	return by;
}

#define APP "ended by the server 172.16.0.56:9588, and passed on"
#define NGINX "ended by nginx on 10.0.0.1:12345 itself"
#define CLIENT "ended by the client 10.0.0.9, and passed on"

static void close_passed_on(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += S;
	closing(p.b, WST_S2C, 1000, "");
	t.now += MS;
	closing(p.a, WST_S2C, 1000, "");
	t.now += MS;
	closing(p.a, WST_C2S, 1000, "");
	closing(p.b, WST_C2S, 1000, "");
	/* whoever ends TCP, and on whichever leg */
	assert_int_equal(ended(p.a, true, APP), ENDER_SERVER);
	assert_int_equal(ended(p.b, true, APP), ENDER_SERVER);
}

static void close_of_the_client(void **state)
{
	struct two p = proxied_well();

	(void)state;
	closing(p.a, WST_C2S, 1001, "");
	t.now += MS;
	closing(p.b, WST_C2S, 1001, "");
	assert_int_equal(ended(p.b, false, CLIENT), ENDER_CLIENT);
}

/* Only the client's leg had that Close: the proxy made it. */
static void close_of_the_proxy(void **state)
{
	struct two p = proxied_well();

	(void)state;
	closing(p.a, WST_S2C, 1001, "");
	assert_int_equal(ended(p.a, false, NGINX), ENDER_PROXY);
}

static void tcp_of_the_proxy(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += 60 * S;
	/* one leg tells nothing yet */
	assert_int_equal(ended(p.b, true, ""), ENDER_UNKNOWN);
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	assert_int_equal(ended(p.a, false, NGINX), ENDER_PROXY);
}

static void tcp_passed_on(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += S;
	ends(p.b, WST_FIN, 0, S);
	assert_int_equal(ended(p.a, false, APP), ENDER_SERVER);
}

static void tcp_of_the_client(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += S;
	ends(p.a, WST_FIN, 0, S);
	assert_int_equal(ended(p.b, true, CLIENT), ENDER_CLIENT);
}

/* Behind nginx nothing is seen: it may have passed on what its upstream began. */
static void half_seen(void **state)
{
	struct conn *c = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");

	(void)state;
	request(c, GET, FULL);
	response(c, "101 x", YES);
	assert_int_equal(ended(c, false, ""), ENDER_UNKNOWN);
	assert_int_equal(ended(c, true, ""), ENDER_CLIENT);
	closing(c, WST_S2C, 1001, "");
	assert_int_equal(ended(c, false, ""), ENDER_UNKNOWN);
}

static void no_facts(void **state)
{
	struct conn *c = &t.conns[0];

	(void)state;
	assert_int_equal(ended(c, true, ""), ENDER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(close_passed_on),	  TEST(close_of_the_client),
		TEST(close_of_the_proxy), TEST(tcp_of_the_proxy),
		TEST(tcp_passed_on),	  TEST(tcp_of_the_client),
		TEST(half_seen),	  TEST(no_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
