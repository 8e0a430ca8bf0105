// SPDX-License-Identifier: GPL-2.0-only
/* user/out/output.c: who gets which events, what is counted, and that an output is one row. */
#include "records.h"

#define ALL (NEEDS_DATA_FRAMES | NEEDS_HISTS | NEEDS_LAST_STATS)

/* An output that writes down what happens to it: all it takes is this row. */
struct fake {
	struct buf log;
	uint32_t last_stats;
	bool user_done, done;
	uint64_t focus;
	int err;
};

static struct fake fake, filtered;

static bool wanted(const struct options *o)
{
	return true;
}

static bool not_wanted(const struct options *o)
{
	return false;
}

static int open_fake(void **self, const struct options *o, const struct run_info *run)
{
	assert_ptr_equal(o, &t.o);
	assert_ptr_equal(run, &t.run);
	*self = &fake;
	return 0;
}

static int open_filtered(void **self, const struct options *o, const struct run_info *run)
{
	*self = &filtered;
	return 0;
}

static int open_badly(void **self, const struct options *o, const struct run_info *run)
{
	return -ENOSPC;
}

static void note(struct fake *f, const char *what, uint64_t n)
{
	buf_printf(&f->log, "%s%s %llu", f->log.len ? ", " : "", what, (unsigned long long)n);
}

static void fake_event(void *self, const struct event *e)
{
	static const char *const names[EV_TYPES] = {
		"open",	 "request", "response", "frame", "resync", "opaque",  "stats",
		"close", "held",    "queue",	"body",	 "leg",	   "verdict",
	};
	struct fake *f = self;

	note(f, names[e->type], e->conn->number);
	f->last_stats += e->type == EV_STATS && e->last;
}

static void fake_lost(void *self, uint64_t ts, uint64_t events)
{
	assert_int_equal(ts, START + t.now);
	note(self, "lost", events);
}

static void fake_totals(void *self, uint64_t ts, const struct run_totals *totals)
{
	note(self, "totals", totals->frames);
}

static bool fake_tick(void *self, uint64_t ts, uint64_t *focus)
{
	struct fake *f = self;

	*focus = f->focus;
	return !f->user_done;
}

static bool fake_done(const void *self)
{
	const struct fake *f = self;

	return f->done;
}

static int fake_close(void *self, uint64_t ts, const struct run_totals *totals,
		      const struct diagnose *d)
{
	struct fake *f = self;

	note(f, "end", totals->frames);
	return f->err;
}

static const struct output row = {
	.name = "fake",
	.needs = NEEDS_HISTS,
	.wanted = wanted,
	.open = open_fake,
	.event = fake_event,
	.lost = fake_lost,
	.totals = fake_totals,
	.tick = fake_tick,
	.done = fake_done,
	.close = fake_close,
};
static const struct output filtered_row = {
	.name = "filtered",
	.filtered = true,
	.wanted = wanted,
	.open = open_filtered,
	.event = fake_event,
	.close = fake_close,
};
static const struct output unwanted_row = { .name = "unwanted", .wanted = not_wanted };
static const struct output bad_row = { .name = "bad", .wanted = wanted, .open = open_badly };

static const struct output *const both[] = { &row, &unwanted_row, &filtered_row, NULL };

static int setup_fakes(void **state)
{
	fake = filtered = (struct fake){};
	return setup(state);
}

static int teardown_fakes(void **state)
{
	buf_free(&fake.log);
	buf_free(&filtered.log);
	return teardown(state);
}

/* Compares what has been written down, and starts anew. */
static void notes(struct fake *f, const char *want)
{
	buf_char(&f->log, 0);
	assert_string_equal(f->log.data, want);
	f->log.len = 0;
}

static void test_row(void **state)
{
	uint64_t focus = 0;

	assert_int_equal(begin(both), 0);
	opens(1, WST_SERVER);
	stats(1, WST_STATS, 0, 0);
	outputs__lost(t.outputs, START + t.now, 7);
	outputs__totals(t.outputs, START + t.now, &(struct run_totals){ .frames = 5 });
	notes(&fake, "open 1, stats 1, lost 7, totals 5");
	notes(&filtered, "open 1, stats 1");
	fake.focus = 9;
	assert_true(outputs__tick(t.outputs, START + t.now, &focus));
	assert_int_equal(focus, 9);
	assert_false(outputs__done(t.outputs));
	fake.user_done = true;
	assert_false(outputs__tick(t.outputs, START + t.now, &focus));
	fake.done = true;
	assert_true(outputs__done(t.outputs));
	assert_int_equal(fake.last_stats, 0);
	outputs__ending(t.outputs);
	stats(1, WST_STATS, 0, 0);
	assert_int_equal(fake.last_stats, 1);
	t.totals.frames = 6;
	assert_int_equal(end(), 0);
	notes(&fake, "stats 1, end 6");
	notes(&filtered, "stats 1, end 6");
}

/* Those that are open already are closed, and what could not be opened is what is returned. */
static void test_row_that_cannot_be_opened(void **state)
{
	static const struct output *const table[] = { &row, &bad_row, &filtered_row, NULL };

	assert_int_equal(begin(table), -ENOSPC);
	assert_null(t.outputs);
	notes(&fake, "end 0");
	assert_int_equal(filtered.log.len, 0);
}

/* A reader that has gone is no failure where something else is one. */
static void test_first_failure(void **state)
{
	static const int cases[][3] = {
		{ 0, 0, 0 },
		{ -EPIPE, 0, -EPIPE },
		{ 0, -EIO, -EIO },
		{ -EPIPE, -EIO, -EIO },
		{ -EIO, -EPIPE, -EIO },
		{ -ENOSPC, -EIO, -ENOSPC },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(begin(both), 0);
		fake.err = cases[i][0];
		filtered.err = cases[i][1];
		assert_int_equal(end(), cases[i][2]);
	}
}

static void talk(uint64_t conn)
{
	websocket(conn);
	frame(conn, WST_C2S, 0x81, "hello");
	frame(conn, WST_S2C, 0x89, "beat");
	stats(conn, WST_STATS, 0, 0);
	ends(conn, WST_FIN, WST_FIRST_REMOTE);
}

/* -q and --only hold for rows that want to be filtered. */
static void test_kinds(void **state)
{
	static const struct {
		uint32_t kinds;
		const char *notes;
	} cases[] = {
		{ KIND_ALL, "open 1, request 1, response 1, frame 1, frame 1, stats 1, close 1" },
		{ KIND_QUIET, "request 1, response 1, stats 1, close 1" },
		{ KIND_FRAME, "frame 1" },
		{ KIND_CONTROL | KIND_OPEN, "open 1, frame 1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t.o.kinds = cases[i].kinds;
		assert_int_equal(begin(both), 0);
		talk(1);
		notes(&fake, cases[0].notes);
		notes(&filtered, cases[i].notes);
		assert_int_equal(end(), 0);
		fake.log.len = filtered.log.len = 0;
	}
}

/* TLS is said whether opening or the handshake is asked for; its answer, for diagnosis, never. */
static void test_opaque(void **state)
{
	struct wst_opaque r = { .why = WST_WHY_TLS };

	t.o.kinds = KIND_HANDSHAKE;
	assert_int_equal(begin(both), 0);
	opens(1, WST_SERVER);
	for (int answer = 0; answer < 2; answer++) {
		r.h = header(WST_OPAQUE, 1, answer);
		r.h.flags = answer;
		record(&r, sizeof(r));
	}
	notes(&filtered, "opaque 1");
	assert_int_equal(end(), 0);
}

/* -n: whatever an output gets of frames counts, and nothing more of them is passed on. */
static void test_count(void **state)
{
	t.o.count = 2;
	assert_int_equal(begin(both), 0);
	websocket(1);
	frame(1, WST_C2S, 0x81, "one");
	assert_false(outputs__counted(t.outputs) || outputs__done(t.outputs));
	frame(1, WST_C2S, 0x81, "two");
	assert_true(outputs__counted(t.outputs) && outputs__done(t.outputs));
	frame(1, WST_C2S, 0x81, "three");
	assert_int_equal(outputs__frames(t.outputs), 2);
	notes(&fake, "open 1, request 1, response 1, frame 1, frame 1");
	assert_int_equal(end(), 0);
}

/* What no output gets is not counted. */
static void test_count_of_what_is_shown(void **state)
{
	static const struct output *const table[] = { &filtered_row, NULL };

	t.o.count = 1;
	t.o.kinds = KIND_CONTROL;
	assert_int_equal(begin(table), 0);
	websocket(1);
	frame(1, WST_C2S, 0x81, "data");
	assert_int_equal(outputs__frames(t.outputs), 0);
	frame(1, WST_S2C, 0x89, "beat");
	assert_int_equal(outputs__frames(t.outputs), 1);
	assert_true(outputs__counted(t.outputs));
	notes(&filtered, "frame 1");
	assert_int_equal(end(), 0);
}

static void compare_sums(uint64_t conns, uint64_t frames, uint64_t bytes)
{
	struct run_totals sums = { .conns = 100, .frames = 100, .bytes = 100, .lost = 3 };

	outputs__restrict(t.outputs, &sums);
	assert_int_equal(sums.conns, conns);
	assert_int_equal(sums.frames, frames);
	assert_int_equal(sums.bytes, bytes);
	assert_int_equal(sums.lost, 3);
}

/* --path: a connection is told of from the request on that matches; and the sums are of those. */
static void test_path(void **state)
{
	t.o.path = "/w*";
	assert_int_equal(begin(both), 0);
	opens(2, WST_SERVER);
	head(2, WST_C2S, GET("/other"));
	head(2, WST_S2C, SWITCHING);
	frame(2, WST_C2S, 0x81, "nobody sees this");
	compare_sums(0, 0, 0);
	websocket(1);
	frame(1, WST_C2S, 0x81, "hello");
	compare_sums(1, 1, 5);
	frame(1, WST_S2C, 0x89, "beat");
	compare_sums(1, 2, 9);
	t.stats[1].counts[WST_S2C].frames[WST_TEXT] += 10; /* that did not come as events */
	t.stats[1].counts[WST_S2C].bytes += 1000;
	stats(1, WST_STATS, 0, 0);
	compare_sums(1, 12, 1009);
	frame(1, WST_C2S, 0x81, "more");
	compare_sums(1, 13, 1013);
	outputs__totals(t.outputs, START + t.now, &(struct run_totals){ .frames = 100 });
	ends(2, WST_FIN, WST_FIRST_LOCAL);
	ends(1, WST_FIN, WST_FIRST_LOCAL);
	compare_sums(1, 13, 1013);
	notes(&fake,
	      "open 2, request 2, response 2, frame 2, frame 2, stats 2, frame 2, totals 13, "
	      "close 2");
	assert_int_equal(end(), 0);
	notes(&fake, "verdict 2, end 13"); /* TCP ended without a close frame */
}

/* After the end has begun, only counters count: a frame that comes late is in them. */
static void test_path_at_the_end(void **state)
{
	t.o.path = "/ws*";
	assert_int_equal(begin(both), 0);
	websocket(1);
	frame(1, WST_C2S, 0x81, "hello");
	outputs__ending(t.outputs);
	frame(1, WST_C2S, 0x81, "late");
	compare_sums(1, 1, 5);
	stats(1, WST_STATS, 0, 0);
	compare_sums(1, 2, 9);
	ends(1, WST_UNSEEN, 0); /* no counters */
	compare_sums(1, 2, 9);
	assert_int_equal(end(), 0);
}

static void test_needs(void **state)
{
	static const struct output *const table[] = {
		&output_pcapng, &output_text, &output_json, &output_top, &output_report, NULL,
	};
	static const struct {
		struct options o;
		unsigned int needs;
	} cases[] = {
		{ { .kinds = KIND_ALL }, NEEDS_DATA_FRAMES },
		{ { .kinds = KIND_ALL, .json = true }, NEEDS_DATA_FRAMES },
		{ { .kinds = KIND_QUIET }, 0 },
		{ { .kinds = KIND_CONTROL }, 0 },
		{ { .kinds = KIND_QUIET, .json = true }, 0 },
		{ { .kinds = KIND_QUIET, .write = "f" }, NEEDS_DATA_FRAMES },
		{ { .kinds = KIND_QUIET, .write = "-" }, NEEDS_DATA_FRAMES },
		{ { .kinds = KIND_QUIET, .report = "f" }, ALL },
		{ { .kinds = KIND_QUIET, .report = "f", .write = "f" }, ALL },
		{ { .kinds = KIND_QUIET, .histograms = true }, NEEDS_HISTS | NEEDS_LAST_STATS },
		{ { .kinds = KIND_ALL, .histograms = true }, ALL },
		{ { .kinds = KIND_QUIET, .path = "/" }, NEEDS_LAST_STATS },
		{ { .kinds = KIND_ALL, .top = true }, NEEDS_HISTS | NEEDS_LIVE },
		{ { .kinds = KIND_ALL, .top = true, .path = "/" }, NEEDS_HISTS | NEEDS_LIVE },
		{ { .kinds = KIND_ALL, .top = true, .write = "f" },
		  NEEDS_HISTS | NEEDS_LIVE | NEEDS_DATA_FRAMES },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(outputs_needs(table, &cases[i].o), cases[i].needs);
}

#define FAKES(f) cmocka_unit_test_setup_teardown(f, setup_fakes, teardown_fakes)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKES(test_row),
		FAKES(test_row_that_cannot_be_opened),
		FAKES(test_first_failure),
		FAKES(test_kinds),
		FAKES(test_opaque),
		FAKES(test_count),
		FAKES(test_count_of_what_is_shown),
		FAKES(test_path),
		FAKES(test_path_at_the_end),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
