// SPDX-License-Identifier: GPL-2.0-only
/* user/decode/deflate.h, with the examples of RFC 7692 section 7.2.3 and with zlib's output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "decode/deflate.h"

#define FIN 0x80
#define RSV1 0x40
#define TEXT 1
#define BINARY 2
#define PING 9

static const struct deflate_params takeover = { true, {}, { 15, 15 } };
static const struct deflate_params no_takeover = { true, { true, true }, { 15, 15 } };

/* A direction, and what it brought last. */
struct stream {
	struct inflater *in;
	uint64_t offset;
	struct buf out;
	bool compressed, text;
};

static void open_stream(struct stream *s, const struct deflate_params *p)
{
	memset(s, 0, sizeof(*s));
	s->in = inflater__new(p, WST_C2S);
	assert_non_null(s->in);
}

static void close_stream(struct stream *s)
{
	inflater__free(s->in);
	buf_free(&s->out);
}

/* A frame of len bytes, of which n are there. */
static enum inflate_error feed_part(struct stream *s, uint8_t b0, const void *p, size_t n,
				    size_t len)
{
	struct inflate_frame f = {
		.offset = s->offset, .len = len, .payload = { p, n }, .b0 = b0, .hdr_len = 2
	};
	enum inflate_error e;

	s->out.len = 0;
	e = inflater__frame(s->in, &f, &s->out);
	s->offset += f.hdr_len + len;
	s->compressed = f.compressed;
	s->text = f.text;
	return e;
}

static enum inflate_error feed(struct stream *s, uint8_t b0, const void *p, size_t n)
{
	return feed_part(s, b0, p, n, n);
}

#define FEED(s, b0, bytes) feed(s, b0, bytes, sizeof(bytes) - 1)

static void assert_out(const struct stream *s, const char *text)
{
	assert_int_equal(s->out.len, strlen(text));
	assert_memory_equal(s->out.data ? s->out.data : "", text, s->out.len);
}

static void the_examples_of_the_rfc_are_inflated(void **state)
{
	struct stream s;

	open_stream(&s, &takeover);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_out(&s, "Hello");
	assert_true(s.compressed && s.text);
	/* the same again */
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x00\x11\x00\x00"), 0);
	assert_out(&s, "Hello");
	assert_int_equal(FEED(&s, RSV1 | BINARY, "\xf2\x48\xcd"), 0);
	assert_int_equal(FEED(&s, FIN | PING, "x"), 0);
	assert_false(s.compressed);
	assert_int_equal(FEED(&s, FIN, "\xc9\xc9\x07\x00"), 0);
	assert_true(s.compressed && !s.text);
	assert_int_equal(FEED(&s, FIN | TEXT, "plain"), 0);
	assert_false(s.compressed);
	assert_int_equal(
		FEED(&s, FIN | RSV1 | TEXT, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), 0);
	assert_out(&s, "Hello");
	assert_int_equal(
		FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
		0);
	assert_out(&s, "Hello");
	close_stream(&s);
}

static void a_last_block_does_not_end_the_context(void **state)
{
	struct stream s;

	open_stream(&s, &takeover);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), 0);
	assert_out(&s, "Hello");
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x00\x11\x00\x00"), 0);
	assert_out(&s, "Hello");
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf3\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_out(&s, "Hello");
	close_stream(&s);
}

static void without_takeover_each_message_stands_alone(void **state)
{
	struct stream s;

	open_stream(&s, &no_takeover);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x00\x11\x00\x00"), INFLATE_INVALID);
	assert_int_equal(feed_part(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd", 3, 7), INFLATE_TRUNCATED);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_out(&s, "Hello");
	s.offset += 10; /* frames that nobody saw */
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_out(&s, "Hello");
	close_stream(&s);
}

static void what_is_missing_costs_what_refers_to_it(void **state)
{
	static const char hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00",
			  again[] = "\xf2\x00\x11\x00\x00";
	struct stream s;

	for (int how = 0; how < 3; how++) {
		open_stream(&s, &takeover);
		assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, hello), 0);
		if (how == 0)
			s.offset += 7;
		else if (how == 1)
			inflater__lost(s.in);
		else
			assert_int_equal(feed_part(&s, FIN | RSV1 | TEXT, again, 2, 5),
					 INFLATE_TRUNCATED);
		assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, again), INFLATE_CONTEXT);
		assert_true(s.compressed);
		assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, hello), 0); /* refers to nothing */
		assert_out(&s, "Hello");
		assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, again), 0);
		assert_out(&s, "Hello");
		close_stream(&s);
	}
}

static void a_lost_fragment_costs_the_message(void **state)
{
	struct stream s;

	open_stream(&s, &no_takeover);
	assert_int_equal(FEED(&s, RSV1 | TEXT, "\xf2\x48"), 0);
	s.offset += 3;
	assert_int_equal(FEED(&s, 0, "\xc9"), INFLATE_CONTEXT);
	assert_int_equal(FEED(&s, FIN, "\xc9\x07\x00"), INFLATE_CONTEXT);
	assert_true(s.compressed);
	assert_int_equal(s.out.len, 0);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	close_stream(&s);
}

static void a_direction_joined_midway_is_tried(void **state)
{
	struct stream s;

	open_stream(&s, NULL);
	s.offset = 1000;
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x00\x11\x00\x00"), INFLATE_CONTEXT);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xf2\x48\xcd\xc9\xc9\x07\x00"), 0);
	assert_out(&s, "Hello");
	close_stream(&s);
}

static void nonsense_is_named_so(void **state)
{
	struct stream s;

	open_stream(&s, &takeover);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xff\xff\xff"), INFLATE_INVALID);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, "\xff\xff\xff"), INFLATE_CONTEXT);
	assert_int_equal(FEED(&s, FIN | RSV1 | TEXT, ""), 0); /* some send nothing for nothing */
	assert_out(&s, "");
	close_stream(&s);
}

/* What a sender makes of a message: deflated, flushed, and without the flush's last four bytes. */
static size_t deflated(z_stream *z, const void *p, size_t n, uint8_t *to, size_t room)
{
	z->next_in = (void *)p;
	z->avail_in = n;
	z->next_out = to;
	z->avail_out = room;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	assert_true(z->avail_out);
	return room - z->avail_out - 4;
}

static void any_message_in_any_pieces_with_any_window(void **state)
{
	static const int windows[] = { 9, 12, 15 };
	size_t room = 1 << 20, size = 300000;
	uint8_t *plain = malloc(size), *packed = malloc(room);

	srand(7);
	for (int w = 0; w < 3; w++) {
		struct deflate_params p = { true, {}, { windows[w], windows[w] } };
		struct buf all = {};
		z_stream z = {};
		struct stream s;

		assert_int_equal(
			deflateInit2(&z, 6, Z_DEFLATED, -windows[w], 8, Z_DEFAULT_STRATEGY), Z_OK);
		open_stream(&s, &p);
		for (int i = 0; i < 40; i++) {
			size_t n = i % 10 ? rand() % 2000 : rand() % size, packed_n, at = 0;

			for (size_t j = 0; j < n; j++)
				plain[j] = j % 100 < 50 ? rand() & 3 : j;
			packed_n = deflated(&z, plain, n, packed, room);
			all.len = 0;
			for (bool fin = false; !fin;) {
				size_t some = rand() % 3 ? rand() % 500 : packed_n - at;
				uint8_t b0 = at ? 0 : RSV1 | BINARY;

				if (some >= packed_n - at)
					some = packed_n - at;
				else if (!some)
					some = 1;
				fin = at + some == packed_n;
				assert_int_equal(feed(&s, b0 | (fin ? FIN : 0), packed + at, some),
						 0);
				buf_add(&all, s.out.data, s.out.len);
				at += some;
			}
			assert_int_equal(all.len, n);
			assert_memory_equal(all.data ? all.data : "", plain, n);
		}
		deflateEnd(&z);
		close_stream(&s);
		buf_free(&all);
	}
	free(plain);
	free(packed);
}

static void a_bomb_stops_at_the_limit(void **state)
{
	size_t n = 3 * (size_t)INFLATE_MAX, room = 1 << 20, packed_n;
	uint8_t *plain = calloc(1, n), *packed = malloc(room);
	z_stream z = {};
	struct stream s;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	open_stream(&s, &takeover);
	packed_n = deflated(&z, plain, n, packed, room);
	assert_int_equal(feed(&s, RSV1 | BINARY, packed, packed_n - 100), INFLATE_TOO_LONG);
	assert_int_equal(s.out.len, INFLATE_MAX);
	assert_int_equal(feed(&s, FIN, packed + packed_n - 100, 100), INFLATE_TOO_LONG);
	assert_int_equal(s.out.len, 0);
	packed_n = deflated(&z, plain, 1000, packed, room); /* refers to the zeros */
	assert_int_equal(feed(&s, FIN | RSV1 | BINARY, packed, packed_n), INFLATE_CONTEXT);
	deflateEnd(&z);
	close_stream(&s);
	free(plain);
	free(packed);
}

static void parse(struct deflate_params *p, const char *headers)
{
	static struct http_msg m;
	static struct buf b;

	b.len = 0;
	buf_printf(&b, "HTTP/1.1 101 S\r\n%s\r\n", headers);
	assert_int_equal(http_parse(&m, b.data, b.len), 0);
	deflate_parse(p, &m);
	buf_free(&b);
}

#define EXT "Sec-WebSocket-Extensions: "

static void what_was_agreed_is_read_as_it_may_be_written(void **state)
{
	static const struct {
		const char *headers;
		struct deflate_params want;
	} rows[] = {
		{ "", { false, {}, { 15, 15 } } },
		{ EXT "x-permessage-deflate\r\n", { false, {}, { 15, 15 } } },
		{ EXT "permessage-deflate\r\n", { true, {}, { 15, 15 } } },
		{ EXT "foo; bar=1 ,\tPerMessage-Deflate ;client_no_context_takeover\r\n",
		  { true, { true, false }, { 15, 15 } } },
		{ EXT "foo\r\n" EXT "permessage-deflate; server_max_window_bits=10; "
		      "client_max_window_bits=\"9\"; server_no_context_takeover\r\n",
		  { true, { false, true }, { 9, 10 } } },
		{ EXT "permessage-deflate; server_max_window_bits=7; client_max_window_bits\r\n",
		  { true, {}, { 15, 15 } } },
		{ EXT "permessage-deflate, permessage-deflate; server_no_context_takeover\r\n",
		  { true, {}, { 15, 15 } } },
		{ EXT "permessage-deflate; server_max_window_bits=\"\r\n",
		  { true, {}, { 15, 15 } } },
		{ EXT ";=,=;,\r\n", { false, {}, { 15, 15 } } },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct deflate_params p;

		parse(&p, rows[i].headers);
		if (memcmp(&p, &rows[i].want, sizeof(p)))
			fail_msg("%s", rows[i].headers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_are_inflated),
		cmocka_unit_test(a_last_block_does_not_end_the_context),
		cmocka_unit_test(without_takeover_each_message_stands_alone),
		cmocka_unit_test(what_is_missing_costs_what_refers_to_it),
		cmocka_unit_test(a_lost_fragment_costs_the_message),
		cmocka_unit_test(a_direction_joined_midway_is_tried),
		cmocka_unit_test(nonsense_is_named_so),
		cmocka_unit_test(any_message_in_any_pieces_with_any_window),
		cmocka_unit_test(a_bomb_stops_at_the_limit),
		cmocka_unit_test(what_was_agreed_is_read_as_it_may_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
