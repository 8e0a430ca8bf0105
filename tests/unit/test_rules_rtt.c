// SPDX-License-Identifier: GPL-2.0-only
/* The same times on a short path and on one of 250 ms: what is late on the one is not on the other.
 */
#include "events.h"

#define FAR (250 * MS)

/* The end of c; last: when bytes last passed. */
static void ends_far(struct conn *c, uint8_t how, uint16_t first, uint64_t last, uint64_t rtt)
{
	struct wst_stats s = { .how = how, .rtt_us = rtt / 1000, .counts[WST_C2S].stream = 517 };
	struct event e = { .stats = &s };

	s.h.ts = s.ended = t.now;
	s.h.flags = first;
	s.last = last;
	s.opened = c->opened;
	s.counts[WST_C2S].stream = 200;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
}

static void looks_far(struct conn *c, uint32_t unsent, uint64_t rtt)
{
	struct wst_stats s = { .unsent = unsent, .rtt_us = rtt / 1000 };
	struct event e = { .stats = &s };

	give(&e, c, EV_STATS);
}

static void again(void **state)
{
	teardown(state);
	setup(state);
}

/* Runs f on a short path and on a long one. */
static void on_both(void **state, void (*f)(uint64_t rtt), const char *near, const char *far)
{
	f(MS / 10);
	told(near);
	again(state);
	f(FAR);
	told(far);
}

static void leaves_after_101(uint64_t rtt)
{
	static const char *const clients[] = { "10.0.0.7:1", "10.0.0.8:1", "10.0.0.9:1" };

	for (int i = 0; i < 3; i++) {
		struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", clients[i]);

		request(c, GET, FULL);
		response(c, "101 x", YES);
		t.now += 300 * MS;
		ends_far(c, WST_FIN, WST_FIRST_REMOTE, t.now - 300 * MS, rtt);
		t.now += 5 * S;
		diagnose__tick(t.d, t.now);
	}
}

static void early_client_close(void **state)
{
	on_both(state, leaves_after_101, "", "early-client-close");
}

static void gives_up(uint64_t rtt)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:1");

	request(c, GET, FULL);
	t.now += 1300 * MS;
	ends_far(c, WST_FIN, WST_FIRST_REMOTE, t.now, rtt);
}

static void gave_up(void **state)
{
	on_both(state, gives_up, "upstream-mute", "");
}

static void tls_and_hung_up(uint64_t rtt)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:1");
	struct wst_opaque tls = { .why = WST_WHY_TLS };
	struct event e = { .opaque = &tls };

	give(&e, c, EV_OPAQUE);
	t.now += 1300 * MS;
	ends_far(c, WST_FIN, WST_FIRST_LOCAL, t.now, rtt);
}

static void hung_up_at_once(void **state)
{
	on_both(state, tls_and_hung_up, "", "tls-mismatch");
}

static void cut_after_a_minute(uint64_t rtt)
{
	struct conn *c = websocket();

	t.now += 61400 * MS;
	ends_far(c, WST_FIN, WST_FIRST_LOCAL, t.now - 61400 * MS, rtt);
}

static void known_limit(void **state)
{
	on_both(state, cut_after_a_minute, "no-goodbye", "idle-timeout");
}

/* At the client's end a timeout of 5 s takes a round trip longer. */
static void cut_by_the_proxy(uint64_t rtt)
{
	struct two p = proxied_well();

	t.now += 5250 * MS;
	ends_far(p.a, WST_FIN, WST_FIRST_LOCAL, t.now - 5250 * MS, rtt);
	ends_far(p.b, WST_FIN, WST_FIRST_LOCAL, t.now - 5250 * MS, rtt);
}

static void whole_seconds(void **state)
{
	on_both(state, cut_by_the_proxy, "no-goodbye", "idle-timeout");
}

static void pings_and_drops(uint64_t rtt)
{
	struct conn *c = websocket();

	frame(c, WST_S2C, 0x89, 4);
	t.now += 1300 * MS;
	ends_far(c, WST_FIN, WST_FIRST_LOCAL, t.now - 1300 * MS, rtt);
}

static void server_heartbeat(void **state)
{
	on_both(state, pings_and_drops, "server-heartbeat", "no-goodbye");
}

static void pongs_late(uint64_t rtt)
{
	struct conn *c = websocket();
	struct event e = frame_event(WST_C2S, 0x8a, 4);

	looks_far(c, 0, rtt);
	frame(c, WST_C2S, 0x82, 2 << 20);
	t.now += MS;
	e.frame.rtt_us = 900000;
	give(&e, c, EV_FRAME);
}

static void pong_behind(void **state)
{
	on_both(state, pongs_late, "pong-behind", "");
}

static void unsent_for(uint64_t rtt)
{
	struct conn *c = websocket();

	looks_far(c, 5000, rtt);
	t.now += 2300 * MS;
	looks_far(c, 5000, rtt);
}

static void slow_reader(void **state)
{
	on_both(state, unsent_for, "slow-reader", "");
}

/* A refused connect that is seen half a second after the answer, where that is two round trips. */
static void refused_late(uint64_t rtt)
{
	struct conn *a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000"), *b;
	uint64_t asked;

	request(a, GET, FULL);
	looks_far(a, 0, rtt);
	asked = t.now += MS;
	response(a, "502 Bad Gateway", "");
	for (int i = 0; i < 5; i++, t.now += 100 * MS)
		diagnose__tick(t.d, t.now);
	b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	b->opened = asked;
	ends(b, WST_REFUSED, WST_FIRST_REMOTE, 0);
}

static void refused_connect(void **state)
{
	on_both(state, refused_late, "refused", "upstream-down");
}

/* A frame that was under way when the server hung up does not break the silence before that. */
static void frame_under_way(void **state)
{
	struct conn *c = websocket();
	struct wst_stats s = { .how = WST_FIN, .h.flags = WST_FIRST_LOCAL, .rtt_us = 250000 };
	struct event e = { .stats = &s };

	frame(c, WST_S2C, 0x81, 5);
	t.now += 60 * S;
	s.ended = t.now;
	t.now += 120 * MS;
	frame(c, WST_C2S, 0x81, 5);
	s.last = s.h.ts = t.now;
	s.opened = c->opened;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
	told("idle-timeout");
	assert_non_null(strstr(t.text, "after 60 s without traffic"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(early_client_close), TEST(gave_up),       TEST(hung_up_at_once),
		TEST(known_limit),	  TEST(whole_seconds), TEST(server_heartbeat),
		TEST(pong_behind),	  TEST(slow_reader),   TEST(refused_connect),
		TEST(frame_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
