// SPDX-License-Identifier: GPL-2.0-only
/* Recorded handshakes: each must give exactly its verdict, and the mended one none. */
#include "facts/fact_text.h"
#include "events.h"

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
		told(rows[i].rule);
		assert_null(strstr(t.text, "secret"));
	}
}

static void sticky(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, "GET /socket.io/?EIO=4&transport=websocket&sid=abc HTTP/1.1", FULL);
	response(c, "400 Bad Request", "");
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
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests),
		TEST(answers),
		TEST(sticky),
		TEST(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
