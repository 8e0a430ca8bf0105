// SPDX-License-Identifier: GPL-2.0-only
/* user/report/: HTML, what is kept and what is dropped, and where things are drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "lib/escape.h"
#include "report/gather.h"
#include "report/axis.h"
#include "report/html.h"
#include "report/page.h"
#include "decode/ws.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MS 1000000ULL
#define S 1000000000ULL
#define START (1763800000 * S)

static void assert_html(struct buf *b, const char *want)
{
	buf_char(b, 0);
	assert_string_equal(b->data, want);
	b->len = 0;
}

/* Values are escaped, whatever the conversion; the format is not. */
static void test_html_escapes(void **state)
{
	const char *volatile none = NULL; /* as a target that was not seen */
	struct buf b = {};

	html(&b, "<a href=\"#%s\">%s</a>", "\"><script>", "<b>&'\x1b\xff");
	assert_html(&b, "<a href=\"#&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&#39;\\x1b\\xff</a>");
	html(&b, "<i>%.*s</i>%.*s", 4, "<u>&amp;", 0, "<b>");
	assert_html(&b, "<i>&lt;u&gt;&amp;</i>");
	html(&b, "%.3s|%c%c", "<<<<", '<', '\n'); /* a value that is longer, or not even text */
	assert_html(&b, "&lt;&lt;&lt;|&lt;\\n");
	html(&b, "%s%%s%s", "%s%n", ""); /* a format among the values is text */
	assert_html(&b, "%s%n%s");
	html(&b, "[%s]", none);
	assert_html(&b, "[]");
	buf_free(&b);
}

static void test_html_numbers(void **state)
{
	struct buf b = {};

	html(&b, "%u %ju %d", UINT32_MAX, UINT64_MAX, -7);
	assert_html(&b, "4294967295 18446744073709551615 -7");
	html(&b, "%'u %'ju %'ju %'ju %'ju", 1000000u, (uint64_t)0, (uint64_t)999, (uint64_t)1000,
	     (uint64_t)1234567);
	assert_html(&b, "1,000,000 0 999 1,000 1,234,567");
	html(&b, "%'ju", UINT64_MAX);
	assert_html(&b, "18,446,744,073,709,551,615");
	html(&b, "%.2f%% %.0f %.1f", 12.345, 2.6, 0.0);
	assert_html(&b, "12.35% 3 0.0");
	buf_free(&b);
}

/* Values of all kinds in one call: each takes its own, and none of the next one's. */
static void test_html_mixed(void **state)
{
	struct buf b = {};

	html(&b, "%s %ju %.1f %u %.*s %c %'ju %d %s", "a", UINT64_MAX, 1.5, 7u, 1, "bc", 'd',
	     (uint64_t)4096, -1, "e");
	assert_html(&b, "a 18446744073709551615 1.5 7 b d 4,096 -1 e");
	buf_free(&b);
}

static void test_html_bytes(void **state)
{
	struct buf b = {};

	html_bytes(&b, "ab\xe2\x82\xac<", 6, 4); /* not in the middle of the euro */
	assert_html(&b, "ab<span class=cut>&hellip; 4 bytes more</span>");
	html_bytes(&b, "ab<", 3, 3);
	assert_html(&b, "ab&lt;");
	html_bytes(&b, "\x80\x80\x80", 3, 2); /* no sequence starts anywhere */
	assert_html(&b, "<span class=cut>&hellip; 3 bytes more</span>");
	html_prose(&b, "one <b>\ntwo\n\nthree");
	assert_html(&b, "one &lt;b&gt;<br>two<br><br>three");
	buf_free(&b);
}

static void test_text(void **state)
{
	struct buf b = {};

	setenv("TZ", "UTC-2", 1); /* two hours before UTC: POSIX counts the other way */
	tzset();
	html(&b, "%s|%s|%s", text_clock(START + 1234567).s, text_date(START).s,
	     text_since(START, START + 340000).s);
	assert_html(&b, "10:26:40.001|2025-11-22 10:26:40 +0200|+340 µs");
	html(&b, "%s|%s|%s|%s|%s", text_duration(1500 * MS).s, text_size(1536).s, text_some(0).s,
	     text_some(12345).s, text_since(START, START - 1).s);
	assert_html(&b, "1.50 s|1.5 KiB||12,345|+0 µs");
	unsetenv("TZ");
	tzset();
	buf_free(&b);
}

static struct wst_hist hist_of(const uint64_t *values, size_t n)
{
	struct wst_hist h = {};

	for (size_t i = 0; i < n; i++)
		h.slots[hist_slot(values[i])]++;
	return h;
}

static void test_hist_rows(void **state)
{
	static const uint64_t values[] = { 2, 3, 4, 7, 7, 8, 1024, 2047 };
	struct wst_hist h = hist_of(values, N(values));
	struct hist_rows rows;

	hist_rows(&h, &rows);
	assert_int_equal(rows.first, 1);
	assert_int_equal(rows.last, 10);
	assert_int_equal(rows.most, 3);
	assert_true(rows.n[1] == 2 && rows.n[2] == 3 && rows.n[3] == 1 && rows.n[10] == 2);
	h = hist_of(NULL, 0);
	hist_rows(&h, &rows);
	assert_true(rows.first == -1 && rows.last == -1 && rows.most == 0);
	/* Each value is counted in the row whose limits it lies between. */
	for (uint64_t v = 0; v < 1ULL << 33; v = v < 70 ? v + 1 : v + v / 3) {
		h = hist_of(&v, 1);
		hist_rows(&h, &rows);
		assert_true(rows.first == rows.last && rows.n[rows.first] == 1);
		assert_true(v >= hist_row_low(rows.first) && v < hist_row_low(rows.first + 1));
	}
	h = hist_of((uint64_t[]){ UINT64_MAX }, 1);
	hist_rows(&h, &rows);
	assert_int_equal(rows.first, HIST_ROWS - 1);
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
	static struct buf shown;
	struct event e = { .ts = ts, .conn = c };

	assert_int_equal(http_parse(&m, head, strlen(head)), 0);
	assert_int_equal(http_show(&m, false, &shown), 0);
	e.type = m.response ? EV_RESPONSE : EV_REQUEST;
	e.head.msg = &m;
	e.head.final = m.status >= 200 || m.status == 101;
	e.head.upgrade = m.response ? m.status == 101 : http_has_token(&m, "upgrade", "websocket");
	e.head.wanted = e.head.upgrade || http_find(&m, "sec-websocket-key");
	e.head.accept_ok = -1;
	report__event(r, &e);
}

/* Ten times as many as are kept: the numbers add up, and those with a verdict stay. */
static void test_bounds(void **state)
{
	static const struct rule rule = { "some-rule", SEV_ERROR, .evidence = "" };
	struct verdict v = { .rule = &rule, .text = "bad", .fix = "mend" };
	struct report *r = report__new();
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
	struct report *r = report__new();

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
		struct report *r = report__new();
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
	struct report *r = report__new();
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
		cmocka_unit_test(test_html_escapes), cmocka_unit_test(test_html_numbers),
		cmocka_unit_test(test_html_mixed),   cmocka_unit_test(test_html_bytes),
		cmocka_unit_test(test_text),	     cmocka_unit_test(test_hist_rows),
		cmocka_unit_test(test_axis),	     cmocka_unit_test(test_spans),
		cmocka_unit_test(test_trail),	     cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_bins),	     cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_alike),	     cmocka_unit_test(test_long),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
