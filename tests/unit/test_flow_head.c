// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/pcapng/flow.h: handshakes that Wireshark would not understand as they were. All frames have
 * to be seen, and nothing strange.
 */
#include "tshark.h"

#define GET "GET /ws HTTP/1.1\r\nHost: a\r\n"
#define WS "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define CONNECT "CONNECT ws.example:80 HTTP/1.1\r\nHost: ws.example:80\r\n\r\n"

/* Says a head of len bytes, of which the file gets the start alone. */
static void say_start(struct talk *c, uint8_t dir, const char *start, uint64_t len, bool is_upgrade)
{
	struct flow_head h = { t.ts += 1000, len,	 c->seq[dir],
			       dir,	     is_upgrade, { start, strlen(start) } };

	assert_int_equal(flow__head(c->f, &h), 0);
	c->seq[dir] += len;
	t.heads++;
}

/* Bytes that pass, and that nobody reports. */
static void pass(struct talk *c, uint8_t dir, uint32_t n)
{
	c->seq[dir] += n;
}

static void talk(struct talk *c)
{
	frame(c, FLOW_S2C, FIN | TEXT, 300);
	frame(c, FLOW_C2S, FIN | TEXT, 300);
	frame(c, FLOW_C2S, FIN | CLOSE, 2);
	frame(c, FLOW_S2C, FIN | CLOSE, 2);
	end(c, FLOW_END_FIN);
}

static void begin_next(struct talk *c)
{
	static uint16_t port = 40000;

	begin(c, t.streams & 1 ? AF_INET6 : AF_INET, port++, t.streams & 2, false);
}

/* Heads of which the start was kept, up to 250 KB; headers that matter may be behind it. */
static void test_long_heads(void **state)
{
	static const uint64_t sizes[] = { 300, 16385, 20000, 65160, 65161, 70000, 140000, 250000 };
	struct talk c;

	(void)state;
	t.snap = FULL;
	for (unsigned int i = 0; i < N(sizes); i++) {
		begin_next(&c);
		say_start(&c, FLOW_C2S, GET WS KEY "Cookie: abc", sizes[i], false);
		say_start(&c, FLOW_S2C, SWITCH WS ACCEPT "X-Long: abc", sizes[i], true);
		talk(&c);
		begin_next(&c);
		say_start(&c, FLOW_C2S, GET "Cookie: abc", sizes[i], false);
		say_start(&c, FLOW_S2C, SWITCH "X-Long: abc", sizes[i], true);
		talk(&c);
	}
	file_close();
	judge();
	expect_count("frame.comment contains \"are filled in\"", 4 * N(sizes));
}

/* A body behind the request for a WebSocket; a long answer without a length, and one with. */
static void test_bodies(void **state)
{
	struct talk c;

	(void)state;
	for (int chunked = 0; chunked < 2; chunked++) {
		begin_next(&c);
		say(&c, FLOW_C2S,
		    chunked ? GET WS KEY "Transfer-Encoding: chunked\r\n\r\n" :
			      GET WS KEY "Content-Length: 5000\r\n\r\n",
		    false);
		pass(&c, FLOW_C2S, 5000);
		say(&c, FLOW_S2C, SWITCH WS ACCEPT "\r\n", true);
		frame(&c, FLOW_C2S, FIN | TEXT, 30);
		talk(&c);
	}
	begin_next(&c);
	say(&c, FLOW_C2S, GET "\r\n", false);
	say_start(&c, FLOW_S2C, "HTTP/1.1 200 OK\r\nX-Long: a", 70000, false);
	say_start(&c, FLOW_C2S, GET "Content-Length: 50\r\nX-Long: a", 70000, false);
	pass(&c, FLOW_C2S, 50);
	say(&c, FLOW_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", false);
	pass(&c, FLOW_S2C, 50000);
	upgrade(&c, "");
	talk(&c);
	file_close();
	judge();
}

/* Heads that nobody saw, in the place of which bytes are missing. */
static void test_missing_heads(void **state)
{
	struct talk c;

	(void)state;
	for (int missing = 1; missing < 4; missing++) {
		for (int client_first = 0; client_first < 2; client_first++) {
			begin_next(&c);
			if (missing & 1)
				pass(&c, FLOW_C2S, 150);
			else
				say(&c, FLOW_C2S, GET WS KEY "\r\n", false);
			if (missing & 2)
				pass(&c, FLOW_S2C, 130);
			else
				say(&c, FLOW_S2C, SWITCH WS ACCEPT "\r\n", true);
			if (client_first)
				frame(&c, FLOW_C2S, FIN | TEXT, 30);
			t.heads += (missing & 1) + (missing >> 1);
			talk(&c);
		}
	}
	file_close();
	judge();
	expect_count("http contains \"X-Wstrace: synthetic\"", 8);
	expect_count("frame.comment contains \"did not see\"", 8);
}

/* Frames from the first byte on: the handshake stands below them, in a stream of its own. */
static void test_no_room_for_heads(void **state)
{
	struct talk c;

	(void)state;
	begin_next(&c);
	c.stream++;
	t.heads += 2;
	talk(&c);
	file_close();
	judge();
}

/* A capture that cuts packets has the start of heads, and nobody knows how long they were. */
static void test_heads_of_a_capture_that_cuts(void **state)
{
	static const char *const answers[] = { SWITCH, "HTTP/1.1 101 Swi", SWITCH WS "Sec-WebSoc" };
	struct talk c;

	(void)state;
	for (unsigned int i = 0; i < N(answers); i++) {
		begin_next(&c);
		say(&c, FLOW_C2S, "GET /ws HTTP/1.1\r\nHost: exam", false);
		pass(&c, FLOW_C2S, 150);
		say(&c, FLOW_S2C, answers[i], true);
		pass(&c, FLOW_S2C, 130);
		talk(&c);
	}
	file_close();
	judge();
}

static void open_tunnel(struct talk *c)
{
	say(c, FLOW_C2S, CONNECT, false);
	say(c, FLOW_S2C, "HTTP/1.1 407 No\r\nContent-Length: 6\r\n\r\n", false);
	pass(c, FLOW_S2C, 6);
	say(c, FLOW_C2S, CONNECT, false);
	say(c, FLOW_S2C, "HTTP/1.1 200 Connection established\r\n\r\n", false);
}

static void test_connect(void **state)
{
	struct talk c;

	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		begin_next(&c);
		open_tunnel(&c);
		t.heads -= 4; /* comments */
		if (plain) {
			say(&c, FLOW_C2S, GET "\r\n", false);
			say(&c, FLOW_S2C, "HTTP/1.1 204 None\r\n\r\n", false);
		}
		upgrade(&c, "");
		talk(&c);
	}
	file_close();
	judge();
	expect_count("frame.comment contains \"behind it: CONNECT ws.example:80 HTTP/1.1\"", 4);
	expect_count("frame.comment contains \"behind it: HTTP/1.1 200 Connection est\"", 2);
	expect_count("frame.comment contains \"behind it: HTTP/1.1 407 No\"", 2);
}

/* Where nothing came through it, a tunnel is what it was. */
static void test_tunnel_that_is_not_used(void **state)
{
	struct talk c;

	(void)state;
	begin_next(&c);
	open_tunnel(&c);
	end(&c, FLOW_END_FIN);
	begin_next(&c);
	say(&c, FLOW_C2S, CONNECT, false);
	assert_int_equal(flow__close(c.f, t.ts, FLOW_END_NONE, false, 0), 0);
	flow__free(c.f);
	begin_next(&c); /* more than is kept back */
	for (int i = 0; i < 10; i++) {
		say(&c, FLOW_C2S, CONNECT, false);
		say(&c, FLOW_S2C, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", false);
	}
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
}

/* The client's first frames may be seen before the 101 is; and they may be many, or all there is.
 */
static void test_frames_before_the_101(void **state)
{
	struct talk c, whole;

	(void)state;
	t.snap = FULL;
	begin_next(&whole);
	c = whole;
	say(&c, FLOW_C2S, GET WS KEY "\r\n", false);
	frame(&c, FLOW_C2S, FIN | TEXT, 30);
	frame(&c, FLOW_C2S, FIN | BINARY, 30000);
	say(&c, FLOW_S2C, SWITCH WS ACCEPT "\r\n", true);
	talk(&c);
	begin_next(&c);
	say(&c, FLOW_C2S, GET WS KEY "\r\n", false);
	for (int i = 0; i < 2000; i++)
		frame(&c, FLOW_C2S, FIN | TEXT, 30);
	t.heads++; /* it is not waited for any longer */
	pass(&c, FLOW_S2C, 130);
	talk(&c);
	begin_next(&c);
	say(&c, FLOW_C2S, GET WS KEY "\r\n", false);
	frame(&c, FLOW_C2S, FIN | TEXT, 30);
	t.heads++;
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
	judge_contents(&whole);
}

/* Many who wait for a 101 take no more memory than 64 MiB; all frames are seen. */
static void test_memory_of_what_waits(void **state)
{
	static struct talk all[1500];
	struct rusage before, after;

	(void)state;
	t.snap = FULL;
	getrusage(RUSAGE_SELF, &before);
	for (unsigned int i = 0; i < N(all); i++) {
		begin(&all[i], AF_INET, 30000 + i, true, false);
		t.streams = 0; /* they are not judged one by one */
		say(&all[i], FLOW_C2S, GET WS KEY "\r\n", false);
		frame(&all[i], FLOW_C2S, FIN | BINARY, 60000);
	}
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 400 << 10); /* KiB; with a sanitizer */
	for (unsigned int i = 0; i < N(all); i++)
		end(&all[i], FLOW_END_FIN);
	file_close();
	expect_count("websocket.opcode == 2", N(all));
}

/* A new file between the request and the 101 has a request, too. */
static void test_new_file_before_the_101(void **state)
{
	char first[64];
	struct talk c;

	(void)state;
	begin_next(&c);
	say(&c, FLOW_C2S, GET WS KEY "\r\n", false);
	file_close();
	judge();
	strcpy(first, t.path);
	file_open();
	t.heads = 1;
	say(&c, FLOW_S2C, SWITCH WS ACCEPT "\r\n", true);
	talk(&c);
	file_close();
	judge();
	expect_count("http.request.uri == \"/ws\"", 1);
	unlink(first);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_long_heads),
		TEST(test_bodies),
		TEST(test_missing_heads),
		TEST(test_no_room_for_heads),
		TEST(test_heads_of_a_capture_that_cuts),
		TEST(test_connect),
		TEST(test_tunnel_that_is_not_used),
		TEST(test_frames_before_the_101),
		TEST(test_memory_of_what_waits),
		TEST(test_new_file_before_the_101),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
