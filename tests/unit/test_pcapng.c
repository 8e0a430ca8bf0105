// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/pcapng/pcapng.h, savefile.h: the blocks against the specification (draft-ietf-opsawg-
 * pcapng), read back by libpcap, capinfos and tshark; full disks, readers that go away, files
 * one after the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pcap/pcap.h>

#include "pcapng/pcapng.h"
#include "pcapng/savefile.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TS 1763800000123456789ULL

enum { SHB = 0x0a0d0d0a, IDB = 1, ISB = 5, EPB = 6 };

static char dir[] = "/tmp/test_pcapng.XXXXXX", path[64];

static int setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	return 0;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd);
}

static struct pcapng *start(void)
{
	static const struct pcapng_section s = { "x86", "Linux 6.1", "wstrace 1", "a section" };
	static const struct pcapng_interface i = { "nginx[1]", "pid=1 comm=nginx", 1 };
	struct pcapng *p;

	assert_int_equal(pcapng__open(&p, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)), 0);
	assert_int_equal(pcapng__section(p, &s), 0);
	assert_int_equal(pcapng__interface(p, &i), 0);
	return p;
}

static int packet(struct pcapng *p, size_t n, uint32_t origlen, const char *comment)
{
	static uint8_t data[PCAPNG_SNAPLEN + 1];
	struct iovec iov[2] = { { data, n / 2 }, { data + n / 2, n - n / 2 } };
	struct pcapng_packet k = { 0, origlen, TS, iov, 2, PCAPNG_OUT, comment ? 7 : 0, comment };

	for (size_t i = 0; i < n; i++)
		data[i] = i;
	return pcapng__packet(p, &k);
}

static uint8_t *slurp(size_t *n)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	uint8_t *p;

	assert_int_equal(fstat(fd, &st), 0);
	p = malloc(st.st_size + 1);
	*n = read(fd, p, st.st_size);
	assert_int_equal(*n, st.st_size);
	close(fd);
	return p;
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Options from at to end: each within, padded, ended where there are any. Returns the value. */
static const uint8_t *option(const uint8_t *at, const uint8_t *end, uint16_t code, uint16_t *len)
{
	const uint8_t *found = NULL;

	while (at < end) {
		uint16_t c = u32(at), n = u32(at) >> 16;

		at += 4;
		if (!c) {
			assert_int_equal(n, 0);
			assert_ptr_equal(at, end);
			return found;
		}
		assert_true(n <= end - at);
		if (c == code) {
			found = at;
			*len = n;
		}
		for (at += n; (end - at) & 3; at++)
			assert_int_equal(*at, 0);
	}
	assert_ptr_equal(at, end);
	return found;
}

static void expect_option(const uint8_t *block, size_t fixed, uint16_t code, const void *value,
			  uint16_t n)
{
	uint16_t len = 0;
	const uint8_t *v = option(block + fixed, block + u32(block + 4) - 4, code, &len);

	if (!value) {
		assert_null(v);
		return;
	}
	assert_non_null(v);
	assert_int_equal(len, n);
	assert_memory_equal(v, value, n);
}

/* Counts the blocks of a file, and sees to it that they are blocks; block: the last of its type. */
static unsigned int blocks(const uint8_t *p, size_t n, uint32_t type, const uint8_t **block)
{
	unsigned int found = 0;
	size_t at = 0;

	while (at < n) {
		uint32_t len;

		assert_true(n - at >= 12);
		len = u32(p + at + 4);
		assert_int_equal(len & 3, 0);
		assert_true(len >= 12 && len <= n - at);
		assert_int_equal(u32(p + at + len - 4), len);
		if (u32(p + at) == type) {
			found++;
			*block = p + at;
		}
		at += len;
	}
	return found;
}

static unsigned int file_blocks(uint32_t type)
{
	const uint8_t *block;
	size_t n;
	uint8_t *p = slurp(&n);
	unsigned int found = blocks(p, n, type, &block);

	free(p);
	return found;
}

/* Each block, byte by byte, as the specification has it. */
static void test_blocks(void **state)
{
	struct pcapng_statistics st = { TS, TS + 5, 1ULL << 40, 3 };
	uint32_t times[2] = { TS >> 32, (uint32_t)TS }, flags = PCAPNG_OUT;
	uint64_t dropped = 7, received = 1ULL << 40;
	struct pcapng *p = start();
	const uint8_t *b = NULL;
	uint8_t nine = 9, *file;
	size_t n;

	(void)state;
	assert_int_equal(packet(p, 61, 1000, "remark"), 0);
	assert_int_equal(packet(p, 60, 60, NULL), 0);
	assert_int_equal(pcapng__statistics(p, 0, &st), 0);
	n = pcapng__bytes(p);
	assert_int_equal(pcapng__close(p), 0);
	file = slurp(&(size_t){ 0 });

	assert_int_equal(blocks(file, n, SHB, &b), 1);
	assert_ptr_equal(b, file);
	assert_int_equal(u32(b + 8), 0x1a2b3c4d);
	assert_int_equal(u32(b + 12), 1);
	assert_memory_equal(b + 16, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	expect_option(b, 24, 1, "a section", 9);
	expect_option(b, 24, 2, "x86", 3);
	expect_option(b, 24, 3, "Linux 6.1", 9);
	expect_option(b, 24, 4, "wstrace 1", 9);

	assert_int_equal(blocks(file, n, IDB, &b), 1);
	assert_int_equal(u32(b + 8), 1);
	assert_int_equal(u32(b + 12), PCAPNG_SNAPLEN);
	expect_option(b, 16, 2, "nginx[1]", 8);
	expect_option(b, 16, 3, "pid=1 comm=nginx", 16);
	expect_option(b, 16, 9, &nine, 1);

	assert_int_equal(blocks(file, n, EPB, &b), 2);
	assert_int_equal(u32(b + 20), 60);
	assert_int_equal(u32(b + 24), 60);
	expect_option(b, 28 + 60, 2, &flags, 4);
	expect_option(b, 28 + 60, 1, NULL, 0);
	expect_option(b, 28 + 60, 4, NULL, 0);
	b -= u32(b - 4); /* the one before */
	assert_int_equal(u32(b + 8), 0);
	assert_memory_equal(b + 12, times, 8);
	assert_int_equal(u32(b + 20), 61);
	assert_int_equal(u32(b + 24), 1000);
	assert_memory_equal(b + 28 + 58, ((uint8_t[]){ 58, 59, 60, 0, 0, 0 }), 6);
	expect_option(b, 28 + 64, 1, "remark", 6);
	expect_option(b, 28 + 64, 2, &flags, 4);
	expect_option(b, 28 + 64, 4, &dropped, 8);

	assert_int_equal(blocks(file, n, ISB, &b), 1);
	expect_option(b, 20, 2, times, 8);
	times[1] += 5;
	assert_memory_equal(b + 12, times, 8);
	expect_option(b, 20, 3, times, 8);
	expect_option(b, 20, 4, &received, 8);
	expect_option(b, 20, 5, (uint64_t[]){ 3 }, 8);
	free(file);
}

static void test_bad_input(void **state)
{
	struct pcapng_statistics st = {};
	struct pcapng *p = start();
	uint64_t before = pcapng__bytes(p);
	char *text = malloc(70001);

	(void)state;
	memset(text, 'a', 70000);
	text[70000] = 0;
	memcpy(text + 65534, "\xc3\xa9", 2); /* a character that the limit would cut in two */
	assert_int_equal(packet(p, PCAPNG_SNAPLEN + 1, PCAPNG_SNAPLEN + 1, NULL), -EINVAL);
	assert_int_equal(packet(p, 11, 10, NULL), -EINVAL);
	assert_int_equal(pcapng__statistics(p, 1, &st), -EINVAL);
	assert_int_equal(pcapng__bytes(p), before);
	assert_int_equal(packet(p, PCAPNG_SNAPLEN, PCAPNG_SNAPLEN, text), 0);
	assert_int_equal(packet(p, 0, 0, ""), 0);
	assert_int_equal(pcapng__close(p), 0);
	assert_int_equal(file_blocks(EPB), 2);
	free(text);
}

/* libpcap, with its nanoseconds. */
static void test_libpcap(void **state)
{
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	struct pcapng *p = start();
	struct pcapng_interface second = { "node[2]", NULL, 1 };
	const u_char *data;
	pcap_t *in;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(packet(p, i, 2 * i, i % 7 ? NULL : "seven"), 0);
		if (i == 2500)
			assert_int_equal(pcapng__interface(p, &second), 1);
	}
	assert_int_equal(pcapng__close(p), 0);
	in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, err);
	assert_non_null(in);
	assert_int_equal(pcap_datalink(in), DLT_EN10MB);
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(pcap_next_ex(in, &h, &data), 1);
		assert_int_equal(h->caplen, i);
		assert_int_equal(h->len, 2 * i);
		assert_int_equal(h->ts.tv_sec, TS / 1000000000);
		assert_int_equal(h->ts.tv_usec, TS % 1000000000);
		assert_true(i < 2 || data[i - 1] == (uint8_t)(i - 1));
	}
	assert_int_equal(pcap_next_ex(in, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(in);
}

/* Runs a command on the file and looks for a text in what it says. */
static bool says(const char *command, const char *text)
{
	char cmd[512], line[1024];
	bool found = false;
	FILE *f;

	snprintf(cmd, sizeof(cmd), command, path);
	f = popen(cmd, "r");
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, text) != NULL;
	assert_int_equal(pclose(f), 0);
	return found;
}

static void test_wireshark(void **state)
{
	struct pcapng_statistics st = { TS, TS + 5, 100, 3 };
	struct pcapng *p = start();

	(void)state;
	assert_int_equal(packet(p, 60, 60, "remark"), 0);
	assert_int_equal(pcapng__statistics(p, 0, &st), 0);
	assert_int_equal(pcapng__close(p), 0);
	assert_true(says("capinfos %s 2>&1", "wstrace 1"));
	assert_true(says("capinfos %s 2>&1", "Name = nginx[1]"));
	assert_true(says("capinfos %s 2>&1", "Number of stat entries = 1"));
	assert_true(says("tshark -r %s -T fields -e frame.comment -e frame.interface_name "
			 "-e frame.time_epoch -e frame.packet_flags_direction 2>&1",
			 "remark\tnginx[1]\t1763800000.123456789\t0x00000002"));
}

/* A limit on the file's size stands for a full disk: the file ends behind a whole block. */
static void test_full_disk(void **state)
{
	struct rlimit small = { 1000003, 1000003 };
	int status;

	(void)state;
	if (!fork()) {
		struct pcapng *p = start();
		int err = 0, i;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		for (i = 0; i < 100000 && !err; i++)
			err = packet(p, 100, 100, NULL);
		/* and it stays as it was */
		_exit(err != -EFBIG || packet(p, 1, 1, NULL) != -EFBIG ||
		      pcapng__flush(p) != -EFBIG || pcapng__close(p) != -EFBIG);
	}
	wait(&status);
	assert_int_equal(status, 0);
	assert_int_equal(file_blocks(EPB), 1000003 / 144 - 1);
}

/* What stood behind our bytes, or was there before, is not ours to cut off. */
static void test_not_our_bytes(void **state)
{
	struct rlimit small = { 1000003, 1000003 };
	struct stat st;
	int status;

	(void)state;
	if (!fork()) {
		struct pcapng *p = start();
		int err = 0;

		assert_int_equal(truncate(path, 2000000), 0);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		for (int i = 0; i < 100000 && !err; i++)
			err = packet(p, 100, 100, NULL);
		_exit(pcapng__close(p) != -EFBIG);
	}
	wait(&status);
	assert_int_equal(status, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 2000000);
}

/* A pipe: a slow reader, one that made it non-blocking, one that goes away. */
static void test_pipe(void **state)
{
	struct pcapng_section s = {};
	struct pcapng_interface i = { "a", NULL, 1 };
	struct pcapng *p;
	char cmd[128];
	FILE *reader;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(cmd, sizeof(cmd), "sleep 0.2; cat >%s", path);
	reader = popen(cmd, "w");
	assert_int_equal(fcntl(fileno(reader), F_SETFL, O_WRONLY | O_NONBLOCK), 0);
	assert_int_equal(pcapng__open(&p, dup(fileno(reader))), 0);
	assert_int_equal(pcapng__section(p, &s), 0);
	assert_int_equal(pcapng__interface(p, &i), 0);
	for (int k = 0; k < 20000; k++)
		assert_int_equal(packet(p, 100, 100, NULL), 0);
	assert_int_equal(pcapng__close(p), 0);
	assert_int_equal(pclose(reader), 0);
	assert_int_equal(file_blocks(EPB), 20000);

	reader = popen("true", "w");
	assert_int_equal(pcapng__open(&p, dup(fileno(reader))), 0);
	pclose(reader);
	assert_int_equal(pcapng__section(p, &s), 0);
	assert_int_equal(pcapng__flush(p), -EPIPE);
	assert_int_equal(pcapng__close(p), -EPIPE);
}

/* Fills files until n of them have been begun. Returns what savefile__next() said last. */
static int fill(struct savefile *s, int n, uint64_t step)
{
	struct pcapng_section section = {};
	struct pcapng_interface i = { "a", NULL, 1 };
	uint64_t now = TS;
	int err = 0;

	for (int k = 0; k < n && !err; k++) {
		struct pcapng *p = savefile__pcapng(s);

		assert_int_equal(pcapng__section(p, &section), 0);
		assert_int_equal(pcapng__interface(p, &i), 0);
		assert_false(savefile__due(s, now));
		for (now += step; !savefile__due(s, now);)
			assert_int_equal(packet(p, 60000, 60000, NULL), 0);
		assert_int_equal(savefile__flush(s), 0);
		err = savefile__next(s, now);
	}
	return err;
}

static bool exists(const char *name)
{
	char full[128];

	snprintf(full, sizeof(full), "%s/%s", dir, name);
	return access(full, F_OK) == 0;
}

static struct savefile *savefile(const char *name, uint64_t mb, uint64_t seconds, unsigned int n)
{
	static char full[128];
	struct savefile_options o = { full, mb, seconds, n };
	struct savefile *s;

	snprintf(full, sizeof(full), "%s/%s", dir, name);
	assert_int_equal(savefile__new(&s, &o, TS), 0);
	return s;
}

/* The names that tcpdump 4.99 gives. */
static void test_size(void **state)
{
	struct savefile *s = savefile("a", 1, 0, 0);

	(void)state;
	assert_int_equal(fill(s, 3, 0), 0);
	assert_int_equal(savefile__free(s), 0);
	assert_true(exists("a") && exists("a1") && exists("a2") && exists("a3"));
	snprintf(path, sizeof(path), "%s/a2", dir);
	assert_int_equal(file_blocks(EPB), 17); /* the first that is above a million bytes */

	s = savefile("b", 1, 0, 11);
	assert_int_equal(fill(s, 12, 0), 0);
	assert_int_equal(savefile__free(s), 0);
	assert_true(exists("b00") && exists("b01") && exists("b10"));
	assert_false(exists("b11") || exists("b"));
	snprintf(path, sizeof(path), "%s/b01", dir);
	assert_int_equal(file_blocks(EPB), 0); /* begun anew */
}

static void test_time(void **state)
{
	struct savefile *s;

	(void)state;
	setenv("TZ", "UTC", 1);
	s = savefile("c%H%M%S", 0, 10, 3);
	assert_int_equal(fill(s, 10, 10000000000), 1); /* three, and then the end */
	assert_int_equal(savefile__free(s), 0);
	assert_true(exists("c082640") && exists("c082650") && exists("c082700"));
	assert_false(exists("c082710"));
	s = savefile("d%S", 1, 10, 0);
	assert_int_equal(fill(s, 2, 0), 0);
	assert_int_equal(savefile__free(s), 0);
	assert_true(exists("d40") && exists("d401") && exists("d402"));
}

static void test_vanished(void **state)
{
	struct savefile_options o = { "-", 1, 0, 0 };
	struct savefile *s;

	(void)state;
	assert_int_equal(savefile__new(&s, &o, TS), -EINVAL);
	o = (struct savefile_options){ "/nonexistent/file", 0, 0, 0 };
	assert_int_equal(savefile__new(&s, &o, TS), -ENOENT);
	s = savefile("e", 0, 0, 0);
	assert_int_equal(savefile__flush(s), 0);
	unlink(savefile__name(s));
	assert_int_equal(savefile__flush(s), -ENOENT);
	assert_int_equal(savefile__free(s), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_blocks),    TEST(test_bad_input), TEST(test_libpcap),
		TEST(test_wireshark), TEST(test_full_disk), TEST(test_not_our_bytes),
		TEST(test_pipe),      TEST(test_size),	    TEST(test_time),
		TEST(test_vanished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
