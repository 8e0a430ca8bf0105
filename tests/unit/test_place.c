// SPDX-License-Identifier: GPL-2.0-only
/* Where a fix goes: what of a request's path a configuration can hold, whatever the path holds. */
#include "events.h"
#include "facts/place.h"
#include "rules/plain.h"

static void location(void **state)
{
	static const struct {
		const char *target, *location;
	} rows[] = {
		{ "/", "/" },
		{ "/ws", "/ws" },
		{ "/ws/", "/ws/" },
		{ "/ws?token=secret", "/ws" },
		{ "/ws/chat#x", "/ws/chat" },
		{ "/socket.io/?EIO=4&transport=websocket", "/socket.io/" },
		{ "/api/v1/ws", "/api/v1/ws" },
		{ "http://example.com:80/ws/a?b", "/ws/a" },
		{ "http://example.com?b", "/" },
		{ "*", "/" },
		/* made up for one client */
		{ "/ws/4711", "/ws/" },
		{ "/echo/123/abcdefgh/websocket", "/echo/" },
		{ "/room/550e8400-e29b-41d4-a716-446655440000/ws", "/room/" },
		{ "/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0", "/t/" },
		/* what would mean something else in a configuration */
		{ "/ws;jsessionid=1", "/" },
		{ "/a/b;c/d", "/a/" },
		{ "/a/{b}", "/a/" },
		{ "/a/$host", "/a/" },
		{ "/a/\"; include /etc/passwd; \"", "/a/" },
		{ "/a/b c", "/a/" },
		{ "/a/%0ab", "/a/" },
		{ "/a/\033[2J", "/a/" },
		{ "/a/\xc3\xa4", "/a/" },
		{ "/a/../b", "/a/" },
		{ "/a//b", "/a/" },
		{ "/a/*", "/a/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = {};

		place_location(&b, rows[i].target);
		buf_char(&b, 0);
		assert_string_equal(b.data, rows[i].location);
		buf_free(&b);
	}
}

/* Two legs of a proxy that takes Upgrade away from target. */
static void strips(const char *target, const char *comm)
{
	char first[512];
	struct conn *a, *b;

	snprintf(first, sizeof(first), "GET %s HTTP/1.1", target);
	a = opens(WST_SERVER, comm, 812, "10.0.0.1:80", "10.0.0.9:51544");
	request(a, first, FULL);
	t.now += MS;
	b = opens(WST_CLIENT, comm, 812, "10.0.0.1:40000", "[2001:db8::5]:9588");
	request(b, first, "Sec-WebSocket-Key: " KEY "\r\n");
	response(b, "404 x", "");
	response(a, "404 x", "");
	told("upgrade-stripped");
}

static void nginx_lines(void **state)
{
	(void)state;
	strips("/ws/4711?token=secret", "nginx");
	assert_string_equal(t.fix, "in nginx, in the location that takes /ws/:\n"
				   "location /ws/ {\n"
				   "    proxy_http_version 1.1;\n"
				   "    proxy_set_header Upgrade $http_upgrade;\n"
				   "    proxy_set_header Connection \"upgrade\";\n"
				   "}");
}

/* Each program gets its own lines, and no other's. */
static void own_lines(void **state)
{
	static const struct {
		const char *comm, *has, *has_not;
	} rows[] = {
		{ "haproxy", "backend that takes /ws", "proxy_set" },
		{ "apache2",
		  "\n<Location \"/ws\">\n"
		  "    ProxyPass \"http://[2001:db8::5]:9588/ws\" upgrade=websocket\n</Location>",
		  "proxy_set" },
		{ "caddy", "\nreverse_proxy /ws [2001:db8::5]:9588", "proxy_set" },
		{ "lighttpd", "\n$HTTP[\"url\"] =~ \"^/ws\" {\n", "proxy_set" },
		{ "envoy", "\n  prefix: \"/ws\"\n", "proxy_set" },
		{ "traefik", "pass Upgrade and Connection on", "proxy_set" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		strips("/ws", rows[i].comm);
		assert_non_null(strstr(t.fix, rows[i].has));
		assert_null(strstr(t.fix, rows[i].has_not));
	}
}

/* A process may have a name with a line's end in it; that makes no line of a configuration. */
static void hostile_name(void **state)
{
	struct conn *c = opens(WST_SERVER, "x\nload_m y;", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	(void)state;
	request(c, GET, FULL);
	response(c, "500 x", "");
	told("refused");
	assert_non_null(strstr(t.fix, "x load_m y; on 10.0.0.1:9588"));
	assert_null(strchr(t.fix, '\n'));
}

/* The program that cut the connection is mended, and not the proxy in front of it. */
static void whose_timeout(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += 60 * S;
	ends(p.b, WST_FIN, 0, 60 * S);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 60 * S);
	told("idle-timeout");
	assert_string_equal(t.listen, "172.16.0.56:9588");
	assert_null(strstr(t.fix, "proxy_read_timeout"));
	assert_non_null(
		strstr(t.fix, "ping every 29 s, less than half of the 60 s that the server waits"));
}

/* The new time-out is longer than the one that was seen. */
static void longer(void **state)
{
	struct two p = proxied_well();

	(void)state;
	t.now += 3600 * S;
	ends(p.b, WST_FIN, WST_FIRST_LOCAL, 3600 * S);
	ends(p.a, WST_FIN, WST_FIRST_LOCAL, 3600 * S);
	told("idle-timeout");
	assert_non_null(strstr(t.fix, "\n    proxy_read_timeout 86400s;\n"));
}

/* Nothing is known but what a file has: no process, no request. */
static void names_from_files(void **state)
{
	struct conn *c = opens(WST_CLIENT, "", 0, "[2001:db8::9]:51544", "[2001:db8::1]:80");

	(void)state;
	request(c, GET, FULL);
	response(c, "101 x", YES);
	t.now += 60 * S;
	ends(c, WST_FIN, 0, 60 * S);
	told("idle-timeout");
	assert_non_null(strstr(t.text, "the server [2001:db8::1]:80 cut"));
	assert_null(strstr(t.text, "51544"));
}

static void plain(void **state)
{
	char *text = rule_plain("{ping_fits}; or{for_place}: location {place} { a; }");

	(void)state;
	assert_string_equal(text, "ping at less than half of it; or: location /path/ { a; }");
	free(text);
	assert_null(rule_plain(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(location),	     TEST(nginx_lines), TEST(own_lines),	TEST(hostile_name),
		TEST(whose_timeout), TEST(longer),	TEST(names_from_files), TEST(plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
