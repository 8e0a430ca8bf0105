// SPDX-License-Identifier: GPL-2.0-only
/* Recorded frames, ends and queues: each must give exactly its verdict. */
#include "events.h"

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

/* What breaks framing: n frames of one direction, the last one the culprit. */
static void frames(void **state)
{
	static const struct {
		uint8_t dir, b0[3];
		uint64_t len;
		const char *rule, *text, *fix;
	} rows[] = {
		{ WST_C2S, { 0x01, 0x00, 0x80 }, 5, "", "", "" },
		{ WST_C2S, { 0x80 }, 5, "bad-frame", "continues", "one thread" },
		{ WST_C2S, { 0x01, 0x81 }, 5, "bad-frame", "inside another", "one thread" },
		{ WST_C2S, { 0x01, 0x89, 0x80 }, 5, "", "", "" },
		{ WST_S2C, { 0x83 }, 5, "bad-frame", "reserved", "opcodes" },
		{ WST_S2C, { 0x8b }, 5, "bad-frame", "reserved", "opcodes" },
		{ WST_S2C, { 0x89 }, 126, "bad-frame", "125 bytes", "longer than 125" },
		{ WST_S2C, { 0x09 }, 5, "bad-frame", "fragmented", "in one frame" },
		{ WST_S2C, { 0xc1 }, 5, "rsv-not-agreed", "(RSV1)", "compress" },
		{ WST_S2C, { 0xa1 }, 5, "rsv-not-agreed", "RSV2 set", "correct the" },
		{ WST_S2C, { 0xd1 }, 5, "rsv-not-agreed", "RSV1 and RSV3 set", "correct the" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = websocket();
		for (int k = 0; k < 3 && rows[i].b0[k]; k++)
			frame(c, rows[i].dir, rows[i].b0[k], rows[i].len);
		told(rows[i].rule);
		assert_non_null(strstr(t.text, rows[i].text));
		assert_non_null(strstr(t.fix, rows[i].fix));
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

/* A proxy passes on what it gets: it did not send that. */
static void sent_from_behind_a_proxy(void **state)
{
	struct event e = frame_event(WST_C2S, 0x81, 2);
	struct two p = proxied_well();

	e.frame.payload = (struct span){ "\xff\xfe", 2 };
	e.frame.has_payload = true;
	give(&e, p.b, EV_FRAME);
	told("bad-utf8");
	assert_non_null(strstr(t.text, "the client 10.0.0.9 sent"));
}

static void complained_of_through_a_proxy(void **state)
{
	struct two p = proxied_well();

	frame(p.a, WST_C2S, 0x81, 5);
	frame(p.b, WST_C2S, 0x81, 5);
	closing(p.b, WST_S2C, 1007, "");
	told("bad-utf8");
	assert_non_null(strstr(t.text, "the server 172.16.0.56:9588 ended"));
	assert_non_null(strstr(t.text, "the client 10.0.0.9 sent"));
}

static void broken_by_the_proxy(void **state)
{
	struct event e = frame_event(WST_S2C, 0x81, 5);
	struct two p = proxied_well();

	give(&e, p.b, EV_FRAME);
	e.frame.masked = true;
	e.frame.hdr_len += 4;
	give(&e, p.a, EV_FRAME);
	told("mask-s2c");
	assert_non_null(strstr(t.text, "nginx on 10.0.0.1:12345 sent"));
}

/* All frames of a message count, and a default limit that fits is named. */
static void sizes(void **state)
{
	struct conn *c = opens(WST_SERVER, "python3", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL);
	response(c, "101 Switching Protocols", YES);
	frame(c, WST_C2S, 0x81, 300000);
	frame(c, WST_C2S, 0x01, 700000);
	frame(c, WST_C2S, 0x89, 0);
	frame(c, WST_C2S, 0x80, 500000);
	closing(c, WST_S2C, 1009, "");
	told("too-big");
	assert_non_null(strstr(t.text, "of 1200000 bytes in 2 frames; one of 300000 it took (1 MiB "
				       "is the default of python's websockets, max_size)"));
}

static void sizes_without_limit(void **state)
{
	struct conn *c = websocket();

	frame(c, WST_C2S, 0x82, 1001);
	frame(c, WST_C2S, 0x82, 5);
	closing(c, WST_S2C, 1009, "");
	told("too-big");
	assert_non_null(strstr(t.text, "than it takes, of 1001 bytes"));
	assert_null(strstr(t.text, "default"));
	assert_null(strstr(t.text, "it took"));
}

static void close_codes(void **state)
{
	static const struct {
		uint16_t code;
		const char *rule;
	} rows[] = {
		{ 1000, "" },	       { 1001, "" },	      { 1002, "policy" },
		{ 1005, "bad-close" }, { 1006, "bad-close" }, { 1007, "bad-utf8" },
		{ 1008, "policy" },    { 1009, "too-big" },   { 1011, "app-error" },
		{ 1013, "policy" },    { 1016, "bad-close" }, { 3000, "policy" },
		{ 3001, "" },	       { 4000, "policy" },    { 5000, "bad-close" },
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
		if (!strcmp(rows[i].rule, "bad-close")) {
			char code[16];

			snprintf(code, sizeof(code), "code %u,", rows[i].code);
			assert_non_null(strstr(t.text, code));
		}
	}
}

static void half_open(void **state)
{
	ends(websocket(), WST_TIMEOUT, WST_FIRST_REMOTE, 900 * S);
	told("half-open");
}

/* A health check ends at the 101, however often; clients from everywhere have a reason. */
static void early(void **state)
{
	static const char *const from[] = { "10.0.0.9:1", "10.0.0.8:1", "10.0.0.9:2",
					    "10.0.0.7:1" };

	for (int stayed = 1; stayed >= 0; stayed--) {
		teardown(state);
		setup(state);
		if (stayed) {
			struct conn *c = websocket();

			frame(c, WST_C2S, 0x81, 5);
			closing(c, WST_C2S, 1000, "");
			t.now += S;
			ends(c, WST_FIN, WST_FIRST_REMOTE, 0);
			t.now += 2 * S;
			diagnose__tick(t.d, t.now);
		}
		for (int i = 0; i < 4; i++) {
			struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:9588", from[i]);

			assert_string_equal(t.told, "");
			request(c, GET, FULL);
			response(c, "101 Switching Protocols", YES);
			t.now += MS;
			ends(c, WST_FIN, WST_FIRST_REMOTE, 0);
			t.now += 2 * S;
			diagnose__tick(t.d, t.now);
		}
		told(stayed ? "" : "early-client-close");
	}
	assert_int_equal(t.certainty, LIKELY);
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

/* so many segments sent again, of about a thousand */
static void loses(uint32_t retrans, uint8_t how, const char *rule)
{
	struct conn *c = websocket();
	struct wst_stats s = { .retrans = retrans, .how = how };
	struct event e = { .stats = &s };

	s.counts[WST_S2C].stream = 900 * 1448;
	s.counts[WST_S2C].frames[WST_TEXT] = 100;
	give(&e, c, how ? EV_CLOSE : EV_STATS);
	told(rule);
}

static void lossy(void **state)
{
	loses(60, 0, "loss-stall");
}

static void lossless(void **state)
{
	loses(40, 0, "");
}

static void lost_for_good(void **state)
{
	loses(60, WST_TIMEOUT, "half-open");
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

/* A request each 50 ms, answered with two writes. */
static void nagle(void **state)
{
	struct conn *c = websocket();

	for (uint32_t n = 1; n <= 20; n++, t.now += 50 * MS)
		held(c, n, 40 + n % 3);
	told("nagle");
	assert_non_null(strstr(t.text, "app on 10.0.0.1:9588 wait about 41 ms"));
	assert_non_null(strstr(t.fix, "set TCP_NODELAY in app on 10.0.0.1"));
}

static void nagle_in_proxy(void **state)
{
	struct two p = proxied_well();

	for (uint32_t n = 1; n <= 20; n++, t.now += 50 * MS)
		held(p.a, n, 40);
	told("nagle");
	assert_int_equal(t.chain, 2);
	assert_non_null(strstr(t.fix, "tcp_nodelay on"));
}

/* The proxy in front has no part in it. */
static void nagle_behind_proxy(void **state)
{
	struct conn *front = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
	struct conn *app;

	request(front, GET, FULL);
	app = opens(WST_SERVER, "app", 7, "127.0.0.1:9588", "127.0.0.1:40000");
	request(app, GET, FULL);
	response(app, "101 x", YES);
	response(front, "101 x", YES);
	for (uint32_t n = 1; n <= 20; n++, t.now += 50 * MS)
		held(app, n, 40);
	told("nagle");
	assert_int_equal(t.chain, 2);
	assert_non_null(strstr(t.fix, "set TCP_NODELAY in app on 127.0.0.1"));
}

/* Most acknowledgements come at once, and the host stalls now and then. */
static void stalls(void **state)
{
	struct conn *c = websocket();

	for (uint32_t n = 1; n <= 1000; n += n % 3 ? 2 : 20, t.now += S)
		held(c, n, 35);
	told("");
}

static void four_in_a_row(void **state)
{
	struct conn *c = websocket();

	for (uint32_t n = 0; n < 1000; n += 100)
		for (uint32_t i = 0; i < 4; i++, t.now += 50 * MS)
			held(c, n + i, 40);
	told("");
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
	t.now += 5 * S;
	for (int i = 0; i < 30; i++) {
		closing(c[i], WST_S2C, 1000, "");
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, 0);
	}
	for (int i = 0; i < 30; i++)
		websocket();
	told("stampede");
}

/* Fifty short connections a second are no stampede, however long it goes on. */
static void coming_and_going(void **state)
{
	for (int i = 0; i < 500; i++, t.now += S / 50) {
		struct conn *c = websocket();

		closing(c, WST_S2C, 1000, "");
		ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	}
	told("");
}

/* of those open, so many get 1001 at once */
static void sent_away(int open, int away, const char *rules)
{
	struct conn *c[40];

	for (int i = 0; i < open; i++)
		c[i] = websocket();
	for (int i = 0; i < away; i++)
		closing(c[i], WST_S2C, 1001, "");
	for (int i = 0; i < away; i++)
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, 0);
	told(rules);
}

static void restart(void **state)
{
	sent_away(5, 4, "restarting restarting restarting restarting");
}

static void logged_out(void **state)
{
	sent_away(40, 4, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fine),
		TEST(frames),
		TEST(masks),
		TEST(long_form),
		TEST(deflate_agreed),
		TEST(text_not_utf8),
		TEST(sent_from_behind_a_proxy),
		TEST(complained_of_through_a_proxy),
		TEST(broken_by_the_proxy),
		TEST(sizes),
		TEST(sizes_without_limit),
		TEST(close_codes),
		TEST(half_open),
		TEST(early),
		TEST(waiting),
		TEST(window_closed),
		TEST(busy),
		TEST(storm),
		TEST(lively),
		TEST(late_pong),
		TEST(stampede),
		TEST(coming_and_going),
		TEST(restart),
		TEST(lossy),
		TEST(lossless),
		TEST(lost_for_good),
		TEST(logged_out),
		TEST(nagle),
		TEST(nagle_in_proxy),
		TEST(nagle_behind_proxy),
		TEST(stalls),
		TEST(four_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
