// SPDX-License-Identifier: GPL-2.0-only
/* user/report*.c: what is escaped, what is kept and what is dropped, and where things are drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/escape.h"
#include "report/gather.h"
#include "report/axis.h"
#include "report/html.h"
#include "decode/ws.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MS 1000000ULL
#define S 1000000000ULL
#define START (1763800000 * S)

static void test_cut(void **state)
{
	struct buf b = {};

	html_bytes(&b, "ab\xe2\x82\xac<", 6, 4); /* not in the middle of the euro */
	buf_char(&b, 0);
	assert_string_equal(b.data, "ab<span class=cut>&hellip; 4 bytes more</span>");
	b.len = 0;
	html_count(&b, 1234567);
	html_count(&b, 999);
	html_count(&b, 1000);
	buf_char(&b, 0);
	assert_string_equal(b.data, "1,234,5679991,000");
	buf_free(&b);
}

static void test_axis(void **state)
{
	const struct span_of_time gaps[] = { { 1 * S, 61 * S },
					     { 61 * S + 1, 61 * S + 2 },
					     { 62 * S, 122 * S } };
	struct report_axis a;

	axis__build(&a, 0, 123 * S, gaps, N(gaps));
	assert_int_equal(a.n, 2); /* a nanosecond is no silence */
	assert_true(a.breaks[0].from == 1 * S && a.breaks[1].to == 122 * S);
	/* Three seconds share what the breaks leave. */
	assert_float_equal(axis__at(&a, 1 * S), (100 - 2 * AXIS_BREAK_WIDTH) / 3, 0.01);
	assert_float_equal(axis__at(&a, 61 * S) - axis__at(&a, 1 * S), AXIS_BREAK_WIDTH, 0.01);
	assert_float_equal(axis__at(&a, 31 * S) - axis__at(&a, 1 * S), AXIS_BREAK_WIDTH / 2, 0.01);
	assert_float_equal(axis__at(&a, 0), 0, 0.001);
	assert_float_equal(axis__at(&a, 123 * S), 100, 0.001);
	assert_float_equal(axis__at(&a, 500 * S), 100, 0.001);
	for (uint64_t t = 0, before = 0; t < 123 * S; before = t, t += S / 7)
		assert_true(axis__at(&a, t) >= axis__at(&a, before));
	axis__build(&a, 0, 60 * S, (struct span_of_time[]){ { 0, 60 * S } }, 1);
	assert_float_equal(axis__at(&a, 30 * S), 50, 0.01); /* silence is all there is */
	axis__build(&a, 5, 5, NULL, 0);
	assert_float_equal(axis__at(&a, 5), 0, 0.001);
}

static void test_spans(void **state)
{
	const struct span_of_time a[] = { { 0, 10 }, { 20, 30 } }, b[] = { { 5, 25 }, { 28, 40 } };
	struct span_of_time c[4];

	assert_int_equal(spans__common(c, N(c), a, 2, b, 2), 3);
	assert_true(c[0].from == 5 && c[0].to == 10 && c[1].from == 20 && c[1].to == 25);
	assert_true(c[2].from == 28 && c[2].to == 30);
	assert_int_equal(spans__common(c, 1, a, 2, b, 2), 1);
	assert_int_equal(spans__common(c, N(c), a, 2, b, 0), 0);
}

static void add_frame(struct report_trail *t, uint64_t ts, uint64_t len)
{
	struct event e = { .type = EV_FRAME, .ts = ts };

	e.frame.len = len;
	e.frame.opcode = WS_OP_TEXT;
	e.frame.dir = len & 1;
	e.frame.rtt_us = -1;
	e.frame.payload =
		(struct span){ "0123456789012345678901234567890123456789012345678901234567890"
			       "123456789",
			       70 };
	e.frame.has_payload = len % 3 == 0;
	trail__frame(t, &e);
}

static void test_trail(void **state)
{
	for (uint64_t total = 0; total < 300; total += total < 70 ? 1 : 37) {
		struct report_trail t = {};
		uint64_t sum = 0;

		for (uint64_t i = 0; i < total; i++)
			add_frame(&t, START + i * MS, i);
		assert_int_equal(t.seen, total);
		assert_int_equal(t.n, total < TRAIL_MAX ? total : TRAIL_MAX);
		assert_int_equal(trail__dropped(&t), total - t.n);
		for (uint32_t i = 0; i < t.n; i++) {
			uint64_t want = i < TRAIL_FIRST ? i : total - t.n + i;

			assert_int_equal(trail__at(&t, i)->len, want);
			assert_int_equal(trail__at(&t, i)->text != NULL, want % 3 == 0);
			assert_int_equal(trail__at(&t, i)->text_len, want % 3 ? 0 : TRAIL_TEXT);
		}
		for (int i = 0; t.bins && i < BINS; i++)
			sum += t.bins->n[i][0] + t.bins->n[i][1];
		assert_int_equal(sum, total > TRAIL_MAX ? total : 0); /* none is counted twice */
		trail__free(&t);
	}
}

/* The longest silences are kept, and in their order. */
static void test_gaps(void **state)
{
	static const uint64_t seconds[] = { 3, 9, 1, 8, 2, 7, 6, 10, 4, 5 };
	struct report_trail t = {};
	uint64_t ts = START, sum = 0;

	trail__moment(&t, ts);
	for (size_t i = 0; i < N(seconds); i++)
		trail__moment(&t, ts += seconds[i] * S);
	trail__moment(&t, ts - S); /* clocks of two CPUs */
	assert_int_equal(t.n_gaps, TRAIL_GAPS);
	for (uint32_t i = 0; i < t.n_gaps; i++) {
		sum += (t.gaps[i].to - t.gaps[i].from) / S;
		assert_true(!i || t.gaps[i].from >= t.gaps[i - 1].to);
	}
	assert_int_equal(sum, 10 + 9 + 8 + 7 + 6 + 5);
	trail__free(&t);
}

static void test_bins(void **state)
{
	struct report_bins b = {};
	uint64_t sum = 0;

	for (uint64_t i = 0; i < 100000; i++)
		bins__add(&b, START + i * i * 1000, i & 1, 1);
	bins__add(&b, START - S, 0, 1); /* before the first one */
	for (int i = 0; i < BINS; i++)
		sum += b.n[i][0] + b.n[i][1];
	assert_int_equal(sum, 100001);
	assert_true((99999ULL * 99999 * 1000) / b.width < BINS);
}

/* A connection as the decoder hands it on, as far as the report looks at it. */
static struct conn make_conn(uint32_t number)
{
	struct conn c = { .number = number, .pid = 1, .comm = "server", .opened = START };

	strcpy(c.local, "127.0.0.1:80");
	strcpy(c.remote, "127.0.0.1:4000");
	return c;
}

static void give(struct report *r, struct conn *c, enum event_type type, uint64_t ts)
{
	struct wst_stats stats = { .how = WST_FIN };
	struct event e = { .type = type, .ts = ts, .conn = c, .stats = &stats };

	report__event(r, &e);
}

static void give_head(struct report *r, struct conn *c, const char *head, uint64_t ts)
{
	static struct http_msg m;
	struct event e = { .ts = ts, .conn = c };

	assert_int_equal(http_parse(&m, head, strlen(head)), 0);
	e.type = m.response ? EV_RESPONSE : EV_REQUEST;
	e.head.msg = &m;
	e.head.upgrade = m.response ? m.status == 101 : http_has_token(&m, "upgrade", "websocket");
	e.head.accept_ok = -1;
	report__event(r, &e);
}

/* Ten times as many as are kept: the numbers add up, and those with a verdict stay. */
static void test_bounds(void **state)
{
	static const struct rule rule = { "some-rule", SEV_ERROR, .evidence = "" };
	struct verdict v = { .rule = &rule, .text = "bad", .fix = "mend" };
	struct report *r = report__new(false);
	uint32_t last = 10 * REPORT_CONNS_MAX;

	assert_non_null(r);
	for (uint32_t i = 1; i <= last; i++) {
		struct conn c = make_conn(i);
		struct event e = { .type = EV_VERDICT, .ts = START, .conn = &c, .verdict = &v };

		give(r, &c, EV_OPEN, START + i * MS);
		if (i % 50000 == 5000) {
			report__event(r, &e);
			v.again++;
		}
		give(r, &c, EV_CLOSE, START + i * MS + 1);
	}
	report__finish(r, START + last * MS + 2);
	assert_int_equal(HASH_COUNT(r->conns), REPORT_CONNS_MAX);
	assert_int_equal(r->conns_dropped, last - REPORT_CONNS_MAX);
	assert_int_equal(r->n_details, REPORT_DETAILS_MAX);
	assert_true(report__find(r, 5000)->detail && report__find(r, 5000)->verdicts);
	assert_non_null(report__find(r, 1)->detail);
	assert_non_null(report__find(r, last)->detail);
	assert_null(report__find(r, 6000));
	assert_int_equal(r->groups->conns, last);
	assert_int_equal(r->n_verdicts[SEV_ERROR], 2);
	report__free(r);
}

/* Thousands of the same verdict: a few are kept with all there is to say, the others are counted.
 */
static void test_alike(void **state)
{
	static const struct rule rule = { "some-rule", SEV_ERROR, .evidence = "" };
	struct report *r = report__new(false);

	for (uint32_t i = 1; i <= 5000; i++) {
		struct verdict v = { .rule = &rule, .text = "bad", .fix = "mend", .again = i - 1 };
		struct conn c = make_conn(i);
		struct event e = { .type = EV_VERDICT, .ts = START, .conn = &c, .verdict = &v };

		give(r, &c, EV_OPEN, START);
		give_head(r, &c, "GET /x/12345 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", START);
		give_head(r, &c, "HTTP/1.1 404 Not Found\r\n\r\n", START + MS);
		report__event(r, &e);
		give(r, &c, EV_CLOSE, START + 2 * MS);
	}
	report__finish(r, START + S);
	assert_true(r->n_pinned <= REPORT_ALIKE + 6);
	assert_int_equal(r->handshakes_pinned, REPORT_ALIKE);
	assert_int_equal(r->n_failed, 5000);
	assert_string_equal(r->groups->path, "/x/*");
	assert_int_equal(r->groups->verdicts, 5000);
	report__free(r);
}

/* The longest wait of a run is called long where it is. */
static void test_long(void **state)
{
	static const uint32_t waits[] = { 103, 200000 };
	struct run_info run = { .backend = "fentry" };
	struct run_totals totals = { .conns = 1 };
	struct options o = { .port_list = "80" };
	static struct wst_hists hists;

	for (size_t i = 0; i < 2; i++) {
		struct report *r = report__new(false);
		struct conn c = make_conn(1);
		struct buf b = {};

		memset(&hists, 0, sizeof(hists));
		hists.hist[WST_READ_DELAY].slots[hist_slot(waits[i])] = 1;
		hists.hist[WST_READ_DELAY].max = waits[i];
		c.hists = &hists;
		give(r, &c, EV_OPEN, START);
		give_head(r, &c, "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", START + MS);
		give_head(r, &c, "HTTP/1.1 101 Switching Protocols\r\n\r\n", START + 2 * MS);
		give(r, &c, EV_CLOSE, START + 3 * S);
		report__finish(r, START + 4 * S);
		assert_int_equal(page__write(&b, r, &o, &run, &totals, NULL), 0);
		buf_char(&b, 0);
		assert_int_equal(!!strstr(b.data, "long in the receive queue, p99 "), i);
		buf_free(&b);
		report__free(r);
	}
}

/* The page of a connection whose every word is hostile. */
static void test_page(void **state)
{
	static const char evil[] =
		"GET /<script>\"'&\x1b?token=hunter2 HTTP/1.1\r\nUpgrade: websocket\r\n"
		"X-<b>: </pre><script>\xff\r\nCookie: hunter2\r\n\r\n";
	struct run_info run = { .backend = "<i>", .host = "<u>" };
	struct run_totals totals = { .conns = 1 };
	struct report *r = report__new(false);
	struct options o = { .port_list = "80" };
	struct conn c = make_conn(1);
	struct buf b = {};

	strcpy(c.comm, "<b>\"'\x1b\xff");
	give(r, &c, EV_OPEN, START);
	give_head(r, &c, evil, START + MS);
	give_head(r, &c, "HTTP/1.1 400 <script>\r\nServer: <img src=x>\r\n\r\n", START + 2 * S);
	give(r, &c, EV_CLOSE, START + 3 * S);
	report__finish(r, START + 4 * S);
	assert_int_equal(page__write(&b, r, &o, &run, &totals, NULL), 0);
	assert_true(utf8_valid(b.data, b.len));
	buf_char(&b, 0);
	for (size_t i = strstr(b.data, "</style>") - b.data; i + 1 < b.len; i++)
		assert_true((unsigned char)b.data[i] >= 0x20 || b.data[i] == '\n');
	assert_null(strstr(b.data, "<script"));
	assert_null(strstr(b.data, "<img"));
	assert_null(strstr(b.data, "hunter2"));
	assert_non_null(
		strstr(b.data, "GET /&lt;script&gt;&quot;&#39;&amp;\\x1b?token=[redacted]"));
	assert_non_null(strstr(b.data, "&lt;/pre&gt;&lt;script&gt;\\xff"));
	assert_non_null(strstr(b.data, "&lt;b&gt;&quot;&#39;\\x1b\\xff<span class=pid>[1]"));
	assert_non_null(strstr(b.data, "400 &lt;script&gt;"));
	assert_non_null(strstr(b.data, "2.00 s without an answer"));
	assert_non_null(strstr(b.data, "failed handshake"));
	buf_free(&b);
	report__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),    cmocka_unit_test(test_axis),
		cmocka_unit_test(test_spans),  cmocka_unit_test(test_trail),
		cmocka_unit_test(test_gaps),   cmocka_unit_test(test_bins),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_alike),
		cmocka_unit_test(test_long),   cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
