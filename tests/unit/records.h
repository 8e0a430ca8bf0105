/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records as the kernel side makes them, on a clock of their own, through the decoder, diagnosis
 * and outputs as session.c joins them; and what is written meanwhile. To be included by one test.
 */
#ifndef RECORDS_H
#define RECORDS_H

#define _GNU_SOURCE /* memfd_create() */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "decode/decode.h"
#include "decode/ws.h"
#include "lib/units.h"
#include "out/lines.h"
#include "out/output.h"

#define START (1763800000 * NS_PER_SEC) /* CLOCK_REALTIME of the clock's 0: 08:26:40 UTC */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define GET(target)                                                                  \
	"GET " target " HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"     \
	"Connection: Upgrade\r\nCookie: id=sekrit\r\nSec-WebSocket-Key: " KEY "\r\n" \
	"Sec-WebSocket-Version: 13\r\n\r\n"
#define SWITCHING                                                                           \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n"

static struct {
	struct options o;
	struct run_info run;
	struct run_totals totals;
	struct decoder *decoder;
	struct diagnose *diagnose;
	struct outputs *outputs;
	int out; /* memory that stands for standard output */
	int err, stderr_before; /* the same for stderr, while it is caught */
	char *text; /* what was written; the harness's */
	uint64_t now; /* CLOCK_MONOTONIC, ns */
	uint32_t seq[8][WST_DIRS]; /* of the next byte, by connection */
	uint64_t frames[8][WST_DIRS]; /* bytes of them so far */
	struct wst_stats stats[8]; /* counters, by connection */
} t;

static inline void on_finding(void *ctx, const struct event *e)
{
	outputs__event(t.outputs, e);
}

static inline void on_event(void *ctx, const struct event *e)
{
	outputs__event(t.outputs, e);
	diagnose__event(t.diagnose, e);
}

static inline void on_tap(void *ctx, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	outputs__record(t.outputs, c, h, ts);
}

static inline const char *on_cgroup(void *ctx, const struct wst_task *task)
{
	return "/system.slice/app.service";
}

static inline bool is_ending(void *ctx)
{
	return true;
}

static inline int memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* What fd's memory holds from its start on; it is the harness's, until the next call. */
static inline const char *content(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	free(t.text);
	t.text = calloc(1, size + 1);
	assert_int_equal(pread(fd, t.text, size, 0), size);
	return t.text;
}

static inline int setup(void **state)
{
	memset(&t, 0, sizeof(t));
	setenv("TZ", "UTC", 1);
	t.o.kinds = KIND_ALL;
	t.o.port_list = "9588";
	t.o.max_conns = 16;
	t.run = (struct run_info){
		.backend = "fentry",
		.kernel = "6.12.0 x86_64",
		.host = "here",
		.started = START,
		.ending = is_ending,
	};
	t.out = memory();
	t.err = memory();
	return 0;
}

static inline void catch_stderr(void)
{
	fflush(stderr);
	t.stderr_before = dup(STDERR_FILENO);
	assert_true(dup2(t.err, STDERR_FILENO) >= 0);
}

/* What came on stderr since catch_stderr(). */
static inline const char *caught(void)
{
	fflush(stderr);
	dup2(t.stderr_before, STDERR_FILENO);
	close(t.stderr_before);
	return content(t.err);
}

/* Opens those of table that t.o names. Returns as outputs__new() does. */
static inline int begin(const struct output *const *table)
{
	const struct decoder_options o = { t.o.snaplen > 0, t.o.show_secrets };

	t.run.lines = lines__new(t.out, "standard output", false, &t.run);
	t.decoder = decoder__new(on_event, NULL, &o);
	t.diagnose = diagnose__new(on_finding, NULL, false);
	assert_true(t.run.lines && t.decoder && t.diagnose);
	decoder__set_cgroup(t.decoder, on_cgroup, NULL);
	decoder__set_tap(t.decoder, on_tap);
	return outputs__new(&t.outputs, table, &t.o, &t.run);
}

/* The lines that have been written since the last call. */
static inline const char *written(void)
{
	const char *text;

	if (t.run.lines)
		assert_int_equal(lines__flush(t.run.lines), 0);
	text = content(t.out);
	assert_int_equal(ftruncate(t.out, 0), 0);
	lseek(t.out, 0, SEEK_SET);
	return text;
}

/* Compares what has been written since the last time with lines, behind which NULL stands. */
static inline void writes(const char *line, ...)
{
	const char *text = written();
	struct buf want = {};
	va_list ap;

	va_start(ap, line);
	for (; line; line = va_arg(ap, const char *))
		buf_printf(&want, "%s\n", line);
	va_end(ap);
	buf_char(&want, 0);
	assert_string_equal(text, want.data);
	buf_free(&want);
}

/* Ends the run. Returns as outputs__close() does. */
static inline int end(void)
{
	int err;

	decoder__flush(t.decoder);
	diagnose__finish(t.diagnose, START + t.now);
	t.totals.conns = decoder__conns(t.decoder);
	outputs__restrict(t.outputs, &t.totals);
	err = outputs__close(t.outputs, START + t.now, &t.totals, t.diagnose);
	t.outputs = NULL;
	assert_int_equal(lines__close(t.run.lines), 0);
	t.run.lines = NULL;
	diagnose__free(t.diagnose);
	t.diagnose = NULL;
	decoder__free(t.decoder);
	t.decoder = NULL;
	return err;
}

/* Frees what a test that ended early has left, too. */
static inline int teardown(void **state)
{
	outputs__close(t.outputs, 0, &t.totals, NULL);
	lines__close(t.run.lines);
	diagnose__free(t.diagnose);
	decoder__free(t.decoder);
	free(t.text);
	close(t.out);
	close(t.err);
	return 0;
}

static inline void record(const void *r, size_t size)
{
	assert_int_equal(decoder__record(t.decoder, r, size, START), 0);
}

/* Lets a millisecond pass. */
static inline struct wst_hdr header(uint8_t type, uint64_t conn, uint8_t dir)
{
	t.now += NS_PER_MS;
	return (struct wst_hdr){ .ts = t.now, .conn = conn, .type = type, .dir = dir };
}

/* A connection of port 9588 of 10.0.0.1 with 10.0.0.9, of "app", process 7. */
static inline void opens(uint64_t conn, uint8_t role)
{
	struct wst_open o = { .t.h = header(WST_OPEN, conn, 0), .t.pid = 7, .t.comm = "app" };
	uint16_t other = 5000 + conn;

	o.family = AF_INET;
	o.role = role;
	inet_pton(AF_INET, "10.0.0.1", o.laddr);
	inet_pton(AF_INET, "10.0.0.9", o.raddr);
	o.lport = role == WST_SERVER ? 9588 : other;
	o.rport = role == WST_SERVER ? other : 9588;
	o.first_seq[WST_C2S] = t.seq[conn][WST_C2S] = 1000;
	o.first_seq[WST_S2C] = t.seq[conn][WST_S2C] = 2000;
	memset(t.frames[conn], 0, sizeof(t.frames[conn]));
	t.stats[conn] = (struct wst_stats){ .opened = t.now };
	record(&o, sizeof(o));
}

static inline void bytes(struct wst_bytes *r, const void *data, size_t n)
{
	char room[sizeof(*r) + 16384];

	r->n = n;
	memcpy(room, r, sizeof(*r));
	memcpy(room + sizeof(*r), data, n);
	record(room, sizeof(*r) + n);
}

static inline void head(uint64_t conn, uint8_t dir, const char *text)
{
	struct wst_bytes r = { .h = header(WST_HEAD, conn, dir) };

	r.h.seq = t.seq[conn][dir];
	t.seq[conn][dir] += strlen(text);
	r.h.flags = WST_HEAD_FIRST | WST_HEAD_LAST;
	if (!strncmp(text, "HTTP/1.1 101", 12))
		r.h.flags |= WST_HEAD_WS;
	bytes(&r, text, strlen(text));
}

/* Frame and payload of n bytes, as much as t.o.snaplen keeps of it. A client's frames are masked.
 */
static inline void frame_of(uint64_t conn, uint8_t dir, uint8_t b0, const void *payload, size_t n)
{
	static const uint8_t key[4] = { 1, 2, 3, 4 };
	static const uint8_t ops[16] = { WST_CONT,     WST_TEXT,     WST_BINARY,   WST_RESERVED,
					 WST_RESERVED, WST_RESERVED, WST_RESERVED, WST_RESERVED,
					 WST_CLOSE_OP, WST_PING,     WST_PONG,	   WST_RESERVED,
					 WST_RESERVED, WST_RESERVED, WST_RESERVED, WST_RESERVED };
	bool control = b0 & 8;
	struct wst_frame f = { .h = header(WST_FRAME, conn, dir), .len = n, .b0 = b0, .pid = 7 };
	struct wst_bytes r = { .h = header(WST_PAYLOAD, conn, dir) };
	struct wst_counts *counts = &t.stats[conn].counts[dir];
	char masked[4096];

	f.masked = dir == WST_C2S;
	if (f.masked)
		memcpy(&f.mask, key, sizeof(key));
	f.hdr_len = 2 + 4 * f.masked + (n > 125 ? 2 : 0);
	f.offset = t.frames[conn][dir];
	f.h.seq = t.seq[conn][dir];
	f.kept = control || n < t.o.snaplen ? n : t.o.snaplen;
	t.frames[conn][dir] += f.hdr_len + n;
	t.seq[conn][dir] += f.hdr_len + n;
	counts->frames[ops[b0 & 15]]++;
	counts->bytes += n;
	counts->stream += f.hdr_len + n;
	counts->messages += !control && b0 & 0x80;
	t.stats[conn].last_b0[dir] = b0;
	t.stats[conn].last = t.now;
	record(&f, sizeof(f));
	if (!f.kept)
		return;
	assert_true(f.kept <= sizeof(masked));
	memcpy(masked, payload, f.kept);
	ws_unmask(masked, f.kept, f.mask, 0);
	bytes(&r, masked, f.kept);
}

static inline void frame(uint64_t conn, uint8_t dir, uint8_t b0, const char *payload)
{
	frame_of(conn, dir, b0, payload, strlen(payload));
}

/* Statistics, or with how the last ones of a connection. first: WST_FIRST_LOCAL or _REMOTE. */
static inline void stats(uint64_t conn, uint8_t type, uint8_t how, uint16_t first)
{
	struct wst_stats s = t.stats[conn];

	s.h = header(type, conn, 0);
	s.h.flags = first;
	s.how = how;
	s.rtt_us = 120;
	if (type == WST_CLOSE)
		s.ended = t.now;
	memset(s.p99, WST_NO_P99, sizeof(s.p99));
	record(&s, sizeof(s));
}

static inline void ends(uint64_t conn, uint8_t how, uint16_t first)
{
	stats(conn, WST_CLOSE, how, first);
}

static inline void websocket(uint64_t conn)
{
	opens(conn, WST_SERVER);
	head(conn, WST_C2S, GET("/ws?token=sekrit"));
	head(conn, WST_S2C, SWITCHING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
