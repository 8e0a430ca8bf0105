// SPDX-License-Identifier: GPL-2.0-only
/* Recorded handshakes: each must give exactly its verdict, and the mended one none. */
#include "facts/fact_text.h"
#include "events.h"

#define ACCEPTED "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define UP_ACCEPT "Connection: Upgrade\r\n" ACCEPTED
#define PROTOCOLS "Sec-WebSocket-Protocol: a, b\r\n"

/* One request for each fault; what the row says is all that comes. */
static void requests(void **state)
{
	static const struct {
		const char *first, *headers, *rule;
	} rows[] = {
		{ GET, FULL, "" },
		{ GET, "Sec-WebSocket-Key: " KEY "\r\n", "upgrade-stripped" },
		{ "GET /ws HTTP/1.0", FULL, "upstream-http10" },
		{ GET, "Upgrade: upgrade\r\nSec-WebSocket-Key: " KEY "\r\n", "upgrade-value" },
		{ GET, "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Key: " KEY "\r\n",
		  "connection-token" },
		{ GET,
		  "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
		  "Sec-WebSocket-Key: " KEY "\r\n",
		  "" },
		{ GET, ASK, "no-key" },
		{ GET, ASK "Sec-WebSocket-Key: short\r\n", "bad-key" },
		{ GET, ASK "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n", "bad-key" },
		{ GET, "Upgrade: h2c\r\nConnection: Upgrade\r\n", "" },
		{ GET, "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		request(opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000"), rows[i].first,
			rows[i].headers);
		told(rows[i].rule);
	}
}

static void answers(void **state)
{
	static const struct {
		const char *headers, *first, *answer, *rule;
	} rows[] = {
		{ FULL, "101 Switching Protocols", YES, "" },
		{ FULL, "101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade\r\n",
		  "bad-101" },
		{ FULL, "101 Switching Protocols",
		  "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n", "bad-101" },
		{ FULL, "101 Switching Protocols",
		  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Accept: AAAA\r\n",
		  "bad-accept" },
		{ FULL "Sec-WebSocket-Protocol: a, b\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Protocol: b\r\n", "" },
		{ FULL "Sec-WebSocket-Protocol: a, b\r\n", "101 Switching Protocols",
		  YES "Sec-WebSocket-Protocol: B\r\n", "subprotocol" },
		{ FULL, "101 Switching Protocols", YES "Sec-WebSocket-Protocol: a\r\n",
		  "subprotocol" },
		{ FULL "Sec-WebSocket-Protocol: a\r\n", "101 Switching Protocols", YES, "" },
		{ FULL, "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate\r\n",
		  "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
		      "server_max_window_bits=15\r\n",
		  "" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate\r\n",
		  "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n",
		  "extension" },
		{ FULL "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
		  "101 Switching Protocols",
		  YES "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=7\r\n",
		  "extension" },
		{ FULL "Origin: https://www.example.org\r\n", "403 Forbidden", "", "origin-403" },
		{ FULL "Origin: https://example.com:8443\r\n", "403 Forbidden", "", "origin-403" },
		{ FULL "Origin: https://example.com\r\n", "403 Forbidden", "", "refused" },
		{ FULL "Origin: http://EXAMPLE.com:80\r\n", "403 Forbidden", "", "refused" },
		{ FULL "Origin: https://example.com:80\r\n", "403 Forbidden", "", "origin-403" },
		{ FULL "Origin: null\r\n", "403 Forbidden", "", "origin-403" },
		{ FULL, "302 Found", "Location: /x?token=secret\r\n", "redirect" },
		{ FULL, "300 Multiple Choices", "", "redirect" },
		{ FULL, "302 Found", "Location:\r\n", "redirect" },
		{ FULL, "404 Not Found", "", "not-found" },
		{ FULL, "401 Unauthorized", "", "auth" },
		{ FULL, "502 Bad Gateway", "", "refused" },
		{ FULL, "504 Gateway Time-out", "", "upstream-mute" },
		{ FULL, "200 OK", "", "refused" },
		{ "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
		  "Sec-WebSocket-Key: " KEY "\r\n",
		  "426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "bad-version" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, rows[i].headers);
		response(c, rows[i].first, rows[i].answer);
		t.now += 2 * S; /* a 401 is no end where credentials follow */
		told(rows[i].rule);
		assert_null(strstr(t.text, "secret"));
		assert_null(strstr(t.text, " : "));
	}
}

/* node's ws answers 401 to an Origin that its verifyClient does not take. */
static void auth_or_origin(void **state)
{
	struct conn *c = opens(WST_SERVER, "node", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, GET, FULL "Origin: https://b.example\r\n");
	response(c, "401 Unauthorized", "");
	t.now += 2 * S;
	told("auth");
	assert_non_null(strstr(t.text, "or it does not take the Origin https://b.example"));
}

/* What others asked for a moment before is shown without secrets, too, and so is the summary. */
static void others_secrets(void **state)
{
	static const char *const asked[][2] = {
		{ "GET ws://me:secret@example.com/ws HTTP/1.1",
		  "GET ws://me:secret@example.com/ws/ HTTP/1.1" },
		{ "GET /ws#token=secret HTTP/1.1", "GET /WS#token=secret HTTP/1.1" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, asked[i][0], FULL);
		response(c, "101 x", YES);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5001");
		request(c, asked[i][1], ASK "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
		response(c, "404 Not Found", "");
		told("not-found");
		assert_non_null(strstr(t.text, "though it has opened"));
		assert_null(strstr(t.text, "secret"));
		assert_null(strstr(t.fix, "secret"));
		assert_null(strstr(diagnose__verdict(t.d, 0)->path, "secret"));
	}
}

/* Bytes of TLS hold zeros, which do not end the sentence. */
static void zeros_in_place_of_a_frame(void **state)
{
	struct wst_opaque tls = { .h.dir = WST_S2C, .why = WST_WHY_TLS_IN_WS, .n = 6 };
	struct event e = { .opaque = &tls };

	memcpy(tls.first, "\x16\3\1\0\x7a!", 6);
	give(&e, websocket(), EV_OPAQUE);
	told("http-after-101");
	assert_non_null(strstr(t.text, "'\x16\3\1\xef\xbf\xbdz!'"));
}

static void sticky(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, "GET /socket.io/?EIO=4&transport=websocket&sid=abc HTTP/1.1", FULL);
	response(c, "400 Bad Request", "");
	told("sticky");
}

#define SWITCH "101 Switching Protocols"
#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate"

/* What Chromium and node's ws reject in a 101, and the words for it. */
static void flaws(void **state)
{
	static const struct {
		const char *asked, *answer, *rule, *says;
	} rows[] = {
		{ "", YES "Upgrade: websocket\r\n", "bad-101", "has 2 Upgrade headers" },
		{ "", "Upgrade: h2c, websocket\r\n" UP_ACCEPT, "bad-101", "'h2c, websocket'" },
		{ "", "Upgrade: websocket\r\nConnection: close\r\n" ACCEPTED, "bad-101",
		  "'close', which does not name upgrade" },
		{ "", "Upgrade: websocket\r\n" ACCEPTED, "bad-101", "lacks Connection" },
		{ "", YES ACCEPTED, "bad-101", "has 2 Sec-WebSocket-Accept headers" },
		{ "", YES "Transfer-Encoding: chunked\r\n", "bad-101", "has Transfer-Encoding" },
		{ "", YES "Content-Length: 5\r\n", "bad-101", "has Content-Length" },
		{ "", YES "Content-Length: 0\r\n", "", NULL },
		{ "", "Upgrade: WebSocket\r\nConnection: keep-alive\r\n" UP_ACCEPT, "", NULL },
		{ "",
		  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
		  "bad-accept", "does not fit the key" },
		{ PROTOCOLS, YES PROTOCOLS, "subprotocol", "several subprotocols" },
		{ PROTOCOLS, YES "Sec-WebSocket-Protocol: \r\n", "subprotocol",
		  "an empty Sec-WebSocket-Protocol" },
		{ "", YES "Sec-WebSocket-Protocol: \r\n", "subprotocol", "offered none" },
		{ PROTOCOLS, YES, "subprotocol", "none of the subprotocols 'a, b'" },
		{ PROTOCOLS, YES "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n",
		  "subprotocol", "has 2 Sec-WebSocket-Protocol" },
		{ DEFLATE "; client_max_window_bits\r\n",
		  YES DEFLATE "; client_max_window_bits\r\n", "extension",
		  "client_max_window_bits without a value" },
		{ "", YES DEFLATE "\r\n", "extension",
		  "grants permessage-deflate, an extension that was not offered" },
		{ DEFLATE "\r\n", YES DEFLATE ", permessage-deflate\r\n", "extension",
		  "permessage-deflate twice" },
		{ DEFLATE "\r\n", YES DEFLATE "; server_no_context_takeover=1\r\n", "extension",
		  "server_no_context_takeover with a value" },
		{ DEFLATE "\r\n",
		  YES DEFLATE "; server_max_window_bits=9; server_max_window_bits=9\r\n",
		  "extension", "server_max_window_bits twice" },
		{ DEFLATE "\r\n", YES "Sec-WebSocket-Extensions: \r\n", "extension", "empty" },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool goes_on = i & 1;
		struct conn *c;
		char asked[512];

		teardown(state);
		setup(state);
		snprintf(asked, sizeof(asked), "%s%s", FULL, rows[i / 2].asked);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, asked);
		response(c, SWITCH, rows[i / 2].answer);
		t.now += MS;
		if (goes_on) {
			frame(c, WST_C2S, 0x81, 5);
			closing(c, WST_C2S, 1000, "");
			closing(c, WST_S2C, 1000, "");
		}
		ends(c, WST_FIN, WST_FIRST_REMOTE, 0);
		told(goes_on && strstr(rows[i / 2].answer, "Accept") && rows[i / 2].says &&
				     strstr(rows[i / 2].says, "none of") ?
			     "" :
			     rows[i / 2].rule);
		if (!*t.told)
			continue;
		assert_non_null(strstr(t.text, rows[i / 2].says));
		assert_int_equal(t.severity, goes_on ? SEV_WARNING : SEV_ERROR);
	}
}

/* What works is no error, whatever its headers look like. */
static void works_all_the_same(void **state)
{
	static const char *const requests[] = {
		"Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Key: " KEY "\r\n",
		ASK "Sec-WebSocket-Key: short\r\n",
		ASK,
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, requests[i]);
		response(c, SWITCH,
			 i == 0 ? YES :
				  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
				  "Sec-WebSocket-Accept: x\r\n");
		frame(c, WST_C2S, 0x81, 5);
		t.now += 3 * S;
		told(i == 0 ? "" : "bad-accept");
		if (*t.told)
			assert_int_equal(t.severity, SEV_WARNING);
	}
}

/* Negotiate: a 401, and the same request with credentials, here or on a new connection. */
static void credentials(void **state)
{
	for (int how = 0; how < 4; how++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, GET, FULL);
		response(c, "401 Unauthorized", "WWW-Authenticate: Negotiate\r\n");
		t.now += S;
		if (how == 1) {
			ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
			c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5001");
		}
		if (how == 2)
			t.now += 3 * S;
		diagnose__tick(t.d, t.now);
		assert_string_equal(t.told, how == 2 ? "auth" : "");
		if (how < 3) {
			request(c, GET, FULL "Authorization: Negotiate YII=\r\n");
			response(c, SWITCH, YES);
		}
		t.now += 3 * S;
		diagnose__tick(t.d, t.now);
		told(how < 2 ? "" : "auth");
	}
}

static void asks(const char *target, const char *origin, const char *answer)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
	char first[128], headers[512];

	snprintf(first, sizeof(first), "GET %s HTTP/1.1", target);
	snprintf(headers, sizeof(headers), "%sOrigin: %s\r\n", FULL, origin);
	request(c, first, headers);
	t.now += MS;
	response(c, answer, answer[0] == '1' ? YES : "Content-Type: text/html\r\n");
	t.now += 2 * S;
}

/* What worked a moment ago is not the cause now. */
static void contrast(void **state)
{
	static const struct {
		const char *worked_target, *worked_origin, *answer, *rule, *says;
	} rows[] = {
		{ "/ws?token=right", "https://app.example.com", "403 Forbidden", "refused",
		  "the same path, Origin and Host" },
		{ "/ws", "https://app.example.com", "404 Not Found", "refused", "same path" },
		{ "/other", "https://app.example.com", "403 Forbidden", "refused",
		  "the Origin is not the cause" },
		{ "/ws", "https://example.com", "403 Forbidden", "origin-403",
		  "opened the same path for https://example.com" },
		{ "/ws", "https://example.com", "404 Not Found", "origin-403", "probably" },
		{ "/other", "https://example.com", "403 Forbidden", "origin-403", "probably" },
		{ "/other", "https://example.com", "404 Not Found", "not-found", "does not know" },
		{ "/other", "https://example.com", "200 OK", "refused", "a page (text/html)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		asks(rows[i].worked_target, rows[i].worked_origin, SWITCH);
		asks("/ws?token=wrong", "https://app.example.com", rows[i].answer);
		told(rows[i].rule);
		if (!strstr(t.text, rows[i].says))
			fail_msg("'%s' is not in '%s'", rows[i].says, t.text);
		assert_int_equal(t.certainty, !!strstr(t.text, "probably"));
	}
}

/* A server may answer before it has read all of a request. */
static void answer_comes_first(void **state)
{
	struct conn *c = opens(WST_SERVER, "nginx", 7, "10.0.0.1:80", "10.0.0.9:5000");
	char headers[10000] = FULL "Cookie: a=";

	memset(headers + strlen(headers), 'x', 9000);
	strcat(headers, "\r\n");
	response(c, "400 Bad Request", "");
	request(c, GET, headers);
	ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
	told("too-large-head");
	assert_non_null(strstr(t.text, "400 Bad Request, probably"));
	assert_non_null(strstr(t.text, "large_client_header_buffers"));
}

static void too_large(void **state)
{
	static const struct {
		const char *comm, *answer, *rule;
		bool cut;
		int certainty;
		size_t len;
	} rows[] = {
		{ "node", "431 Request Header Fields Too Large", "too-large-head", true, CERTAIN,
		  17000 },
		{ "python3", "400 Bad Request", "too-large-head", false, LIKELY, 9000 },
		{ "python3", NULL, "too-large-head", true, LIKELY, 17000 },
		{ "python3", "400 Bad Request", "refused", false, CERTAIN, 900 },
		{ "app", "403 Forbidden", "", true, CERTAIN, 17000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;
		char *headers = calloc(1, 20000);

		teardown(state);
		setup(state);
		t.cut = rows[i].cut;
		c = opens(WST_SERVER, rows[i].comm, 7, "10.0.0.1:80", "10.0.0.9:5000");
		strcpy(headers, FULL "Cookie: a=");
		memset(headers + strlen(headers), 'x', rows[i].len);
		request(c, GET, headers);
		t.cut = false;
		if (rows[i].answer)
			response(c, rows[i].answer, "");
		ends(c, WST_FIN, WST_FIRST_LOCAL, 0);
		told(rows[i].rule);
		assert_int_equal(t.certainty, rows[i].certainty);
		if (strstr(t.told, "large"))
			assert_non_null(strstr(t.text, i == 1 ? " 9" : " 17"));
		free(headers);
	}
}

/* Requests of a framework that belong to a WebSocket, and the session is another server's. */
static void sticky_polling(void **state)
{
	static const struct {
		const char *first, *answer, *rule;
	} rows[] = {
		{ "GET /socket.io/?EIO=4&transport=polling&sid=a HTTP/1.1", "400 Bad Request",
		  "sticky" },
		{ "POST /socket.io/?EIO=4&transport=polling&sid=a HTTP/1.1", "200 OK", "" },
		{ "GET /socket.io/?EIO=4&transport=polling HTTP/1.1", "400 Bad Request", "" },
		{ "POST /echo/000/abc/xhr_send HTTP/1.1", "404 Not Found", "sticky" },
		{ "GET /page?id=7 HTTP/1.1", "404 Not Found", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn *c;

		teardown(state);
		setup(state);
		c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");
		request(c, rows[i].first, "");
		response(c, rows[i].answer, "");
		told(rows[i].rule);
	}
	teardown(state);
	setup(state);
	asks("/hub?id=abc", "https://example.com", "404 Not Found");
	told("sticky");
}

/* Every fact that a rule names is one, and every rule is explained. */
static void tables(void **state)
{
	for (const struct rule *const *table = rule_tables; *table; table++)
		for (const struct rule *r = *table; r->id; r++) {
			assert_non_null(rule_help(r->id));
			for (const char *p = r->evidence; *p; p += strcspn(p, " "), p += *p == ' ')
				assert_non_null(fact_text_find(p, strcspn(p, " ")));
			for (const char *p = strchr(r->says, '{'); p; p = strchr(p + 1, '{'))
				assert_non_null(fact_text_find(p + 1, strcspn(p + 1, "}")));
			if (r->certainty == LIKELY)
				assert_non_null(strstr(r->says, "probably"));
			else
				assert_null(strstr(r->says, "probably"));
			if (r->hop && *r->hop)
				assert_non_null(fact_text_find(r->hop, strlen(r->hop))->hop);
		}
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		TEST(requests),		  TEST(answers),
		TEST(auth_or_origin),	  TEST(sticky),
		TEST(sticky_polling),	  TEST(flaws),
		TEST(works_all_the_same), TEST(credentials),
		TEST(contrast),		  TEST(answer_comes_first),
		TEST(too_large),	  TEST(tables),
		TEST(others_secrets),	  TEST(zeros_in_place_of_a_frame),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
