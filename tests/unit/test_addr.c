// SPDX-License-Identifier: GPL-2.0-only
/* user/lib/addr.h: every prefix length, on IPv6 and on mapped IPv4 addresses. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/addr.h"

static const uint8_t *ip6(const char *text)
{
	static uint8_t addr[16];

	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return addr;
}

static void test_mapped(void **state)
{
	(void)state;
	assert_true(addr_is_mapped(ip6("::ffff:192.0.2.1")));
	assert_true(addr_is_mapped(ip6("::ffff:0.0.0.0")));
	assert_false(addr_is_mapped(ip6("::192.0.2.1")));
	assert_false(addr_is_mapped(ip6("::1")));
	assert_false(addr_is_mapped(ip6("::fffe:192.0.2.1")));
	assert_false(addr_is_mapped(ip6("100::ffff:192.0.2.1")));
	assert_false(addr_is_mapped(ip6("64:ff9b::192.0.2.1")));
}

static void test_map(void **state)
{
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	uint8_t to[16];

	(void)state;
	addr_map(to, true, v4);
	assert_memory_equal(to, ip6("::ffff:192.0.2.1"), 16);
	assert_memory_equal(to + ADDR_MAPPED, v4, 4);
	addr_map(to, false, ip6("2001:db8::7"));
	assert_memory_equal(to, ip6("2001:db8::7"), 16);
}

/* Turning one bit over matters below the prefix length, and nowhere else. */
static void test_prefix(void **state)
{
	uint8_t net[16], addr[16];

	(void)state;
	memcpy(net, ip6("2001:db8:aa55:55aa:ff00:ff:1234:8001"), 16);
	for (unsigned int bits = 0; bits <= 128; bits++) {
		assert_true(addr_in(net, net, bits));
		for (unsigned int i = 0; i < 128; i++) {
			memcpy(addr, net, 16);
			addr[i / 8] ^= 0x80 >> i % 8;
			assert_int_equal(addr_in(addr, net, bits), i >= bits);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
