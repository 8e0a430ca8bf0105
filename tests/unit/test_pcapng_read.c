// SPDX-License-Identifier: GPL-2.0-only
/* user/capture/pcapng_read.h, on what user/pcapng/pcapng.h writes and on blocks made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "capture/pcapng_read.h"
#include "pcapng/pcapng.h"

/* Blocks in the order of bytes that big says. */
static struct buf file;
static bool big;

static void put16(uint16_t v)
{
	uint8_t b[2] = { big ? v >> 8 : v, big ? v : v >> 8 };

	buf_add(&file, b, 2);
}

static void put32(uint32_t v)
{
	put16(big ? v >> 16 : v);
	put16(big ? v : v >> 16);
}

static void put_block(uint32_t type, const struct buf *body)
{
	put32(type);
	put32(body->len + 12);
	buf_add(&file, body->data, body->len);
	put32(body->len + 12);
}

/* Takes what was put since the file had this length. */
static struct buf take(size_t from)
{
	struct buf b = {};

	buf_add(&b, file.data + from, file.len - from);
	file.len = from;
	return b;
}

static void section(void)
{
	size_t from = file.len;
	struct buf body;

	put32(0x1a2b3c4d);
	put16(1), put16(0);
	put32(-1), put32(-1);
	body = take(from);
	put_block(0x0a0d0d0a, &body);
	buf_free(&body);
}

/* ticks: the code of if_tsresol; 0: none */
static void interface(uint16_t linktype, uint32_t snaplen, uint8_t tsresol, int32_t offset)
{
	size_t from = file.len;
	struct buf body;

	put16(linktype), put16(0);
	put32(snaplen);
	put16(3), put16(5);
	buf_add(&file, "lan 1\0\0\0", 8);
	if (tsresol) {
		put16(9), put16(1);
		buf_add(&file, &tsresol, 1);
		buf_add(&file, "\0\0\0", 3);
	}
	if (offset) {
		put16(14), put16(8);
		put32(big ? offset >> 31 : offset);
		put32(big ? offset : offset >> 31);
	}
	put32(0);
	body = take(from);
	put_block(1, &body);
	buf_free(&body);
}

static void packet(uint32_t iface, uint64_t ticks, const char *bytes, uint32_t origlen)
{
	size_t from = file.len, n = strlen(bytes);
	struct buf body;

	put32(iface);
	put32(ticks >> 32), put32(ticks);
	put32(n), put32(origlen);
	buf_add(&file, bytes, n);
	buf_add(&file, "\0\0\0", -n & 3);
	put16(1), put16(4);
	buf_add(&file, "note", 4);
	put16(2), put16(4);
	put32(2);
	put32(0);
	body = take(from);
	put_block(6, &body);
	buf_free(&body);
}

static FILE *in;
static struct pcapng_reader *reader;

static void start(size_t n)
{
	in = fmemopen(file.data, n, "r");
	reader = pcapng_reader__new(in);
	assert_non_null(reader);
}

static void stop(void)
{
	pcapng_reader__free(reader);
	fclose(in);
}

static void expect(uint16_t linktype, uint64_t ts, const char *bytes, uint32_t origlen)
{
	struct pcapng_got k;
	const char *why;

	assert_int_equal(pcapng_reader__next(reader, &k, &why), 1);
	assert_int_equal(k.source->linktype, linktype);
	assert_int_equal(k.ts, ts);
	assert_int_equal(k.caplen, strlen(bytes));
	assert_memory_equal(k.data, bytes, k.caplen);
	assert_int_equal(k.origlen, origlen);
}

static void expect_end(const char *error)
{
	struct pcapng_got k;
	const char *why;

	assert_int_equal(pcapng_reader__next(reader, &k, &why), error ? -1 : 0);
	if (error)
		assert_string_equal(why, error);
	else
		assert_null(why);
	stop();
}

static void either_order_of_bytes_and_any_clock(void **state)
{
	for (int i = 0; i < 2; i++) {
		big = i;
		file.len = 0;
		section();
		interface(1, 0, 0, 0);
		interface(113, 0, 9, 100);
		packet(0, 1700000000123456, "abcde", 9);
		packet(1, 1700000000123456789, "", 0);
		interface(228, 3, 0x80 | 20, -1);
		packet(2, (1700000000ULL << 20) + (1 << 19), "abcdefgh", 8);
		big = !i; /* the next section may be another machine's */
		section();
		interface(12, 0, 3, 0);
		packet(0, 1700000000123, "x", 1);
		start(file.len);
		expect(1, 1700000000123456000, "abcde", 9);
		expect(113, 1700000100123456789, "", 0);
		expect(228, 1699999999500000000, "abcdefgh", 8);
		expect(12, 1700000000123000000, "x", 1);
		expect_end(NULL);
	}
	big = false;
}

static void older_packet_blocks(void **state)
{
	static const uint8_t body[] = "\0\0\7\0\0\0\0\0\5\0\0\0\2\0\0\0\3\0\0\0ab\0\0";
	struct buf b = {};

	file.len = 0;
	section();
	interface(1, 3, 0, 0);
	buf_add(&b, body, sizeof(body) - 1);
	put_block(2, &b);
	b.len = 0;
	buf_add(&b, "\5\0\0\0abcd", 8);
	put_block(3, &b);
	put_block(0xbad, &b);
	buf_free(&b);
	start(file.len);
	expect(1, 5000, "ab", 3);
	expect(1, 0, "abc", 5);
	expect_end(NULL);
}

static void a_file_cut_off_anywhere_ends_in_an_error(void **state)
{
	size_t ends[4];
	int n = 0;

	file.len = 0;
	section();
	ends[n++] = file.len;
	interface(1, 0, 9, 0);
	ends[n++] = file.len;
	packet(0, 1, "abcde", 5);
	ends[n++] = file.len;
	for (size_t len = 1; len <= file.len; len++) {
		bool whole = false;
		struct pcapng_got k;
		const char *why;
		int got;

		for (int i = 0; i < n; i++)
			whole |= len == ends[i];
		start(len);
		do
			got = pcapng_reader__next(reader, &k, &why);
		while (got > 0);
		assert_int_equal(got, whole ? 0 : -1);
		stop();
	}
}

static void nonsense_is_an_error(void **state)
{
	struct buf b = {};

	file.len = 0;
	section();
	packet(0, 1, "abc", 3);
	start(file.len);
	expect_end("a packet of an interface that was not described");
	file.len = 0;
	section();
	interface(1, 0, 0, 0);
	packet(1, 1, "abc", 3);
	start(file.len);
	expect_end("a packet of an interface that was not described");
	file.len = 0;
	section();
	interface(1, 0, 0, 0);
	buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\x05\0\0\0abc", 24);
	put_block(6, &b);
	start(file.len);
	expect_end("a packet that is longer than its block");
	file.data[file.len - 4]++;
	start(file.len);
	expect_end("a block whose two lengths differ");
	file.len = 0;
	section();
	put32(6), put32(13);
	start(file.len);
	expect_end("a block of impossible length");
	file.len = 0;
	section();
	put32(6), put32(PCAPNG_BLOCK_MAX + 16);
	start(file.len);
	expect_end("a block that is too long");
	buf_free(&b);
}

static void what_is_written_is_read(void **state)
{
	struct pcapng_section s = { .application = "wstrace 1.0" };
	struct pcapng_interface i[] = { { "a[1]", "pid=1 comm=a cgroup=/x", 1 },
					{ "b[2]", NULL, 1 } };
	struct iovec iov = { "bytes", 5 };
	char path[] = "/tmp/test_pcapng_read.XXXXXX";
	struct pcapng *out;
	struct pcapng_got k;
	const char *why;

	assert_int_equal(pcapng__open(&out, mkstemp(path)), 0);
	assert_int_equal(pcapng__section(out, &s), 0);
	assert_int_equal(pcapng__interface(out, &i[0]), 0);
	assert_int_equal(pcapng__interface(out, &i[1]), 1);
	for (uint32_t n = 0; n < 2; n++) {
		struct pcapng_packet p = { .iface = n,
					   .origlen = 10 + n,
					   .ts = 1800000000000000001 + n,
					   .iov = &iov,
					   .iovs = 1,
					   .dir = n ? PCAPNG_OUT : PCAPNG_IN,
					   .comment = "c",
					   .dropped = n };

		assert_int_equal(pcapng__packet(out, &p), 0);
	}
	assert_int_equal(pcapng__close(out), 0);
	in = fopen(path, "r");
	unlink(path);
	reader = pcapng_reader__new(in);
	assert_int_equal(pcapng_reader__next(reader, &k, &why), 1);
	assert_string_equal(k.source->description, "pid=1 comm=a cgroup=/x");
	assert_int_equal(k.ts, 1800000000000000001);
	assert_int_equal(k.dir, PCAPNG_IN);
	assert_int_equal(k.origlen, 10);
	assert_true(k.own);
	assert_int_equal(pcapng_reader__next(reader, &k, &why), 1);
	assert_null(k.source->description);
	assert_int_equal(k.source->number, 1);
	assert_int_equal(k.dir, PCAPNG_OUT);
	expect_end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_order_of_bytes_and_any_clock),
		cmocka_unit_test(older_packet_blocks),
		cmocka_unit_test(a_file_cut_off_anywhere_ends_in_an_error),
		cmocka_unit_test(nonsense_is_an_error),
		cmocka_unit_test(what_is_written_is_read),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&file);
	return failed;
}
