// SPDX-License-Identifier: GPL-2.0-only
/* Bodies of real servers' refusals, and the verdicts that they make certain. */
#include "events.h"
#include "facts/body.h"

static void body(struct conn *c, const char *text)
{
	struct event e = {};

	e.head.body = (struct span){ text, strlen(text) };
	give(&e, c, EV_BODY);
}

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static void found(void **state)
{
	static const struct {
		const char *text;
		enum body_meaning meaning;
	} rows[] = {
		{ "<html>\r\n<head><title>400 Request Header Or Cookie Too Large</title>",
		  BODY_HEAD },
		{ "<html>\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>",
		  BODY_TLS },
		{ "Client sent an HTTP request to an HTTPS server.\n", BODY_TLS },
		{ "20\r\n{\"code\":1,\"message\":\"Session ID unknown\"}", BODY_SESSION },
		{ "No Connection with that ID", BODY_SESSION },
		{ "Cross origin websockets not allowed", BODY_ORIGIN },
		{ "Origin https://a.example is not allowed.", BODY_ORIGIN },
		{ "Invalid Host header", BODY_HOST },
		{ "Can \"Upgrade\" only to \"WebSocket\".", BODY_UPGRADE },
		{ "no healthy upstream", BODY_NO_UPSTREAM },
		{ "upstream connect error or disconnect/reset before headers. reset reason: "
		  "connection failure",
		  BODY_UNREACHED },
		{ "upstream connect error or disconnect/reset before headers. reset reason: "
		  "protocol error",
		  BODY_BROKEN },
		{ "upstream request timeout", BODY_LATE },
		{ "Too many connections", BODY_LIMIT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct body_words *w =
			body_find((struct span){ rows[i].text, strlen(rows[i].text) });

		if (!w || w->meaning != rows[i].meaning)
			fail_msg("'%s' is not found", rows[i].text);
	}
	assert_null(body_find((struct span){ "<html>Bad Request", 17 }));
	assert_null(body_find((struct span){ "", 0 }));
	/* bytes behind the end do not count */
	assert_null(body_find((struct span){ "no healthy upstream", 18 }));
}

/* Returns a connection that was answered with a body, which comes later. */
static struct conn *refused(const char *answer, const char *text)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:443", "10.0.0.9:5000");

	request(c, GET, FULL "Origin: https://a.example\r\n");
	response(c, answer, "Content-Length: 100\r\n");
	assert_string_equal(t.told, "");
	body(c, text);
	return c;
}

#define CASE(name, answer, text, rule, what)            \
	static void name(void **state)                  \
	{                                               \
		refused(answer, text);                  \
		settles();                              \
		assert_string_equal(t.told, rule);      \
		says(what);                             \
		assert_int_equal(t.certainty, CERTAIN); \
		told(rule);                             \
	}

CASE(tls, "400 Bad Request", "The plain HTTP request was sent to HTTPS port", "tls-mismatch",
     "where TLS is spoken")
CASE(origin, "403 Forbidden", "Origin not allowed", "origin-403", "Origin https://a.example")
CASE(head_size, "400 Bad Request", "Request Header Or Cookie Too Large", "too-large-head",
     "larger than it takes; it says")
CASE(session, "404 Not Found", "No Connection with that ID", "sticky", "another server has made")
CASE(no_upstream, "503 Service Unavailable", "no healthy upstream", "upstream-down", "that is up")
CASE(unreached, "503 x", "reset before headers. reset reason: connection failure, x",
     "upstream-down", "could not connect to its upstream")
CASE(late, "504 Gateway Timeout", "upstream request timeout", "upstream-mute", "did not answer")
CASE(no_upgrade, "400 Bad Request", "Can \"Upgrade\" only to \"WebSocket\".", "refused",
     "for a WebSocket's (400)")
CASE(limit, "429 x", "Too Many Requests", "refused", "since a limit is reached")

/* A proxy's answer may be that of an upstream that is not seen. */
static void no_upgrade_behind(void **state)
{
	struct conn *c = opens(WST_SERVER, "haproxy", 7, "10.0.0.1:443", "10.0.0.9:5000");

	request(c, GET, FULL);
	response(c, "426 Upgrade Required", "Content-Length: 16\r\n");
	body(c, "Upgrade Required");
	told("refused");
	says("haproxy on 10.0.0.1:443, or an upstream of it that is not seen");
	assert_string_equal(t.hop, "");
}

/* The words of the table are shown, never the body, which may hold secrets. */
static void secrets(void **state)
{
	refused("403 Forbidden", "Origin token=hunter2 is not allowed");
	told("origin-403");
	assert_null(strstr(t.text, "hunter2"));
	says("\"origin ... is not allowed\"");
}

/* A body that says nothing known leaves what the head says. */
static void unknown(void **state)
{
	body(refused("400 Bad Request", "<html>"), "<html>sorry");
	assert_string_equal(t.told, "");
	told("refused");
	assert_null(strstr(t.text, "it says"));
}

/* HAProxy says of a head over its buffer what it says of any that is wrong. */
static void invalid_or_too_large(void **state)
{
	char headers[17000] = FULL "Cookie: ";
	size_t n = strlen(headers);

	for (int i = 0; i < 2; i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		memset(headers + n, 'y', i ? 16500 - n : 300);
		strcpy(headers + (i ? 16500 : n + 300), "\r\n");
		c = opens(WST_SERVER, "haproxy", 7, "10.0.0.1:443", "10.0.0.9:5000");
		request(c, GET, headers);
		response(c, "400 Bad request", "Content-Length: 90\r\n");
		body(c, "<h1>400 Bad request</h1>\nYour browser sent an invalid request.\n");
		told(i ? "too-large-head" : "refused");
	}
	assert_int_equal(t.certainty, LIKELY);
}

/* A polling request asks for no WebSocket. */
static void polling(void **state)
{
	struct conn *c = opens(WST_SERVER, "node", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1", "");
	response(c, "400 Bad Request", "Transfer-Encoding: chunked\r\n");
	body(c, "29\r\n{\"code\":1,\"message\":\"Session ID unknown\"}");
	told("sticky");
	says("it says \"session id unknown\"");
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		TEST(tls),
		TEST(invalid_or_too_large),
		TEST(no_upgrade_behind),
		TEST(origin),
		TEST(head_size),
		TEST(session),
		TEST(no_upstream),
		TEST(unreached),
		TEST(late),
		TEST(no_upgrade),
		TEST(limit),
		TEST(secrets),
		TEST(unknown),
		TEST(polling),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
