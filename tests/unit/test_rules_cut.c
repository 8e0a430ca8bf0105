// SPDX-License-Identifier: GPL-2.0-only
/* Connections that are cut: at one age, at one moment, after a silence, with a slow reader. */
#include "events.h"

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static struct conn *direct(void)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:9588", "10.0.0.9:5000");

	request(c, GET, FULL);
	response(c, "101 x", YES);
	return c;
}

static struct two behind_gateway(void)
{
	struct two p;

	p.a = opens(WST_SERVER, "gw", 812, "10.0.0.1:80", "10.0.0.9:51544");
	request(p.a, GET, FULL);
	p.b = opens(WST_CLIENT, "gw", 812, "10.0.0.1:40000", "172.16.0.56:9588");
	request(p.b, GET, FULL);
	response(p.b, "101 x", YES);
	response(p.a, "101 x", YES);
	return p;
}

static void talks(const struct two *p)
{
	if (!p->a)
		return;
	frame(p->a, WST_C2S, 0x81, 20);
	if (p->b)
		frame(p->b, WST_C2S, 0x81, 20);
	if (p->b)
		frame(p->b, WST_S2C, 0x81, 20);
	frame(p->a, WST_S2C, 0x81, 20);
}

/* The proxy ends both legs, or the server the one. */
static void cut(struct two *p, uint64_t silence, bool upstream_first)
{
	if (p->b && upstream_first)
		ends(p->b, WST_FIN, WST_FIRST_LOCAL, silence);
	ends(p->a, WST_FIN, WST_FIRST_LOCAL, silence);
	if (p->b && !upstream_first)
		ends(p->b, WST_FIN, WST_FIRST_LOCAL, silence);
	p->a = p->b = NULL;
}

/*
 * n connections, one each `apart` steps of 100 ms, talk all the time; each is cut at that age, in
 * steps, the i-th of them i * uneven later.
 */
static void lives(bool gateway, int n, int apart, int age, int uneven, bool upstream_first)
{
	struct two p[8] = {};
	int begun = 0, over = 0;

	for (int step = 0; over < n; step++, t.now += 100 * MS) {
		while (begun < n && step == begun * apart) {
			p[begun] = gateway ? behind_gateway() : (struct two){ .a = direct() };
			begun++;
		}
		for (int i = 0; i < begun; i++) {
			if (p[i].a && step == i * apart + age + i * uneven) {
				cut(&p[i], 99 * MS, upstream_first);
				over++;
			}
			talks(&p[i]);
		}
	}
}

static void one_age(void **state)
{
	lives(false, 4, 3, 23, 0, false);
	told("max-lifetime max-lifetime max-lifetime max-lifetime");
	assert_int_equal(t.certainty, LIKELY);
	says("app on 10.0.0.1:9588 ended 4 connections at the same age, 2.3 s after their 101");
}

static void one_age_of_a_gateway(void **state)
{
	for (int upstream_first = 0; upstream_first < 2; upstream_first++) {
		lives(true, 3, 7, 50, 0, upstream_first);
		told("max-lifetime max-lifetime max-lifetime");
		says("gw on 10.0.0.1:80 ended 3 connections at the same age, 5");
		teardown(state);
		setup(state);
	}
}

static void other_ages(void **state)
{
	lives(false, 4, 3, 20, 7, false);
	told("no-goodbye no-goodbye no-goodbye no-goodbye");
}

/* All were opened at one moment, and end at one: nobody can know that it was their age. */
static void one_age_at_once(void **state)
{
	lives(false, 4, 0, 37, 0, false);
	told("backend-restart backend-restart backend-restart backend-restart");
}

/* Silences of one length are a time-out, though the ages are the same, too. */
static void one_age_and_silent(void **state)
{
	struct conn *c[3];

	for (int i = 0; i < 3; i++, t.now += 2 * S)
		c[i] = direct();
	for (int i = 0; i < 3; i++, t.now += 2 * S)
		ends(c[i], WST_FIN, WST_FIRST_LOCAL, 6 * S);
	told("idle-timeout idle-timeout idle-timeout");
}

/* One after the other: there were no old connections to end. */
static void one_by_one(void **state)
{
	for (int i = 0; i < 5; i++, t.now += 3 * MS) {
		struct conn *c = direct();

		t.now += 14 * MS;
		ends(c, WST_FIN, WST_FIRST_LOCAL, 14 * MS);
	}
	told("no-goodbye no-goodbye no-goodbye no-goodbye no-goodbye");
	assert_int_equal(t.severity, SEV_WARNING);
	says("14 ms after its 101");
}

/* Ends that are apart ms apart, of connections of all ages. */
static void old_ones(uint64_t apart, const char *rules)
{
	struct two p[4];

	for (int i = 0; i < 4; i++, t.now += 1300 * MS)
		p[i] = (struct two){ .a = direct() };
	for (int i = 0; i < 4; i++, t.now += apart * MS)
		cut(&p[i], (3 + 5 * i) * S / 7, false);
	told(rules);
}

static void at_one_moment(void **state)
{
	old_ones(30, "backend-restart backend-restart backend-restart backend-restart");
}

static void at_some_moments(void **state)
{
	old_ones(450, "no-goodbye no-goodbye no-goodbye no-goodbye");
}

/* All fall silent and end together: a file does not tell a reload from a time-out. */
static void silent_together(void **state)
{
	struct two p[3];

	for (int i = 0; i < 3; i++, t.now += 20 * MS)
		p[i] = behind_gateway();
	t.now += 1100 * MS;
	for (int i = 0; i < 3; i++)
		cut(&p[i], 1100 * MS, i % 2);
	told("reload reload reload");
	assert_int_equal(t.certainty, LIKELY);
	says("gw on 10.0.0.1:80 ended 3 connections together on both of its sides");
	says("worker_shutdown_timeout");
}

/* The same silence at several moments is a time-out. */
static void silent_one_by_one(void **state)
{
	struct two p[3];

	for (int i = 0; i < 3; i++, t.now += 300 * MS)
		p[i] = behind_gateway();
	t.now += 1400 * MS;
	for (int i = 0; i < 3; i++, t.now += 300 * MS)
		cut(&p[i], 2300 * MS, i % 2);
	told("idle-timeout idle-timeout idle-timeout");
}

/* It had been quiet for longer before, and was not cut then. */
static void quiet_before(void **state)
{
	struct two p = behind_gateway();

	t.now += 9 * S;
	talks(&p);
	t.now += 2 * S;
	cut(&p, 2 * S, true);
	told("no-goodbye");
}

/* A proxy sends all its clients, and its upstreams, 1001, before any of them asks for the end. */
static void closes_both(bool upstream_first, uint32_t n, const char *rules)
{
	struct two p[4];

	for (uint32_t i = 0; i < n; i++, t.now += S)
		p[i] = behind_gateway();
	for (uint32_t i = 0; i < n; i++) {
		closing(upstream_first ? p[i].b : p[i].a, upstream_first ? WST_C2S : WST_S2C, 1001,
			"");
		closing(upstream_first ? p[i].a : p[i].b, upstream_first ? WST_S2C : WST_C2S, 1001,
			"");
		t.now += MS;
		closing(p[i].a, WST_C2S, 1001, "");
		closing(p[i].b, WST_S2C, 1001, "");
		cut(&p[i], 0, upstream_first);
	}
	told(rules);
}

static void proxy_goes_away(void **state)
{
	closes_both(false, 2, "reload reload");
	says("gw on 10.0.0.1:80 closed 2 connections together on both of their sides");
	assert_int_equal(t.certainty, LIKELY);
}

static void proxy_goes_away_upstream_first(void **state)
{
	closes_both(true, 4, "reload reload reload reload");
	says("gw on 10.0.0.1:80 closed 4 connections");
}

static void proxy_closes_one(void **state)
{
	closes_both(true, 1, "");
}

/* The server breaks off with bytes that the client has not taken. */
static void breaks_off(uint32_t unsent, uint32_t window, uint16_t first, const char *rules)
{
	struct conn *c = direct();
	struct wst_stats s = { .how = WST_RST_SENT, .unsent = unsent, .window = window };
	struct event e = { .stats = &s };

	t.now += 3 * S;
	s.h.ts = s.ended = t.now;
	s.last = t.now - S / 2;
	s.h.flags = first;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
	told(rules);
}

static void slow_reader_dropped(void **state)
{
	breaks_off(70000, 0, WST_FIRST_LOCAL, "slow-reader");
	says("70000 bytes that the client 10.0.0.9 had not taken: probably it drops");
}

static void reader_keeps_up(void **state)
{
	breaks_off(0, 64000, WST_FIRST_LOCAL, "reset");
}

static void slow_reader_leaves(void **state)
{
	breaks_off(70000, 0, WST_FIRST_REMOTE, "");
}

/* Gives a frame with this first byte, masked or not. */
static void odd(struct conn *c, uint8_t dir, uint8_t b0, bool masked)
{
	struct event e = frame_event(dir, b0, 5);

	e.frame.masked = masked;
	e.frame.hdr_len = 2 + 4 * masked;
	give(&e, c, EV_FRAME);
}

/* What is left of a message that is longer than its header says is read as a header. */
static void out_of_step(void **state)
{
	static const struct {
		uint8_t dir, b0;
		bool masked;
		const char *rule, *text;
	} rows[] = {
		{ WST_S2C, 0x7d, true, "bad-frame", "app on 10.0.0.1:9588 are no frame" },
		{ WST_S2C, 0x22, true, "bad-frame", "longer than its header says" },
		{ WST_C2S, 0x6f, false, "bad-frame", "client 10.0.0.9 are no frame" },
		{ WST_S2C, 0xb1, true, "bad-frame", "are no frame" },
		{ WST_S2C, 0x81, true, "mask-s2c", "masked" },
		{ WST_C2S, 0xc1, false, "mask-c2s", "not masked" },
		{ WST_S2C, 0xb1, false, "rsv-not-agreed", "RSV2 and RSV3" },
		{ WST_S2C, 0x83, false, "bad-frame", "reserved" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		teardown(state);
		setup(state);
		odd(direct(), rows[i].dir, rows[i].b0, rows[i].masked);
		told(rows[i].rule);
		says(rows[i].text);
	}
}

/* A Close frame that is not masked does not hide what became of the connection. */
static void unmasked_close(void **state)
{
	struct conn *c = direct();

	odd(c, WST_C2S, 0x88, false);
	closing(c, WST_S2C, 1000, "");
	t.now += 12 * S;
	ends(c, WST_FIN, WST_FIRST_REMOTE, 12 * S);
	told("mask-c2s close-timeout");
}

/* HTTP comes in place of a frame. */
static void intrudes(const char *what)
{
	struct wst_opaque o = { .h.dir = WST_S2C, .why = WST_WHY_HTTP_IN_WS, .n = strlen(what) };
	struct event e = { .opaque = &o };

	memcpy(o.first, what, o.n);
	give(&e, direct(), EV_OPAQUE);
	told("http-after-101");
}

static void time_out_of_requests(void **state)
{
	intrudes("HTTP/1.1 408 Request Timeout\r\n");
	says("'HTTP/1.1 408 Request Timeout': probably its time-out of requests");
	says("requestTimeout");
	assert_int_equal(t.certainty, LIKELY);
}

static void other_answer(void **state)
{
	intrudes("HTTP/1.1 404 Not Found\r\n");
	assert_null(strstr(t.text, "time-out"));
	assert_int_equal(t.certainty, CERTAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_age),
		TEST(one_age_of_a_gateway),
		TEST(other_ages),
		TEST(one_age_at_once),
		TEST(one_age_and_silent),
		TEST(one_by_one),
		TEST(at_one_moment),
		TEST(at_some_moments),
		TEST(silent_together),
		TEST(silent_one_by_one),
		TEST(quiet_before),
		TEST(proxy_goes_away),
		TEST(proxy_goes_away_upstream_first),
		TEST(proxy_closes_one),
		TEST(slow_reader_dropped),
		TEST(reader_keeps_up),
		TEST(slow_reader_leaves),
		TEST(out_of_step),
		TEST(unmasked_close),
		TEST(time_out_of_requests),
		TEST(other_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
