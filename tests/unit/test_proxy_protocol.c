// SPDX-License-Identifier: GPL-2.0-only
/* decode/proxy_protocol.h: whose connection a proxy passes on, by both versions of its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "decode/proxy_protocol.h"

static void says(const char *p, size_t n, uint8_t version, const char *client)
{
	struct via_proxy v;

	proxy_protocol_parse(p, n, &v);
	assert_int_equal(v.version, version);
	assert_string_equal(v.client, client);
}

static void lines(void **state)
{
	static const struct {
		const char *line, *client;
	} rows[] = {
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n", "192.0.2.1:4711" },
		{ "PROXY TCP6 2001:db8::1 2001:db8::2 4711 80\r\n", "[2001:db8::1]:4711" },
		{ "PROXY UNKNOWN\r\n", "" },
		{ "PROXY UNKNOWN 1.2.3.4 1.2.3.4 1 2\r\n", "" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 4711\r\n", "" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80 90\r\n", "" },
		{ "PROXY TCP4 192.0.2.1 192.0.2.2 70000 80\r\n", "" },
		{ "PROXY TCP4 2001:db8::1 2001:db8::2 4711 80\r\n", "" },
		{ "PROXY TCP6 192.0.2.1 192.0.2.2 4711 80\r\n", "" },
		{ "PROXY TCP4 192.0.2.1;x 192.0.2.2 4711 80\r\n", "" },
		{ "PROXY TCP5 192.0.2.1 192.0.2.2 4711 80\r\n", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		says(rows[i].line, strlen(rows[i].line), 1, rows[i].client);
	says("PROXY TCP4 192.0.2.1\0 192.0.2.2 4711 80\r\n", 41, 1, "");
}

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\xcb\0\x71\7\xc0\0\2\2\x12\x67\0\x50"
#define V6                                                                             \
	"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2" \
	"\x12\x67\0\x50"
#define BINARY(text, client) says(SIGNATURE text, 12 + sizeof(text) - 1, 2, client)

static void binary(void **state)
{
	BINARY("\x21\x11\0\x0c" V4, "203.0.113.7:4711");
	BINARY("\x21\x11\0\x10" V4 "\4\0\1x", "203.0.113.7:4711"); /* a TLV behind it */
	BINARY("\x21\x21\0\x24" V6, "[2001:db8::1]:4711");
	BINARY("\x20\0\0\0", ""); /* LOCAL */
	BINARY("\x20\x11\0\x0c" V4, "");
	BINARY("\x21\0\0\0", ""); /* UNSPEC */
	BINARY("\x21\x31\0\x0c" V4, ""); /* of a unix socket */
	BINARY("\x21\x11\0\x0b" V4, ""); /* too short a length */
	BINARY("\x21\x21\0\x0c" V4, "");
	BINARY("\x21\x11\xff\xff\xcb\0\x71", ""); /* cut off */
	BINARY("\x21\x11\0", "");
	says("", 0, 2, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(binary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
