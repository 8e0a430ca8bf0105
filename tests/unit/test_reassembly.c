// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/reassembly.c: whatever happens to segments on their way into a capture, each byte
 * comes out once, at its place. A byte's value follows from its sequence number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>

#include "guard.h"
#include "capture/reassembly.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define C_ISN 0xffffff00u /* wraps soon, RFC 9293 section 3.4 */
#define S_ISN 7000u
#define MS 1000000ULL

struct seen {
	struct reassembly *r;
	uint64_t now;
	int opens, closes, drops, calls, resumes;
	struct wst_open open;
	struct walk_tcp end;
	uint32_t next[WST_DIRS];
	uint64_t bytes[WST_DIRS], captured[WST_DIRS], missing[WST_DIRS], ts[WST_DIRS];
	bool started[WST_DIRS];
};

static struct seen seen;

static uint8_t value(uint32_t seq)
{
	return seq * 31 + (seq >> 8);
}

static void *on_open(void *ctx, const struct wst_open *o)
{
	struct seen *s = ctx;

	s->open = *o;
	s->opens++;
	for (int dir = 0; dir < WST_DIRS; dir++) {
		s->next[dir] = o->first_seq[dir];
		s->started[dir] = !(o->t.h.flags & WST_MIDSTREAM);
	}
	return s;
}

static void on_bytes(void *conn, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		     uint32_t have, uint32_t len)
{
	struct seen *s = conn;

	if (s->started[dir]) {
		assert_true((int32_t)(seq - s->next[dir]) >= 0);
		s->missing[dir] += seq - s->next[dir];
	}
	assert_true(have <= len);
	for (uint32_t i = 0; i < have; i++)
		if (p[i] != value(seq + i))
			fail_msg("byte %u of %u at %u", i, have, seq);
	s->started[dir] = true;
	s->next[dir] = seq + len;
	s->bytes[dir] += len;
	s->captured[dir] += have;
	s->ts[dir] = ts;
	s->calls++;
}

static void on_stats(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	((struct seen *)conn)->end = *t;
}

static void on_close(void *conn, uint64_t ts, const struct walk_tcp *t)
{
	((struct seen *)conn)->end = *t;
	((struct seen *)conn)->closes++;
}

static void on_drop(void *conn)
{
	((struct seen *)conn)->drops++;
}

static int no_guess(const uint8_t *p, uint32_t have, uint32_t len)
{
	return -1;
}

static bool made_up; /* what wstrace puts in front of a connection that was there before */

static bool is_made_up(const uint8_t *p, uint32_t have)
{
	return made_up;
}

static void on_resume(void *conn, uint64_t ts, const uint8_t *p, uint32_t n)
{
	((struct seen *)conn)->resumes++;
}

static const struct reassembly_ops ops = { on_open,  on_bytes, on_stats,   on_close, on_drop,
					   no_guess, NULL,     is_made_up, on_resume };

/* The client is 10.0.0.9:40000, the server 10.0.0.1:80. have: bytes captured, or -1 for all. */
static void segment(int dir, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len, int have,
		    uint8_t file)
{
	uint8_t data[GUARD_MAX];
	struct segment s = { .ts = seen.now,
			     .family = AF_INET,
			     .flags = flags,
			     .seq = seq,
			     .ack = ack,
			     .len = len,
			     .have = have < 0 ? len : have,
			     .file = file,
			     .made_up = made_up };
	int client = dir == WST_C2S ? 0 : 1;

	memcpy(s.addr[client], (uint8_t[]){ 10, 0, 0, 9 }, 4);
	memcpy(s.addr[!client], (uint8_t[]){ 10, 0, 0, 1 }, 4);
	s.port[client] = 40000;
	s.port[!client] = 80;
	for (uint32_t i = 0; i < s.have; i++)
		data[i] = value(seq + !!(flags & TCP_SYN) + i);
	s.data = guard_put(data, s.have);
	reassembly__segment(seen.r, &s);
	seen.now += 10000;
}

/* A segment of another connection of 10.0.0.9. */
static void other(uint8_t flags)
{
	struct segment s = { .ts = seen.now,
			     .family = AF_INET,
			     .addr = { { 10, 0, 0, 9 }, { 10, 0, 0, 3 } },
			     .port = { 80, 33333 },
			     .flags = flags };

	reassembly__segment(seen.r, &s);
	seen.now += 10000;
}

static void c2s(uint32_t pos, uint32_t len)
{
	segment(WST_C2S, TCP_ACK, C_ISN + 1 + pos, S_ISN + 1, len, -1, 0);
}

static void handshake(uint32_t c_isn, uint32_t s_isn)
{
	segment(WST_C2S, TCP_SYN, c_isn, 0, 0, 0, 0);
	segment(WST_S2C, TCP_SYN | TCP_ACK, s_isn, c_isn + 1, 0, 0, 0);
	segment(WST_C2S, TCP_ACK, c_isn + 1, s_isn + 1, 0, 0, 0);
}

static int start(void **state)
{
	static const struct reassembly_options o = { .role = WST_SERVER };

	reassembly__free(seen.r);
	memset(&seen, 0, sizeof(seen));
	seen.now = 1000 * MS;
	seen.r = reassembly__new(&o, &ops, &seen);
	return seen.r == NULL;
}

static int stop(void **state)
{
	reassembly__free(seen.r);
	seen.r = NULL;
	assert_int_equal(seen.opens, seen.closes + seen.drops);
	return 0;
}

static void check(uint64_t bytes, uint64_t missing)
{
	assert_int_equal(seen.bytes[WST_C2S], bytes);
	assert_int_equal(seen.missing[WST_C2S], missing);
}

static void handshake_tells_roles_and_where_streams_start(void **state)
{
	handshake(C_ISN, S_ISN);
	assert_int_equal(seen.opens, 0);
	c2s(0, 10);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.open.lport, 80);
	assert_int_equal(seen.open.rport, 40000);
	assert_int_equal(seen.open.role, WST_SERVER);
	assert_int_equal(seen.open.laddr[3], 1);
	assert_int_equal(seen.open.first_seq[WST_C2S], C_ISN + 1);
	assert_int_equal(seen.open.first_seq[WST_S2C], S_ISN + 1);
	assert_int_equal(seen.open.t.h.flags, 0);
	assert_int_equal(seen.open.t.h.ts, 1000 * MS + 20000);
	segment(WST_S2C, TCP_ACK, S_ISN + 1, C_ISN + 11, 20, -1, 0);
	check(10, 0);
	assert_int_equal(seen.bytes[WST_S2C], 20);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.rtt_us, 20);
}

static void every_cut_in_three_and_every_order_gives_the_same_bytes(void **state)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	enum { LEN = 24 };

	for (unsigned int order = 0; order < N(orders); order++) {
		for (int a = 0; a <= LEN; a++) {
			for (int b = a; b <= LEN; b++) {
				int cut[] = { 0, a, b, LEN };

				start(NULL);
				handshake(C_ISN, S_ISN);
				c2s(0, 1);
				for (int i = 0; i < 3; i++) {
					int n = orders[order][i];

					if (cut[n + 1] > cut[n])
						c2s(1 + cut[n], cut[n + 1] - cut[n]);
				}
				check(1 + LEN, 0);
				stop(NULL);
			}
		}
	}
	start(NULL);
}

static void lost_late_repeated_and_overlapping_segments_give_each_byte_once(void **state)
{
	enum { SEGS = 400 };

	for (unsigned long long n = 0; n < 200; n++) {
		unsigned long long seed = n;
		uint32_t at[SEGS], len[SEGS], pos = 0;

		start(NULL);
		handshake(C_ISN, S_ISN);
		for (int i = 0; i < SEGS; i++) {
			at[i] = pos;
			len[i] = 1 + rnd(&seed) % 300;
			pos += len[i];
		}
		for (int i = 0; i < SEGS; i++) { /* not further than a window */
			int j = i + rnd(&seed) % 20;

			if (j < SEGS && i) {
				uint32_t t = at[i], l = len[i];

				at[i] = at[j], len[i] = len[j];
				at[j] = t, len[j] = l;
			}
		}
		for (int i = 0; i < SEGS; i++) {
			uint32_t back = rnd(&seed) % 4 ? 0 : rnd(&seed) % 1000, more = 0;

			if (back > at[i])
				back = at[i];
			if (at[i] + len[i] + 200 < pos && rnd(&seed) % 4 == 0)
				more = rnd(&seed) % 200;
			c2s(at[i] - back, len[i] + back + more);
			if (rnd(&seed) % 8 == 0)
				c2s(at[i], len[i]);
		}
		check(pos, 0);
		stop(NULL);
	}
	start(NULL);
}

static void hole_that_was_acknowledged_is_given_up(void **state)
{
	int packets = 0;

	handshake(C_ISN, S_ISN);
	c2s(0, 100);
	c2s(150, 100);
	for (int i = 0; i < 100; i++) /* nobody has acknowledged it: it may come yet */
		segment(WST_S2C, TCP_ACK, S_ISN + 1 + i, C_ISN + 1 + 100, 1, -1, 0);
	check(100, 0);
	while (seen.bytes[WST_C2S] == 100 && packets < 1000)
		segment(WST_S2C, TCP_ACK, S_ISN + 101 + packets++, C_ISN + 1 + 250, 1, -1, 0);
	assert_in_range(packets, 2, 100);
	check(200, 50);
	c2s(100, 50); /* too late */
	c2s(250, 5);
	check(205, 50);
}

static void hole_without_acknowledgements_is_given_up_after_a_time(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 10);
	c2s(20, 10);
	seen.now += 29000 * MS;
	c2s(30, 10);
	check(10, 0);
	seen.now += 2000 * MS;
	c2s(40, 10);
	check(40, 10);
	assert_int_equal(seen.ts[WST_C2S], seen.now - 10000);
}

static void memory_for_what_waits_is_bounded(void **state)
{
	uint32_t pos = 10;

	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	for (; pos < 2 * REASSEMBLY_CONN_MAX && seen.bytes[WST_C2S] == 5; pos += 4000)
		c2s(pos, 4000);
	assert_in_range(pos, REASSEMBLY_CONN_MAX / 2, REASSEMBLY_CONN_MAX + 8000);
	check(5 + pos - 10, 5);
}

static void end_gives_out_what_waits(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	c2s(10, 5);
	c2s(20, 5);
	reassembly__end(seen.r);
	check(15, 10);
	assert_int_equal(seen.closes, 0);
}

static void keep_alive_is_not_a_retransmission(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	seen.now += 5000 * MS;
	segment(WST_C2S, TCP_ACK, C_ISN + 5, S_ISN + 1, 0, 0, 0);
	segment(WST_C2S, TCP_ACK, C_ISN + 5, S_ISN + 1, 1, -1, 0);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 0);
	c2s(0, 5);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 1);
	check(5, 0);
}

static void segment_on_two_interfaces_is_no_retransmission(void **state)
{
	handshake(C_ISN, S_ISN);
	for (int i = 0; i < 10; i++) {
		c2s(i * 5, 5);
		c2s(i * 5, 5);
	}
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 0);
	check(50, 0);
}

static void same_connection_in_two_files_is_one(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	c2s(10, 5); /* 5..9 are in the other file only */
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 1); /* whose clock is behind */
	segment(WST_S2C, TCP_SYN | TCP_ACK, S_ISN, C_ISN + 1, 0, 0, 1);
	for (int i = 0; i < 15; i += 5)
		segment(WST_C2S, TCP_ACK, C_ISN + 1 + i, S_ISN + 1, 5, -1, 1);
	check(15, 0);
	assert_int_equal(seen.opens, 1);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 0);
}

static void port_used_again_is_a_new_connection(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	segment(WST_C2S, TCP_SYN, C_ISN + 90000, 0, 0, 0, 0);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(seen.end.how, 0);
	segment(WST_S2C, TCP_SYN | TCP_ACK, 123, C_ISN + 90001, 0, 0, 0);
	segment(WST_C2S, TCP_ACK, C_ISN + 90001, 124, 7, -1, 0);
	assert_int_equal(seen.opens, 2);
	assert_int_equal(seen.open.first_seq[WST_S2C], 124);
	check(12, 0);
}

static void port_used_again_without_a_syn_is_found_out(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	for (int i = 0; i < 10; i++)
		c2s(0x50000000u + i * 5, 5);
	assert_in_range(seen.bytes[WST_C2S], 5 + 30, 5 + 50);
}

static void bytes_behind_the_snaplen_are_said_to_be_missing(void **state)
{
	handshake(C_ISN, S_ISN);
	segment(WST_C2S, TCP_ACK, C_ISN + 1, S_ISN + 1, 1000, 40, 0);
	segment(WST_C2S, TCP_ACK, C_ISN + 1 + 2000, S_ISN + 1, 1000, 40, 0);
	/* over the first's end */
	segment(WST_C2S, TCP_ACK, C_ISN + 1 + 990, S_ISN + 1, 1010, 40, 0);
	check(3000, 0);
	assert_int_equal(seen.captured[WST_C2S], 40 + 30 + 40);
}

static void fin_both_ways_closes(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	segment(WST_S2C, TCP_ACK | TCP_FIN, S_ISN + 1, C_ISN + 6, 3, -1, 0);
	assert_int_equal(seen.closes, 0);
	segment(WST_C2S, TCP_ACK | TCP_FIN, C_ISN + 6, S_ISN + 5, 0, 0, 0);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(seen.end.how, WST_FIN);
	assert_int_equal(seen.end.first, WST_FIRST_LOCAL);
	segment(WST_S2C, TCP_ACK, S_ISN + 5, C_ISN + 7, 0, 0, 0);
	segment(WST_C2S, TCP_ACK | TCP_FIN, C_ISN + 6, S_ISN + 5, 0, 0, 0); /* again */
	c2s(0, 5);
	assert_int_equal(seen.opens, 1);
}

static void fin_behind_a_hole_closes_when_that_is_given_up(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	segment(WST_C2S, TCP_ACK | TCP_FIN, C_ISN + 1 + 10, S_ISN + 1, 0, 0, 0);
	segment(WST_S2C, TCP_ACK | TCP_FIN, S_ISN + 1, C_ISN + 12, 0, 0, 0);
	assert_int_equal(seen.closes, 0);
	seen.now += 1000 * MS;
	segment(WST_C2S, TCP_ACK, C_ISN + 1 + 11, S_ISN + 2, 0, 0, 0);
	assert_int_equal(seen.closes, 1);
	check(5, 5);
	assert_int_equal(seen.end.first, WST_FIRST_REMOTE);
}

static void reset_closes_and_gives_out_what_waits(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	c2s(10, 5);
	segment(WST_S2C, TCP_RST | TCP_ACK, S_ISN + 1, C_ISN + 6, 0, 0, 0);
	check(10, 5);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(seen.end.how, WST_RST_SENT);
	assert_int_equal(seen.end.first, WST_FIRST_LOCAL);
	start(NULL);
	handshake(C_ISN, S_ISN);
	segment(WST_C2S, TCP_RST, C_ISN + 1, 0, 0, 0, 0);
	assert_int_equal(seen.opens, 1); /* established, and without a byte */
	assert_int_equal(seen.end.how, WST_RST_RECEIVED);
}

/* The number of a FIN is no byte that is missing before a RST. */
static void reset_behind_a_fin(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 5);
	segment(WST_S2C, TCP_ACK | TCP_FIN, S_ISN + 1, C_ISN + 6, 0, 0, 0);
	c2s(5, 5);
	segment(WST_S2C, TCP_RST, S_ISN + 2, 0, 0, 0, 0);
	check(10, 0);
	assert_int_equal(seen.missing[WST_S2C], 0);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(seen.end.how, WST_FIN);
	assert_int_equal(seen.end.first, WST_FIRST_LOCAL);
}

static void check_attempt(int how, uint64_t waited)
{
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.closes, 1);
	assert_int_equal(seen.open.t.h.flags, WST_ATTEMPT);
	assert_int_equal(seen.open.role, WST_CLIENT);
	assert_int_equal(seen.open.lport, 40000);
	assert_int_equal(seen.open.rport, 80);
	assert_int_equal(seen.open.t.h.ts, 1000 * MS);
	assert_int_equal(seen.end.how, how);
	assert_int_equal(seen.end.first, WST_FIRST_REMOTE);
	assert_int_equal(seen.end.ended - seen.open.t.h.ts, waited);
	assert_int_equal(seen.bytes[WST_C2S], 0);
}

static void refused_connection_is_an_attempt(void **state)
{
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	segment(WST_S2C, TCP_RST | TCP_ACK, 0, C_ISN + 2, 0, 0, 0); /* of another SYN */
	assert_int_equal(seen.opens, 0);
	start(NULL);
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	segment(WST_S2C, TCP_RST | TCP_ACK, 0, C_ISN + 1, 0, 0, 0);
	check_attempt(WST_REFUSED, 10000);
	start(NULL);
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	seen.now += 900 * MS; /* it is far away */
	segment(WST_S2C, TCP_RST | TCP_ACK, 0, C_ISN + 1, 0, 0, 0);
	check_attempt(WST_REFUSED, 900 * MS + 10000);
}

static void attempt_is_given_up_when_its_client_shows_it(void **state)
{
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	seen.now += 400 * MS;
	other(TCP_FIN);
	assert_int_equal(seen.opens, 0); /* nobody gives up that soon */
	seen.now += 3000 * MS;
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	other(TCP_ACK);
	assert_int_equal(seen.opens, 0);
	other(TCP_FIN);
	check_attempt(WST_TIMEOUT, 3400 * MS + 40000);
	other(TCP_FIN);
	assert_int_equal(seen.closes, 1);
}

static void attempt_without_an_answer_ends_with_the_input(void **state)
{
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	seen.now += 2000 * MS;
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	reassembly__end(seen.r);
	check_attempt(WST_TIMEOUT, 2000 * MS + 10000);
	start(NULL);
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	seen.now += 2000 * MS;
	segment(WST_C2S, TCP_ACK, C_ISN + 1, S_ISN + 1, 0, 0, 0); /* the answer is missing */
	reassembly__end(seen.r);
	assert_int_equal(seen.opens, 0);
}

static void attempt_is_given_up_where_icmp_says_so(void **state)
{
	struct segment s = { .ts = 1000 * MS + 500,
			     .family = AF_INET,
			     .addr = { { 10, 0, 0, 9 }, { 10, 0, 0, 1 } },
			     .port = { 40000, 80 },
			     .seq = C_ISN + 1,
			     .unreachable = true };

	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	reassembly__segment(seen.r, &s);
	assert_int_equal(seen.opens, 0); /* of another SYN */
	s.seq = C_ISN;
	reassembly__segment(seen.r, &s);
	check_attempt(WST_TIMEOUT, 500);
}

static void data_in_a_syn_counts_once_that_is_answered(void **state)
{
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 20, -1, 0);
	assert_int_equal(seen.opens, 0);
	segment(WST_S2C, TCP_RST | TCP_ACK, 0, C_ISN + 21, 0, 0, 0);
	check_attempt(WST_REFUSED, 10000);
	start(NULL);
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 20, -1, 0);
	segment(WST_S2C, TCP_SYN | TCP_ACK, S_ISN, C_ISN + 21, 0, 0, 0);
	c2s(20, 5);
	check(25, 0);
	start(NULL);
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 20, -1, 0); /* the server does not take its data */
	segment(WST_S2C, TCP_SYN | TCP_ACK, S_ISN, C_ISN + 1, 0, 0, 0);
	c2s(0, 20);
	c2s(20, 5);
	check(25, 0);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 0);
}

static void text_in_a_reset_is_no_data(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 10);
	segment(WST_C2S, TCP_RST | TCP_ACK, C_ISN + 11, S_ISN + 1, 30, -1, 0);
	assert_int_equal(seen.closes, 1);
	check(10, 0);
}

static void connection_joined_midway_starts_where_its_bytes_do(void **state)
{
	segment(WST_S2C, TCP_ACK, 500, 900, 0, 0, 0);
	assert_int_equal(seen.opens, 0);
	segment(WST_S2C, TCP_ACK, 500, 900, 10, -1, 0);
	segment(WST_C2S, TCP_ACK, 950, 510, 10, -1, 0);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.open.t.h.flags, WST_MIDSTREAM);
	assert_int_equal(seen.open.lport, 80); /* the lower one is the server's */
	assert_int_equal(seen.bytes[WST_S2C], 10);
	check(10, 0);
}

static void direction_whose_syn_is_missing_starts_where_the_other_says(void **state)
{
	segment(WST_C2S, TCP_SYN, C_ISN, 0, 0, 0, 0);
	c2s(0, 5);
	assert_int_equal(seen.open.t.h.flags, 0);
	segment(WST_S2C, TCP_ACK, S_ISN + 1 + 5, C_ISN + 6, 5, -1, 0);
	segment(WST_S2C, TCP_ACK, S_ISN + 1, C_ISN + 6, 5, -1, 0);
	assert_int_equal(seen.bytes[WST_S2C], 10);
	assert_int_equal(seen.missing[WST_S2C], 0);
}

/* As flow.h makes it up: 100 and 50 bytes of heads end where the connection goes on. */
static void beginning(uint32_t c_next, uint32_t s_next)
{
	made_up = true;
	handshake(c_next - 101, s_next - 51);
	segment(WST_C2S, TCP_ACK, c_next - 100, s_next - 50, 100, -1, 1);
	segment(WST_S2C, TCP_ACK, s_next - 50, c_next, 50, -1, 1);
	made_up = false;
}

static void beginning_that_is_made_up_is_no_bytes(void **state)
{
	beginning(C_ISN + 1, S_ISN + 1);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.resumes, 1);
	assert_int_equal(seen.open.t.h.flags, WST_MIDSTREAM);
	assert_int_equal(seen.open.first_seq[WST_C2S], C_ISN + 1);
	assert_int_equal(seen.open.first_seq[WST_S2C], S_ISN + 1);
	c2s(0, 10);
	check(10, 0);
	assert_int_equal(seen.bytes[WST_S2C], 0);
}

static void connection_that_goes_on_in_another_file_is_one(void **state)
{
	handshake(C_ISN, S_ISN);
	c2s(0, 200);
	segment(WST_S2C, TCP_ACK, S_ISN + 1, C_ISN + 201, 20, -1, 0);
	beginning(C_ISN + 201, S_ISN + 21);
	c2s(200, 10);
	beginning(C_ISN + 1 + 150, S_ISN + 21); /* a frame comes again that has begun before */
	c2s(150, 100);
	check(250, 0);
	beginning(C_ISN + 1 + 300, S_ISN + 21); /* a file is missing */
	c2s(300, 10);
	check(260, 50);
	assert_int_equal(seen.bytes[WST_S2C], 20);
	assert_int_equal(seen.opens, 1);
	assert_int_equal(seen.resumes, 0);
	reassembly__stats(seen.r, seen.now);
	assert_int_equal(seen.end.retrans, 0);
	beginning(C_ISN + (1 << 30), S_ISN + 21); /* the same ports, at another time */
	assert_int_equal(seen.opens, 2);
	assert_int_equal(seen.open.t.h.flags, WST_MIDSTREAM);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		T(handshake_tells_roles_and_where_streams_start),
		T(every_cut_in_three_and_every_order_gives_the_same_bytes),
		T(lost_late_repeated_and_overlapping_segments_give_each_byte_once),
		T(hole_that_was_acknowledged_is_given_up),
		T(hole_without_acknowledgements_is_given_up_after_a_time),
		T(memory_for_what_waits_is_bounded),
		T(end_gives_out_what_waits),
		T(keep_alive_is_not_a_retransmission),
		T(segment_on_two_interfaces_is_no_retransmission),
		T(same_connection_in_two_files_is_one),
		T(port_used_again_is_a_new_connection),
		T(port_used_again_without_a_syn_is_found_out),
		T(bytes_behind_the_snaplen_are_said_to_be_missing),
		T(fin_both_ways_closes),
		T(fin_behind_a_hole_closes_when_that_is_given_up),
		T(reset_closes_and_gives_out_what_waits),
		T(reset_behind_a_fin),
		T(refused_connection_is_an_attempt),
		T(attempt_is_given_up_when_its_client_shows_it),
		T(attempt_without_an_answer_ends_with_the_input),
		T(attempt_is_given_up_where_icmp_says_so),
		T(data_in_a_syn_counts_once_that_is_answered),
		T(text_in_a_reset_is_no_data),
		T(connection_joined_midway_starts_where_its_bytes_do),
		T(direction_whose_syn_is_missing_starts_where_the_other_says),
		T(beginning_that_is_made_up_is_no_bytes),
		T(connection_that_goes_on_in_another_file_is_one),
	};

	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
