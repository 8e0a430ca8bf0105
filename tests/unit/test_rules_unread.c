// SPDX-License-Identifier: GPL-2.0-only
/* Recorded connections that nobody accepts or reads, or that are closed at once. */
#include "events.h"

static void live(void)
{
	diagnose__free(t.d);
	t.d = diagnose__new(on_diagnosis, &t, true);
	assert_non_null(t.d);
}

static void says(const char *what)
{
	if (!strstr(t.text, what) && !strstr(t.fix, what))
		fail_msg("'%s' is neither in '%s' nor in '%s'", what, t.text, t.fix);
}

static struct conn *waits(void)
{
	return opens(WST_SERVER, "", 0, "10.0.0.1:80", "10.0.0.9:5000");
}

/* A look at a socket every second for so many seconds; queued: in a queue for 6; 0: not known */
static void look(struct conn *c, int seconds, bool unaccepted, uint32_t queued)
{
	struct wst_stats s = { .unread = 200, .window = 65535 };
	struct wst_queue r = { .unaccepted = unaccepted };
	struct event e = { .stats = &s }, q = { .queue = &r };

	r.queued = queued;
	r.max = queued ? 5 : 0;
	r.pid = queued ? 1 : 0;
	for (int i = 0; i < seconds; i++) {
		give(&q, c, EV_QUEUE);
		give(&e, c, EV_STATS);
		t.now += S;
	}
}

static void hangs_up(struct conn *c, uint16_t first, uint32_t unread, uint64_t read)
{
	struct wst_stats s = { .how = WST_RST_SENT, .unread = unread };
	struct event e = { .stats = &s };

	s.h.ts = s.ended = t.now;
	s.h.flags = first;
	s.opened = c->opened;
	s.counts[WST_C2S].stream = read;
	give(&e, c, EV_CLOSE);
	memset(c, 0, sizeof(*c));
}

static void not_accepted(void **state)
{
	live();
	look(waits(), 4, true, 0);
	assert_string_equal(t.told, "");
	look(t.conns, 3, true, 0);
	told("upstream-mute");
	says("the server 10.0.0.1:80 has not accepted the connection of 10.0.0.9:5000, whose 200");
}

static void accepted_and_not_read(void **state)
{
	live();
	look(waits(), 6, false, 0);
	told("upstream-mute");
	says("has accepted the connection of 10.0.0.9:5000, but not read the 200 bytes");
}

static void filling_queue(void **state)
{
	live();
	look(waits(), 6, true, 5);
	told("upstream-mute");
	says("10.0.0.1:80 has not accepted");
}

static void fuller_queue(void **state)
{
	live();
	look(waits(), 6, true, 6);
	told("accept-queue");
	says("its accept queue is full: 6 wait, with a backlog of 5");
}

static void full_behind_a_proxy(void **state)
{
	struct conn *a, *b;

	live();
	a = opens(WST_SERVER, "nginx", 812, "10.0.0.1:80", "10.0.0.9:5000");
	request(a, GET, FULL);
	b = opens(WST_SERVER, "", 0, "10.0.0.1:9501", "10.0.0.1:40000");
	b->client_pid = 812;
	look(b, 7, true, 6);
	told("accept-queue");
	says("10.0.0.1:9501 accepts no connections");
	assert_int_equal(t.chain, 2);
}

/* The next request on a connection is not read; one that is being answered may wait. */
static void later_request(void **state)
{
	struct conn *c = opens(WST_SERVER, "app", 7, "10.0.0.1:80", "10.0.0.9:5000");

	request(c, "GET / HTTP/1.1", "");
	look(c, 8, false, 0);
	assert_string_equal(t.told, "");
	response(c, "200 OK", "Content-Length: 0\r\n");
	look(c, 8, false, 0);
	told("upstream-mute");
	says("app on 10.0.0.1:80");
}

static void gives_up(void **state)
{
	struct conn *c = waits();

	t.now += 2 * S;
	hangs_up(c, WST_FIRST_REMOTE, 200, 0);
	told("upstream-mute");
	says("never read the 200 bytes of 10.0.0.9:5000, who gave up after 2000 ms");
}

static void at_once(void **state)
{
	struct conn *c = waits();

	t.now += MS;
	hangs_up(c, WST_FIRST_LOCAL, 200, 0);
	told("closed-at-once");
	says("without reading the 200 bytes");
	assert_int_equal(t.severity, SEV_ERROR);
}

static void at_once_before_a_byte(void **state)
{
	struct conn *c = waits();

	t.now += MS;
	hangs_up(c, WST_FIRST_LOCAL, 0, 0);
	told("closed-at-once");
	says("probably");
	assert_int_equal(t.severity, SEV_WARNING);
}

/* A client that leaves, a server that has read something, or that lets an idle one go. */
static void ordinary(void **state)
{
	hangs_up(waits(), WST_FIRST_REMOTE, 0, 0);
	hangs_up(waits(), WST_FIRST_REMOTE, 200, 0);
	hangs_up(waits(), WST_FIRST_LOCAL, 0, 20);
	waits();
	t.now += 5 * S;
	hangs_up(t.conns, WST_FIRST_LOCAL, 0, 0);
	told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(not_accepted),
		TEST(accepted_and_not_read),
		TEST(filling_queue),
		TEST(fuller_queue),
		TEST(full_behind_a_proxy),
		TEST(later_request),
		TEST(gives_up),
		TEST(at_once),
		TEST(at_once_before_a_byte),
		TEST(ordinary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
