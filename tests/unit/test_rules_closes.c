// SPDX-License-Identifier: GPL-2.0-only
/* Closing handshakes that go wrong, requests that are refused for their form, size or number. */
#include "events.h"

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate\r\n"

static struct conn *compressing(void)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	request(c, GET, FULL DEFLATE);
	response(c, "101 Switching Protocols", YES DEFLATE);
	return c;
}

static void said_in_letters(void **state)
{
	struct conn *c = websocket();

	closing(c, WST_C2S, 12592, "00 bye");
	told("bad-close");
	says("'1000'");
	says("12592");
}

static void cannot_read_compressed(void **state)
{
	struct conn *c = compressing();

	frame(c, WST_S2C, 0xc1, 50);
	closing(c, WST_C2S, 1002, "bad rsv RSV1: true RSV2: false RSV3: false");
	told("extension");
	says("10.0.0.9 ended");
	says("agreed to permessage-deflate");
}

/* A server that speaks another version of the application's own protocol says 1002, too. */
static void application_speaks(void **state)
{
	struct conn *c = websocket();

	frame(c, WST_C2S, 0x81, 40);
	closing(c, WST_S2C, 1002, "protocol mismatch");
	told("policy");
	says("no frame of the client 10.0.0.9 breaks RFC 6455");
}

/* Ends n ns after the Close frames of both sides, or of one. */
static void close_frames(bool server_too, uint64_t after, uint16_t first)
{
	struct conn *c = websocket();

	closing(c, WST_C2S, 1000, "");
	if (server_too)
		closing(c, WST_S2C, 1000, "");
	t.now += after;
	ends(c, WST_FIN, first, after);
}

static void kept_open(void **state)
{
	close_frames(true, 30 * S, WST_FIRST_REMOTE);
	told("close-timeout");
	says("app on 10.0.0.1:9588 kept the TCP connection for 30 s");
}

static void close_unanswered(void **state)
{
	close_frames(false, 10 * S, WST_FIRST_REMOTE);
	told("close-timeout");
	says("app on 10.0.0.1:9588 did not answer the Close frame of the client 10.0.0.9");
}

static void closed_in_time(void **state)
{
	close_frames(true, S, WST_FIRST_REMOTE);
	close_frames(true, S, WST_FIRST_LOCAL);
	close_frames(false, S, WST_FIRST_REMOTE);
	close_frames(false, 0, WST_FIRST_LOCAL);
	told("");
}

/* Whoever ends it: the client has waited for that. */
static void ended_late(void **state)
{
	close_frames(true, 30 * S, WST_FIRST_LOCAL);
	told("close-timeout");
	says("app on 10.0.0.1:9588 ended the TCP connection only 30 s later");
}

/* Both have sent their Close frames; looked at after so long, and later once more. */
static void stays_open(uint64_t after, uint64_t fin, const char *rule)
{
	struct conn *c = websocket();
	struct wst_stats s = { .ended = fin };
	struct event e = { .stats = &s };

	closing(c, WST_S2C, 1000, "");
	t.now += 40 * MS;
	closing(c, WST_C2S, 1000, "");
	for (int i = 0; i < 2; i++) {
		t.now += after;
		s.h.ts = t.now;
		give(&e, c, EV_STATS);
	}
	ends(c, WST_FIN, WST_FIRST_REMOTE, 2 * after);
	told(rule);
}

static void still_open(void **state)
{
	stays_open(7 * S, 0, "close-timeout");
	says("Close frames 14 s ago, but app on 10.0.0.1:9588 keeps");
}

static void not_open_for_long(void **state)
{
	stays_open(S, 0, "");
}

static void ended_at_once(void **state)
{
	struct conn *c = websocket();

	t.now += 10 * MS;
	ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	told("no-goodbye");
	assert_int_equal(t.severity, SEV_WARNING);
	says("10 ms after its 101");
}

/* The proxy ends both legs at the first compressed message; it has passed on what came before. */
static void proxy_broke(void **state)
{
	for (int plain = 0; plain < 2; plain++) {
		struct two p;

		p.a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.9:51544");
		request(p.a, GET, FULL DEFLATE);
		p.b = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
		request(p.b, GET, FULL DEFLATE);
		response(p.b, "101 x", YES DEFLATE);
		response(p.a, "101 x", YES DEFLATE);
		t.now += 3 * S;
		frame(p.b, WST_S2C, 0x81, 10);
		frame(p.a, WST_S2C, 0x81, 10);
		t.now += S;
		frame(p.b, WST_S2C, plain ? 0x81 : 0xc1, 50);
		ends(p.b, WST_FIN, WST_FIRST_LOCAL, 0);
		ends(p.a, WST_FIN, WST_FIRST_LOCAL, 0);
		told(plain ? "no-goodbye" : "extension");
		if (!plain)
			says("nginx on 10.0.0.1:12345 ended both legs");
		teardown(state);
		setup(state);
	}
}

/* Ends a leg behind its Close frames, after so many messages of each side. */
static void ends_after(struct conn *c, uint64_t c2s, uint64_t s2c)
{
	struct wst_stats r = { .how = WST_FIN };
	struct event e = { .stats = &r };

	closing(c, WST_C2S, 1000, "");
	closing(c, WST_S2C, 1000, "");
	r.h.ts = r.ended = r.last = t.now;
	r.h.flags = WST_FIRST_LOCAL;
	r.opened = c->opened;
	r.counts[WST_C2S].messages = c2s;
	r.counts[WST_S2C].messages = s2c;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
}

/* What came on one leg before the Close frames has to have gone out on the other one. */
static void message_lost(void **state)
{
	static const struct {
		uint64_t before[2], behind[2]; /* messages of client and server, on both legs */
		const char *rule, *says;
	} rows[] = {
		{ { 3, 5 }, { 3, 5 }, "", "" },
		{ { 3, 4 }, { 3, 5 }, "message-lost", "1 of the 5 messages that came from" },
		{ { 3, 5 }, { 1, 5 }, "message-lost", "2 of the 3 messages that came from the c" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct two p;

		teardown(state);
		setup(state);
		p = proxied_well();
		ends_after(p.b, rows[i].behind[0], rows[i].behind[1]);
		ends_after(p.a, rows[i].before[0], rows[i].before[1]);
		told(rows[i].rule);
		if (*rows[i].rule) {
			says(rows[i].says);
			says("nginx on 10.0.0.1:12345 did not pass on");
		}
	}
}

static struct conn *asks(const char *headers, const char *answer)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, headers);
	if (answer)
		response(c, answer, "Content-Length: 0\r\n");
	return c;
}

static void bad_headers(void **state)
{
	static const char *const rows[][2] = {
		{ "Upgrade: websocket\r\n", "has 2 Upgrade headers" },
		{ "Host: other\r\n", "has 2 Host headers" },
		{ "8192\r\n", "'8192'" },
		{ "abcdefghijklmnop\r\n", "'abcd...'" },
		{ "X-Bad : 1\r\n", "a blank before the colon of its header X-Bad" },
		{ "X Bad: 1\r\n", "a blank in the name of its header X Bad" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char headers[512];

		teardown(state);
		setup(state);
		snprintf(headers, sizeof(headers), FULL "%s", rows[i][0]);
		asks(headers, "400 Bad Request");
		told("bad-header");
		says(rows[i][1]);
		assert_int_equal(t.certainty, LIKELY);
	}
}

static void proxy_made_it(void **state)
{
	struct two p = proxied(GET, FULL "Upgrade: websocket\r\n");

	response(p.b, "403 Forbidden", "Content-Length: 0\r\n");
	response(p.a, "403 Forbidden", "Content-Length: 0\r\n");
	told("bad-header");
	says("nginx on 10.0.0.1:12345 made of a sound request");
}

/* A WebSocket opens: whatever its headers look like, that was no fault. */
static void bad_but_taken(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL "Upgrade: websocket\r\n");
	response(c, "101 x", YES);
	frame(c, WST_C2S, 0x81, 5);
	told("");
}

static void larger_head(void **state)
{
	char headers[3000];
	struct conn *c = asks(FULL, NULL);

	response(c, "101 x", YES);
	ends(c, WST_FIN, WST_FIRST_REMOTE, 0);
	snprintf(headers, sizeof(headers), FULL "Cookie: a=%02000d\r\n", 1);
	c = asks(headers, NULL);
	ends(c, WST_RST_SENT, WST_FIRST_LOCAL, 0);
	told("too-large-head");
	says("the largest that it took had");
}

static void too_many(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct conn *c = opens(WST_SERVER, "nginx", 7, "10.0.0.1:80", "10.0.0.9:5000");

		request(c, GET, FULL);
		response(c, i ? "503 Service Unavailable" : "101 x", i ? "" : YES);
		t.now += S;
	}
	told("refused");
	says("probably a limit is reached");
	teardown(state);
	setup(state);
	asks(FULL, "429 Too Many Requests");
	told("refused");
	says("more often than it allows");
}

static void without_an_end(void **state)
{
	struct two p = proxied(GET, FULL);

	response(p.b, "403 Forbidden", "Content-Type: text/plain\r\n");
	told("refused");
	says("in an answer without an end");
	says("nginx on 10.0.0.1:12345 may wait for more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(said_in_letters),	  TEST(cannot_read_compressed),
		TEST(application_speaks), TEST(kept_open),
		TEST(close_unanswered),	  TEST(closed_in_time),
		TEST(ended_late),	  TEST(still_open),
		TEST(not_open_for_long),  TEST(ended_at_once),
		TEST(proxy_broke),	  TEST(message_lost),
		TEST(bad_headers),	  TEST(proxy_made_it),
		TEST(bad_but_taken),	  TEST(larger_head),
		TEST(too_many),		  TEST(without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
