// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/pcapng/flow.h: conversations become files, of which tshark has to show each frame and each
 * head with the right lengths, and no error that the conversation did not have.
 */
#include "tshark.h"

static void talk_all_sizes(int family, bool server, uint64_t snap)
{
	static const uint64_t sizes[] = { 0,	 1,	15,    16,    17,     125,
					  126,	 127,	1000,  65100, 65141,  65154,
					  65160, 65535, 65536, 70000, 130320, 2 << 20 };
	struct talk c;

	t.snap = snap;
	begin(&c, family, 40000, server, false);
	upgrade(&c, "");
	for (unsigned int i = 0; i < N(sizes); i++) {
		frame(&c, FLOW_C2S, FIN | BINARY, sizes[i]);
		frame(&c, FLOW_S2C, FIN | TEXT, sizes[i]);
	}
	for (unsigned int i = 0; i < 200; i++)
		frame(&c, FLOW_S2C, FIN | TEXT, 100 + i);
	frame(&c, FLOW_C2S, TEXT, 100);
	frame(&c, FLOW_C2S, CONT, 7);
	frame(&c, FLOW_C2S, FIN | PING, 5);
	frame(&c, FLOW_C2S, FIN | CONT, 100);
	frame(&c, FLOW_S2C, FIN | PONG, 5);
	frame(&c, FLOW_C2S, FIN | CLOSE, 30);
	frame(&c, FLOW_S2C, FIN | CLOSE, 30);
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
	if (snap == FULL)
		judge_contents(&c);
}

static void test_headers_only(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET, true, 0);
}

static void test_headers_only_v6(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET6, false, 0);
}

static void test_16(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET, true, 16);
}

static void test_16_v6(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET6, true, 16);
}

static void test_100000(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET, true, 100000);
}

static void test_full(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET, false, FULL);
}

static void test_full_v6(void **state)
{
	(void)state;
	talk_all_sizes(AF_INET6, true, FULL);
}

/* Joined midway: the other direction's first known byte is in the midst of a frame. */
static void test_midstream(void **state)
{
	struct talk c;

	(void)state;
	for (int family = AF_INET, i = 0; i < 2; family = AF_INET6, i++) {
		begin(&c, family, 40000 + i, true, true);
		c.seq[FLOW_S2C] += 700;
		frame(&c, FLOW_S2C, FIN | TEXT, 300);
		c.seq[FLOW_C2S] += 70000;
		frame(&c, FLOW_C2S, FIN | TEXT, 3000);
		frame(&c, FLOW_C2S, FIN | TEXT, 2);
		frame(&c, FLOW_S2C, FIN | CLOSE, 2);
		frame(&c, FLOW_C2S, FIN | CLOSE, 2);
		end(&c, i ? FLOW_END_RST : FLOW_END_FIN);
	}
	/* one that never said a word leaves no trace */
	begin(&c, AF_INET, 40002, true, true);
	end(&c, FLOW_END_FIN);
	file_close();
	t.heads = 4;
	judge();
	expect_count("http contains \"X-Wstrace: synthetic\"", 4);
	expect_count("frame.comment contains \"there before\"", 2);
	expect_count("tcp.stream == 2", 0);
}

/* Requests before the upgrade, with bodies that nobody reports. */
static void test_bodies(void **state)
{
	struct talk c;

	(void)state;
	begin(&c, AF_INET, 40000, true, false);
	say(&c, FLOW_C2S, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", false);
	say(&c, FLOW_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", false);
	c.seq[FLOW_S2C] += 100000;
	say(&c, FLOW_C2S, "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	    false);
	c.seq[FLOW_C2S] += 777;
	say(&c, FLOW_S2C, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false);
	c.seq[FLOW_S2C] += 50;
	say(&c, FLOW_C2S, "HEAD /c HTTP/1.1\r\nHost: a\r\n\r\n", false);
	say(&c, FLOW_S2C, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", false);
	upgrade(&c, "");
	frame(&c, FLOW_S2C, FIN | TEXT, 300);
	frame(&c, FLOW_C2S, FIN | TEXT, 300);
	end(&c, FLOW_END_FIN);
	begin(&c, AF_INET, 40001, true, false);
	say(&c, FLOW_C2S, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", false);
	say(&c, FLOW_S2C, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", false);
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
}

/* Ports used again; a reset; silence. */
static void test_port_reuse(void **state)
{
	static const enum flow_end ends[] = { FLOW_END_FIN, FLOW_END_RST, FLOW_END_TIMEOUT,
					      FLOW_END_FIN };
	struct talk c;

	(void)state;
	for (unsigned int i = 0; i < N(ends); i++) {
		begin(&c, AF_INET, 40000, i != 1, false);
		c.stream = i;
		upgrade(&c, "");
		frame(&c, FLOW_C2S, FIN | TEXT, 10);
		frame(&c, FLOW_S2C, FIN | TEXT, 70000);
		end(&c, ends[i]);
	}
	file_close();
	judge();
	expect_count("tcp.flags.reset == 1", 2);
	expect_count("tcp.flags.fin == 1", 4);
}

/* What is said after the end, and of attempts that came to nothing. */
static void test_remarks(void **state)
{
	static const enum flow_end ends[] = { FLOW_END_FIN, FLOW_END_RST, FLOW_END_TIMEOUT,
					      FLOW_END_NONE };
	struct talk c;

	(void)state;
	for (int i = 0; i < 8; i++) {
		begin(&c, i & 1 ? AF_INET : AF_INET6, 40000 + i, i & 4, false);
		upgrade(&c, "");
		frame(&c, FLOW_C2S, FIN | TEXT, 300);
		frame(&c, FLOW_S2C, FIN | TEXT, 300);
		if (ends[i & 3] == FLOW_END_NONE)
			assert_int_equal(flow__note(c.f, "said late"), 0);
		assert_int_equal(flow__close(c.f, t.ts, ends[i & 3], i & 1, 0), 0);
		if (ends[i & 3] != FLOW_END_NONE)
			assert_int_equal(flow__remark(c.f, t.ts, "said late"), 0);
		assert_int_equal(flow__remark(c.f, t.ts, "and again"), 0);
		flow__free(c.f);
	}
	file_close();
	judge();
	expect_count("frame.comment contains \"said late\"", 8);
	expect_count("frame.comment contains \"and again\"", 8);
}

/*
 * 512 MiB and more: chunks, with acknowledgements between them. Not from 2 to 4 GiB: Wireshark
 * keeps a frame's length in 32 bits with a sign, and shows none that is negative.
 */
static void test_huge(void **state)
{
	static const uint64_t sizes[] = { (512 << 20) - 10, 600 << 20, 2047 << 20, 5ULL << 30 };
	struct talk c;

	(void)state;
	for (int family = AF_INET, i = 0; i < 2; family = AF_INET6, i++) {
		begin(&c, family, 40000 + i, true, false);
		upgrade(&c, "");
		for (unsigned int k = 0; k < N(sizes); k++) {
			frame_header(&c, FLOW_C2S, FIN | BINARY, sizes[k], 0);
			frame_header(&c, FLOW_C2S, FIN | TEXT, 4, 0);
			frame_header(&c, FLOW_S2C, FIN | BINARY, sizes[k], 0);
			frame_header(&c, FLOW_S2C, FIN | TEXT, 4, 0);
		}
		end(&c, FLOW_END_FIN);
	}
	file_close();
	judge();
}

/* A new file while connections are open, and while a frame is on its way in pieces. */
static void test_new_file(void **state)
{
	static uint8_t data[200000];
	struct talk c, idle;
	struct flow_frame fr;
	char first[64];

	(void)state;
	t.snap = FULL;
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, "Sec-WebSocket-Protocol: chat\r\n");
	frame(&c, FLOW_C2S, FIN | TEXT, 10);
	begin(&idle, AF_INET, 40001, true, false);
	upgrade(&idle, "");
	fr = frame_header(&c, FLOW_S2C, FIN | BINARY, sizeof(data), FULL);
	t.frames--; /* half of it is not a frame that tshark could show */
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 0, data, 100000), 0);
	assert_true(flows__busy(t.p));
	file_close();
	judge();
	strcpy(first, t.path);

	file_open();
	t.frames = t.heads = 0;
	t.want[t.frames++] = (struct want){ fr.len, 0, 0, FLOW_S2C, fr.b0 };
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 100000, data, 100000), 0);
	assert_false(flows__busy(t.p));
	frame(&c, FLOW_S2C, FIN | TEXT, 1000);
	frame(&c, FLOW_C2S, FIN | TEXT, 1000);
	end(&c, FLOW_END_FIN);
	flow__free(idle.f);
	file_close();
	t.heads = 2;
	judge();
	expect_count("http.request.uri == \"/ws\"", 1);
	expect_count("http contains \"Protocol: chat\"", 1);
	expect_count("frame.comment contains \"goes on\"", 1);
	unlink(first);
}

/* Events that were lost leave a hole, and that is the only thing strange. */
static void test_lost(void **state)
{
	static uint8_t data[200000];
	struct flow_frame fr;
	struct talk c;

	(void)state;
	t.snap = FULL;
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, "");
	frame(&c, FLOW_C2S, FIN | TEXT, 10);
	c.seq[FLOW_C2S] += 1000;
	flows__lost(t.p, 3);
	frame(&c, FLOW_C2S, FIN | TEXT, 20);
	fr = frame_header(&c, FLOW_S2C, FIN | BINARY, 60000, FULL); /* shown, although cut */
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 0, data, 10000), 0);
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 20000, data, 40000), 0);
	frame(&c, FLOW_S2C, FIN | TEXT, 20);
	fr = frame_header(&c, FLOW_S2C, FIN | BINARY, sizeof(data), FULL);
	t.frames--; /* the first half is there, the rest is not: Wireshark cannot show it */
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 0, data, 100000), 0);
	assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, 110000, data, 90000), 0);
	assert_true(fr.len);
	frame(&c, FLOW_S2C, FIN | TEXT, 30);
	frame(&c, FLOW_S2C, FIN | TEXT, 40);
	/* known, and left out on purpose: no hole */
	c.seq[FLOW_S2C] += 500;
	assert_int_equal(flow__skip(c.f, FLOW_S2C, t.ts, c.seq[FLOW_S2C], "sendfile"), 0);
	frame(&c, FLOW_S2C, FIN | TEXT, 50);
	flows__lost(t.p, 5);
	end(&c, FLOW_END_FIN);
	file_close();
	expect_count("tcp.analysis.lost_segment", 2);
	expect_count("websocket", t.frames);
	expect_count("_ws.malformed", 0);
	expect_count("frame.comment contains \"bytes before this are lost\"", 2);
	expect_count("frame.packet_flags && frame.drop_count == 3", 1);
	expect_count("frame.drop_count == 5", 1);
	expect_count("frame.drop_count == 1", 1); /* the hole that nobody counted */
}

/* Sequence numbers that make no sense cost no frame. */
static void test_restart(void **state)
{
	struct talk c;

	(void)state;
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, "");
	frame(&c, FLOW_C2S, FIN | TEXT, 10);
	c.seq[FLOW_C2S] -= 5;
	c.stream++;
	frame(&c, FLOW_C2S, FIN | TEXT, 20);
	frame(&c, FLOW_S2C, FIN | TEXT, 30);
	end(&c, FLOW_END_FIN);
	file_close();
	t.heads += 2;
	judge();
}

static uint8_t *deflate_message(z_stream *z, size_t size, size_t *n)
{
	uint8_t *plain = malloc(size), *out = malloc(size + 1000);

	for (size_t i = 0; i < size; i++)
		plain[i] = 'a' + rnd(&t.seed) % 8;
	z->next_in = plain;
	z->avail_in = size;
	z->next_out = out;
	z->avail_out = size + 1000;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	*n = z->next_out - out - 4; /* RFC 7692 section 7.2.1 */
	free(plain);
	return out;
}

/*
 * Compressed messages, kept whole or cut; and in fragments where each message stands alone, since
 * Wireshark 4.0 loses a context that goes through a fragmented message.
 */
static void talk_deflate(uint64_t snap, const char *parameters, bool takeover,
			 unsigned int new_files)
{
	z_stream z[FLOW_DIRS] = {};
	struct talk c;
	char line[256];

	t.snap = snap;
	snprintf(line, sizeof(line), "Sec-WebSocket-Extensions: permessage-deflate%s\r\n",
		 parameters);
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, line);
	for (int d = 0; d < FLOW_DIRS; d++)
		deflateInit2(&z[d], 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	for (int i = 0; i < 40; i++) {
		size_t n, half, size = i % 4 == 3 ? 3000 : 20;
		uint8_t dir = i & 1, *data = deflate_message(&z[dir], size, &n);

		if (new_files && i == 20) {
			file_close();
			judge();
			unlink(t.path);
			file_open();
			t.frames = 0;
			t.heads = 2;
		}
		half = n / 2;
		if (i % 5 == 0 && !takeover) {
			frame_data(&c, dir, RSV1 | TEXT, data, half, 4096);
			frame(&c, dir, FIN | PING, 3);
			frame_data(&c, dir, FIN | CONT, data + half, n - half, 4096);
		} else {
			frame_data(&c, dir, FIN | RSV1 | TEXT, data, n, 4096);
		}
		if (!takeover)
			deflateReset(&z[dir]);
		free(data);
	}
	for (int d = 0; d < FLOW_DIRS; d++)
		deflateEnd(&z[d]);
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
	expect_count("websocket.decompression.failed.expert", 0);
}

static void test_deflate(void **state)
{
	(void)state;
	talk_deflate(FULL, "", true, 0);
}

static void test_deflate_cut(void **state)
{
	(void)state;
	talk_deflate(100, "; client_max_window_bits=15", true, 0);
}

static void test_deflate_headers(void **state)
{
	(void)state;
	talk_deflate(0, "", true, 0);
}

static void test_deflate_no_takeover(void **state)
{
	(void)state;
	talk_deflate(100, "; Server_no_context_takeover; client_no_context_takeover", false, 0);
}

static void test_deflate_new_file(void **state)
{
	(void)state;
	talk_deflate(FULL, "", true, 1);
}

static void test_deflate_no_takeover_new_file(void **state)
{
	(void)state;
	talk_deflate(FULL, "; server_no_context_takeover; client_no_context_takeover", false, 1);
}

static double cpu_seconds(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_utime.tv_usec / 1e6;
}

/* The experiment of the design: 8000 frames of 0 B to 2 MiB over 40 connections, 16 bytes kept. */
static void test_8000(void **state)
{
	static struct talk c[40];
	unsigned int i;

	(void)state;
	t.snap = 16;
	for (i = 0; i < N(c); i++) {
		begin(&c[i], i & 1 ? AF_INET6 : AF_INET, 40000 + i, i & 2, false);
		upgrade(&c[i], "");
	}
	for (i = 0; i < 8000; i++) {
		uint64_t len = rnd(&t.seed) % ((2 << 20) + 1) >> rnd(&t.seed) % 22;
		struct talk *to = &c[rnd(&t.seed) % N(c)];

		frame(to, rnd(&t.seed) & 1, FIN | (rnd(&t.seed) & 1 ? TEXT : BINARY), len);
	}
	for (i = 0; i < N(c); i++)
		end(&c[i], i & 3 ? FLOW_END_FIN : FLOW_END_RST);
	file_close();
	judge();
}

/* A frame of many megabytes that passes leaves no more in memory than a packet of it. */
static void test_memory(void **state)
{
	static uint8_t piece[1 << 20];
	struct rusage before, after;
	struct flow_frame fr;
	struct talk c;

	(void)state;
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, "");
	getrusage(RUSAGE_SELF, &before);
	fr = frame_header(&c, FLOW_S2C, FIN | BINARY, 64 << 20, FULL);
	for (uint64_t pos = 0; pos < fr.len; pos += sizeof(piece))
		assert_int_equal(flow__payload(c.f, FLOW_S2C, t.ts, pos, piece, sizeof(piece)), 0);
	assert_false(flows__busy(t.p));
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	end(&c, FLOW_END_FIN);
	file_close();
	judge();
}

/* Not a limit to fail at: the machine may be busy, and the sanitizers are dear. */
static void test_cost(void **state)
{
	const unsigned int n = 1000000;
	struct flow_frame fr = { .dir = FLOW_C2S, .b0 = FIN | TEXT, .masked = true };
	uint64_t bytes;
	struct talk c;
	double cpu;

	(void)state;
	begin(&c, AF_INET, 40000, true, false);
	upgrade(&c, "");
	bytes = pcapng__bytes(t.out);
	cpu = cpu_seconds();
	for (unsigned int i = 0; i < n; i++) {
		fr.ts = t.ts += 1000;
		fr.dir = fr.masked = i & 1;
		fr.dir = !fr.dir;
		fr.len = 64 << (i & 15);
		fr.hdr_len = (fr.len < 126 ? 2 : fr.len < 65536 ? 4 : 10) + 4 * fr.masked;
		fr.seq = c.seq[fr.dir];
		flow__frame(c.f, &fr);
		c.seq[fr.dir] += fr.hdr_len + fr.len;
	}
	assert_int_equal(pcapng__flush(t.out), 0);
	cpu = cpu_seconds() - cpu;
	bytes = pcapng__bytes(t.out) - bytes;
	print_message("%.1f bytes, %.0f ns of user CPU a frame\n", (double)bytes / n,
		      cpu * 1e9 / n);
	assert_true(bytes <= 112ULL * n);
	end(&c, FLOW_END_FIN);
	file_close();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_headers_only),
		TEST(test_headers_only_v6),
		TEST(test_16),
		TEST(test_16_v6),
		TEST(test_100000),
		TEST(test_full),
		TEST(test_full_v6),
		TEST(test_midstream),
		TEST(test_bodies),
		TEST(test_port_reuse),
		TEST(test_remarks),
		TEST(test_huge),
		TEST(test_new_file),
		TEST(test_lost),
		TEST(test_restart),
		TEST(test_deflate),
		TEST(test_deflate_cut),
		TEST(test_deflate_headers),
		TEST(test_deflate_no_takeover),
		TEST(test_deflate_new_file),
		TEST(test_deflate_no_takeover_new_file),
		TEST(test_8000),
		TEST(test_memory),
		TEST(test_cost),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
