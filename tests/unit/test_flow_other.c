// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/pcapng/flow_other.h: what a file has beside heads and frames, for a reader who shall judge
 * it as it was judged; tshark finds nothing strange in it.
 */
#include "tshark.h"
#include "facts/body.h"
#include "pcapng/flow_other.h"
#include "pcapng/opaque.h"

#define GET "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n"
#define SAYS "origin * is not allowed"

static uint16_t next_port;

static void begin_next(struct talk *c)
{
	begin(c, AF_INET, 40000 + ++next_port, true, false);
}

/* The words of a body, and no others, come behind its head; a body may be shorter than they are. */
static void test_bodies_that_say_why(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 403 No\r\nContent-Length: 90\r\n\r\n",
		"HTTP/1.1 403 No\r\nContent-Length: 22\r\n\r\n",
		"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n",
	};
	struct talk c;

	(void)state;
	for (unsigned int i = 0; i < N(answers); i++) {
		begin_next(&c);
		say(&c, FLOW_C2S, GET, false);
		say(&c, FLOW_S2C, answers[i], false);
		assert_int_equal(flow__body(c.f, SAYS), 0);
		assert_int_equal(flow__body(c.f, "and again"), 0);
		assert_int_equal(flow__pad(c.f, FLOW_S2C, t.ts, strlen(answers[i]) + 90), 0);
		end(&c, FLOW_END_FIN);
	}
	file_close();
	judge();
	expect_count("tcp.payload contains \"origin   is not \"", 4);
	expect_count("frame contains \"and again\"", 0);
	expect_count("tcp.reassembled.length", 0);
}

/* An answer waits for its body until something else comes, or for a tenth of a second. */
static void test_answers_without_words(void **state)
{
	struct talk c;

	(void)state;
	begin_next(&c);
	say(&c, FLOW_C2S, GET, false);
	say(&c, FLOW_S2C, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false);
	say(&c, FLOW_C2S, GET, false);
	say(&c, FLOW_S2C, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n", false);
	t.ts += 200000000;
	assert_int_equal(flows__tick(t.p, t.ts), 0);
	assert_int_equal(flow__body(c.f, SAYS), 0); /* too late */
	end(&c, FLOW_END_NONE);
	begin_next(&c);
	say(&c, FLOW_C2S, GET, false);
	say(&c, FLOW_S2C, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\n", false);
	flow__free(c.f); /* nobody will ask for it */
	assert_int_equal(flows__tick(t.p, UINT64_MAX), 0);
	t.heads--;
	file_close();
	judge();
	expect_count("frame contains \"not allowed\"", 0);
}

static struct wst_opaque opaque(struct talk *c, uint8_t dir, uint32_t why, const char *first)
{
	struct wst_opaque r = { .h.dir = dir, .h.seq = c->seq[dir], .why = why };

	r.n = strlen(first);
	memcpy(r.first, first, r.n);
	return r;
}

static void write_opaque(struct talk *c, const struct wst_opaque *r, bool wanted)
{
	struct flow_other o;
	bool writes = opaque_bytes(r, t.ts += 1000, &o);

	assert_int_equal(writes, wanted);
	if (writes)
		assert_int_equal(flow__other(c->f, &o), 0);
}

/* Bytes in place of a frame are as they were; of all that is no HTTP there is a stand-in. */
static void test_bytes_that_are_neither(void **state)
{
	static const uint32_t whys[] = { WST_WHY_TLS,  WST_WHY_HTTP2,	WST_WHY_NOT_HTTP,
					 WST_WHY_KTLS, WST_WHY_SOCKMAP, WST_WHY_UNSEEN };
	struct wst_opaque r;
	struct talk c;

	(void)state;
	begin_next(&c);
	upgrade(&c, "");
	frame(&c, FLOW_S2C, FIN | TEXT, 30);
	r = opaque(&c, FLOW_S2C, WST_WHY_HTTP_IN_WS, "HTTP/1.1 400 Bad Request\r\n\r\n");
	write_opaque(&c, &r, true);
	frame(&c, FLOW_C2S, FIN | TEXT, 30); /* the other direction goes on */
	end(&c, FLOW_END_FIN);
	for (unsigned int i = 0; i < N(whys); i++) {
		begin_next(&c);
		r = opaque(&c, FLOW_C2S, whys[i], "");
		write_opaque(&c, &r, true);
		assert_int_equal(flow__pad(c.f, FLOW_C2S, t.ts, 500), 0);
		end(&c, FLOW_END_FIN);
	}
	r = opaque(&c, FLOW_C2S, WST_WHY_OTHER_UPGRADE, "");
	write_opaque(&c, &r, false); /* its 101 tells */
	file_close();
	judge();
	expect_count("tcp.payload contains \"HTTP/1.1 400 Bad Request\"", 1);
	expect_count("tls", 1);
	expect_count("frame.comment contains \"synthetic: in place\"", 3);
	expect_count("frame.comment contains \"left out: \"", 3);
}

/* The first FIN has its own time, which nothing of its sender comes behind. */
static void test_time_of_the_first_fin(void **state)
{
	struct talk c;

	(void)state;
	t.snap = FULL;
	for (int i = 0; i < 2; i++) {
		begin_next(&c);
		upgrade(&c, "");
		frame(&c, FLOW_S2C, FIN | TEXT, 30);
		t.ts += 2000000000;
		if (i)
			frame(&c, FLOW_S2C, FIN | TEXT, 30);
		assert_int_equal(
			flow__close(c.f, t.ts + 100, FLOW_END_FIN, true, t.ts - 1000000000), 0);
		flow__free(c.f);
	}
	file_close();
	judge();
	judge_contents(&c);
	expect_count("tcp.stream == 0 && tcp.flags.fin == 1 && frame.time_relative < 1.5", 1);
	expect_count("tcp.stream == 1 && tcp.flags.fin == 1 && frame.time_relative < 3.5", 0);
}

/* Of what each row of the table says, the words say the same to who reads them. */
static void test_words_are_found_again(void **state)
{
	static const char *const said[] = { "Session ID unknown", "origin x is not allowed",
					    "got more than 8190 bytes when reading", "CSRF" };
	char words[128];

	(void)state;
	for (unsigned int i = 0; i < N(said); i++) {
		const struct body_words *w = body_find((struct span){ said[i], strlen(said[i]) });

		assert_non_null(w);
		snprintf(words, sizeof(words), "%s", w->words);
		for (char *p = words; *p; p++)
			*p = *p == '*' ? ' ' : *p;
		assert_ptr_equal(body_find((struct span){ words, strlen(words) }), w);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bodies_that_say_why),	   TEST(test_answers_without_words),
		TEST(test_bytes_that_are_neither), TEST(test_time_of_the_first_fin),
		TEST(test_words_are_found_again),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
