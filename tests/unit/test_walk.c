// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/walk.c: a connection's records must not depend on how TCP cut the stream, and where
 * bytes are missing no record may speak of a frame that was not sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "guard.h"
#include "capture/walk.h"

#define SEQ0 0xffffff80u /* wraps soon */
#define FRAMES_MAX 4096
#define STREAM_MAX 400000

#define REQUEST "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"
#define RESPONSE "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

struct stream {
	uint8_t p[STREAM_MAX];
	uint32_t n, head; /* bytes; and those before the first frame */
	int frames;
	struct wst_frame frame[FRAMES_MAX];
};

struct seen {
	uint64_t hash; /* of all records but pieces' borders */
	int frames, resyncs, heads, opaque;
	struct wst_frame frame[FRAMES_MAX];
	uint64_t payload, skipped;
	uint16_t head_flags;
	struct wst_stats end;
	struct wst_hists hists;
};

static struct stream c2s, s2c;
static struct seen seen;

static void on_record(void *ctx, const void *record, size_t size)
{
	const struct wst_hdr *h = record;
	const struct wst_bytes *b = record;

	switch (h->type) {
	case WST_FRAME:
		assert_int_equal(size, sizeof(struct wst_frame));
		seen.frame[seen.frames++] = *(const struct wst_frame *)record;
		break;
	case WST_HEAD:
	case WST_PAYLOAD:
		assert_int_equal(size, sizeof(*b) + b->n);
		seen.payload += h->type == WST_PAYLOAD ? b->n : 0;
		seen.heads += h->type == WST_HEAD && h->flags & WST_HEAD_LAST;
		seen.head_flags |= h->type == WST_HEAD ? h->flags : 0;
		for (uint32_t i = 0; i < b->n; i++)
			seen.hash = (seen.hash ^ ((const uint8_t *)(b + 1))[i]) * 0x100000001b3;
		break;
	case WST_RESYNC:
		seen.resyncs++;
		seen.skipped += ((const struct wst_resync *)record)->skipped;
		break;
	case WST_OPAQUE:
		seen.opaque = ((const struct wst_opaque *)record)->why;
		break;
	case WST_HISTS:
		seen.hists = *(const struct wst_hists *)record;
		break;
	case WST_CLOSE:
		seen.end = *(const struct wst_stats *)record;
		break;
	}
}

static struct walker *walker;
static struct walk_conn *conn;

static void start(uint16_t flags, uint32_t snaplen)
{
	const struct walk_options o = { .snaplen = snaplen, .data_frames = true, .hists = true };
	const struct wst_open open = { .t.h.flags = flags,
				       .role = WST_SERVER,
				       .first_seq = { SEQ0, SEQ0 } };

	memset(&seen, 0, sizeof(seen));
	walker = walker__new(&o, on_record, NULL);
	conn = walk__open(walker, &open);
	assert_non_null(conn);
}

static void stop(void)
{
	const struct walk_tcp t = { .how = WST_FIN, .first = WST_FIRST_LOCAL };

	walk__close(conn, 5000, &t);
	walker__free(walker);
}

/* Bytes [from, to) of a stream, of which have were captured. */
static void bytes(const struct stream *s, uint32_t from, uint32_t to, uint32_t have)
{
	uint8_t dir = s == &c2s ? WST_C2S : WST_S2C;
	const uint8_t *p = s->p + from;

	if (have <= GUARD_MAX)
		p = guard_put(p, have);
	walk__bytes(conn, dir, 1000000 + from, SEQ0 + from, p, have, to - from);
}

static void all(const struct stream *s, uint32_t from, uint32_t to)
{
	for (; from < to; from += GUARD_MAX)
		bytes(s, from, to < from + GUARD_MAX ? to : from + GUARD_MAX,
		      to < from + GUARD_MAX ? to - from : GUARD_MAX);
}

static void add_head(struct stream *s, const char *head)
{
	memset(s, 0, sizeof(*s));
	s->n = s->head = strlen(head);
	memcpy(s->p, head, s->n);
}

static void add(struct stream *s, uint8_t b0, uint64_t len, unsigned long long *seed)
{
	struct wst_frame *f = &s->frame[s->frames++];
	bool masked = s == &c2s;
	uint8_t *p = s->p + s->n;

	assert_true(s->n + 14 + len <= STREAM_MAX && s->frames < FRAMES_MAX);
	f->h.seq = SEQ0 + s->n;
	f->offset = s->n - s->head;
	f->len = len;
	f->b0 = b0;
	f->masked = masked;
	*p++ = b0;
	*p++ = masked << 7 | (len < 126 ? len : len < 65536 ? 126 : 127);
	for (int i = len < 126 ? -1 : len < 65536 ? 1 : 7; i >= 0; i--)
		*p++ = len >> 8 * i;
	if (masked) {
		uint64_t r = rnd(seed);

		memcpy(p, &r, 4);
		memcpy(&f->mask, &r, 4);
		p += 4;
	}
	f->hdr_len = p - s->p - s->n;
	for (uint64_t i = 0; i < len; i++)
		*p++ = rnd(seed);
	s->n = p - s->p;
}

static void make(unsigned long long seed, int frames, uint32_t longest)
{
	static const uint8_t first[] = { 0x81, 0x82, 0xc1, 0x89, 0x8a, 0x82 };

	add_head(&c2s, REQUEST);
	add_head(&s2c, RESPONSE);
	for (int i = 0; i < frames; i++) {
		uint8_t b0 = first[rnd(&seed) % sizeof(first)];
		uint64_t len = rnd(&seed) % (b0 & 8 ? 126 : longest);

		add(rnd(&seed) & 1 ? &c2s : &s2c, b0, len, &seed);
	}
}

static bool same_frame(const struct wst_frame *a, const struct wst_frame *b)
{
	return a->h.seq == b->h.seq && a->len == b->len && a->offset == b->offset &&
	       a->mask == b->mask && a->b0 == b->b0 && a->hdr_len == b->hdr_len &&
	       a->masked == b->masked;
}

/* All frames of s were seen, and no others. */
static void check_frames(const struct stream *s, uint8_t dir)
{
	int n = 0;

	for (int i = 0; i < seen.frames; i++) {
		if (seen.frame[i].h.dir != dir)
			continue;
		if (n >= s->frames || !same_frame(&seen.frame[i], &s->frame[n]))
			fail_msg("frame %d at %u", n, seen.frame[i].h.seq);
		n++;
	}
	assert_int_equal(n, s->frames);
}

/* Every frame seen of s was sent. Returns how many. */
static int check_no_other(const struct stream *s, uint8_t dir, bool offsets)
{
	int n = 0, at = 0;

	for (int i = 0; i < seen.frames; i++) {
		struct wst_frame f = seen.frame[i];

		if (f.h.dir != dir)
			continue;
		while (at < s->frames && s->frame[at].h.seq != f.h.seq)
			at++;
		if (at < s->frames && !offsets)
			f.offset = s->frame[at].offset;
		if (at == s->frames || !same_frame(&f, &s->frame[at]))
			fail_msg("no frame was sent at %u", f.h.seq);
		n++;
	}
	return n;
}

static void every_cut_of_the_stream_gives_the_same_records(void **state)
{
	uint64_t hash = 0, payload = 0;

	make(1, 30, 300);
	for (uint32_t cut = 0; cut < c2s.n; cut++) {
		start(0, 20);
		bytes(&c2s, 0, cut < c2s.head ? cut : c2s.head, cut < c2s.head ? cut : c2s.head);
		if (cut < c2s.head)
			bytes(&c2s, cut, c2s.head, c2s.head - cut);
		all(&s2c, 0, s2c.n);
		if (cut > c2s.head)
			all(&c2s, c2s.head, cut);
		all(&c2s, cut > c2s.head ? cut : c2s.head, c2s.n);
		check_frames(&c2s, WST_C2S);
		check_frames(&s2c, WST_S2C);
		assert_int_equal(seen.heads, 2);
		assert_int_equal(seen.resyncs + seen.opaque, 0);
		stop();
		assert_int_equal(seen.end.gaps, 0);
		assert_int_equal(seen.end.counts[0].stream, c2s.n);
		if (cut == 0)
			payload = seen.payload;
		assert_int_equal(seen.payload, payload);
		if (cut == c2s.head)
			hash = seen.hash;
		if (cut > c2s.head)
			assert_true(seen.hash == hash);
	}
}

static void one_byte_at_a_time_gives_the_same_records(void **state)
{
	make(2, 60, 70000 / 60);
	start(0, 0);
	for (uint32_t i = 0; i < c2s.head; i++)
		bytes(&c2s, i, i + 1, 1);
	for (uint32_t i = 0; i < s2c.n; i++)
		bytes(&s2c, i, i + 1, 1);
	for (uint32_t i = c2s.head; i < c2s.n; i++)
		bytes(&c2s, i, i + 1, 1);
	check_frames(&c2s, WST_C2S);
	check_frames(&s2c, WST_S2C);
	stop();
}

static void payload_that_is_missing_costs_no_frame(void **state)
{
	unsigned long long seed = 3;

	add_head(&c2s, REQUEST);
	for (int i = 0; i < 5; i++)
		add(&c2s, 0x82, 70000, &seed);
	start(0, 0);
	bytes(&c2s, 0, c2s.head, c2s.head);
	for (int i = 0; i < c2s.frames; i++) { /* of each frame only the first 20 bytes */
		uint32_t from = c2s.head + c2s.frame[i].offset;

		bytes(&c2s, from, from + 20, 20);
	}
	check_frames(&c2s, WST_C2S);
	assert_int_equal(seen.resyncs, 0);
	stop();
	assert_int_equal(seen.end.gaps, 4 * (70000 + 14 - 20));
}

/* Each frame in segments of its own, all cut off at snap. */
static int read_snapped(unsigned long long seed, uint32_t snap, uint32_t mss)
{
	make(seed, 200, 3000);
	start(0, 0);
	for (int side = 0; side < 2; side++) {
		const struct stream *s = side ? &s2c : &c2s;

		bytes(s, 0, s->head, s->head < snap ? s->head : snap);
	}
	for (int side = 0; side < 2; side++) {
		const struct stream *s = side ? &s2c : &c2s;

		for (int i = 0; i < s->frames; i++) {
			uint32_t from = s->head + s->frame[i].offset;
			uint32_t end = from + s->frame[i].hdr_len + s->frame[i].len;

			for (uint32_t to; from < end; from = to) {
				to = end - from > mss ? from + mss : end;
				bytes(s, from, to, to - from < snap ? to - from : snap);
			}
		}
	}
	stop();
	return check_no_other(&c2s, WST_C2S, true) + check_no_other(&s2c, WST_S2C, true);
}

static void short_snaplen_loses_no_frame(void **state)
{
	for (uint32_t snap = 14; snap < 60; snap += 3) {
		for (unsigned long long seed = 0; seed < 5; seed++)
			assert_int_equal(read_snapped(seed, snap, 1448), 200);
		assert_int_equal(!!(seen.head_flags & WST_HEAD_CUT), snap < s2c.head);
		assert_int_equal(seen.heads, 2);
	}
}

static void stream_joined_midway_shows_all_whole_frames(void **state)
{
	for (unsigned long long seed = 0; seed < 100; seed++) {
		make(seed, 200, 3000);
		start(WST_MIDSTREAM, 0);
		for (int side = 0; side < 2; side++) {
			const struct stream *s = side ? &s2c : &c2s;
			uint32_t from = s->head + s->frame[3].offset;

			for (int i = 3; i < s->frames; i++) {
				uint32_t n = s->frame[i].hdr_len + s->frame[i].len;

				bytes(s, from, from + n, n);
				from += n;
			}
		}
		assert_int_equal(check_no_other(&c2s, WST_C2S, false), c2s.frames - 3);
		assert_int_equal(check_no_other(&s2c, WST_S2C, false), s2c.frames - 3);
		stop();
	}
}

static void gaps_anywhere_give_no_frame_that_was_not_sent(void **state)
{
	int found = 0, sent = 0;

	for (unsigned long long n = 0; n < 300; n++) {
		unsigned long long seed = n;

		make(n, 200, 1000);
		start(0, 0);
		all(&c2s, 0, c2s.head);
		for (uint32_t at = 0; at < s2c.n;) {
			uint32_t len = 1 + rnd(&seed) % 1448;
			bool lost = at > s2c.head + 5000 && rnd(&seed) % 30 == 0;

			if (at == 0)
				len = s2c.head;
			if (at + len > s2c.n)
				len = s2c.n - at;
			if (!lost)
				bytes(&s2c, at, at + len, len);
			at += len;
		}
		found += check_no_other(&s2c, WST_S2C, true);
		sent += s2c.frames;
		stop();
	}
	assert_in_range(found, sent / 4, sent);
}

static void first_frames_come_before_the_101_was_seen(void **state)
{
	make(5, 20, 100);
	start(0, 0);
	all(&c2s, 0, c2s.head);
	all(&c2s, c2s.head, c2s.n);
	all(&s2c, 0, s2c.n);
	check_frames(&c2s, WST_C2S);
	check_frames(&s2c, WST_S2C);
	stop();
}

static void other_protocols_are_said_to_be_such(void **state)
{
	static const struct {
		const char *bytes;
		int why;
	} rows[] = { { "\x16\x03\x01\x02", WST_WHY_TLS },
		     { "PRI * HTTP/2.0\r\n\r\nSM", WST_WHY_HTTP2 },
		     { "\x00\x01\x02\x03", WST_WHY_NOT_HTTP } };

	for (int i = 0; i < 3; i++) {
		uint32_t n = i == 1 ? strlen(rows[i].bytes) : 4;

		start(0, 0);
		walk__bytes(conn, WST_C2S, 1, SEQ0, (const uint8_t *)rows[i].bytes, n, n);
		assert_int_equal(seen.opaque, rows[i].why);
		stop();
	}
}

/* Behind a client's TLS the server's first bytes are looked at, and nothing else. */
static void an_answer_to_tls_is_seen(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02", bad[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	static const struct {
		const char *bytes;
		int why, heads;
	} rows[] = { { "\x16\x03\x03\x01", WST_WHY_TLS, 0 },
		     { "\x15\x03\x03\x01", WST_WHY_TLS, 0 },
		     { "SSH-2.0-x\r\n", WST_WHY_NOT_HTTP, 0 },
		     { bad, WST_WHY_TLS, 1 } };

	for (int i = 0; i < 4; i++) {
		uint32_t n = strlen(rows[i].bytes);

		start(0, 0);
		walk__bytes(conn, WST_C2S, 1, SEQ0, (const uint8_t *)hello, 4, 4);
		walk__bytes(conn, WST_C2S, 1, SEQ0 + 4, (const uint8_t *)bad, 8, 8);
		assert_int_equal(seen.opaque, WST_WHY_TLS);
		walk__bytes(conn, WST_S2C, 2, SEQ0, (const uint8_t *)rows[i].bytes, n, n);
		walk__bytes(conn, WST_S2C, 3, SEQ0 + n, (const uint8_t *)bad, sizeof(bad) - 1,
			    sizeof(bad) - 1);
		assert_int_equal(seen.opaque, rows[i].why);
		assert_int_equal(seen.heads, rows[i].heads);
		stop();
		assert_int_equal(seen.end.gaps, 0);
		assert_int_equal(seen.resyncs, 0);
	}
}

static void sender_is_guessed_from_what_it_sent(void **state)
{
#define GUESS(s) walk_guess_client((const uint8_t *)(s), sizeof(s) - 1, sizeof(s) - 1)
	assert_int_equal(GUESS(REQUEST), 1);
	assert_int_equal(GUESS(RESPONSE), 0);
	assert_int_equal(GUESS("\x81\x82"
			       "abcdxy"),
			 1);
	assert_int_equal(GUESS("\x81\x02xy"), 0);
	assert_int_equal(GUESS("\x81\x03xy"), -1);
	assert_int_equal(GUESS("\x81"), -1);
	assert_int_equal(walk_guess_client((const uint8_t *)"\x82\xfe\x10\x00"
							    "abcd",
					   8, 4104),
			 1);
}

static void histograms_count_messages(void **state)
{
	unsigned long long seed = 6;

	add_head(&c2s, REQUEST);
	add_head(&s2c, RESPONSE);
	add(&c2s, 0x01, 10, &seed);
	add(&c2s, 0x89, 3, &seed);
	add(&c2s, 0x80, 20, &seed);
	add(&s2c, 0x82, 50, &seed);
	add(&s2c, 0x8a, 3, &seed);
	start(0, 0);
	all(&c2s, 0, c2s.head);
	all(&s2c, 0, s2c.head);
	all(&c2s, c2s.head, c2s.n);
	all(&s2c, s2c.head, s2c.n);
	stop();
	assert_int_equal(seen.hists.hist[WST_MSG_SIZE_C2S].sum, 30);
	assert_int_equal(seen.hists.hist[WST_MSG_SIZE_S2C].sum, 50);
	assert_int_equal(seen.hists.hist[WST_PING_RTT].slots[0], 1);
	assert_int_equal(seen.end.counts[WST_C2S].messages, 1);
	assert_int_equal(seen.end.counts[WST_C2S].frames[WST_PING], 1);
}

/* --top reads these: slot 0 would be a ping answered at once. */
static void no_percentile_is_given(void **state)
{
	add_head(&c2s, REQUEST);
	start(0, 0);
	all(&c2s, 0, c2s.head);
	stop();
	for (int i = 0; i < WST_P99S; i++)
		assert_int_equal(seen.end.p99[i], WST_NO_P99);
}

/*
 * Joined midway: what looks like the first fragment of a longer message is payload. The next
 * segment is one frame, exactly, and would not go on with that message.
 */
static void message_begun_by_a_wrong_guess_is_forgotten(void **state)
{
	static const char *const segments[] = { "\x01\x64payload", "\x81\x05hello", "\x81\x05hello",
						"\x81\x05hello" };
	uint32_t seq = SEQ0;

	start(WST_MIDSTREAM, 0);
	for (int i = 0; i < 4; i++) {
		uint32_t n = strlen(segments[i]);

		walk__bytes(conn, WST_S2C, i, seq, guard_put(segments[i], n), n, n);
		seq += n;
	}
	assert_int_equal(seen.frames, 3);
	assert_int_equal(seen.frame[0].h.seq, SEQ0 + strlen(segments[0]));
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_the_stream_gives_the_same_records),
		cmocka_unit_test(one_byte_at_a_time_gives_the_same_records),
		cmocka_unit_test(payload_that_is_missing_costs_no_frame),
		cmocka_unit_test(short_snaplen_loses_no_frame),
		cmocka_unit_test(stream_joined_midway_shows_all_whole_frames),
		cmocka_unit_test(gaps_anywhere_give_no_frame_that_was_not_sent),
		cmocka_unit_test(first_frames_come_before_the_101_was_seen),
		cmocka_unit_test(other_protocols_are_said_to_be_such),
		cmocka_unit_test(an_answer_to_tls_is_seen),
		cmocka_unit_test(sender_is_guessed_from_what_it_sent),
		cmocka_unit_test(histograms_count_messages),
		cmocka_unit_test(no_percentile_is_given),
		cmocka_unit_test(message_begun_by_a_wrong_guess_is_forgotten),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
