/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conversations for user/pcapng/flow.h: peers that talk, a list of what was said, and tshark to say
 * whether a file shows just that. To be included by one test.
 */
#ifndef TSHARK_H
#define TSHARK_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>

#include "guard.h"
#include "pcapng/flow.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES_MAX 10000
#define FULL UINT64_MAX
#define FIN 0x80
#define RSV1 0x40

enum { CONT, TEXT, BINARY, CLOSE = 8, PING, PONG };

static const struct pcapng_section section = { NULL, "Linux", "wstrace test", NULL };

/* What is expected of a frame. */
struct want {
	uint64_t len;
	uint32_t stream, mask;
	uint8_t dir, b0;
};

static struct {
	char path[64];
	struct pcapng *out;
	struct flows *p;
	uint64_t ts, snap;
	unsigned long long seed;
	struct want want[FRAMES_MAX];
	unsigned int frames, streams, heads;
	uint32_t crc[64][FLOW_DIRS]; /* of the bytes of each stream and direction */
} t;

/* A connection as its peers know it. */
struct talk {
	struct flow *f;
	uint32_t seq[FLOW_DIRS], stream;
	bool server;
};

static void file_open(void)
{
	int fd;

	strcpy(t.path, "/tmp/test_flow.XXXXXX");
	fd = mkstemp(t.path);
	assert_true(fd >= 0);
	assert_int_equal(pcapng__open(&t.out, fd), 0);
	assert_int_equal(flows__begin(t.p, t.out, t.ts), 0);
}

static void file_close(void)
{
	assert_int_equal(flows__end(t.p, t.ts), 0);
	assert_int_equal(pcapng__close(t.out), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.ts = 1763800000000000000ULL;
	t.seed = 1;
	t.p = flows__new(&section);
	file_open();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	flows__free(t.p);
	if (!getenv("KEEP"))
		unlink(t.path);
	return 0;
}

static void begin(struct talk *c, int family, uint16_t port, bool server, bool midstream)
{
	static const uint8_t local4[] = { 127, 0, 0, 1 }, remote4[] = { 192, 0, 2, 7 };
	uint8_t local6[16], remote6[16];
	struct flow_info i = {
		.ts = t.ts += 1000,
		.family = family,
		.local = local4,
		.remote = remote4,
		.lport = server ? 9588 : port,
		.rport = server ? port : 9588,
		.server = server,
		.midstream = midstream,
		.first_seq = { rnd(&t.seed), rnd(&t.seed) },
		.task = { server ? "nginx[1234]" : "node[77]", "pid=1234 comm=nginx cgroup=/a" },
		.comment = "conn 1: verdicts go here",
	};

	if (family == AF_INET6) {
		inet_pton(AF_INET6, "2001:db8::1", local6);
		inet_pton(AF_INET6, "2001:db8::2", remote6);
		i.local = local6;
		i.remote = remote6;
	}
	*c = (struct talk){ .server = server, .stream = t.streams++ };
	memcpy(c->seq, i.first_seq, sizeof(c->seq));
	assert_int_equal(flow__new(&c->f, t.p, &i), 0);
}

static void add_crc(const struct talk *c, uint8_t dir, const void *p, size_t n)
{
	t.crc[c->stream][dir] = crc32(t.crc[c->stream][dir], p, n);
}

static void say(struct talk *c, uint8_t dir, const char *text, bool upgrade)
{
	struct flow_head h = { t.ts += 1000, strlen(text), c->seq[dir],
			       dir,	     upgrade,	   { text, strlen(text) } };

	assert_int_equal(flow__head(c->f, &h), 0);
	c->seq[dir] += h.len;
	t.heads++;
	add_crc(c, dir, text, h.len);
}

static void upgrade(struct talk *c, const char *extension)
{
	char answer[512];

	say(c, FLOW_C2S,
	    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
	    false);
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n%s\r\n",
		 extension);
	say(c, FLOW_S2C, answer, true);
}

/* The header alone; what it says is wanted of tshark. */
static struct flow_frame frame_header(struct talk *c, uint8_t dir, uint8_t b0, uint64_t len,
				      uint64_t keep)
{
	struct flow_frame fr = { t.ts += 1000, len, keep < len ? keep : len, c->seq[dir] };
	struct want *w = &t.want[t.frames++];

	assert_true(t.frames <= FRAMES_MAX);
	fr.dir = dir;
	fr.b0 = b0;
	fr.masked = dir == FLOW_C2S;
	fr.hdr_len = (len < 126 ? 2 : len < 65536 ? 4 : 10) + 4 * fr.masked;
	if (fr.masked)
		fr.mask = rnd(&t.seed);
	*w = (struct want){ len, c->stream, fr.mask, dir, b0 };
	assert_int_equal(flow__frame(c->f, &fr), 0);
	c->seq[dir] += fr.hdr_len + len;
	return fr;
}

/* RFC 6455 section 5.2, written once more. */
static void add_header_crc(const struct talk *c, const struct flow_frame *fr)
{
	uint8_t h[14] = { fr->b0, fr->masked << 7 };
	uint16_t len16 = htons(fr->len);
	uint32_t halves[2] = { htonl(fr->len >> 32), htonl(fr->len) };

	h[1] |= fr->len < 126 ? fr->len : fr->len < 65536 ? 126 : 127;
	memcpy(h + 2, fr->len < 65536 ? (void *)&len16 : halves, fr->len < 65536 ? 2 : 8);
	if (fr->masked)
		memcpy(h + fr->hdr_len - 4, &fr->mask, 4);
	add_crc(c, fr->dir, h, fr->hdr_len);
}

/* A frame whose payload comes in pieces, as the ring buffer brings them. */
static void frame_data(struct talk *c, uint8_t dir, uint8_t b0, const uint8_t *data, uint64_t len,
		       size_t piece)
{
	struct flow_frame fr = frame_header(c, dir, b0, len, t.snap);
	uint8_t *wire = malloc(len + 1), key[4];

	memcpy(key, &fr.mask, 4);
	for (uint64_t i = 0; i < len; i++)
		wire[i] = data[i] ^ key[i & 3];
	for (uint64_t pos = 0; pos < fr.keep; pos += piece) {
		uint64_t n = fr.keep - pos < piece ? fr.keep - pos : piece;

		assert_int_equal(flow__payload(c->f, dir, t.ts++, pos, wire + pos, n), 0);
	}
	add_header_crc(c, &fr);
	add_crc(c, dir, wire, len);
	free(wire);
}

static void frame(struct talk *c, uint8_t dir, uint8_t b0, uint64_t len)
{
	uint8_t *data = malloc(len + 1);

	for (uint64_t i = 0; i < len; i++)
		data[i] = 'a' + i % 26;
	if (b0 == (FIN | CLOSE) && len >= 2)
		memcpy(data, "\x03\xe8", 2);
	frame_data(c, dir, b0, data, len, 4096);
	free(data);
}

static void end(struct talk *c, enum flow_end how)
{
	assert_int_equal(flow__close(c->f, t.ts += 1000, how, c->server, 0), 0);
	flow__free(c->f);
}

/* Runs tshark on the file. Its output is for the caller to free. */
static char *tshark(const char *args)
{
	char cmd[1024], *out = NULL;
	size_t size = 0, n;
	char block[65536];
	FILE *pipe, *mem = open_memstream(&out, &size);

	snprintf(cmd, sizeof(cmd),
		 "tshark -r %s -n -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE %s 2>&1 "
		 "| grep -v '^Running as user'",
		 t.path, args);
	pipe = popen(cmd, "r");
	while ((n = fread(block, 1, sizeof(block), pipe)))
		fwrite(block, 1, n, mem);
	pclose(pipe);
	fclose(mem);
	return out;
}

static unsigned int count_lines(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* The number of packets that match; what they are is printed where there should be others. */
static void expect_count(const char *filter, unsigned int want)
{
	char args[512], *out;

	snprintf(args, sizeof(args), "-Y '%s'", filter);
	out = tshark(args);
	if (count_lines(out) != want)
		print_error("%u packets wanted for %s:\n%.4000s\n", want, filter, out);
	assert_int_equal(count_lines(out), want);
	free(out);
}

/* Takes the next field: fields end in a tab, the last one in 0. */
static char *field(char **at)
{
	char *f = *at, *end = f + strcspn(f, "\t");

	*at = *end ? end + 1 : end;
	*end = 0;
	return f;
}

static uint64_t number(char **at)
{
	return strtoull(field(at), NULL, 0);
}

/* The frame that tshark shows is the first of its direction that it has not shown yet. */
static void judge_frame(bool *seen, uint64_t stream, char **at)
{
	uint64_t mask = number(at), opcode = number(at), fin = number(at), rsv = number(at);
	uint64_t len = number(at), ext16 = number(at), ext64 = number(at);
	uint32_t key = htonl(strtoul(field(at), NULL, 16));
	unsigned int i;

	for (i = 0; i < t.frames; i++)
		if (!seen[i] && t.want[i].stream == stream &&
		    t.want[i].dir == (mask ? FLOW_C2S : FLOW_S2C))
			break;
	if (i == t.frames)
		fail_msg("tshark sees a frame that was not sent");
	seen[i] = true;
	len = len == 126 ? ext16 : len == 127 ? ext64 : len;
	assert_int_equal(len, t.want[i].len);
	assert_int_equal(fin << 7 | rsv << 4 | opcode, t.want[i].b0);
	assert_int_equal(key, t.want[i].mask);
}

#define EXPERT_ERROR "8388608"

/* Ports that are used again are news, not trouble. */
static void judge_trouble(const char *line, char **at)
{
	bool flags = *field(at), reused = *field(at), error = strstr(field(at), EXPERT_ERROR);
	bool ip = strchr(field(at), '0'), tcp = strchr(field(at), '0');

	if ((flags && !reused) || error || ip || tcp)
		fail_msg("packet %s of %s: flags %d error %d ip %d tcp %d", line, t.path, flags,
			 error, ip, tcp);
}

/* All frames, in the order of each stream's directions; all heads; nothing strange. */
static void judge(void)
{
	char *out =
		tshark("-T fields -e frame.number -e frame.protocols -e tcp.analysis.flags "
		       "-e tcp.analysis.reused_ports -e _ws.expert.severity "
		       "-e ip.checksum.status -e tcp.checksum.status -e tcp.stream "
		       "-e websocket.mask -e websocket.opcode -e websocket.fin -e websocket.rsv "
		       "-e websocket.payload_length -e websocket.payload_length_ext_16 "
		       "-e websocket.payload_length_ext_64 -e websocket.masking_key");
	static bool seen[FRAMES_MAX];
	unsigned int frames = 0, heads = 0;

	memset(seen, 0, sizeof(seen));
	for (char *line = out, *next; *line; line = next) {
		char *at = line, *protocols;
		uint64_t stream;

		next = line + strcspn(line, "\n");
		*next++ = 0;
		field(&at);
		protocols = field(&at);
		judge_trouble(line, &at);
		stream = number(&at);
		if (strstr(protocols, ":websocket")) {
			judge_frame(seen, stream, &at);
			frames++;
		} else if (strstr(protocols, ":http")) {
			heads++;
		}
	}
	free(out);
	assert_int_equal(frames, t.frames);
	assert_int_equal(heads, t.heads);
}

static uint8_t nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* What tshark puts together of a stream is what the peers sent, byte for byte. */
static void judge_contents(const struct talk *c)
{
	char args[64], *out;
	uint32_t crc[FLOW_DIRS] = {};

	snprintf(args, sizeof(args), "-q -z follow,tcp,raw,%u", c->stream);
	out = tshark(args);
	for (char *line = strstr(out, "Node 1"), *next; line && *line; line = next) {
		uint8_t dir = *line == '\t' ? FLOW_S2C : FLOW_C2S, byte;

		next = line + strcspn(line, "\n");
		next += *next == '\n';
		line += *line == '\t';
		if (line[0] == 'N' || line[0] == '=')
			continue;
		for (; *line != '\n' && line + 1 < next; line += 2) {
			byte = nibble(line[0]) << 4 | nibble(line[1]);
			crc[dir] = crc32(crc[dir], &byte, 1);
		}
	}
	free(out);
	assert_int_equal(crc[FLOW_C2S], t.crc[c->stream][FLOW_C2S]);
	assert_int_equal(crc[FLOW_S2C], t.crc[c->stream][FLOW_S2C]);
}

#endif
