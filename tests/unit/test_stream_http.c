// SPDX-License-Identifier: GPL-2.0-only
/* bpf/stream_http.h: what heads and their pieces make of a direction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/stream_http.h"

/* Lets a whole head pass. Returns what stream_piece() says of it. */
static int head(struct stream *s, uint16_t *request, uint8_t dir, const char *text)
{
	int ev = HTTP_MORE;
	uint32_t n = 0;

	while (text[n] && ev == HTTP_MORE)
		ev = http_byte(&s->http, text[n++]);
	return stream_piece(s, request, dir, ev, 0, n,
			    stream_is_tls((const __u8 *)text, strlen(text)));
}

#define WHOLE (WST_HEAD_FIRST | WST_HEAD_LAST)
#define ASKS "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"

static void test_upgrade(void **state)
{
	struct stream c2s = {}, s2c = {};
	uint16_t request = 0;

	assert_int_equal(head(&c2s, &request, WST_C2S, ASKS), WHOLE);
	assert_true(request & HTTP_UPGRADE);
	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 100 \r\n\r\n"), WHOLE);
	assert_true(request & HTTP_UPGRADE); /* not its final answer */
	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 101 \r\n\r\n"),
			 WHOLE | WST_HEAD_WS);
	assert_int_equal(s2c.phase, PH_WS);
	assert_int_equal(c2s.phase, PH_HTTP); /* it has noticed nothing yet */
}

static void test_other_upgrade(void **state)
{
	struct stream s2c = {};
	uint16_t request = 0;

	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 101 \r\n\r\n"),
			 -WST_WHY_OTHER_UPGRADE);
	s2c = (struct stream){};
	request = HTTP_UPGRADE;
	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 101 \r\nUpgrade: h2c\r\n\r\n"),
			 -WST_WHY_OTHER_UPGRADE);
	s2c = (struct stream){};
	request = 0; /* the request was not seen: the response's own word counts */
	assert_int_equal(
		head(&s2c, &request, WST_S2C, "HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n"),
		WHOLE | WST_HEAD_WS);
}

static void test_bodies(void **state)
{
	struct stream s2c = {};
	uint16_t request = HTTP_IS_HEAD;

	assert_int_equal(
		head(&s2c, &request, WST_S2C, "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n"), WHOLE);
	assert_int_equal(http_data(&s2c.http), 0); /* it answers a HEAD */
	assert_int_equal(request, 0);
	assert_int_equal(
		head(&s2c, &request, WST_S2C, "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n"), WHOLE);
	assert_int_equal(http_data(&s2c.http), 5);
	s2c = (struct stream){};
	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 200 \r\n\r\n"), WHOLE);
	assert_int_equal(s2c.phase, PH_OPAQUE); /* content until the close */
	s2c = (struct stream){};
	request = HTTP_IS_CONNECT;
	assert_int_equal(head(&s2c, &request, WST_S2C, "HTTP/1.1 200 \r\n\r\n"), WHOLE);
	assert_int_equal(s2c.phase, PH_HTTP); /* a tunnel */
	assert_int_equal(request, HTTP_IN_TUNNEL);
	assert_int_equal(stream_piece(&s2c, &request, WST_C2S, HTTP_BAD, 0, 1, 1),
			 -WST_WHY_TUNNEL_TLS);
	request = HTTP_IS_CONNECT; /* its answer has not been seen yet */
	assert_int_equal(stream_piece(&s2c, &request, WST_C2S, HTTP_BAD, 0, 1, 1),
			 -WST_WHY_TUNNEL_TLS);
}

static void test_not_http(void **state)
{
	struct stream s = {};
	uint16_t request = 0;

	assert_int_equal(head(&s, &request, WST_C2S, "HTTP/1.1 200 \r\n\r\n"), -WST_WHY_NOT_HTTP);
	s = (struct stream){};
	assert_int_equal(head(&s, &request, WST_S2C, ASKS), -WST_WHY_NOT_HTTP);
	s = (struct stream){};
	assert_int_equal(head(&s, &request, WST_C2S, "PRI * HTTP/2.0\r\n\r\n"), -WST_WHY_HTTP2);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_BAD, 0, 1, 1), -WST_WHY_TLS);
	assert_int_equal(stream_piece(&s, &request, WST_S2C, HTTP_BAD, 0, 1, 1), -WST_WHY_TLS);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_BAD, 0, 1, 0), -WST_WHY_NOT_HTTP);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_BAD, 9, 1, 1), -WST_WHY_NOT_HTTP);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_MORE, WST_HEAD_MAX * 16, 1, 0),
			 -WST_WHY_NOT_HTTP);
}

static void test_pieces(void **state)
{
	struct stream s = {};
	uint16_t request = 0;

	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_MORE, 0, 9, 0), WST_HEAD_FIRST);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_MORE, 9, 9, 0), 0);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_END, 9, 9, 0), WST_HEAD_LAST);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_MORE, WST_HEAD_MAX - 9, 9, 0), 0);
	assert_int_equal(stream_piece(&s, &request, WST_C2S, HTTP_MORE, WST_HEAD_MAX - 9, 10, 0),
			 WST_HEAD_CUT);
}

/* Of a head that is cut only the end is told: its length, and no bytes. */
static void test_piece_told(void **state)
{
	uint32_t pos = 20000, n = 142;

	assert_true(stream_piece_told(WST_HEAD_FIRST, &pos, &n));
	assert_int_equal(pos, 20000);
	assert_int_equal(n, 142);
	assert_false(stream_piece_told(WST_HEAD_CUT, &pos, &n));
	pos = 20000;
	n = 142;
	assert_true(stream_piece_told(WST_HEAD_CUT | WST_HEAD_LAST, &pos, &n));
	assert_int_equal(pos, 20142);
	assert_int_equal(n, 0);
}

static void test_is_frame(void **state)
{
	struct stream s = {};

	assert_true(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 0x81));
	assert_true(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 0x01));
	assert_true(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 0xc1));
	assert_false(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 'G')); /* another request */
	assert_false(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, '\r'));
	assert_false(stream_is_frame(&s, HTTP_UPGRADE, WST_S2C, 0x81));
	assert_false(stream_is_frame(&s, 0, WST_C2S, 0x81));
	s.http.head_len = 1;
	assert_false(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 0x81));
	s = (struct stream){ .http = { .state = HTTP_CONTENT, .length = 1 } };
	assert_false(stream_is_frame(&s, HTTP_UPGRADE, WST_C2S, 0x81));
}

static int starts(const char *text)
{
	return stream_starts_http((const uint8_t *)text, strlen(text));
}

static void test_starts_http(void **state)
{
	assert_true(starts("GET /ws HTTP/1.1"));
	assert_true(starts("OPTIONS * "));
	assert_true(starts("HTTP/1.1 101"));
	assert_false(starts("GET /ws")); /* too few bytes to say */
	assert_false(starts("get /ws HTTP/1.1"));
	assert_false(starts("GETTINGBETTER"));
	assert_false(starts("\x81\x85"
			    "abcdefgh"));
}

/* How the server answers a client's TLS is looked at; that is all of this connection. */
static void test_opaque(void **state)
{
	struct stream c2s = {}, s2c = {};
	struct wst_opaque r = {};

	assert_false(stream_opaque(&c2s, &c2s, WST_C2S, WST_WHY_TLS, &r));
	assert_int_equal(c2s.phase, PH_OPAQUE);
	assert_int_equal(r.why, WST_WHY_TLS);
	assert_int_equal(r.h.flags, 0);
	assert_true(stream_opaque(&s2c, &c2s, WST_S2C, WST_WHY_TLS, &r));
	assert_int_equal(r.h.flags, WST_ANSWER);
	r = (struct wst_opaque){};
	c2s = (struct stream){};
	assert_true(stream_opaque(&c2s, &c2s, WST_C2S, WST_WHY_NOT_HTTP, &r));
	r = (struct wst_opaque){};
	c2s = (struct stream){};
	assert_true(stream_opaque(&s2c, &c2s, WST_S2C, WST_WHY_OTHER_UPGRADE, &r));
	assert_int_equal(r.h.flags, 0);
}

static int is_socks(const char *text, size_t n, uint64_t total)
{
	struct stream s = {};

	return stream_is_socks(&s, (const uint8_t *)text, n, total, WST_C2S);
}

static void test_socks(void **state)
{
	struct stream s = { .http.later = 1 };

	assert_true(is_socks("\5\1\0", 3, 3));
	assert_true(is_socks("\5\2\0\2", 4, 4));
	assert_false(is_socks("\5\2\0", 3, 3));
	assert_false(is_socks("\5\1\0x", 4, 4));
	assert_true(is_socks("\4\1\0\x50\x0a\0\0\1\0", 9, 9));
	assert_false(is_socks("\4\1\0\x50\x0a\0\0\1", 8, 8));
	assert_false(stream_is_socks(&s, (const uint8_t *)"\5\1\0", 3, 3, WST_C2S));
}

static void test_proxy_header(void **state)
{
	struct stream c2s = {}, s2c = {};
	uint16_t request = 0;

	assert_int_equal(head(&c2s, &request, WST_C2S, "PROXY UNKNOWN\r\n"),
			 WHOLE | WST_HEAD_PROXY);
	assert_int_equal(head(&c2s, &request, WST_C2S, ASKS), WHOLE);
	assert_int_equal(head(&s2c, &request, WST_S2C, "PROXY UNKNOWN\r\n"), -WST_WHY_NOT_HTTP);
	assert_true(starts("PROXY TCP4 1"));
	assert_true(stream_starts_http((const uint8_t *)"\r\n\r\n\0\r\nQUIT\n", 12));
}

static void test_is_tls(void **state)
{
	assert_true(stream_is_tls((const uint8_t *)"\x16\3\1", 3));
	assert_true(stream_is_tls((const uint8_t *)"\x15\3\3", 3));
	assert_false(stream_is_tls((const uint8_t *)"\x16\x01\x02", 3)); /* a stray byte */
	assert_false(stream_is_tls((const uint8_t *)"\x16\3", 2));
}

/* What came is HTTP where it reads so, and only this direction is given up. */
static void test_intrusion(void **state)
{
	struct stream s = { .phase = PH_WS, .pos = 12 };
	struct wst_opaque r = {};

	stream_intrusion(&s, WST_WHY_TEXT_IN_WS, (const uint8_t *)"HTTP/1.1 400", 12, &r);
	assert_int_equal(r.why, WST_WHY_HTTP_IN_WS);
	assert_int_equal(r.n, 12);
	assert_int_equal(r.offset, 12);
	assert_int_equal(s.phase, PH_OPAQUE);
	stream_intrusion(&s, WST_WHY_TEXT_IN_WS, (const uint8_t *)"<b>Warning</b>", 5000, &r);
	assert_int_equal(r.why, WST_WHY_TEXT_IN_WS);
	assert_int_equal(r.n, WST_FIRST_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgrade),	  cmocka_unit_test(test_other_upgrade),
		cmocka_unit_test(test_bodies),	  cmocka_unit_test(test_not_http),
		cmocka_unit_test(test_pieces),	  cmocka_unit_test(test_piece_told),
		cmocka_unit_test(test_is_frame),  cmocka_unit_test(test_starts_http),
		cmocka_unit_test(test_opaque),	  cmocka_unit_test(test_socks),
		cmocka_unit_test(test_is_tls),	  cmocka_unit_test(test_proxy_header),
		cmocka_unit_test(test_intrusion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
