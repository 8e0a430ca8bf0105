// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/capture.c: a TCP segment under every link layer, cut off at every length. Each
 * packet ends at an unreadable page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include "capture/capture.h"
#include "guard.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define MAC "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define SLL "\x00\x00\x03\x04\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00"
#define SLL2 "\x08\x00\x00\x00\x00\x00\x00\x01\x03\x04\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00"
#define TCP                                                \
	"\x9c\x40\x25\x74\xff\xff\xff\xf0\x00\x00\x00\x07" \
	"\x60\x18\x01\x00\x00\x00\x00\x00\x01\x01\x01\x00"
#define PAYLOAD "hello"
#define V4_ADDR "\x0a\x00\x00\x01\x0a\x00\x00\x02"
/* 20 + 24 + 5 bytes, then the same with four of options */
#define V4(len) "\x45\x00\x00" len "\x00\x00\x40\x00\x40\x06\x00\x00" V4_ADDR
#define V4_OPTIONS "\x46\x00\x00\x35\x00\x00\x40\x00\x40\x06\x00\x00" V4_ADDR "\x01\x01\x01\x00"
#define V6_ADDR "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"
#define V6(len, next) "\x60\x00\x00\x00\x00" len next "\x40" V6_ADDR
#define DSTOPTS "\x2c\x01\x01\x0c\0\0\0\0\0\0\0\0\0\0\0\0" /* 16 bytes, a fragment header next */
#define FIRST_FRAGMENT "\x06\x00\x00\x01\0\0\0\x01"
#define LATER_FRAGMENT "\x06\x00\x00\x10\0\0\0\x01"
#define OUTER(protocol) \
	"\x45\x00\x00\x00\x00\x00\x00\x00\x40" protocol "\x00\x00\xc0\x00\x02\x01\xc0\x00\x02\x02"
#define UDP(port) OUTER("\x11") "\x82\x35" port "\x00\x00\x00\x00"
#define INNER V4("\x31") TCP PAYLOAD
#define INNER_ETH MAC "\x08\x00" INNER
#define ROW(link, packet, family)                                 \
	{                                                         \
#packet, link, packet, sizeof(packet) - 1, family \
	}

static const struct row {
	const char *name;
	int linktype;
	const char *p;
	size_t n;
	int family;
} rows[] = {
	ROW(DLT_EN10MB, MAC "\x08\x00" V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_EN10MB, MAC "\x81\x00\x00\x05\x08\x00" V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_EN10MB,
	    MAC "\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd" V6("\x1d", "\x06") TCP PAYLOAD,
	    AF_INET6),
	ROW(DLT_EN10MB, MAC "\x08\x00" V4_OPTIONS TCP PAYLOAD, AF_INET),
	ROW(DLT_EN10MB, MAC "\x08\x00" V4("\x00") TCP PAYLOAD, AF_INET), /* TSO */
	ROW(DLT_EN10MB, MAC "\x86\xdd" V6("\x00", "\x06") TCP PAYLOAD, AF_INET6),
	ROW(DLT_LINUX_SLL, SLL "\x08\x00" V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_LINUX_SLL, SLL "\x86\xdd" V6("\x1d", "\x06") TCP PAYLOAD, AF_INET6),
	ROW(DLT_LINUX_SLL2, SLL2 V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_RAW, V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_RAW, V6("\x35", "\x3c") DSTOPTS FIRST_FRAGMENT TCP PAYLOAD, AF_INET6),
	ROW(DLT_NULL, "\x02\x00\x00\x00" V4("\x31") TCP PAYLOAD, AF_INET),
	ROW(DLT_LOOP, "\x00\x00\x00\x1e" V6("\x1d", "\x06") TCP PAYLOAD, AF_INET6),
	/* tunnels: VXLAN on both ports, GENEVE with an option, GTP-U with an extension header */
	ROW(DLT_RAW, UDP("\x12\xb5") "\x08\0\0\0\0\0\x05\0" INNER_ETH, AF_INET),
	ROW(DLT_RAW, UDP("\x21\x18") "\x08\0\0\0\0\0\x05\0" INNER_ETH, AF_INET),
	ROW(DLT_RAW, UDP("\x17\xc1") "\x01\0\x65\x58\0\0\x05\0\0\0\0\0" INNER_ETH, AF_INET),
	ROW(DLT_RAW, UDP("\x08\x68") "\x30\xff\0\0\0\0\0\x07" INNER, AF_INET),
	ROW(DLT_RAW, UDP("\x08\x68") "\x34\xff\0\0\0\0\0\x07\0\0\0\x85\x01\0\0\0" INNER, AF_INET),
	/* GRE plain and with a key, transparent Ethernet; ERSPAN I, II, III and III with subheader
	 */
	ROW(DLT_RAW, OUTER("\x2f") "\x00\x00\x08\x00" INNER, AF_INET),
	ROW(DLT_RAW, OUTER("\x2f") "\x20\x00\x65\x58\0\0\0\x07" INNER_ETH, AF_INET),
	ROW(DLT_RAW, OUTER("\x2f") "\x00\x00\x88\xbe" INNER_ETH, AF_INET),
	ROW(DLT_RAW, OUTER("\x2f") "\x10\x00\x88\xbe\0\0\0\x01\x10\x05\0\x07\0\0\0\0" INNER_ETH,
	    AF_INET),
	ROW(DLT_RAW,
	    OUTER("\x2f") "\x10\x00\x22\xeb\0\0\0\x01\x20\x05\0\x07\0\0\0\0\0\0\0\0" INNER_ETH,
	    AF_INET),
	ROW(DLT_RAW,
	    OUTER("\x2f") "\x10\x00\x22\xeb\0\0\0\x01\x20\x05\0\x07\0\0\0\0\0\0\0\x01"
			  "\0\0\0\0\0\0\0\0" INNER_ETH,
	    AF_INET),
	ROW(DLT_RAW, OUTER("\x04") INNER, AF_INET),
	ROW(DLT_RAW, OUTER("\x29") V6("\x1d", "\x06") TCP PAYLOAD, AF_INET6),
	ROW(DLT_EN10MB, MAC "\x88\x47\x00\x06\x40\x40\x00\x06\x41\x40" INNER, AF_INET),
	ROW(DLT_EN10MB, MAC "\x88\x47\x00\x06\x41\x40\0\0\0\0" INNER_ETH, AF_INET),
	ROW(DLT_EN10MB, MAC "\x88\x64\x11\x00\x00\x01\x00\x33\x00\x21" INNER, AF_INET),
	ROW(DLT_EN10MB, MAC "\x89\x3f\0\0\0\x01\0\0\x08\x00" INNER, AF_INET),
};

static bool parse(const struct row *r, size_t caplen, size_t len, struct segment *s, bool *fragment)
{
	*fragment = false;
	memset(s, 0xee, sizeof(*s));
	return capture_parse(r->linktype, guard_put(r->p, caplen), caplen, len, s, fragment);
}

static void segment_is_found_under_every_link_layer(void **state)
{
	for (unsigned int i = 0; i < N(rows); i++) {
		struct segment s;
		bool fragment;

		if (!parse(&rows[i], rows[i].n, rows[i].n, &s, &fragment))
			fail_msg("%s", rows[i].name);
		assert_int_equal(s.family, rows[i].family);
		assert_int_equal(s.port[0], 40000);
		assert_int_equal(s.port[1], 9588);
		assert_int_equal(s.seq, 0xfffffff0);
		assert_int_equal(s.ack, 7);
		assert_int_equal(s.flags, 0x18);
		assert_int_equal(s.len, 5);
		assert_int_equal(s.have, 5);
		assert_memory_equal(s.data, PAYLOAD, 5);
		assert_int_equal(s.addr[0][s.family == AF_INET ? 3 : 15], 1);
		assert_int_equal(s.addr[1][s.family == AF_INET ? 3 : 15], 2);
	}
}

static void packet_cut_off_anywhere_keeps_its_true_length(void **state)
{
	for (unsigned int i = 0; i < N(rows); i++) {
		for (size_t n = 0; n < rows[i].n; n++) {
			size_t hdr = rows[i].n - 5;
			struct segment s;
			bool fragment;

			if (!parse(&rows[i], n, rows[i].n, &s, &fragment)) {
				assert_true(n < hdr - 4); /* TCP's options are not needed */
				continue;
			}
			assert_true(n >= hdr - 4);
			assert_int_equal(s.len, 5);
			assert_int_equal(s.have, n > hdr ? n - hdr : 0);
			assert_memory_equal(s.data, PAYLOAD, s.have);
		}
	}
}

static void padding_is_not_payload(void **state)
{
	static const struct row row = ROW(DLT_EN10MB,
					  MAC "\x08\x00" V4("\x2e") TCP "ab"
									"\0\0\0\0\0\0",
					  AF_INET);
	struct segment s;
	bool fragment;

	assert_true(parse(&row, row.n, row.n + 4, &s, &fragment));
	assert_int_equal(s.len, 2);
	assert_int_equal(s.have, 2);
}

static void later_fragments_are_told_and_left_out(void **state)
{
	static const struct row fragments[] = {
		ROW(DLT_RAW, "\x45\x00\x00\x31\x00\x00\x00\x10\x40\x06\x00\x00" V4_ADDR TCP PAYLOAD,
		    0),
		ROW(DLT_RAW, V6("\x25", "\x2c") LATER_FRAGMENT TCP PAYLOAD, 0),
	};
	struct segment s;
	bool fragment;

	for (unsigned int i = 0; i < N(fragments); i++) {
		assert_false(parse(&fragments[i], fragments[i].n, fragments[i].n, &s, &fragment));
		assert_true(fragment);
	}
}

static void what_is_not_tcp_is_left_out(void **state)
{
	static const struct row others[] = {
		ROW(DLT_EN10MB, MAC "\x08\x06" V4("\x31") TCP PAYLOAD, 0), /* ARP */
		ROW(DLT_RAW, "\x45\x00\x00\x31\x00\x00\x40\x00\x40\x11\x00\x00" V4_ADDR TCP, 0),
		ROW(DLT_RAW, "\x44\x00\x00\x31\x00\x00\x40\x00\x40\x06\x00\x00" V4_ADDR TCP, 0),
		ROW(DLT_RAW, V6("\x1d", "\x3a") TCP PAYLOAD, 0), /* ICMPv6 */
		ROW(DLT_RAW, V4("\x18") TCP PAYLOAD, 0), /* shorter than its headers */
		ROW(DLT_RAW, "\x50", 0),
	};
	struct segment s;
	bool fragment;

	for (unsigned int i = 0; i < N(others); i++)
		if (parse(&others[i], others[i].n, others[i].n, &s, &fragment))
			fail_msg("%s", others[i].name);
}

#define ICMP(type, code) OUTER("\x01") type code "\0\0\0\0\0\0"
#define SYN_START "\x9c\x40\x25\x74\xff\xff\xff\xf0" /* as much of TCP as RFC 792 wants */

static void unreachable_syn_is_told(void **state)
{
	static const struct {
		struct row row;
		bool port;
	} told[] = {
		{ ROW(DLT_RAW, ICMP("\x03", "\x01") V4("\x31") SYN_START, AF_INET), false },
		{ ROW(DLT_RAW, ICMP("\x03", "\x03") V4_OPTIONS SYN_START, AF_INET), true },
		{ ROW(DLT_RAW,
		      V6("\x38", "\x3a") "\x01\x00\0\0\0\0\0\0" V6("\x1d", "\x06") SYN_START,
		      AF_INET6),
		  false },
		{ ROW(DLT_RAW,
		      V6("\x38", "\x3a") "\x01\x04\0\0\0\0\0\0" V6("\x1d", "\x06") SYN_START,
		      AF_INET6),
		  true },
	};

	for (unsigned int i = 0; i < N(told); i++) {
		const struct row *r = &told[i].row;
		struct segment s;
		bool fragment;

		for (size_t n = 0; n < r->n; n++)
			if (parse(r, n, r->n, &s, &fragment))
				fail_msg("%s cut at %zu", r->name, n);
		assert_true(parse(r, r->n, r->n, &s, &fragment));
		assert_true(s.unreachable);
		assert_int_equal(s.port_closed, told[i].port);
		assert_int_equal(s.family, r->family);
		assert_int_equal(s.seq, 0xfffffff0);
		assert_int_equal(s.port[0], 40000);
		assert_int_equal(s.port[1], 9588);
		assert_int_equal(s.addr[0][s.family == AF_INET ? 3 : 15], 1);
		assert_int_equal(s.addr[1][s.family == AF_INET ? 3 : 15], 2);
		assert_int_equal(s.len, 0);
	}
}

static void packet_too_big_is_not_unreachable(void **state)
{
	static const struct row row =
		ROW(DLT_RAW, ICMP("\x03", "\x04") V4("\x31") SYN_START, AF_INET);
	struct segment s;
	bool fragment;

	assert_false(parse(&row, row.n, row.n, &s, &fragment));
}

static void tunnel_is_told(void **state)
{
	static const struct row in = ROW(DLT_RAW, UDP("\x12\xb5") "\x08\0\0\0\0\0\x05\0" INNER_ETH,
					 AF_INET),
				out = ROW(DLT_RAW, INNER, AF_INET);
	struct segment s;
	bool fragment;

	assert_true(parse(&in, in.n, in.n, &s, &fragment));
	assert_int_equal(s.outer_family, AF_INET);
	assert_memory_equal(s.outer[0], "\xc0\0\x02\x01", 4);
	assert_memory_equal(s.outer[1], "\xc0\0\x02\x02", 4);
	assert_true(parse(&out, out.n, out.n, &s, &fragment));
	assert_int_equal(s.outer_family, 0);
	assert_false(s.unreachable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segment_is_found_under_every_link_layer),
		cmocka_unit_test(packet_cut_off_anywhere_keeps_its_true_length),
		cmocka_unit_test(padding_is_not_payload),
		cmocka_unit_test(later_fragments_are_told_and_left_out),
		cmocka_unit_test(what_is_not_tcp_is_left_out),
		cmocka_unit_test(unreachable_syn_is_told),
		cmocka_unit_test(packet_too_big_is_not_unreachable),
		cmocka_unit_test(tunnel_is_told),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
