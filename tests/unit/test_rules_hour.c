// SPDX-License-Identifier: GPL-2.0-only
/* An hour of ordinary connections, on a clock that costs nothing: no verdict at all. */
#include "events.h"

#define STEP (50 * MS)
#define HOUR (3600 * S)
#define NEVER UINT64_MAX

/* What a kind of connection does; gaps and lives are drawn between the two, evenly. */
struct habit {
	const char *name;
	unsigned int many; /* of them at any time */
	bool proxied;
	double client_ping, server_ping; /* s; 0: none */
	double pong_after; /* s */
	double asks[2], tells[2]; /* s between messages of the client, of the server; 0: none */
	uint64_t len; /* of the largest message */
	double lives[2]; /* s */
	uint16_t code; /* of the Close */
	bool by_server; /* and who begins it */
};

static const struct habit habits[] = {
	{ "browser chat", 10, true, 0, 25, .1, { 1, 40 }, { 1, 40 }, 400, { 20, 600 }, 1001 },
	{ "dashboard", 4, true, 30, 0, .05, {}, { .1, .2 }, 2000, { 60, 3600 }, 1001 },
	{ "dashboard, pinged", 4, false, 0, 20, .4, {}, { .1, .2 }, 2000, { 60, 3600 }, 1000 },
	{ "meter, pings in time", 10, true, 55, 0, .05, {}, {}, 0, { 3600, 9999 }, 1000 },
	{ "meter, data in time", 5, true, 0, 0, .05, { 50, 58 }, {}, 60, { 200, 900 }, 1000 },
	{ "quiet for exactly a minute", 5, true, 0, 0, 0, {}, {}, 0, { 60, 60 }, 1000 },
	{ "quiet, logged out", 5, false, 0, 0, 0, {}, {}, 0, { 300, 300 }, 1000, true },
	{ "quiet for long",
	  5,
	  true,
	  0,
	  0,
	  0,
	  { 600, 1800 },
	  { 600, 1800 },
	  100,
	  { 1800, 3600 },
	  1000 },
	{ "upload", 3, true, 10, 0, .45, { 5, 20 }, { 5, 20 }, 8 << 20, { 60, 300 }, 1000 },
	{ "game", 3, false, 5, 0, .02, { .05, .1 }, { .05, .1 }, 31, { 120, 600 }, 1001 },
	{ "one question", 4, true, 0, 0, 0, { .02, .02 }, { .05, .05 }, 80, { .1, .2 }, 1000 },
	{ "sent away", 12, false, 0, 25, .1, { 1, 10 }, { 1, 10 }, 300, { 30, 60 }, 1001, true },
	{ "registered code",
	  2,
	  false,
	  15,
	  15,
	  .1,
	  { 1, 10 },
	  { 1, 10 },
	  300,
	  { 30, 60 },
	  3001,
	  true },
};

struct life {
	const struct habit *is;
	struct conn *front, *back; /* back: NULL without a proxy */
	uint32_t holds;
	uint64_t ask, tell, ping[2], pong[2], end, looked;
};

static uint32_t seed;

static double random_between(const double of[2])
{
	seed = seed * 1664525 + 1013904223;
	return of[0] + (of[1] - of[0]) * (seed >> 8) / (1 << 24);
}

static uint64_t later(double seconds)
{
	return seconds ? t.now + (uint64_t)(seconds * S) : NEVER;
}

static void begin(struct life *l)
{
	char headers[512], peer[32];
	bool node = seed & 1 << 20;

	snprintf(headers, sizeof(headers),
		 ASK "Origin: http://example.com\r\n%s"
		     "Sec-WebSocket-Key: %021uA==\r\n",
		 node ? "Sec-WebSocket-Extensions: "
			"permessage-deflate; client_max_window_bits\r\n" :
			"",
		 t.n + 1);
	snprintf(peer, sizeof(peer), "10.0.0.9:%u", 1024 + t.n % 60000);
	l->front = opens(WST_SERVER, l->is->proxied ? "nginx" : "app", l->is->proxied ? 812 : 7,
			 l->is->proxied ? "10.0.0.1:12345" : "10.0.0.1:9588", peer);
	request(l->front, GET, headers);
	if (l->is->proxied) {
		l->back = opens(WST_CLIENT, "nginx", 812, "10.0.0.1:40000", "172.16.0.56:9588");
		request(l->back, GET, headers);
		response(l->back, "101 Switching Protocols", YES);
	}
	response(l->front, "101 Switching Protocols", YES);
	l->ask = later(random_between(l->is->asks));
	l->tell = later(random_between(l->is->tells));
	l->ping[WST_C2S] = later(l->is->client_ping);
	l->ping[WST_S2C] = later(l->is->server_ping);
	l->pong[0] = l->pong[1] = NEVER;
	l->end = later(random_between(l->is->lives));
}

static void both(struct life *l, struct event e)
{
	struct conn *first = l->back && e.frame.dir == WST_S2C ? l->back : l->front;
	struct conn *second = first == l->back ? l->front : l->back;

	give(&e, first, EV_FRAME);
	t.now += 200000;
	if (second)
		give(&e, second, EV_FRAME);
}

static void finish(struct life *l)
{
	for (int i = 0; i < 2; i++) {
		struct event e = frame_event(l->is->by_server ^ i ? WST_S2C : WST_C2S, 0x88, 2);

		e.frame.code = l->is->code;
		e.frame.reason = (struct span){ "", 0 };
		both(l, e);
	}
	if (l->back)
		ends(l->back, WST_FIN, WST_FIRST_REMOTE, 0);
	ends(l->front, WST_FIN, WST_FIRST_LOCAL, 0);
	*l = (struct life){ .is = l->is };
}

static void message(struct life *l, uint8_t dir)
{
	both(l, frame_event(dir, 0x81, random_between((double[]){ 0, l->is->len })));
}

/* Now and then data waits for a moment, as it does on a busy host. */
static void look(struct life *l)
{
	struct wst_stats s = { .unread = seed >> 8 & 3 ? 0 : 5000,
			       .window = seed >> 10 & 7 ? 65535 : 0 };
	struct event e = { .stats = &s };

	s.unsent = seed >> 16 & 3 ? 0 : 100000;
	s.counts[0].stream = s.counts[1].stream = 1000 * t.now / S + s.unsent;
	s.retrans = s.counts[0].stream / 1448 / 50;
	give(&e, l->front, EV_STATS);
	l->holds += 5; /* TCP_NODELAY is not set, and an acknowledgement is late now and then */
	if (!(seed >> 20 & 3))
		held(l->front, l->holds, 60);
}

static void step(struct life *l)
{
	if (t.now >= l->ask)
		message(l, WST_C2S), l->ask = later(random_between(l->is->asks));
	if (t.now >= l->tell)
		message(l, WST_S2C), l->tell = later(random_between(l->is->tells));
	for (int dir = 0; dir < 2; dir++) {
		if (t.now >= l->ping[dir]) {
			both(l, frame_event(dir, 0x89, 4));
			l->ping[dir] =
				later(dir == WST_C2S ? l->is->client_ping : l->is->server_ping);
			l->pong[!dir] = later(l->is->pong_after);
		}
		if (t.now >= l->pong[dir]) {
			struct event e = frame_event(dir, 0x8a, 4);

			e.frame.rtt_us = l->is->pong_after * 1000000;
			both(l, e);
			l->pong[dir] = NEVER;
		}
	}
	if (t.now - l->looked >= S) {
		l->looked = t.now;
		look(l);
	}
	if (t.now >= l->end)
		finish(l);
}

/* Beside them, requests that want no WebSocket, whatever their answers. */
static void plain(void)
{
	static const char *const answers[] = { "200 OK", "304 Not Modified", "404 Not Found",
					       "301 Moved", "502 Bad Gateway" };
	struct conn *c = opens(WST_SERVER, "nginx", 812, "10.0.0.1:12345", "10.0.0.8:1000");

	for (int i = 0; i < 5; i++) {
		request(c, "GET /page HTTP/1.1",
			i ? "" : "Upgrade: h2c\r\nConnection: Upgrade\r\n");
		response(c, answers[i], "");
	}
	ends(c, WST_FIN, WST_FIRST_LOCAL, 60 * S);
}

static void an_hour(void **state)
{
	struct life lives[100] = {};
	uint64_t minute = 0;
	unsigned int n = 0;

	seed = 1;
	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		for (unsigned int k = 0; k < habits[i].many; k++)
			lives[n++].is = &habits[i];
	for (uint64_t end = t.now + HOUR; t.now < end; t.now += STEP) {
		for (unsigned int i = 0; i < n; i++) {
			if (lives[i].front)
				step(&lives[i]);
			else if (random_between((double[]){ 0, 1 }) < .02)
				begin(&lives[i]);
			if (t.told[0])
				fail_msg("%s: %s: %s", lives[i].is->name, t.told, t.text);
		}
		if (t.now - minute > 60 * S) {
			minute = t.now;
			plain();
		}
	}
	told("");
	assert_true(t.n > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
