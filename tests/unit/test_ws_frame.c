// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf/ws_frame.h against an encoder written from RFC 6455 section 5.2, and against libwslay.
 * Every header that the walker sees ends at an unreadable page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <linux/types.h>
#include <wslay/wslay.h>

#include "guard.h"
#include "bpf/ws_frame.h"

#define FRAMES_MAX 64
#define SEQ0 0xffffff80u /* sequence numbers wrap (RFC 9293 section 3.4), soon */
#define N(a) (sizeof(a) / sizeof((a)[0]))

enum form { SHORT, MIDDLE, LONG, MINIMAL };

struct seen {
	__u32 seq; /* of the header's first byte */
	struct ws_frame f;
};

struct stream {
	__u8 *p;
	size_t n;
	int frames;
	struct seen want[FRAMES_MAX];
};

struct walker {
	struct ws_walk w;
	__u32 seq;
	int frames;
	bool bad;
	struct seen got[FRAMES_MAX];
};

/* Writes a header and says in f what it means. Returns its length. */
static int encode(__u8 *p, struct ws_frame *f, __u8 b0, const __u8 *key, __u64 len, enum form form)
{
	static const int bytes[] = { 0, 2, 8 };
	int n = 0;

	if (form == MINIMAL)
		form = len < 126 ? SHORT : len < 65536 ? MIDDLE : LONG;
	p[n++] = b0;
	p[n++] = (key ? 0x80 : 0) + (form == SHORT ? len : form == MIDDLE ? 126 : 127);
	for (int i = bytes[form] - 1; i >= 0; i--)
		p[n++] = len >> 8 * i;
	memset(f, 0, sizeof(*f));
	if (key) {
		memcpy(p + n, key, 4);
		memcpy(&f->mask, key, 4);
		n += 4;
	}
	f->len = len;
	f->b0 = b0;
	f->masked = key != NULL;
	f->hdr_len = n;
	return n;
}

static void add(struct stream *s, __u8 b0, bool masked, __u64 len, enum form form, __u64 *seed)
{
	struct seen *want = &s->want[s->frames++];
	__u8 key[8], hdr[WS_HDR_MAX];
	__u64 r = rnd(seed);
	int n;

	memcpy(key, &r, 8);
	n = encode(hdr, &want->f, b0, masked ? key : NULL, len, form);
	want->seq = SEQ0 + s->n;
	s->p = realloc(s->p, s->n + n + len);
	memcpy(s->p + s->n, hdr, n);
	s->n += n;
	while (len--)
		s->p[s->n++] = rnd(seed) >> 32;
}

static void free_stream(struct stream *s)
{
	free(s->p);
	memset(s, 0, sizeof(*s));
}

static void note(struct walker *k, struct ws_frame f)
{
	assert_true(k->frames < FRAMES_MAX);
	assert_int_equal(k->w.left, f.len);
	assert_int_equal(k->w.have, 0);
	f.pad = 0;
	k->got[k->frames].f = f;
	k->got[k->frames++].seq = k->seq - f.hdr_len;
}

typedef void walk_fn(struct walker *k, const __u8 *p, size_t n);

/* A piece of a stream, walked with ws_header() and ws_skip(). */
static void walk(struct walker *k, const __u8 *p, size_t n)
{
	while (n && !k->bad) {
		struct ws_frame f = { .hdr_len = 0 };
		int used;

		if (k->w.left) {
			used = ws_skip(&k->w, n);
		} else {
			memset(&f, 0xa5, sizeof(f));
			used = ws_header(&k->w, guard_put(p, n < 14 ? n : 14), n, &f);
			k->bad = used < 0;
			if (k->bad)
				return;
			assert_in_range(used, 1, n < 14 ? n : 14);
		}
		k->seq += used;
		if (f.hdr_len)
			note(k, f);
		p += used;
		n -= used;
	}
}

/* The same as step_ws() in bpf/core.bpf.c does it: whole headers at once, others by the byte. */
static void walk_as_kernel(struct walker *k, const __u8 *p, size_t n)
{
	while (n && !k->bad) {
		const __u8 *hdr = guard_put(p, n < 14 ? n : 14);
		struct ws_frame f = { .hdr_len = 0 };
		size_t used;

		if (k->w.left) {
			used = ws_skip(&k->w, n);
		} else if (k->w.have || n < 2 || n < ws_hdr_len(hdr[1]) || (hdr[1] & 127) == 127) {
			int done = ws_header_byte(&k->w, hdr[0], &f);

			k->bad = done < 0;
			if (done <= 0)
				f.hdr_len = 0;
			used = 1;
		} else {
			memset(&f, 0xa5, sizeof(f));
			ws_parse(hdr, &f);
			k->w.left = f.len;
			used = f.hdr_len;
		}
		k->seq += used;
		if (f.hdr_len)
			note(k, f);
		p += used;
		n -= used;
	}
}

static walk_fn *const walks[] = { walk, walk_as_kernel };

/* Walks s in pieces that end at the cuts and at its end; all that was seen must be what s says. */
static void check_cut(const struct stream *s, walk_fn *fn, const size_t *cuts, int ncuts)
{
	static struct walker k;
	size_t from = 0;

	memset(&k, 0, sizeof(k));
	k.seq = SEQ0;
	for (int i = 0; i <= ncuts; i++) {
		size_t to = i < ncuts ? cuts[i] : s->n;

		fn(&k, s->p + from, to - from);
		from = to;
	}
	for (int i = 0; i < s->frames && i < k.frames; i++) {
		const struct seen *a = &k.got[i], *b = &s->want[i];

		if (a->seq != b->seq || memcmp(&a->f, &b->f, sizeof(a->f)))
			fail_msg("first cut %zu of %d, frame %d: seq %u len %llu mask %x hdr_len %d"
				 ", not seq %u len %llu mask %x hdr_len %d",
				 ncuts ? cuts[0] : 0, ncuts, i, a->seq, a->f.len, a->f.mask,
				 a->f.hdr_len, b->seq, b->f.len, b->f.mask, b->f.hdr_len);
	}
	assert_false(k.bad);
	assert_int_equal(k.frames, s->frames);
	assert_int_equal(k.seq, (__u32)(SEQ0 + s->n));
	assert_int_equal(k.w.left, 0);
	assert_int_equal(k.w.have, 0);
}

/* Every length form, masked and not, with lengths on both sides of where the form changes. */
static void make_long(struct stream *s)
{
	static const __u32 lens[] = { 0, 1, 125, 126, 127, 65535, 65536 };
	__u64 seed = 1;

	memset(s, 0, sizeof(*s));
	for (int masked = 0; masked < 2; masked++)
		for (unsigned int i = 0; i < N(lens); i++)
			add(s, rnd(&seed), masked, lens[i], MINIMAL, &seed);
}

/* Every length form, longer than they need be, so that the stream stays short. */
static void make_short(struct stream *s)
{
	__u64 seed = 2;

	memset(s, 0, sizeof(*s));
	for (int masked = 1; masked >= 0; masked--)
		for (int form = SHORT; form <= LONG; form++)
			for (int len = 0; len < 6; len += 5)
				add(s, rnd(&seed), masked, len, form, &seed);
}

static void header_alone_is_read_in_every_length_form(void **state)
{
	static const __u64 edges[] = { 1ull << 31, (1ull << 32) - 1, 1ull << 32, (1ull << 63) - 1 };
	static const __u8 key[] = { 0xde, 0xad, 0xbe, 0xef };

	for (__u32 i = 0; i < 66000 + N(edges); i++) {
		for (int kind = 0; kind < 8; kind++) {
			__u64 len = i < 66000 ? i : edges[i - 66000];
			enum form form = kind >> 1;
			struct ws_frame want, f;
			struct ws_walk w = {};
			__u8 p[WS_HDR_MAX];
			int n;

			if ((form == SHORT && len > 125) || (form == MIDDLE && len > 65535))
				continue;
			n = encode(p, &want, i * 7, kind & 1 ? key : NULL, len, form);
			f = want;
			memset(&f, 0xa5, offsetof(struct ws_frame, pad));
			assert_int_equal(ws_header(&w, guard_put(p, n), n, &f), n);
			assert_memory_equal(&f, &want, sizeof(f));
			assert_true(w.left == len);
			assert_int_equal(w.have, 0);
		}
	}
}

static void header_length_follows_from_its_second_byte(void **state)
{
	for (int b1 = 0; b1 < 256; b1++) {
		int len7 = b1 % 128, want = len7 < 126 ? 2 : len7 == 126 ? 4 : 10;

		assert_int_equal(ws_hdr_len(b1), want + b1 / 128 * 4);
	}
}

/* Any two first bytes, any number of bytes there: the guard page is right behind them. */
static void nothing_is_read_behind_the_bytes_that_are_there(void **state)
{
	__u8 p[WS_HDR_MAX] = { 0x82 };

	for (int b1 = 0; b1 < 256; b1++) {
		for (int n = 0; n <= WS_HDR_MAX; n++) {
			int len = ws_hdr_len(b1), want = n < len ? n : len;
			struct ws_walk w = {};
			struct ws_frame f;

			p[1] = b1;
			assert_int_equal(ws_header(&w, guard_put(p, n), n, &f), want);
			assert_int_equal(f.hdr_len, n < len ? 0 : len);
			assert_int_equal(w.have, n < len ? n : 0);
		}
	}
}

/* Of more than WS_HDR_MAX bytes only so many need be readable. */
static void at_most_the_longest_header_is_read_of_a_longer_piece(void **state)
{
	__u8 p[WS_HDR_MAX] = { 0x82, 0xff, 0, 0, 1 };
	struct ws_walk w = {};
	struct ws_frame f;

	assert_int_equal(ws_header(&w, guard_put(p, 14), ~0ull, &f), 14);
	assert_true(w.left == 1ull << 40);
	w.left = 0;
	p[1] = 0;
	assert_int_equal(ws_header(&w, guard_put(p, 14), 1ull << 32, &f), 2);
	assert_int_equal(f.hdr_len, 2);
}

static void top_bit_of_a_length_is_refused_and_the_walk_starts_anew(void **state)
{
	static const __u8 good[] = { 0x81, 0x05 };

	for (int masked = 0; masked < 2; masked++) {
		for (int top = 0x80; top < 0x100; top++) {
			__u8 p[WS_HDR_MAX] = { 0x82, masked ? 0xff : 0x7f, top };
			int n = masked ? 14 : 10;

			for (int cut = 0; cut < n; cut++) {
				struct ws_walk w = {};
				struct ws_frame f;

				assert_int_equal(ws_header(&w, guard_put(p, cut), cut, &f), cut);
				assert_int_equal(
					ws_header(&w, guard_put(p + cut, n - cut), n - cut, &f),
					-1);
				assert_true(w.have == 0 && w.left == 0);
				assert_int_equal(ws_header(&w, guard_put(good, 2), 2, &f), 2);
				assert_int_equal(f.len, 5);
			}
		}
	}
}

static void every_cut_of_a_stream_in_two_gives_the_same_frames(void **state)
{
	struct stream s;
	size_t cut;

	make_long(&s);
	for (unsigned int i = 0; i < N(walks); i++)
		for (cut = 0; cut <= s.n; cut++)
			check_cut(&s, walks[i], &cut, 1);
	free_stream(&s);
}

static void every_cut_of_a_stream_in_three_gives_the_same_frames(void **state)
{
	struct stream s;
	size_t cuts[2];

	make_short(&s);
	assert_int_equal(s.frames, 12);
	for (unsigned int i = 0; i < N(walks); i++)
		for (cuts[0] = 0; cuts[0] <= s.n; cuts[0]++)
			for (cuts[1] = cuts[0]; cuts[1] <= s.n; cuts[1]++)
				check_cut(&s, walks[i], cuts, 2);
	free_stream(&s);
}

static void one_byte_at_a_time_gives_the_same_frames(void **state)
{
	struct stream s;
	size_t *cuts;

	make_long(&s);
	cuts = calloc(s.n, sizeof(*cuts));
	for (size_t i = 0; i < s.n; i++)
		cuts[i] = i;
	for (unsigned int i = 0; i < N(walks); i++)
		check_cut(&s, walks[i], cuts, s.n);
	free(cuts);
	free_stream(&s);
}

static void skip_takes_what_is_left_of_the_frame_and_no_more(void **state)
{
	struct ws_walk w = { .left = (1ull << 32) + 10 };

	assert_true(ws_skip(&w, 0) == 0 && w.left == (1ull << 32) + 10);
	assert_true(ws_skip(&w, 10) == 10 && w.left == 1ull << 32);
	assert_true(ws_skip(&w, (1ull << 32) - 1) == (1ull << 32) - 1 && w.left == 1);
	assert_true(ws_skip(&w, ~0ull) == 1 && w.left == 0);
	for (__u64 left = 0; left < 4; left++) {
		for (__u64 n = 0; n < 6; n++) {
			w.left = left;
			assert_int_equal(ws_skip(&w, n), n < left ? n : left);
			assert_int_equal(w.left, n < left ? left - n : 0);
		}
	}
}

/* Frames larger than sequence space, in pieces as large as a call can be: 2^31 - 1 bytes. */
static void position_is_right_behind_frames_of_many_gib(void **state)
{
	static const __u64 lens[] = { 5ull << 30, (1ull << 32) - 10, (1ull << 34) + 1, 0 };
	static const __u8 key[4] = { 1, 2, 3, 4 };
	struct walker k = { .seq = SEQ0 };
	__u64 at = 0, left;

	for (unsigned int i = 0; i < N(lens); i++) {
		struct ws_frame f, want;
		__u8 p[WS_HDR_MAX];
		int n = encode(p, &want, 0x82, i & 1 ? key : NULL, lens[i], MINIMAL);

		assert_int_equal(ws_header(&k.w, guard_put(p, n), n, &f), n);
		k.seq += n;
		note(&k, f);
		assert_int_equal(k.got[i].seq, (__u32)(SEQ0 + at));
		at += n + lens[i];
		for (left = lens[i]; left;) {
			__u64 got = ws_skip(&k.w, 0x7fffffff);

			assert_true(got == (left < 0x7fffffff ? left : 0x7fffffff));
			k.seq += got;
			left -= got;
		}
		assert_int_equal(k.w.left, 0);
	}
	assert_int_equal(k.seq, (__u32)(SEQ0 + at));
}

struct source {
	const struct stream *s;
	size_t pos;
	__u64 seed;
};

static size_t random_piece(__u64 *seed, size_t left)
{
	__u64 r = rnd(seed);
	size_t n = 1 + (r >> 1) % (r & 1 ? 8 : 4096);

	return n < left ? n : left;
}

static ssize_t source_recv(__u8 *p, size_t n, int flags, void *arg)
{
	struct source *src = arg;
	size_t got = random_piece(&src->seed, src->s->n - src->pos);

	got = got < n ? got : n;
	if (!got)
		return -1;
	memcpy(p, src->s->p + src->pos, got);
	src->pos += got;
	return got;
}

/* It asks for bytes once a call, and may then want more. */
static ssize_t wslay_next(wslay_frame_context_ptr ctx, struct wslay_frame_iocb *io,
			  const struct source *src)
{
	size_t pos;
	ssize_t r;

	do {
		pos = src->pos;
		r = wslay_frame_recv(ctx, io);
	} while (r == WSLAY_ERR_WANT_READ && src->pos != pos);
	return r;
}

/* What libwslay reads in s must be what the walker has. Returns the number of frames. */
static int compare_with_wslay(const struct stream *s, const struct walker *k, __u64 seed)
{
	struct wslay_frame_callbacks cb = { .recv_callback = source_recv };
	struct source src = { s, 0, seed };
	struct wslay_frame_iocb io;
	wslay_frame_context_ptr ctx;
	int frames = 0;
	ssize_t r;

	assert_int_equal(wslay_frame_context_init(&ctx, &cb, &src), 0);
	while ((r = wslay_next(ctx, &io, &src)) >= 0) {
		const struct ws_frame *f = &k->got[frames].f;
		const __u8 *wire = s->p + (__u32)(k->got[frames].seq - SEQ0) + f->hdr_len;
		__u64 got = 0;

		assert_true(frames++ < k->frames);
		assert_int_equal(io.fin, f->b0 >> 7);
		assert_int_equal(io.rsv, (f->b0 & WS_RSV) >> 4);
		assert_int_equal(io.opcode, f->b0 & WS_OPCODE);
		assert_int_equal(io.mask, f->masked);
		assert_true(io.payload_length == f->len);
		for (;;) {
			/* wslay has unmasked it: so the key is right, and where the payload is. */
			for (size_t i = 0; i < io.data_length; i++, got++)
				if ((wire[got] ^ ((__u8 *)&f->mask)[got & 3]) != io.data[i])
					fail_msg("frame %d: payload byte %llu", frames - 1, got);
			if (got == f->len)
				break;
			r = wslay_next(ctx, &io, &src);
			assert_true(r >= 0);
		}
	}
	assert_int_equal(r, k->bad ? WSLAY_ERR_PROTO : WSLAY_ERR_WANT_READ);
	wslay_frame_context_free(ctx);
	return frames;
}

static __u64 random_len(__u64 *seed)
{
	static const __u32 edges[] = { 0, 1, 125, 126, 127, 65535, 65536 };
	__u64 r = rnd(seed);

	return r % 16 == 0 ? edges[(r >> 8) % N(edges)] : (r >> 8) % (r % 16 < 12 ? 126 : 1500);
}

static void libwslay_reads_the_same_in_random_streams_cut_at_random(void **state)
{
	static struct walker k;
	int refused = 0, frames = 0;

	for (__u64 stream = 0; stream < 3000; stream++) {
		__u64 seed = stream << 32;
		bool bad = stream % 8 == 0;
		struct stream s = {};
		size_t n, cut, at;

		for (int i = rnd(&seed) % 12; i >= 0; i--) {
			__u8 b0 = rnd(&seed);
			__u64 len = random_len(&seed);

			/* libwslay refuses other control frames, RFC 6455 section 5.5 */
			if (WS_IS_CONTROL(b0)) {
				b0 |= WS_FIN;
				len %= 126;
			}
			add(&s, b0, rnd(&seed) & 1, len, MINIMAL, &seed);
		}
		if (bad) {
			at = s.n;
			add(&s, 0x82, rnd(&seed) & 1, 0, LONG, &seed);
			s.p[at + 2] |= 0x80;
			s.frames--;
		}
		memset(&k, 0, sizeof(k));
		k.seq = SEQ0;
		for (n = 0; n < s.n; n += cut) {
			cut = random_piece(&seed, s.n - n);
			walks[stream / 8 % N(walks)](&k, s.p + n, cut);
		}
		assert_int_equal(k.bad, bad);
		assert_int_equal(k.frames, s.frames);
		assert_int_equal(compare_with_wslay(&s, &k, seed), s.frames);
		refused += k.bad;
		frames += k.frames;
		free_stream(&s);
	}
	assert_int_equal(refused, 375);
	assert_true(frames > 15000);
}

static void only_frames_of_the_rfc_are_plausible(void **state)
{
	static const struct {
		__u8 b0, masked;
		__u64 len;
		enum form form;
		int plausible; /* from the side that masks as this frame does */
	} rows[] = {
		{ 0x81, 1, 5, MINIMAL, 1 }, /* text, binary, continuation; last or not */
		{ 0x82, 0, 5, MINIMAL, 1 },
		{ 0x80, 1, 5, MINIMAL, 1 },
		{ 0x00, 1, 5, MINIMAL, 1 },
		{ 0xc1, 0, 5, MINIMAL, 1 }, /* RSV1: RFC 7692 */
		{ 0x41, 1, 5, MINIMAL, 1 },
		{ 0xa1, 1, 5, MINIMAL, 0 }, /* RSV2, RSV3: nobody's */
		{ 0x91, 1, 5, MINIMAL, 0 },
		{ 0x83, 1, 5, MINIMAL, 0 }, /* reserved opcodes */
		{ 0x8f, 1, 5, MINIMAL, 0 },
		{ 0x88, 1, 0, MINIMAL, 1 }, /* control frames: whole, short, without RSV */
		{ 0x89, 0, 125, MINIMAL, 1 },
		{ 0x8a, 1, 125, MINIMAL, 1 },
		{ 0x89, 0, 126, MINIMAL, 0 },
		{ 0x8a, 1, 65536, MINIMAL, 0 },
		{ 0x08, 1, 2, MINIMAL, 0 },
		{ 0xc9, 1, 2, MINIMAL, 0 },
		{ 0x82, 0, 0, MINIMAL, 1 }, /* lengths in their shortest form */
		{ 0x82, 1, 125, MINIMAL, 1 },
		{ 0x82, 0, 126, MINIMAL, 1 },
		{ 0x82, 1, 65535, MINIMAL, 1 },
		{ 0x82, 0, 65536, MINIMAL, 1 },
		{ 0x82, 1, (1ull << 40) - 1, MINIMAL, 1 },
		{ 0x82, 0, 1ull << 40, MINIMAL, 0 },
		{ 0x82, 1, ~0ull >> 1, MINIMAL, 0 },
		{ 0x82, 0, 125, MIDDLE, 0 },
		{ 0x82, 1, 125, LONG, 0 },
		{ 0x82, 0, 65535, LONG, 0 },
	};
	static const __u8 key[4] = { 1, 2, 3, 4 };

	for (unsigned int i = 0; i < N(rows); i++) {
		__u8 p[WS_HDR_MAX];
		struct ws_frame f;

		encode(p, &f, rows[i].b0, rows[i].masked ? key : NULL, rows[i].len, rows[i].form);
		if (!!ws_plausible(&f, rows[i].masked) != rows[i].plausible)
			fail_msg("row %u: b0 %02x len %llu", i, rows[i].b0, f.len);
		if (ws_plausible(&f, !rows[i].masked))
			fail_msg("row %u: plausible from the side that masks otherwise", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_alone_is_read_in_every_length_form),
		cmocka_unit_test(header_length_follows_from_its_second_byte),
		cmocka_unit_test(nothing_is_read_behind_the_bytes_that_are_there),
		cmocka_unit_test(at_most_the_longest_header_is_read_of_a_longer_piece),
		cmocka_unit_test(top_bit_of_a_length_is_refused_and_the_walk_starts_anew),
		cmocka_unit_test(every_cut_of_a_stream_in_two_gives_the_same_frames),
		cmocka_unit_test(every_cut_of_a_stream_in_three_gives_the_same_frames),
		cmocka_unit_test(one_byte_at_a_time_gives_the_same_frames),
		cmocka_unit_test(skip_takes_what_is_left_of_the_frame_and_no_more),
		cmocka_unit_test(position_is_right_behind_frames_of_many_gib),
		cmocka_unit_test(libwslay_reads_the_same_in_random_streams_cut_at_random),
		cmocka_unit_test(only_frames_of_the_rfc_are_plausible),
	};

	return cmocka_run_group_tests_name("ws_frame", tests, NULL, NULL);
}
