// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf/http_head.h against streams of HTTP/1.x and of what is not. What the scanner finds is written
 * as text: for each head "request" or the status, what its flags say, and how it goes on: "none",
 * "length N", "chunked" or "close". "+N" is N bytes of content, "end" the end of a chunked body,
 * "bad@N" a refusal at byte N. "..." at the end: in the middle of something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <linux/types.h>

#include "guard.h"
#include "bpf/http_head.h"

#define T(in, want)                      \
	{                                \
		in, sizeof(in) - 1, want \
	}
#define HEAD_ANSWER "HEAD" /* before what is wanted: the stream answers HEAD requests */
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

struct row {
	const char *in;
	size_t n;
	const char *want;
};

struct scan {
	struct http_scan h;
	size_t pos; /* in the stream */
	size_t start; /* of the message */
	__u64 content; /* taken of the content that http_data() announced */
	bool after_head;
	bool over; /* what comes next is not HTTP/1.x */
	int n;
	char got[1024];
};

static void say(struct scan *s, const char *fmt, ...)
{
	va_list args;

	if (s->n)
		s->got[s->n++] = ' ';
	va_start(args, fmt);
	s->n += vsnprintf(s->got + s->n, sizeof(s->got) - s->n, fmt, args);
	va_end(args);
	assert_in_range(s->n, 1, sizeof(s->got) - 64);
}

static void on_head(struct scan *s)
{
	__u8 flags = s->h.flags;
	__u16 status = s->h.status;

	assert_int_equal(s->h.head_len, s->pos - s->start);
	if (flags & HTTP_IS_RESPONSE)
		say(s, "%03d", status);
	else
		say(s, flags & HTTP_IS_PRI ? "PRI" : flags & HTTP_IS_HEAD ? "HEAD" : "request");
	if (flags & HTTP_UPGRADE)
		say(s, "websocket");
	if (flags & HTTP_OTHER_UPGRADE)
		say(s, "other");
	switch (http_body(&s->h, s->after_head)) {
	case HTTP_NO_BODY:
		say(s, "none");
		assert_int_equal(http_data(&s->h), 0);
		s->over = status == 101 || flags & HTTP_IS_PRI;
		break;
	case HTTP_LENGTH_BODY:
		say(s, "length %llu", http_data(&s->h));
		break;
	case HTTP_CHUNKED_BODY:
		say(s, "chunked");
		break;
	case HTTP_UNTIL_CLOSE:
		say(s, "close");
		s->over = true;
		break;
	}
	s->start = s->pos;
}

static void take_content(struct scan *s, __u64 used)
{
	s->content += used;
	s->pos += used;
	if (http_data(&s->h))
		return;
	say(s, "+%llu", s->content);
	s->content = 0;
	if (s->h.state == HTTP_LINE)
		s->start = s->pos;
}

/* A piece of a stream, as step_http() in bpf/http.bpf.c goes through it. */
static void scan(struct scan *s, const __u8 *p, size_t n)
{
	while (n && !s->over) {
		__u64 used = 1;

		if (http_data(&s->h)) {
			used = http_skip(&s->h, n);
			assert_in_range(used, 1, n);
			take_content(s, used);
		} else {
			int ev = http_byte(&s->h, *p);

			s->pos++;
			switch (ev) {
			case HTTP_END:
				on_head(s);
				break;
			case HTTP_BODY_END:
				say(s, "end");
				s->start = s->pos;
				break;
			case HTTP_PREFACE:
				assert_int_equal(s->h.head_len, s->pos - s->start);
				say(s, "PROXY");
				http_next(&s->h);
				s->start = s->pos;
				break;
			case HTTP_BAD:
				say(s, "bad@%zu", s->pos - 1);
				s->over = true;
				break;
			}
		}
		p += used;
		n -= used;
	}
}

/* Scans the pieces of row that end at the cuts; with cuts NULL, byte by byte. */
static void check_cut(const struct row *row, const size_t *cuts, int ncuts)
{
	bool head = !strncmp(row->want, HEAD_ANSWER "|", 5);
	const char *want = row->want + (head ? 5 : 0);
	static struct scan s;
	size_t from = 0;

	memset(&s, 0, sizeof(s));
	http_first(&s.h);
	s.after_head = head;
	for (int i = 0; i <= ncuts; i++) {
		size_t to = i == ncuts ? row->n : cuts ? cuts[i] : i;

		scan(&s, guard_put(row->in + from, to - from), to - from);
		from = to;
	}
	if (!s.over && (s.pos != s.start || s.content))
		say(&s, s.content ? "+%llu ..." : "...", s.content);
	s.got[s.n] = 0;
	if (strcmp(s.got, want))
		fail_msg("%d pieces, the first of %zu bytes: %s\n\"%s\", not \"%s\"", ncuts + 1,
			 cuts && ncuts ? cuts[0] : 0, row->in, s.got, want);
}

/* Whole, byte by byte, at every cut in two and, unless it is long, at every cut in three. */
static void check(const struct row *rows, size_t n)
{
	for (const struct row *row = rows; row < rows + n; row++) {
		size_t cuts[2];

		check_cut(row, cuts, 0);
		check_cut(row, NULL, row->n);
		for (cuts[0] = 0; cuts[0] <= row->n; cuts[0]++) {
			check_cut(row, cuts, 1);
			for (cuts[1] = cuts[0]; row->n < 120 && cuts[1] <= row->n; cuts[1]++)
				check_cut(row, cuts, 2);
		}
	}
}

#define GET "GET / HTTP/1.1\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"

static void request_heads_end_at_their_empty_line(void **state)
{
	static const struct row rows[] = {
		T(GET "\r\n", "request none"),
		T(GET "Host: a\r\n\r\n", "request none"),
		T(GET "Host: a\r\n", "..."),
		T("M-SEARCH * HTTP/1.1\r\n\r\n", "request none"),
		T("UPDATEREDIRECTREF /a HTTP/1.1\r\n\r\n", "request none"),
		T("HEAD / HTTP/1.1\r\n\r\n", "HEAD none"),
		T("XHEAD / HTTP/1.1\r\n\r\n", "request none"),
		T("HEADHEADHEAD / HTTP/1.1\r\n\r\n", "request none"),
		T("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "request length 3 +3"),
		T("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", "request length 3 +2 ..."),
	};

	CHECK(rows);
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define LONG "1234567890123456789012345678901234567890123456789012345678901234567890"

static void proxy_headers_come_before_the_first_request_only(void **state)
{
	static const struct row rows[] = {
		T("PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n" GET "\r\n", "PROXY request none"),
		T("PROXY UNKNOWN\r\n" GET "\r\n", "PROXY request none"),
		T("PROXY TCP4 nonsense\n" GET "\r\n", "PROXY request none"),
		T("PROXY TCP4 192.0.2.1", "..."),
		T("PROXY T" LONG LONG, "bad@106"),
		T("PROXY /a HTTP/1.1\r\n\r\n", "request none"), /* a method of this name */
		T("PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n\r\n", "PROXY request none"),
		T(GET "\r\nPROXY UNKNOWN\r\n\r\n", "request none request none"),
		T(SIGNATURE "\x21\x11\0\x0c"
			    "abcdefghijkl" GET "\r\n",
		  "PROXY request none"),
		T(SIGNATURE "\x20\0\0\0" GET "\r\n", "PROXY request none"),
		T(SIGNATURE "\x20\0\1\0" LONG, "..."),
		T(SIGNATURE "\x20\0\0\1\n" GET "\r\n", "PROXY request none"),
		T(SIGNATURE "\x11\0\0\0", "bad@12"),
		T("\r\n\r\n\0\r\nQUIX\n", "bad@11"),
		T("\r\n\r\n\0GET /ab", "bad@11"),
		T("\r\n\0", "bad@2"),
		T(GET "\r\n" SIGNATURE "\x20\0\0\0", "request none bad@22"),
	};

	CHECK(rows);
}

static void line_ends_may_lack_their_cr_and_empty_lines_come_first(void **state)
{
	static const struct row rows[] = {
		T("GET / HTTP/1.1\nHost: a\n\n", "request none"),
		T("GET / HTTP/1.1\nContent-Length: 2\n\nhi" GET "\r\n",
		  "request length 2 +2 request none"),
		T("HTTP/1.1 204\nA: b\n\n", "204 none"),
		T("\r\n" GET "\r\n", "request none"),
		T("\r\n\n\r\n" GET "\r\n\r\n" GET "\r\n", "request none request none"),
		T("\r\n", "..."),
		T(OK "Upgrade: websocket\nTransfer-Encoding: chunked\n\n1\na\n0\n\n",
		  "200 websocket chunked +1 end"),
	};

	CHECK(rows);
}

static void statuses_are_read_and_say_whether_a_body_follows(void **state)
{
	static const struct row rows[] = {
		T(OK "Content-Length: 5\r\n\r\nhello", "200 length 5 +5"),
		T(OK "Content-Length: 0\r\n\r\n" OK "Content-Length:1\r\n\r\nx",
		  "200 none 200 length 1 +1"),
		T(OK "\r\nall that comes\r\n\r\n", "200 close"),
		T("HTTP/1.0 404 Not Found\r\n\r\n", "404 close"),
		T("HTTP/1.1 200\r\n\r\n", "200 close"),
		T("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\na",
		  "100 none 200 length 1 +1"),
		T("HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n", "103 none"),
		T("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", "204 none"),
		T("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 none"),
		T("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304 none"),
		T("HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nab", "205 length 2 +2"),
		T(OK "Content-Length: 9\r\n\r\n", HEAD_ANSWER "|200 none"),
		T(OK "Transfer-Encoding: chunked\r\n\r\n", HEAD_ANSWER "|200 none"),
		T(OK "\r\n" OK "\r\n", HEAD_ANSWER "|200 none 200 none"),
	};

	CHECK(rows);
}

static void upgrade_names_websocket_in_any_case_and_among_others(void **state)
{
	static const struct row rows[] = {
		T(SWITCH "Upgrade: websocket\r\n\r\n\x81\x00GET", "101 websocket none"),
		T(SWITCH "UPGRADE:WebSocket\r\n\r\n", "101 websocket none"),
		T(SWITCH "upgrade: \t WEBSOCKET \t\r\n\r\n", "101 websocket none"),
		T(SWITCH "Upgrade: h2c, WebSocket\r\n\r\n", "101 websocket other none"),
		T(SWITCH "Upgrade: websocket,h2c\r\n\r\n", "101 websocket other none"),
		T(SWITCH "Upgrade: h2c\r\nUpgrade: websocket\r\n\r\n", "101 websocket other none"),
		T(SWITCH "Upgrade: , ,\twebsocket,\r\n\r\n", "101 websocket none"),
		T(SWITCH "Upgrade: WebSocket/13\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: websocket;a\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: websocket2\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: xwebsocket\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: websocke\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: websocket\0\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade: websocke\xf4\r\n\r\n", "101 other none"),
		T(SWITCH "Upgrade:\r\n\r\n", "101 none"),
		T(SWITCH "Connection: upgrade\r\n\r\n", "101 none"),
		T(SWITCH "X: Upgrade: websocket\r\n\r\n", "101 none"),
		T(GET "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		  "request websocket none"),
		T(OK "Content-Length: 0\r\nUpgrade: h2\r\n\r\n" GET "\r\n",
		  "200 other none request none"),
	};

	CHECK(rows);
}

static void header_names_match_whole_and_in_any_case(void **state)
{
	static const struct row rows[] = {
		T(GET "cONTENT-lENGTH: 1\r\n\r\na", "request length 1 +1"),
		T(GET "Content-Length2: 1\r\n\r\n", "request none"),
		T(GET "X-Content-Length: 1\r\n\r\n", "request none"),
		T(GET "Content-Lengt: 1\r\n\r\n", "request none"),
		T(GET "Content-Length : 1\r\n\r\n", "request none"),
		T(GET "X-Upgrade: websocket\r\nUpgrad: websocket\r\nUpgrades: websocket\r\n\r\n",
		  "request none"),
		T(GET "Upgrade-Insecure-Requests: 1\r\n\r\n", "request none"),
		T(GET "Transfer-Encodin: chunked\r\nTransfer-Encodings: chunked\r\n\r\n",
		  "request none"),
		T(GET "chunked: chunked\r\nwebsocket: websocket\r\n\r\n", "request none"),
		T(GET "TE: chunked\r\n: 5\r\n:\r\n\r\n", "request none"),
		T(GET "Content-Length\0: 1\r\n\r\n", "request none"),
		T(GET "\0Content-Length: 1\r\n\r\n", "request none"),
		T(GET "Content-Length\xa0: 1\r\n\r\n", "request none"),
		T(GET "upgrade\0\0: websocket\r\n\r\n", "request none"),
		T(GET "\xd5pgrade: websocket\r\n\r\n", "request none"),
		T(GET "Upgrade\x1a websocket\r\n\r\n", "request none"),
		T(GET "no colon\r\nUpgrade\r\nUpgrade: websocket\r\n\r\n",
		  "request websocket none"),
		T(GET "Content-\rLength: 1\r\n\r\n", "request none"), /* RFC 9112 section 2.2 */
		T(GET "\rContent-Length: 1\r\n\r\n", "request none"),
		T(GET "Content\rLength: 1\r\n\r\n", "request none"), /* '\r' | 0x20 is '-' */
		T(GET "Content-Length\r: 1\r\n\r\n", "request none"),
	};

	CHECK(rows);
}

static void folded_lines_belong_to_the_value_before(void **state)
{
	static const struct row rows[] = {
		T(GET "Upgrade: h2c,\r\n websocket\r\n\r\n", "request websocket other none"),
		T(GET "Upgrade:\r\n\twebsocket\r\n\r\n", "request websocket none"),
		T(GET "Upgrade: web\r\n socket\r\n\r\n", "request other none"),
		T(GET "X: a\r\n Upgrade: websocket\r\n\r\n", "request none"),
		T(GET "X: a\r\n Content-Length: 5\r\n\r\n", "request none"),
		T(GET "Content-Length:\r\n 3\r\n\r\nabc", "request length 3 +3"),
		T(GET "Upgrade: a\r\nno colon\r\n websocket\r\n\r\n", "request other none"),
		T(GET " Upgrade: websocket\r\n\r\n", "request none"),
		T(GET "X: a\r\n \r\n\r\n" GET "\r\n", "request none request none"),
		T(OK "Transfer-Encoding: gzip,\r\n chunked\r\n\r\n0\r\n\r\n", "200 chunked end"),
	};

	CHECK(rows);
}

/* RFC 9112 section 6.3, rules 4 to 6. */
static void content_length_is_one_number(void **state)
{
	static const struct row rows[] = {
		T(OK "Content-Length:007\r\n\r\n1234567", "200 length 7 +7"),
		T(OK "Content-Length: \t 12 \t\r\n\r\n", "200 length 12"),
		T(OK "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", "200 length 4 +4"),
		T(OK "Content-Length: 4, 4\r\n\r\nabcd", "200 length 4 +4"),
		T(OK "Content-Length: 4\r\n 5\r\n\r\nabcd", "200 length 4 +4"),
		/* 10 * 2^56: where the scanner stops believing, long before 2^64 */
		T(OK "Content-Length: 720575940379279359\r\n\r\n", "200 length 720575940379279359"),
		T(OK "Content-Length: 720575940379279360\r\n\r\n", "bad@50"),
		T(OK "Content-Length: 18446744073709551616\r\n\r\n", "bad@51"),
		T(OK "Content-Length: 99999999999999999999999999999\r\n\r\n", "bad@50"),
		T(OK "Content-Length: 000000000000000000000000000001\r\n\r\na", "200 length 1 +1"),
		T(OK "Content-Length: -5\r\n\r\n", "bad@33"),
		T(OK "Content-Length: +5\r\n\r\n", "bad@33"),
		T(OK "Content-Length: 0x5\r\n\r\n", "bad@34"),
		T(OK "Content-Length: 5a\r\n\r\n", "bad@34"),
		T(OK "Content-Length: 5;a\r\n\r\n", "bad@34"),
		T(OK "Content-Length: 1\0\r\n\r\n", "bad@34"),
		T(OK "Content-Length: \xb2\r\n\r\n", "bad@33"),
		T(OK "Content-Length:\r\n\r\n", "200 close"),
	};

	CHECK(rows);
}

/* RFC 9112 section 6.3, rule 4. */
static void transfer_encoding_overrides_length_and_ends_in_chunked(void **state)
{
	static const struct row rows[] = {
		T(OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
		  "200 chunked end"),
		T(OK "Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
		  "200 chunked end"),
		T(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "200 chunked end"),
		T(OK "Transfer-Encoding: gzip;q=1,chunked\r\n\r\n0\r\n\r\n", "200 chunked end"),
		T(OK "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  "200 chunked end"),
		T(OK "Transfer-Encoding: chunked, \r\n\r\n0\r\n\r\n", "200 chunked end"),
		T(OK "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding: chunked, gzip\r\nContent-Length: 3\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding: chunked;a=b\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding: gzip;a=\"b, chunked\"\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding: chunkedx\r\nContent-Length: 3\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\n", "200 close"),
		T(OK "Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc", "200 length 3 +3"),
		T("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		  "request chunked end"),
		T("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n",
		  "request close"),
	};

	CHECK(rows);
}

#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* RFC 9112 section 7.1. */
static void chunks_are_followed_to_the_end_of_the_trailer(void **state)
{
	static const struct row rows[] = {
		T(CHUNKED "5\r\nhello\r\n0\r\n\r\n" OK "\r\n", "200 chunked +5 end 200 close"),
		T(CHUNKED "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "200 chunked +1 +2 end"),
		T(CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
		  "200 chunked +10 +10 end"),
		T(CHUNKED "1f\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
		  "200 chunked +31 end"),
		T(CHUNKED "00002\r\n\r\n\r\n000\r\n\r\n", "200 chunked +2 end"),
		T(CHUNKED "2;a=b\r\nhi\r\n0;c=\"d;9\"\r\n\r\n", "200 chunked +2 end"),
		T(CHUNKED "2 ;5\r\nhi\r\n0\t\r\n\r\n", "200 chunked +2 end"),
		T(CHUNKED "0\r\nX: y\r\nContent-Length: 5\r\n\r\n" OK "\r\n",
		  "200 chunked end 200 close"),
		T(CHUNKED "0\r\nX: y\r\n z\r\n", "200 chunked ..."),
		T(CHUNKED "4\r\n0\r\n\r", "200 chunked +4 ..."),
		T(CHUNKED "5\r\nhe", "200 chunked +2 ..."),
		T(CHUNKED "fffffffffffffff\r\n", "200 chunked ..."),
		T(CHUNKED "10000000000000000\r\n", "200 chunked bad@62"),
		T(CHUNKED "00000000000000000000000000000001\r\na\r\n0\r\n\r\n",
		  "200 chunked +1 end"),
	};

	CHECK(rows);
}

static void what_is_no_chunk_is_refused(void **state)
{
	static const struct row rows[] = {
		T(CHUNKED "\r\n", "200 chunked bad@47"),
		T(CHUNKED ";a\r\n", "200 chunked bad@47"),
		T(CHUNKED "g\r\n", "200 chunked bad@47"),
		T(CHUNKED "\n", "200 chunked bad@47"),
		T(CHUNKED "0x1\r\n", "200 chunked bad@48"),
		T(CHUNKED "1\0\r\n", "200 chunked bad@48"),
		T(CHUNKED "1\r\na\r\n\r\n", "200 chunked +1 bad@53"),
		T(CHUNKED "1\r\nabc\r\n0\r\n\r\n", "200 chunked +1 bad@51"),
	};

	CHECK(rows);
}

static void pipelined_messages_do_not_colour_each_other(void **state)
{
	static const struct row rows[] = {
		T(GET "\r\n" GET "\r\n" GET "\r\n", "request none request none request none"),
		T(GET "Upgrade: websocket\r\n\r\n" GET "\r\n",
		  "request websocket none request none"),
		T("HEAD / HTTP/1.1\r\n\r\n" GET "\r\n", "HEAD none request none"),
		T("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET " GET "\r\n",
		  "request length 4 +4 request none"),
		T("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "4\r\nGET \r\n0\r\nUpgrade: websocket\r\n\r\n" GET "\r\n",
		  "request chunked +4 end request none"),
		T(OK "Content-Length: 2\r\n\r\nab" CHUNKED "1\r\na\r\n0\r\n\r\n" OK
		     "Content-Length: 1\r\n\r\na" SWITCH "Upgrade: websocket\r\n\r\n",
		  "200 length 2 +2 200 chunked +1 end 200 length 1 +1 101 websocket none"),
		T("HTTP/1.1 500 a\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\na"
		  "HTTP/1.1 301 b\r\n\r\n",
		  "500 other length 1 +1 301 close"),
	};

	CHECK(rows);
}

static void what_is_not_http_1_is_refused_at_its_first_odd_byte(void **state)
{
	static const struct row rows[] = {
		T("\x16\x03\x01\x02\x00\x01", "bad@0"), /* TLS, RFC 8446 section 5.1 */
		T("\x81\x85\x01\x02\x03\x04", "bad@0"), /* a frame */
		T("\0", "bad@0"),
		T(" GET / HTTP/1.1\r\n", "bad@0"),
		T("get / HTTP/1.1\r\n", "bad@0"),
		T("G\xc5T / HTTP/1.1\r\n", "bad@1"),
		T("GET\0/ HTTP/1.1\r\n", "bad@3"),
		T("GET\r\n", "bad@3"),
		T("GET\n", "bad@3"),
		T("GET/1.1 / HTTP/1.1\r\n", "bad@3"),
		T("ABCDEFGHIJKLMNOPQRST / HTTP/1.1\r\n\r\n", "request none"),
		T("ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\r\n\r\n", "bad@20"),
		T("*1\r\n$4\r\nPING\r\n", "bad@0"),
		T("HTTP/1.1\r\n", "bad@8"),
		T("HTTP/2 200\r\n\r\n", "bad@6"),
		T("HTTP/11.1 200\r\n\r\n", "bad@9"),
		T("HTTP/1.10 200\r\n\r\n", "bad@9"),
		T("HTTP/1.A 200\r\n\r\n", "bad@8"),
		T("HTTP/1.- 200\r\n\r\n", "bad@8"),
		T("HTTP/HTTP/1.1 200\r\n\r\n", "bad@9"),
		T("HTTP/1. 200\r\n\r\n", "bad@7"),
		T("HTTPS/1.1 200\r\n\r\n", "bad@5"),
		T("XHTTP/1.1 200\r\n\r\n", "bad@5"),
		T("HTTP/1.1 20\r\n\r\n", "bad@11"),
		T("HTTP/1.1 20\n\n", "bad@11"),
		T("HTTP/1.1 \n\n", "bad@9"),
		T("HTTP/1.1  200 OK\r\n", "bad@9"),
		T("HTTP/1.1 2x0 OK\r\n", "bad@10"),
		T("HTTP/1.1 2000 OK\r\n", "bad@12"),
	};

	CHECK(rows);
}

static void http_2_preface_is_told_from_a_request(void **state)
{
	static const struct row rows[] = {
		T("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4", "PRI none"),
		T("PRIX * HTTP/1.1\r\n\r\n", "request none"),
		T("APRI * HTTP/1.1\r\n\r\n", "request none"),
	};

	CHECK(rows);
}

static void hostile_bytes_in_values_change_nothing(void **state)
{
	static const struct row rows[] = {
		T("GET /\0\xff\x80 HTTP/1.1\r\nA: \0\xff\x01\r\n\r\n", "request none"),
		T("HTTP/1.1 200 \0\xff\r\nContent-Length: 1\r\n\r\n\0", "200 length 1 +1"),
		T(GET "A: b\0\nUpgrade: websocket\r\n\r\n", "request websocket none"),
	};

	CHECK(rows);
}

/* Feeds n times c. Returns the last event. */
static int feed(struct http_scan *h, size_t n, __u8 c)
{
	int ev = HTTP_MORE;

	while (n-- && ev == HTTP_MORE)
		ev = http_byte(h, c);
	return ev;
}

static int feed_text(struct http_scan *h, const char *text)
{
	int ev = HTTP_MORE;

	while (*text && ev == HTTP_MORE)
		ev = http_byte(h, *text++);
	return ev;
}

/* Counters that wrap would make a long line look like an empty one: 2^16 is where __u16 does. */
static void lengths_beyond_any_counter_neither_match_nor_end_a_head(void **state)
{
	static const size_t lens[] = { 30, 31, 32, 33, 255, 256, 257, 65535, 65536, 65537, 131072 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t n = lens[i];
		struct http_scan h = {};

		assert_int_equal(feed_text(&h, "GET /"), HTTP_MORE);
		assert_int_equal(feed(&h, n, 'a'), HTTP_MORE);
		assert_int_equal(feed_text(&h, "\r\n"), HTTP_MORE);
		assert_int_equal(h.state, HTTP_NAME);
		assert_int_equal(feed(&h, n, 'n'), HTTP_MORE);
		assert_int_equal(feed_text(&h, "\n"), HTTP_MORE);
		assert_int_equal(feed(&h, n, 'n'), HTTP_MORE);
		assert_int_equal(feed_text(&h, "upgrade: websocket\r\n"), HTTP_MORE);
		assert_int_equal(feed(&h, n, 'n'), HTTP_MORE);
		assert_int_equal(feed_text(&h, " upgrade: websocket\r\n"), HTTP_MORE);
		assert_int_equal(feed_text(&h, "a: "), HTTP_MORE);
		assert_int_equal(feed(&h, n, 'v'), HTTP_MORE);
		assert_int_equal(feed_text(&h, "\r\n"), HTTP_MORE);
		assert_int_equal(h.flags, 0);
		assert_int_equal(feed_text(&h, "upgrade: "), HTTP_MORE);
		assert_int_equal(feed(&h, n, 'v'), HTTP_MORE);
		assert_int_equal(feed_text(&h, "websocket\r\n"), HTTP_MORE);
		assert_int_equal(h.flags, HTTP_OTHER_UPGRADE);
		assert_int_equal(feed_text(&h, "upgrade: "), HTTP_MORE);
		assert_int_equal(feed(&h, n, ' '), HTTP_MORE);
		assert_int_equal(feed_text(&h, "websocket\r\n"), HTTP_MORE);
		assert_int_equal(h.flags, HTTP_OTHER_UPGRADE | HTTP_UPGRADE);
		assert_int_equal(feed_text(&h, "\r\n"), HTTP_END);

		http_next(&h);
		assert_int_equal(feed_text(&h, "HTTP/1.1 101 "), HTTP_MORE);
		assert_int_equal(feed(&h, n, '7'), HTTP_MORE);
		assert_int_equal(h.status, 101);
		assert_int_equal(feed_text(&h, "\r\n\r\n"), HTTP_END);
	}
}

static void content_may_be_larger_than_32_bits_count(void **state)
{
	struct http_scan h = {};

	assert_int_equal(feed_text(&h, OK "Content-Length: 5000000000\r\n\r\n"), HTTP_END);
	assert_int_equal(http_body(&h, 0), HTTP_LENGTH_BODY);
	assert_true(http_data(&h) == 5000000000);
	assert_true(http_skip(&h, 4999999999) == 4999999999);
	assert_int_equal(http_data(&h), 1);
	assert_int_equal(http_skip(&h, 10), 1);
	assert_int_equal(http_data(&h), 0);
	assert_int_equal(feed_text(&h, CHUNKED), HTTP_END);
	assert_int_equal(http_body(&h, 0), HTTP_CHUNKED_BODY);
	for (const char *p = "100000001\r\n"; *p; p++)
		assert_int_equal(http_byte(&h, *p), HTTP_BODY);
	assert_true(http_skip(&h, ~0ull) == 0x100000001);
	assert_int_equal(http_data(&h), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proxy_headers_come_before_the_first_request_only),
		cmocka_unit_test(request_heads_end_at_their_empty_line),
		cmocka_unit_test(line_ends_may_lack_their_cr_and_empty_lines_come_first),
		cmocka_unit_test(statuses_are_read_and_say_whether_a_body_follows),
		cmocka_unit_test(upgrade_names_websocket_in_any_case_and_among_others),
		cmocka_unit_test(header_names_match_whole_and_in_any_case),
		cmocka_unit_test(folded_lines_belong_to_the_value_before),
		cmocka_unit_test(content_length_is_one_number),
		cmocka_unit_test(transfer_encoding_overrides_length_and_ends_in_chunked),
		cmocka_unit_test(chunks_are_followed_to_the_end_of_the_trailer),
		cmocka_unit_test(what_is_no_chunk_is_refused),
		cmocka_unit_test(pipelined_messages_do_not_colour_each_other),
		cmocka_unit_test(what_is_not_http_1_is_refused_at_its_first_odd_byte),
		cmocka_unit_test(http_2_preface_is_told_from_a_request),
		cmocka_unit_test(hostile_bytes_in_values_change_nothing),
		cmocka_unit_test(lengths_beyond_any_counter_neither_match_nor_end_a_head),
		cmocka_unit_test(content_may_be_larger_than_32_bits_count),
	};

	return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
