// SPDX-License-Identifier: GPL-2.0-only
/* How connections end: reasons before codes, who left, who restarted, what was not seen. */
#include "events.h"
#include "facts/reason.h"

static void reasons(void **state)
{
	static const struct {
		const char *reason;
		enum close_meaning means;
	} rows[] = {
		{ "keepalive ping timeout", MEANS_KEEPALIVE },
		{ "Pong timeout", MEANS_KEEPALIVE },
		{ "no heartbeat received", MEANS_KEEPALIVE },
		{ "Connection Idle Timeout", MEANS_IDLE },
		{ "closed for inactivity", MEANS_IDLE },
		{ "The WebSocket session [1] timeout expired", MEANS_IDLE },
		{ "Server is shutting down", MEANS_STOP },
		{ "restarting for maintenance", MEANS_STOP },
		{ "over size limit: message too big", MEANS_SIZE },
		{ "Max frame length of 65536 has been exceeded.", MEANS_SIZE },
		{ "Text message size [70000] exceeds maximum size [65536]", MEANS_SIZE },
		{ "token expired", MEANS_NOTHING },
		{ "bye", MEANS_NOTHING },
		{ "", MEANS_NOTHING },
		{ NULL, MEANS_NOTHING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(reason_meaning(rows[i].reason), rows[i].means);
}

/* Who sends the first Close frame, with which code and reason; the other side echoes it. */
static void first_closes(void **state)
{
	static const struct {
		uint8_t dir;
		uint16_t code;
		const char *reason, *rule, *text;
	} rows[] = {
		{ WST_S2C, 1011, "keepalive ping timeout", "server-heartbeat",
		  "app on 10.0.0.1:9588 ended" },
		{ WST_C2S, 1011, "keepalive ping timeout", "client-heartbeat",
		  "client 10.0.0.9 end" },
		{ WST_S2C, 4000, "heartbeat timeout", "server-heartbeat", "heartbeat timeout" },
		{ WST_S2C, 1001, "Idle Timeout", "idle-timeout",
		  "as idle: 1001 going away (\"Idle" },
		{ WST_S2C, 3008, "", "idle-timeout", "as idle" },
		{ WST_C2S, 1001, "idle", "", "" },
		{ WST_S2C, 1011, "shutting down", "restarting", "stops or restarts" },
		{ WST_S2C, 1012, "", "restarting", "stops or restarts" },
		{ WST_C2S, 1001, "page shutdown", "", "" },
		{ WST_S2C, 1002, "message too big", "too-big", "10.0.0.9 was larger" },
		{ WST_C2S, 1009, "", "too-big", "of app on 10.0.0.1:9588 was larger" },
		{ WST_S2C, 1011, "", "app-error", "app on 10.0.0.1:9588 ended" },
		{ WST_C2S, 1011, "", "client-error", "10.0.0.9 ended" },
		{ WST_S2C, 1003, "", "unsupported-data", "kind" },
		{ WST_S2C, 1002, "", "bad-frame", "could not accept" },
		{ WST_C2S, 1010, "", "extension", "needs" },
		{ WST_S2C, 4401, "token expired", "policy", "token expired" },
		{ WST_C2S, 4401, "left", "", "" },
		{ WST_C2S, 1000, "", "", "" },
		{ WST_C2S, 1001, "", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = websocket();
		t.now += S;
		closing(c, rows[i].dir, rows[i].code, rows[i].reason);
		t.now += MS;
		closing(c, !rows[i].dir, rows[i].code, rows[i].reason);
		ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
		told(rows[i].rule);
		assert_non_null(strstr(t.text, rows[i].text));
	}
}

static void pings(struct conn *c, uint8_t dir)
{
	frame(c, dir, 0x89, 4);
	t.now += 20 * S;
	frame(c, !dir, 0x81, 5);
}

/* The other side sends all the time, but no pong. */
static void no_pong(void **state)
{
	struct conn *c = websocket();

	pings(c, WST_S2C);
	closing(c, WST_S2C, 1011, "keepalive ping timeout");
	told("server-heartbeat");
	assert_non_null(strstr(t.text, "10.0.0.9 had not answered its ping for 20 s"));
}

static void no_pong_of_the_server(void **state)
{
	struct conn *c = websocket();

	pings(c, WST_C2S);
	closing(c, WST_C2S, 1011, "keepalive ping timeout");
	told("client-heartbeat");
	assert_non_null(strstr(t.text, "app on 10.0.0.1:9588 had not answered its ping for 20 s"));
}

static void other_pong(void **state)
{
	struct conn *c = websocket();

	frame(c, WST_S2C, 0x89, 4);
	frame(c, WST_C2S, 0x8a, 0);
	t.now += 20 * S;
	closing(c, WST_S2C, 1011, "keepalive ping timeout");
	told("server-heartbeat");
	assert_non_null(strstr(t.text, "none with the payload of its ping"));
	assert_non_null(strstr(t.fix, "payload"));
}

/* Heartbeats of less than a second are rare, and end connections, too. */
static void terminated(uint64_t silence, const char *rule)
{
	struct conn *c = websocket();

	t.now += S;
	frame(c, WST_S2C, 0x89, 0);
	t.now += silence;
	ends(c, WST_FIN, WST_FIRST_LOCAL, silence);
	told(rule);
}

static void short_heartbeat(void **state)
{
	terminated(900 * MS, "server-heartbeat");
}

static void ended_behind_a_ping(void **state)
{
	terminated(400 * MS, "no-goodbye");
}

/* With two pings under way, the pong may answer the one before the last. */
static void pong_of_another_ping(void **state)
{
	struct conn *c = websocket();

	frame(c, WST_S2C, 0x89, 4);
	frame(c, WST_S2C, 0x89, 4);
	frame(c, WST_C2S, 0x8a, 4);
	t.now += 20 * S;
	closing(c, WST_S2C, 1011, "keepalive ping timeout");
	told("server-heartbeat");
	assert_null(strstr(t.text, "payload"));
}

/* A tab that closes its five WebSockets is no restart of the server. */
static void tab_closed(void **state)
{
	struct conn *c[5];

	for (int i = 0; i < 5; i++)
		c[i] = websocket();
	t.now += S;
	for (int i = 0; i < 5; i++) {
		closing(c[i], WST_C2S, 1001, "");
		closing(c[i], WST_S2C, 1001, "");
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, 0);
	}
	told("");
}

/* Pages are left, and applications put to sleep: with FIN, with RST, after any time. */
static void clients_leave(void **state)
{
	for (int how = WST_FIN; how <= WST_RST_RECEIVED; how++)
		for (int i = 0; i < 4; i++) {
			struct conn *c = websocket();

			frame(c, WST_C2S, 0x81, 5);
			t.now += (7 * i + 3) * S / 11;
			ends(c, how, WST_FIRST_REMOTE, S / 9);
			t.now += S;
		}
	told("");
}

static void asleep(void **state)
{
	struct conn *c = websocket();

	ends(c, WST_TIMEOUT, WST_FIRST_REMOTE, 900 * S);
	told("half-open");
	assert_non_null(strstr(t.text, "sleeps"));
}

static void mqtt(void **state)
{
	struct conn *c = opens(WST_SERVER, "mosquitto", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	request(c, GET, FULL "Sec-WebSocket-Protocol: mqtt\r\n");
	response(c, "101 x", YES "Sec-WebSocket-Protocol: mqtt\r\n");
	frame(c, WST_C2S, 0x82, 2);
	t.now += S / 3;
	ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	told("");
}

static void server_drops(void **state)
{
	struct conn *c = websocket();

	t.now += S / 3;
	ends(c, WST_FIN, WST_FIRST_LOCAL, S / 3);
	told("no-goodbye");
}

/* A Close frame that the client sends when it has seen the end does not make that one orderly. */
static void goodbye_too_late(void **state)
{
	struct conn *c = websocket();
	struct wst_stats s = { .how = WST_FIN, .h.flags = WST_FIRST_LOCAL };
	struct event e = { .stats = &s };

	t.now += S / 3;
	s.ended = t.now;
	t.now += MS;
	closing(c, WST_C2S, 1000, "");
	s.last = s.h.ts = t.now;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
	told("no-goodbye");
}

/* Of a remote server it is not known whether it goes on, but five ends at once tell enough. */
static void backend_restarts(void **state)
{
	struct conn *c[5];

	for (int i = 0; i < 5; i++) {
		c[i] = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
		request(c[i], GET, FULL);
		response(c[i], "101 x", YES);
		t.now += S / 3;
	}
	for (int i = 0; i < 5; i++)
		ends(c[i], WST_FIN, WST_FIRST_REMOTE, (7 * i + 3) * S / 11);
	told("backend-restart backend-restart backend-restart backend-restart backend-restart");
	assert_non_null(strstr(t.text, "172.16.0.56:9588 ended 5 connections together"));
}

/* A proxy that keeps others was not reloaded. */
static void proxy_goes_on(void **state)
{
	struct conn *c[6];

	for (int i = 0; i < 6; i++) {
		c[i] = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
		request(c[i], GET, FULL);
		response(c[i], "101 x", YES);
		t.now += S / 3;
	}
	for (int i = 0; i < 3; i++)
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, (7 * i + 3) * S / 11);
	told("backend-restart backend-restart backend-restart");
	assert_non_null(strstr(t.text, "nginx on 10.0.0.1:80 ended 3 connections together"));
	assert_non_null(strstr(t.text, "goes on itself: probably"));
}

/* Clients that only listen get something every half second, and are dropped 5 s after their 101. */
static void only_listens(uint32_t apart_ms, const char *rules)
{
	for (int i = 0; i < 2; i++) {
		struct conn *c = websocket();

		for (int k = 0; k < 10; k++, t.now += S / 2)
			frame(c, WST_S2C, 0x81, 20);
		t.now += i * apart_ms * MS;
		ends(c, WST_FIN, WST_FIRST_LOCAL, S / 2);
		t.now += 7 * S;
	}
	told(rules);
}

static void read_deadline(void **state)
{
	only_listens(20, "no-goodbye server-heartbeat");
	assert_non_null(strstr(t.text, "probably"));
	assert_non_null(strstr(t.fix, "ping every 2 s, less than half of the 5 s"));
}

static void feed_ends(void **state)
{
	only_listens(3000, "no-goodbye no-goodbye");
}

/* The client's FIN came at 0 s; looked at after so long. sent_ms: when bytes last passed. */
static void unclosed(uint8_t state, uint64_t after, uint64_t sent_ms, const char *rule)
{
	struct conn *c = websocket();
	struct wst_stats s = { .state = state, .ended = t.now, .last = t.now + sent_ms * MS };
	struct event e = { .stats = &s };

	t.now += after;
	s.h.ts = t.now;
	give(&e, c, EV_STATS);
	told(rule);
}

static void close_wait(void **state)
{
	unclosed(8, 12 * S, 0, "close-wait");
	assert_non_null(
		strstr(t.text, "10.0.0.9 ended its side 12 s ago, and app on 10.0.0.1:9588 has"));
	assert_string_equal(t.hop, "app");
}

static void close_wait_for_long(void **state)
{
	unclosed(8, 9 * S, 0, "");
}

/* It sends on, to a client that has only shut its own direction down. */
static void half_closed(void **state)
{
	unclosed(8, 12 * S, 5000, "");
}

/* LAST_ACK: it has closed, and the client does not acknowledge. */
static void closed_here(void **state)
{
	unclosed(9, 12 * S, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		TEST(first_closes),
		TEST(no_pong),
		TEST(no_pong_of_the_server),
		TEST(other_pong),
		TEST(pong_of_another_ping),
		TEST(tab_closed),
		TEST(clients_leave),
		TEST(asleep),
		TEST(mqtt),
		TEST(server_drops),
		TEST(goodbye_too_late),
		TEST(backend_restarts),
		TEST(proxy_goes_on),
		TEST(read_deadline),
		TEST(feed_ends),
		TEST(close_wait),
		TEST(short_heartbeat),
		TEST(ended_behind_a_ping),
		TEST(close_wait_for_long),
		TEST(half_closed),
		TEST(closed_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
