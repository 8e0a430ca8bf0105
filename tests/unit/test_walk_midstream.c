// SPDX-License-Identifier: GPL-2.0-only
/*
 * user/capture/walk.c on connections joined midway: no other protocol ever becomes frames, and
 * real ones are found however the stream is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/ws_frame.h"
#include "guard.h"
#include "capture/walk.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MESSAGES 400
#define SEGMENT 1400

static unsigned long long seed;
static int frames;

static uint32_t below(uint32_t n)
{
	return rnd(&seed) % n;
}

static void on_record(void *ctx, const void *record, size_t size)
{
	frames += ((const struct wst_hdr *)record)->type == WST_FRAME;
}

/* A message of at most MESSAGE_MAX bytes, as it is written. */
#define MESSAGE_MAX 3000
static uint8_t message[MESSAGE_MAX + 8];
static uint32_t len;

static void put(uint64_t value, int bytes)
{
	while (bytes--)
		message[len++] = value >> 8 * bytes;
}

static void put_text(const char *text)
{
	while (*text)
		message[len++] = *text++;
}

static void put_random(uint32_t n)
{
	while (n--)
		message[len++] = below(256);
}

/* Fills in a length of this many bytes, behind which the message has been put. */
static void put_length(uint32_t at, int bytes)
{
	uint32_t n = len - at - bytes;

	for (int i = 0; i < bytes; i++)
		message[at + i] = n >> 8 * (bytes - 1 - i);
}

static void dns_query(int i)
{
	len = 2;
	put(below(65536), 2);
	put(0x0100000100000000, 8);
	put(0, 2);
	put(3 + below(50), 1);
	while (len < 15u + message[14])
		put('a' + below(26), 1);
	put(0x0000010001, 5);
	put_length(0, 2);
}

static void dns_answer(int i)
{
	uint32_t records = 1 + below(60);

	dns_query(i);
	message[4] = 0x85;
	message[5] = 0x80;
	message[9] = records;
	while (records--) {
		put(0xc00c00010001, 6);
		put(below(2) ? 60 : below(86400), 4);
		put(4, 2);
		put_random(4);
	}
	put_length(0, 2);
}

static void openvpn(int i)
{
	len = 2;
	put(below(20) ? 0x48 : 0x28, 1);
	put_random(i % 3 ? below(1300) : 41);
	put_length(0, 2);
}

static void mqtt_publish(int i)
{
	len = 2;
	message[0] = below(2) ? 0x30 : 0x32;
	put(11, 2);
	put_text("room/sensor");
	put_random(1 + below(100));
	message[1] = len - 2;
}

static void mqtt_ack(int i)
{
	static const uint8_t kinds[] = { 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0 };

	len = 0;
	put(kinds[below(i < 200 ? 1 : 6)], 1);
	put(message[0] == 0x90 ? 3 : 2, 1);
	put(i, 2);
	if (message[0] == 0x90)
		put(below(3), 1);
	if (!below(10))
		put(0xd000, 2);
}

static void mqtt_subscribe(int i)
{
	len = 2;
	message[0] = 0x82;
	put(i + 1, 2);
	put(5 + below(60), 2);
	while (len < 6u + message[5])
		put('a' + below(26), 1);
	put(1, 1);
	message[1] = len - 2;
}

static void amqp(int i)
{
	uint32_t n = below(4) ? 8 + below(900) : 0;

	len = 0;
	put(n ? 1 + below(3) : 8, 1);
	put(n ? 1 + below(300) : 0, 2);
	put(n, 4);
	put_random(n);
	put(0xce, 1);
}

static void redis(int i)
{
	len = 0;
	put_text(i % 3 ? "+OK\r\n" : i & 1 ? "*2\r\n$3\r\nGET\r\n$3\r\nabc\r\n" : ":1\r\n");
}

static void h2(int i)
{
	static const uint8_t kinds[] = { 0, 0, 1, 6, 8 };
	uint8_t kind = kinds[below(5)];
	uint32_t n = kind == 6 ? 8 : kind == 8 ? 4 : below(1000);

	len = 0;
	put(n, 3);
	put(kind, 1);
	put(kind == 1 ? 4 : 0, 1);
	put(kind == 6 ? 0 : 2 * below(200) + 1, 4);
	put_random(n);
}

static void smb(int i)
{
	len = 4;
	put(0xfe534d42, 4);
	put(0x0040000000000000, 8);
	put(0, 8);
	put_random(40 + below(900));
	put_length(0, 4);
}

static void tls(int i)
{
	len = 0;
	put(0x170303, 3);
	put(0, 2);
	put_random(20 + below(1200));
	message[3] = (len - 5) >> 8;
	message[4] = len - 5;
}

static void postgres(int i)
{
	len = 0;
	put("DDDDCZTBE"[below(9)], 1);
	put(0, 4);
	put(1 + below(5), 2);
	put_random(below(300));
	message[3] = (len - 1) >> 8;
	message[4] = len - 1;
}

static void mysql(int i)
{
	len = 4;
	put_random(1 + below(400));
	message[0] = len - 4;
	message[1] = (len - 4) >> 8;
	message[2] = 0;
	message[3] = i;
}

static void short_prefix(int i)
{
	len = 2;
	put_random(1 + below(i < 200 ? 125 : 2000));
	put_length(0, 2);
}

static void same_bytes(int i)
{
	len = 2;
	while (len < 2u + i % 125)
		put(i / 100, 1);
	put_length(0, 2);
}

/* As files with gaps, memory and padding are: one byte, or two in turn, over and over. */
static uint8_t repeated[2];

static void repeat(int i)
{
	len = 0;
	while (len < 14u + i % 90 * 2)
		put(repeated[len & 1], 1);
}

static void nothing_but_chance(int i)
{
	len = 0;
	put_random(1 + below(1000));
}

static const struct {
	const char *name;
	void (*make)(int i);
	bool only_c2s; /* the other way its messages are whole WebSocket frames, to the byte */
} protocols[] = {
	{ "DNS queries", dns_query },
	{ "DNS answers", dns_answer },
	{ "OpenVPN", openvpn },
	{ "MQTT PUBLISH", mqtt_publish },
	{ "MQTT acknowledgements", mqtt_ack },
	{ "MQTT SUBSCRIBE", mqtt_subscribe, true },
	{ "AMQP", amqp },
	{ "redis", redis },
	{ "HTTP/2", h2 },
	{ "SMB", smb },
	{ "TLS", tls },
	{ "PostgreSQL", postgres },
	{ "MySQL", mysql },
	{ "a length in two bytes", short_prefix },
	{ "a length in two bytes, before the same bytes", same_bytes },
	{ "random bytes", nothing_but_chance },
};

static struct walker *walker;
static struct walk_conn *conn;
static uint32_t seq, n_held;
static uint8_t held[SEGMENT + MESSAGE_MAX + 8]; /* what waits for more */

static void start(void)
{
	const struct walk_options o = { .data_frames = true };
	const struct wst_open open = { .t.h.flags = WST_MIDSTREAM, .role = WST_SERVER };

	frames = 0;
	seq = n_held = 0;
	walker = walker__new(&o, on_record, NULL);
	conn = walk__open(walker, &open);
	assert_non_null(conn);
}

static void stop(void)
{
	const struct walk_tcp t = { .how = WST_FIN, .first = WST_FIRST_LOCAL };

	walk__close(conn, 1, &t);
	walker__free(walker);
}

static void segment(uint8_t dir, const uint8_t *p, uint32_t n)
{
	walk__bytes(conn, dir, seq, seq, guard_put(p, n), n, n);
	seq += n;
}

/* How a stream is cut: messages in a segment, or pieces of one. */
enum cut { WHOLE, SOME, PREFIX_FIRST, FULL, CUTS };

/* Sends what is in message, cut so. */
static void send(uint8_t dir, enum cut cut)
{
	uint32_t at = 0;

	if (cut == WHOLE || cut == PREFIX_FIRST) {
		at = cut == WHOLE ? 0 : len < 2 ? len : 2;
		if (at)
			segment(dir, message, at);
		if (len > at)
			segment(dir, message + at, len - at);
		return;
	}
	memcpy(held + n_held, message, len);
	n_held += len;
	if (cut == SOME && below(3) && n_held < SEGMENT)
		return;
	for (at = 0; n_held - at >= SEGMENT || (cut == SOME && n_held > at);) {
		uint32_t part = n_held - at < SEGMENT ? n_held - at : SEGMENT;

		segment(dir, held + at, part);
		at += part;
	}
	memmove(held, held + at, n_held - at);
	n_held -= at;
}

static void other_protocols_become_no_frames(void **state)
{
	for (size_t p = 0; p < N(protocols); p++) {
		for (int run = 0; run < 2 * CUTS * 10; run++) {
			uint8_t dir = run & 1 ? WST_C2S : WST_S2C;

			if (protocols[p].only_c2s && dir == WST_S2C)
				continue;
			seed = run;
			start();
			for (int i = 0; i < MESSAGES; i++) {
				protocols[p].make(i);
				send(dir, run / 2 % CUTS);
			}
			if (frames)
				fail_msg("%s, run %d: %d frames", protocols[p].name, run, frames);
			stop();
		}
	}
}

static void repeated_bytes_become_no_frames(void **state)
{
	for (int run = 0; run < 0x10000 * 2; run++) {
		uint8_t dir = run & 1 ? WST_C2S : WST_S2C;

		repeated[0] = run >> 9;
		repeated[1] = run >> 1;
		/* Those are pings and messages without payload. */
		if (dir == WST_S2C && (!repeated[0] || !repeated[1]))
			continue;
		for (int cut = 0; cut < CUTS; cut++) {
			seed = run;
			start();
			for (int i = 0; i < 40; i++) {
				repeat(i);
				send(dir, cut);
			}
			if (frames)
				fail_msg("%02x %02x, %s, cut %d: %d frames", repeated[0],
					 repeated[1], dir == WST_C2S ? "client" : "server", cut,
					 frames);
			stop();
		}
	}
}

/* A frame with n bytes of payload, of a message that has begun or not, in a direction. */
static void frame(uint8_t b0, uint8_t dir, uint32_t n)
{
	uint8_t mask = dir == WST_C2S ? WS_MASKED : 0;

	len = 0;
	put(b0, 1);
	put(mask | (n < 126 ? n : 126), 1);
	if (n >= 126)
		put(n, 2);
	if (mask)
		put_random(4);
	put_random(n);
}

static void frames_are_found_however_they_are_cut(void **state)
{
	static const enum cut cuts[] = { WHOLE, SOME, PREFIX_FIRST };

	for (int run = 0; run < 600; run++) {
		uint8_t dir = run & 1 ? WST_C2S : WST_S2C;

		seed = run;
		start();
		for (int i = 0; i < MESSAGES; i++) {
			bool fin = below(4);
			static bool goes_on;

			frame((fin ? WS_FIN : 0) | (goes_on ? 0 : 1 + below(2)), dir,
			      1 + below(300));
			goes_on = !fin;
			send(dir, cuts[run / 2 % N(cuts)]);
		}
		if (frames < MESSAGES - 20)
			fail_msg("run %d: %d frames of %d", run, frames, MESSAGES);
		stop();
	}
}

/* A message without an end, joined midway, as media are sent. */
static void an_endless_message_is_followed(void **state)
{
	for (int dir = 0; dir < WST_DIRS; dir++) {
		seed = dir;
		start();
		for (int i = 0; i < 40; i++) {
			frame(0, dir, 126 + below(1000));
			send(dir, WHOLE);
		}
		assert_in_range(frames, 36, 40);
		stop();
	}
}

/* All that a quiet server sends, and the same bytes over and over. */
static void pings_without_payload_are_found(void **state)
{
	start();
	for (int i = 0; i < 40; i++) {
		frame(WS_FIN | WS_PING, WST_S2C, 0);
		send(WST_S2C, WHOLE);
	}
	assert_in_range(frames, 36, 40);
	stop();
}

/* Nothing follows a Close: what reads as several is none. */
static void closes_in_a_row_are_no_frames(void **state)
{
	for (int dir = 0; dir < WST_DIRS; dir++) {
		seed = dir;
		start();
		for (int i = 0; i < 40; i++) {
			frame(WS_FIN | WS_CLOSE, dir, 2 + below(20));
			send(dir, WHOLE);
		}
		assert_int_equal(frames, 0);
		stop();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_protocols_become_no_frames),
		cmocka_unit_test(repeated_bytes_become_no_frames),
		cmocka_unit_test(frames_are_found_however_they_are_cut),
		cmocka_unit_test(an_endless_message_is_followed),
		cmocka_unit_test(pings_without_payload_are_found),
		cmocka_unit_test(closes_in_a_row_are_no_frames),
	};

	return cmocka_run_group_tests_name("walk_midstream", tests, NULL, NULL);
}
