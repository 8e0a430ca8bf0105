// SPDX-License-Identifier: GPL-2.0-only
/* The events of one scenario in every order in which they can come: always the same verdicts. */
#include "events.h"

#define BARE "Connection: close\r\nSec-WebSocket-Key: " KEY "\r\n"
#define WRONG "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n"
#define STEPS 10

/* The legs of nginx, HAProxy and an application; some scenarios have less. */
static struct {
	struct conn *a, *b, *c;
	uint64_t start;
} leg;

struct step {
	void (*does)(void);
	uint32_t after; /* bits of the steps that come before it */
};

struct scenario {
	const char *name, *rules, *text;
	struct step steps[STEPS];
};

static void ends_at(struct conn *c, uint8_t how, uint16_t first, uint64_t ended, uint64_t silence)
{
	struct wst_stats s = { .how = how };
	struct event e = { .stats = &s };

	if (t.now < leg.start + ended)
		t.now = leg.start + ended;
	s.h.ts = t.now;
	s.ended = leg.start + ended;
	s.h.flags = first;
	s.last = s.ended - silence;
	s.opened = c->opened;
	give(&e, c, EV_CLOSE);
}

static void a_asks(void)
{
	leg.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
	request(leg.a, GET, FULL);
}

static void a_asks_bare(void)
{
	request(leg.a, GET, BARE);
}

static void a_opens(void)
{
	leg.a = opens(WST_SERVER, "node", 7, "10.0.0.1:80", "10.0.0.9:5000");
}

static void b_asks_of(const char *first, const char *headers)
{
	leg.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(leg.b, first, headers);
}

static void b_asks(void)
{
	b_asks_of(GET, FULL);
}

static void b_asks_bare(void)
{
	b_asks_of(GET, BARE);
}

static void b_asks_other(void)
{
	b_asks_of("GET /other HTTP/1.1", FULL);
}

/* The connect began before the answer, whenever it is told. */
static void b_is_refused(void)
{
	leg.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	leg.b->opened = leg.start + 1500000;
	ends_at(leg.b, WST_REFUSED, WST_FIRST_REMOTE, 1600000, 0);
}

#define ANSWER(name, conn, status, headers)          \
	static void name(void)                       \
	{                                            \
		response(leg.conn, status, headers); \
	}

ANSWER(a_400, a, "400 Bad Request", "")
ANSWER(b_400, b, "400 Bad Request", "")
ANSWER(a_404, a, "404 Not Found", "")
ANSWER(b_404, b, "404 Not Found", "")
ANSWER(a_502, a, "502 Bad Gateway", "")
ANSWER(a_101, a, "101 x", YES)
ANSWER(b_101, b, "101 x", YES)
ANSWER(a_wrong, a, "101 x", WRONG)

#define END(name, conn, how, first, ended, silence)                   \
	static void name(void)                                        \
	{                                                             \
		ends_at(leg.conn, how, first, ended *MS, silence *S); \
	}

END(a_client_leaves, a, WST_FIN, WST_FIRST_REMOTE, 40, 0)
END(b_left, b, WST_FIN, WST_FIRST_LOCAL, 80, 0)
END(a_cut, a, WST_FIN, WST_FIRST_LOCAL, 61001, 60)
END(b_cut, b, WST_FIN, WST_FIRST_LOCAL, 61000, 60)
END(b_dropped, b, WST_RST_RECEIVED, WST_FIRST_REMOTE, 40, 0)
END(a_dropped, a, WST_FIN, WST_FIRST_LOCAL, 41, 0)

#define CLOSING(name, conn, dir, code, reason)        \
	static void name(void)                        \
	{                                             \
		closing(leg.conn, dir, code, reason); \
	}

CLOSING(b_4001, b, WST_S2C, 4001, "token expired")
CLOSING(a_1001, a, WST_S2C, 1001, "")
CLOSING(a_1011, a, WST_S2C, 1011, "")
CLOSING(a_echo, a, WST_C2S, 1001, "")
CLOSING(b_echo, b, WST_C2S, 4001, "")
CLOSING(b_1011, b, WST_S2C, 1011, "keepalive ping timeout")
CLOSING(a_passes, a, WST_S2C, 1011, "keepalive ping timeout")
CLOSING(a_says_1001, a, WST_C2S, 1001, "")
CLOSING(b_gets_1001, b, WST_C2S, 1001, "")
CLOSING(b_echoes_1001, b, WST_S2C, 1001, "")

#define STEP(i) (1u << (i))

static const struct scenario scenarios[] = {
	{ "an upstream refuses",
	  "upstream-down",
	  "nothing listens on 172.16.0.56:9588",
	  { { a_asks, 0 }, { b_is_refused, 1 }, { a_502, 1 }, { a_dropped, 4 } } },
	{ "an upstream refuses, and nobody answers",
	  "upstream-down",
	  "nothing listens on",
	  { { a_asks, 0 }, { b_is_refused, 1 }, { a_dropped, 1 } } },
	{ "Upgrade is removed",
	  "upgrade-stripped",
	  "nginx on 10.0.0.1:80 removed",
	  { { a_asks, 0 },
	    { b_asks_bare, 1 },
	    { b_400, 2 },
	    { a_400, 2 },
	    { b_left, 4 },
	    { a_dropped, 8 } } },
	{ "the path is rewritten",
	  "path-rewritten",
	  "turned /ws into /other",
	  { { a_asks, 0 }, { b_asks_other, 1 }, { b_404, 2 }, { a_404, 2 }, { b_left, 4 } } },
	{ "the proxy refuses a 101",
	  "proxy-rejected-101",
	  "refused the backend's 101",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_502, 2 },
	    { b_left, 4 },
	    { a_dropped, 8 } } },
	{ "the proxy spoils a 101",
	  "bad-accept",
	  "the answer was changed on the way",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_wrong, 2 },
	    { a_client_leaves, 8 },
	    { b_left, 4 } } },
	{ "an answer before its request",
	  "upgrade-stripped",
	  "in front of node",
	  { { a_opens, 0 }, { a_asks_bare, 1 }, { a_400, 1 }, { a_dropped, 6 } } },
	{ "a Close is changed",
	  "policy close-changed",
	  "passed the Close frame of the server 172.16.0.56:9588",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 4 },
	    { b_4001, 8 },
	    { a_1001, 8 },
	    { a_echo, 32 },
	    { b_echo, 16 },
	    { b_dropped, 128 } } },
	{ "another code that means something itself",
	  "policy close-changed",
	  "on as 1011",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 4 },
	    { b_4001, 8 },
	    { a_1011, 8 },
	    { a_dropped, 32 },
	    { b_dropped, 16 } } },
	{ "a Close is lost",
	  "policy close-lost",
	  "did not pass the Close frame of",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 4 },
	    { b_4001, 8 },
	    { a_dropped, 8 },
	    { b_left, 16 } } },
	{ "a keepalive",
	  "server-heartbeat",
	  "172.16.0.56:9588 ended",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 4 },
	    { b_1011, 8 },
	    { a_passes, 8 },
	    { a_dropped, 32 },
	    { b_dropped, 16 } } },
	{ "a tab is closed",
	  "",
	  "",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 4 },
	    { a_says_1001, 8 },
	    { b_gets_1001, 8 },
	    { b_echoes_1001, 32 },
	    { a_client_leaves, 16 },
	    { b_left, 64 } } },
	{ "the proxy cuts a quiet one",
	  "idle-timeout",
	  "after 60 s without traffic",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 2 },
	    { a_cut, 8 },
	    { b_cut, 4 } } },
	{ "the backend resets",
	  "reset",
	  "172.16.0.56:9588 reset",
	  { { a_asks, 0 },
	    { b_asks, 1 },
	    { b_101, 2 },
	    { a_101, 2 },
	    { a_dropped, 8 },
	    { b_dropped, 4 } } },
};

static void run_in(const struct scenario *s, const uint8_t *order, int n)
{
	void *state = NULL;
	char buf[128];
	int len = 0;

	setup(&state);
	leg.start = t.now;
	for (int i = 0; i < n; i++) {
		t.now += MS;
		len += snprintf(buf + len, sizeof(buf) - len, " %d", order[i]);
		s->steps[order[i]].does();
	}
	for (int i = 0; i < 50; i++, t.now += S / 10)
		diagnose__tick(t.d, t.now);
	diagnose__finish(t.d, t.now);
	if (strcmp(t.told, s->rules) || (*s->text && !strstr(t.text, s->text)))
		fail_msg("%s, in the order%s: '%s': %s", s->name, buf, t.told, t.text);
	teardown(&state);
}

/* Runs each order that is possible, from here on. Returns how many there are. */
static unsigned int permute(const struct scenario *s, uint8_t *order, int n, uint32_t done)
{
	unsigned int runs = 0;
	int steps = 0;

	while (steps < STEPS && s->steps[steps].does)
		steps++;
	if (n == steps) {
		run_in(s, order, n);
		return 1;
	}
	for (int i = 0; i < steps; i++) {
		if (done & STEP(i) || s->steps[i].after & ~done)
			continue;
		order[n] = i;
		runs += permute(s, order, n + 1, done | STEP(i));
	}
	return runs;
}

static void all_orders(void **state)
{
	unsigned int runs = 0;

	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		uint8_t order[STEPS];
		unsigned int n = permute(&scenarios[i], order, 0, 0);

		assert_true(n > 1);
		runs += n;
	}
	print_message("%u orders\n", runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_orders) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
