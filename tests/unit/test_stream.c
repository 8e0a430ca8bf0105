// SPDX-License-Identifier: GPL-2.0-only
/* bpf/stream.h: how bytes change one direction, decision by decision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/stream.h"
#include "guard.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* A frame's header as the shortest length makes it. */
static struct ws_frame frame(uint8_t b0, int masked, uint64_t len)
{
	struct ws_frame f = { .b0 = b0, .masked = masked, .len = len };

	f.hdr_len = (len < 126 ? 2 : len < 0x10000 ? 4 : 10) + 4 * masked;
	return f;
}

static struct stream lost(void)
{
	struct stream s = { .phase = PH_LOST, .why = WST_WHY_MIDSTREAM };

	return s;
}

static void test_begin_ws(void **state)
{
	struct stream s = { .pos = 100, .phase = PH_HTTP, .ws = { .left = 3, .have = 1 } };

	stream_begin_ws(&s);
	assert_int_equal(s.phase, PH_WS);
	assert_int_equal(s.trust, TRUSTED);
	assert_int_equal(s.upgraded, 1);
	assert_int_equal(s.pos, 0);
	assert_int_equal(s.ws.left, 0);
	assert_int_equal(s.ws.have, 0);
}

/* A gap within a payload hides no frame's start; one byte more, or one in a header, may. */
static void test_gap_in_frames(void **state)
{
	struct stream s = { .phase = PH_WS, .ws = { .left = 10 }, .keep = 4 };

	assert_true(stream_gap(&s, 9));
	assert_int_equal(s.ws.left, 1);
	assert_int_equal(s.keep, 0);
	assert_false(stream_gap(&s, 2));
	assert_true(stream_gap(&s, 1));
	assert_int_equal(s.ws.left, 0);
	assert_false(stream_gap(&s, 1));
	s.ws.left = 0;
	s.ws.have = 1;
	assert_false(stream_gap(&s, 1));
}

static void test_gap_in_http(void **state)
{
	struct stream s = { .phase = PH_HTTP };

	assert_false(stream_gap(&s, 1));
	s.http.state = HTTP_CONTENT;
	s.http.length = 10;
	assert_true(stream_gap(&s, 4));
	assert_int_equal(http_data(&s.http), 6);
	assert_false(stream_gap(&s, 7));
	assert_true(stream_gap(&s, 6));
	assert_int_equal(s.http.state, HTTP_LINE);
	s.phase = PH_OPAQUE;
	assert_true(stream_gap(&s, 1000));
}

/* Decoding stops behind the last frame that is known whole; a second loss changes no reason. */
static void test_lose(void **state)
{
	struct stream s = {
		.phase = PH_WS, .pos = 1000, .trust = TRUSTED, .keep = 5, .message = 1
	};

	s.ws.left = 50;
	stream_lose(&s, WST_WHY_GAP);
	assert_int_equal(s.phase, PH_LOST);
	assert_int_equal(s.lost_pos, 1050);
	assert_int_equal(s.why, WST_WHY_GAP);
	assert_int_equal(s.trust, 0);
	assert_int_equal(s.message, MESSAGE_UNKNOWN);
	assert_int_equal(s.keep, 0);
	assert_int_equal(s.ws.left, 0);

	s.pos = 2000;
	s.trust = 2;
	stream_lose(&s, WST_WHY_BAD);
	assert_int_equal(s.lost_pos, 1050);
	assert_int_equal(s.why, WST_WHY_GAP);
	assert_int_equal(s.trust, 0);

	s = (struct stream){ .phase = PH_WS, .pos = 1000, .ws = { .have = 3 } };
	stream_lose(&s, WST_WHY_BAD);
	assert_int_equal(s.lost_pos, 997);
	assert_int_equal(s.ws.have, 0);
}

static void test_weigh_counts_signs(void **state)
{
	struct ws_frame f = frame(WS_FIN | 1, 1, 5), ping = frame(WS_FIN | WS_PING, 1, 0);
	struct stream s = lost();

	for (int i = 0; i < TRUST_SIGNS; i++) {
		assert_int_equal(stream_weigh(&s, i & 1 ? &ping : &f, WST_C2S), 0);
		assert_int_equal(s.phase, PH_LOST);
	}
	assert_int_equal(stream_weigh(&s, &f, WST_C2S), 1);
	assert_int_equal(s.phase, PH_WS);
	assert_int_equal(s.trust, TRUSTED);
}

static void test_weigh_wants_plausible(void **state)
{
	struct ws_frame from_client = frame(WS_FIN | 1, 1, 5),
			from_server = frame(WS_FIN | 1, 0, 5);
	struct ws_frame long_ping = frame(WS_FIN | WS_PING, 1, 126), odd = frame(WS_FIN | 3, 1, 5);
	struct stream s = lost();

	assert_int_equal(stream_weigh(&s, &from_client, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &from_server, WST_C2S), -1);
	assert_int_equal(stream_weigh(&s, &long_ping, WST_C2S), -1);
	assert_int_equal(stream_weigh(&s, &odd, WST_C2S), -1);
	assert_int_equal(s.trust, 0);
	assert_int_equal(stream_weigh(&s, &from_server, WST_S2C), 0);
}

/* Length-prefixed protocols read as fragments without a beginning: they are no sign, ever. */
static void test_weigh_wants_beginnings(void **state)
{
	struct stream s = { .phase = PH_LOST };
	const struct ws_frame middle = { .b0 = 0x00, .len = 42, .hdr_len = 2 },
			      last = { .b0 = 0x80, .len = 42, .hdr_len = 2 },
			      first = { .b0 = 0x01, .len = 42, .hdr_len = 2 },
			      rsv1 = { .b0 = 0x40, .len = 2, .hdr_len = 2 };
	const struct ws_frame masked = frame(0, 1, 42), longer = frame(0, 0, 126);

	for (int i = 0; i < 100; i++) {
		assert_int_equal(stream_weigh(&s, &middle, WST_S2C), 0);
		stream_call_ends(&s);
	}
	assert_int_equal(s.trust, 0);
	assert_int_equal(stream_weigh(&s, &last, WST_S2C), 0);
	assert_int_equal(s.trust, 0);
	assert_int_equal(stream_weigh(&s, &rsv1, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &first, WST_S2C), 0);
	stream_call_ends(&s);
	assert_int_equal(stream_weigh(&s, &middle, WST_S2C), 0);
	stream_call_ends(&s);
	assert_int_equal(s.trust, 1); /* nor are they inside a message */
	assert_int_equal(stream_weigh(&s, &masked, WST_C2S), 0);
	assert_int_equal(stream_weigh(&s, &longer, WST_S2C), 0);
	assert_int_equal(s.trust, 2);
	assert_int_equal(stream_weigh(&s, &rsv1, WST_S2C), -1);
}

static int intruder(const char *text, uint8_t dir)
{
	return stream_intruder((const uint8_t *)text, strlen(text), dir);
}

static void test_intruder(void **state)
{
	assert_int_equal(intruder("HTTP/1.1 400 Bad Request", WST_S2C), WST_WHY_TEXT_IN_WS);
	assert_int_equal(intruder("GET / HTTP/1.1", WST_C2S), WST_WHY_TEXT_IN_WS);
	assert_int_equal(intruder("<br />\n<b>Warning</b>", WST_S2C), WST_WHY_TEXT_IN_WS);
	assert_int_equal(intruder("\x16\3\1\2\5\1\2\5\3\3", WST_C2S), WST_WHY_TLS_IN_WS);
	assert_int_equal(intruder("HTTP/1.1 200 ", WST_S2C), 0); /* too few bytes to say */
	assert_int_equal(intruder("HTTP/1.1 200 O", WST_S2C), WST_WHY_TEXT_IN_WS);
	/* Real frames, with RSV2 or a reserved opcode, whose payload begins with text. */
	assert_int_equal(intruder("`\x0c"
				  "FH~])mx is more text",
				  WST_S2C),
			 0);
	assert_int_equal(intruder("`\x0d"
				  "FH~])mx\x0b is more text",
				  WST_S2C),
			 0);
	assert_int_equal(intruder("\x14\3\1\xf0\5\1\2\5\3\3", WST_S2C), 0); /* too long for TLS */
	assert_int_equal(intruder("A compressed fragment", WST_S2C),
			 0); /* may be one: RSV1, text */
	assert_int_equal(intruder("\x81\x20 a whole text message", WST_S2C), 0);
	assert_int_equal(intruder("\x43\x06"
				  "abcdef\x41\x20more text",
				  WST_S2C),
			 0);
	assert_int_equal(intruder("H\x7f TP/1.1 400 Bad", WST_S2C), WST_WHY_TEXT_IN_WS);
	assert_int_equal(intruder("Gr\xc3\xbc\xc3\x9f"
				  "e aus",
				  WST_S2C),
			 0);
}

/* RFC 6455 5.4: only a message's first frame has an opcode, and it ends with FIN. */
static void test_weigh_wants_messages(void **state)
{
	struct ws_frame whole = frame(WS_FIN | 1, 0, 5), first = frame(1, 0, 5);
	struct ws_frame middle = frame(0, 0, 5), last = frame(WS_FIN, 0, 5);
	struct ws_frame empty = frame(0, 0, 0), ping = frame(WS_FIN | WS_PING, 0, 0);
	struct stream s = lost();

	assert_int_equal(stream_weigh(&s, &whole, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &middle, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &first, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &whole, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &ping, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &empty, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &middle, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &last, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &middle, WST_S2C), -1);
	assert_int_equal(stream_weigh(&s, &whole, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &whole, WST_S2C), 1);

	s = lost(); /* the first frame seen may continue a message */
	assert_int_equal(stream_weigh(&s, &last, WST_S2C), 0);
	assert_int_equal(stream_weigh(&s, &last, WST_S2C), -1);
}

static void test_call_ends(void **state)
{
	struct stream s = lost();

	stream_call_ends(&s);
	assert_int_equal(s.trust, 0); /* nothing has looked like a frame yet */
	s.trust = 1;
	stream_call_ends(&s);
	assert_int_equal(s.trust, 2);
	s.ws.left = 1;
	stream_call_ends(&s);
	assert_int_equal(s.trust, 2);
	s.ws.left = 0;
	s.ws.have = 1;
	stream_call_ends(&s);
	assert_int_equal(s.trust, 2);
	s = (struct stream){ .phase = PH_WS, .trust = TRUSTED };
	stream_call_ends(&s);
	assert_int_equal(s.trust, TRUSTED);
}

static int rejoin(struct stream *s, const void *p, size_t got, uint64_t total, uint8_t dir)
{
	*s = lost();
	s->trust = 2;
	s->message = MESSAGE_GOES_ON;
	s->ws.left = 1000;
	return stream_rejoin(s, guard_put(p, got), got, total, dir);
}

static void test_rejoin(void **state)
{
	static const uint8_t text[] = { 0x81, 5, 'h', 'e', 'l', 'l', 'o' };
	static const uint8_t masked[] = { 0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct stream s;

	assert_true(rejoin(&s, text, sizeof(text), sizeof(text), WST_S2C));
	assert_int_equal(s.ws.left, 0);
	assert_int_equal(s.trust, 0);
	assert_int_equal(s.message, MESSAGE_UNKNOWN);
	assert_true(rejoin(&s, masked, sizeof(masked), sizeof(masked), WST_C2S));
	assert_true(rejoin(&s, masked, 6, sizeof(masked), WST_C2S)); /* the header does */

	assert_false(rejoin(&s, masked, 5, sizeof(masked), WST_C2S));
	assert_int_equal(s.ws.left, 1000);
	assert_int_equal(s.trust, 2);
	assert_false(rejoin(&s, text, 1, sizeof(text), WST_S2C));
	assert_false(rejoin(&s, text, sizeof(text), sizeof(text) + 1, WST_S2C));
	assert_false(rejoin(&s, text, sizeof(text), sizeof(text) - 1, WST_S2C));
	assert_false(rejoin(&s, text, sizeof(text), sizeof(text), WST_C2S));
	assert_false(rejoin(&s, masked, sizeof(masked), sizeof(masked), WST_S2C));
}

/* The stream's first two messages are remarkable for themselves; these are later ones. */
static struct stream later(void)
{
	struct stream s = { .phase = PH_WS };

	s.n.frames[WST_TEXT] = s.n.frames[WST_BINARY] = 5;
	return s;
}

static void test_remarkable_rules(void **state)
{
	static const struct {
		const char *rule;
		uint8_t b0, masked,
			form; /* form: bytes of the header without the key; 0: shortest */
		uint64_t len;
		int remarkable;
	} cases[] = {
		{ "a text", 0x81, 1, 0, 5, 0 },
		{ "a binary message", 0x82, 1, 0, 5, 0 },
		{ "an empty one", 0x81, 1, 0, 0, 0 },
		{ "125 bytes", 0x81, 1, 2, 125, 0 },
		{ "126 bytes", 0x81, 1, 4, 126, 0 },
		{ "65535 bytes", 0x82, 1, 4, 65535, 0 },
		{ "65536 bytes", 0x82, 1, 10, 65536, 0 },
		{ "RSV1: permessage-deflate", 0xc1, 1, 0, 5, 0 },
		{ "5.1: a client masks", 0x81, 0, 0, 5, 1 },
		{ "5.2: RSV2", 0xa1, 1, 0, 5, 1 },
		{ "5.2: RSV3", 0x91, 1, 0, 5, 1 },
		{ "5.2: opcode 3", 0x83, 1, 0, 5, 1 },
		{ "5.2: opcode 4", 0x84, 1, 0, 5, 1 },
		{ "5.2: opcode 7", 0x87, 1, 0, 5, 1 },
		{ "5.2: 125 bytes in 16 bits", 0x81, 1, 4, 125, 1 },
		{ "5.2: 5 bytes in 64 bits", 0x81, 1, 10, 5, 1 },
		{ "5.2: 65535 bytes in 64 bits", 0x81, 1, 10, 65535, 1 },
		{ "5.4: a first fragment", 0x01, 1, 0, 5, 1 },
		{ "5.4: a fragment between", 0x00, 1, 0, 5, 1 },
		{ "5.4: a last fragment", 0x80, 1, 0, 5, 1 },
		{ "5.5: a fragmented ping", 0x09, 1, 0, 5, 1 },
		{ "5.5: a long ping", 0x89, 1, 4, 126, 1 },
		{ "5.5: opcode 11", 0x8b, 1, 0, 5, 1 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct ws_frame f = frame(cases[i].b0, cases[i].masked, cases[i].len);
		struct stream s = later();

		if (cases[i].form)
			f.hdr_len = cases[i].form + 4 * f.masked;
		if (!!stream_remarkable(&s, &f, WST_C2S) != cases[i].remarkable)
			fail_msg("%s", cases[i].rule);
		/* A server's frames are judged alike, but that they are not masked. */
		f.masked = !f.masked;
		f.hdr_len += f.masked ? 4 : -4;
		if (!!stream_remarkable(&s, &f, WST_S2C) != cases[i].remarkable)
			fail_msg("%s, from a server", cases[i].rule);
	}
}

/* The same in the RFC's words, one after the other. */
static int breaks_or_continues(const struct ws_frame *f, uint8_t dir)
{
	uint8_t op = f->b0 & WS_OPCODE, form = f->hdr_len - 4 * f->masked;

	if (!(f->b0 & WS_FIN) || f->b0 & (WS_RSV & ~WS_RSV1))
		return 1;
	if (op != 1 && op != 2)
		return 1;
	if (f->masked != (dir == WST_C2S))
		return 1;
	return (form == 4 && f->len < 126) || (form == 10 && f->len < 65536);
}

static void test_remarkable_exhaustive(void **state)
{
	static const uint64_t lens[] = { 0, 1, 125, 126, 127, 65535, 65536, 1ULL << 62 };
	struct stream s = later();

	for (uint32_t i = 0; i < 256 * 2 * 2 * 3 * N(lens); i++) {
		uint64_t len = lens[i / (256 * 2 * 2 * 3)];
		uint8_t form = (const uint8_t[]){ 2, 4, 10 }[i / 1024 % 3], dir = i >> 9 & 1;
		struct ws_frame f = { .b0 = i, .masked = i >> 8 & 1, .len = len };

		if ((form == 2 && len > 125) || (form == 4 && len > 65535))
			continue; /* cannot be written */
		f.hdr_len = form + 4 * f.masked;
		assert_int_equal(!!stream_remarkable(&s, &f, dir), breaks_or_continues(&f, dir));
	}
}

static void test_remarkable_first(void **state)
{
	struct ws_frame f = frame(0x81, 0, 5);
	struct stream s = { .phase = PH_WS };

	for (int i = 0; i < 4; i++) {
		stream_count(&s, &f);
		assert_int_equal(stream_remarkable(&s, &f, WST_S2C), i == 0);
	}
}

static void test_count(void **state)
{
	static const struct {
		uint8_t b0, op;
	} cases[] = {
		{ 0x00, WST_CONT },	{ 0x01, WST_TEXT },	{ 0x82, WST_BINARY },
		{ 0x83, WST_RESERVED }, { 0x87, WST_RESERVED }, { 0x88, WST_CLOSE_OP },
		{ 0x89, WST_PING },	{ 0x8a, WST_PONG },	{ 0x8b, WST_RESERVED },
		{ 0x8f, WST_RESERVED }, { 0xc1, WST_TEXT },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct ws_frame f = frame(cases[i].b0, 0, 7);
		struct stream s = {};
		uint64_t sum = 0;

		stream_count(&s, &f);
		for (int op = 0; op < WST_OPS; op++)
			sum += s.n.frames[op];
		assert_int_equal(sum, 1);
		assert_int_equal(s.n.frames[cases[i].op], 1);
		assert_int_equal(s.n.bytes, 7);
		assert_int_equal(s.n.messages, cases[i].b0 & WS_FIN && !(cases[i].b0 & 8));
		assert_int_equal(s.last_b0, cases[i].b0);
	}
}

#define NOTHING (NOT_ENDED - 1) /* to tell */

/* A header of a data frame passes, and then all of its payload. */
static uint64_t pass(struct stream *s, uint8_t b0, uint64_t len)
{
	struct ws_frame f = frame(b0, 0, len);
	uint32_t moved;

	s->ws.left = len;
	stream_message(s, &f);
	s->ws.left = 0;
	moved = stream_moved(s);
	return moved ? stream_message_passed(s, moved) : NOTHING;
}

static void test_message(void **state)
{
	struct stream s = { .phase = PH_WS };
	struct ws_frame f = frame(0x81, 0, 10);

	assert_int_equal(pass(&s, 0x81, 5), 5);
	assert_false(stream_moved(&s)); /* told once */
	assert_true(pass(&s, 0x01, 5) == NOT_ENDED); /* it starts */
	assert_true(pass(&s, 0x00, 6) == NOTHING);
	assert_int_equal(pass(&s, 0x80, 7), 18);
	assert_int_equal(pass(&s, 0x82, 0), 0);
	assert_int_equal(s.msg_bytes, 0);

	s.ws.left = 10;
	stream_message(&s, &f);
	assert_int_equal(stream_moved(&s), MESSAGE_STARTS);
	assert_true(stream_message_passed(&s, MESSAGE_STARTS) == NOT_ENDED);
	s.ws.left = 1;
	assert_int_equal(stream_moved(&s), 0);
	s.ws.left = 0;
	assert_int_equal(stream_moved(&s), MESSAGE_ENDS);
	assert_int_equal(stream_message_passed(&s, MESSAGE_ENDS), 10);
	assert_int_equal(stream_moved(&s), 0);
}

static void test_records(void **state)
{
	struct ws_frame f = frame(0x81, 1, 300);
	struct stream s[WST_DIRS] = { { .pos = 108, .last_b0 = 0x81 }, { .last_b0 = 0x88 } };
	struct wst_frame r;
	struct wst_stats stats = {};

	f.mask = 0x04030201;
	stream_keep(&s[0], &f, 100);
	stream_frame(&s[0], &f, 42, &r);
	assert_int_equal(r.offset, 100);
	assert_int_equal(r.len, 300);
	assert_int_equal(r.kept, 100);
	assert_int_equal(r.pid, 42);
	assert_int_equal(r.mask, 0x04030201);
	assert_int_equal(r.hdr_len, 8);
	assert_int_equal(r.masked, 1);
	s[0].kept = 50;
	stream_keep(&s[0], &f, 1000);
	assert_int_equal(s[0].keep, 300);
	assert_int_equal(s[0].kept, 0);

	s[1].n.messages = 9;
	stream_stats(&stats, s);
	assert_int_equal(stats.counts[WST_S2C].messages, 9);
	assert_int_equal(stats.last_b0[WST_C2S], 0x81);
	assert_int_equal(stats.last_b0[WST_S2C], 0x88);
	for (int i = 0; i < WST_P99S; i++)
		assert_int_equal(stats.p99[i], WST_NO_P99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin_ws),
		cmocka_unit_test(test_gap_in_frames),
		cmocka_unit_test(test_gap_in_http),
		cmocka_unit_test(test_lose),
		cmocka_unit_test(test_weigh_counts_signs),
		cmocka_unit_test(test_weigh_wants_plausible),
		cmocka_unit_test(test_weigh_wants_messages),
		cmocka_unit_test(test_weigh_wants_beginnings),
		cmocka_unit_test(test_intruder),
		cmocka_unit_test(test_call_ends),
		cmocka_unit_test(test_rejoin),
		cmocka_unit_test(test_remarkable_rules),
		cmocka_unit_test(test_remarkable_exhaustive),
		cmocka_unit_test(test_remarkable_first),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
