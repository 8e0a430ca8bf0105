// SPDX-License-Identifier: GPL-2.0-only
/* user/decode/ending.c: who hung up, from Close frames in any order and TCP's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "decode/ending.h"

struct close {
	int dir; /* -1: none */
	uint16_t code;
	const char *reason;
	uint64_t ts;
};

#define NO         \
	{          \
		-1 \
	}

static const struct {
	struct close seen[2]; /* in the order in which they are told */
	uint8_t counted[WST_DIRS]; /* Close frames that the kernel counted beside those */
	uint8_t how;
	uint16_t first; /* at the server's end */
	uint16_t gaps;
	const char *by, *close_how, *says, *brief;
} rows[] = {
	{ { { WST_C2S, 1000, "", 5 }, { WST_S2C, 1000, "", 6 } },
	  {},
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  0,
	  "client",
	  "close",
	  "client closed (1000 normal closure); server ended TCP",
	  "client, 1000" },
	{ { { WST_S2C, 1001, "bye", 5 }, { WST_C2S, 1000, "", 6 } },
	  {},
	  WST_FIN,
	  WST_FIRST_REMOTE,
	  0,
	  "server",
	  "close",
	  "server closed (1001 going away: \"bye\"); client ended TCP",
	  "server, 1001" },
	/* events of two CPUs, the later one first */
	{ { { WST_S2C, 1000, "", 6 }, { WST_C2S, 1001, "", 5 } },
	  {},
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  0,
	  "client",
	  "close",
	  "client closed (1001 going away); server ended TCP",
	  "client, 1001" },
	{ { { WST_C2S, 0, "", 5 }, NO },
	  {},
	  WST_RST_SENT,
	  WST_FIRST_LOCAL,
	  0,
	  "client",
	  "close",
	  "client closed (no code); server ended TCP (RST sent)",
	  "client, Close" },
	{ { { WST_S2C, 4000, "\x1b[2J", 5 }, NO },
	  {},
	  0,
	  0,
	  0,
	  "server",
	  "close",
	  "server closed (4000: \"\\x1b[2J\"); replaced by a new connection (its end is not in "
	  "the capture)",
	  "server, 4000" },
	{ { NO, NO },
	  {},
	  WST_RST_RECEIVED,
	  WST_FIRST_REMOTE,
	  0,
	  "client",
	  "rst",
	  "client ended TCP (RST received), no Close frame",
	  "client, RST" },
	{ { NO, NO },
	  {},
	  WST_TIMEOUT,
	  WST_FIRST_REMOTE,
	  0,
	  NULL,
	  "timeout",
	  "given up: the client did not answer (timeout)",
	  "timeout" },
	{ { NO, NO },
	  {},
	  0,
	  WST_FIRST_REMOTE,
	  0,
	  NULL,
	  NULL,
	  "replaced by a new connection (its end is not in the capture)",
	  "" },
	/* bytes that passed unseen may have been a Close frame */
	{ { NO, NO },
	  {},
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  7,
	  NULL,
	  "fin",
	  "server ended TCP (FIN)",
	  "FIN" },
	/* frames whose events were lost */
	{ { NO, NO },
	  { 1, 0 },
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  0,
	  "client",
	  "close",
	  "client closed (no code); server ended TCP",
	  "client, Close" },
	{ { NO, NO },
	  { 1, 1 },
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  0,
	  NULL,
	  "close",
	  "client or server closed (no code); server ended TCP",
	  "Close" },
	{ { { WST_S2C, 1000, "", 5 }, NO },
	  { 1, 0 },
	  WST_FIN,
	  WST_FIRST_LOCAL,
	  0,
	  NULL,
	  "close",
	  "client or server closed (1000 normal closure); server ended TCP",
	  "1000" },
};

static void note(struct conn *c, struct wst_stats *r, const struct close *cl)
{
	struct frame_event f = { .dir = cl->dir, .code = cl->code };

	if (cl->dir < 0)
		return;
	f.reason = (struct span){ cl->reason, strlen(cl->reason) };
	c->closes[cl->dir] = true;
	r->counts[cl->dir].frames[WST_CLOSE_OP]++;
	ending_note(c, &f, cl->ts);
}

static void same(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_true(a == b);
}

static void who(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conn c = { .upgraded = true };
		struct wst_stats r = { .how = rows[i].how, .gaps = rows[i].gaps };
		struct buf b = {}, brief = {};
		struct ending e;
		struct span reason = {};

		c.role = WST_SERVER;
		r.h.flags = rows[i].first;
		for (int k = 0; k < 2; k++)
			note(&c, &r, &rows[i].seen[k]);
		for (int dir = 0; dir < WST_DIRS; dir++) {
			r.counts[dir].frames[WST_CLOSE_OP] += rows[i].counted[dir];
			r.lost += rows[i].counted[dir];
		}
		e = ending_of(&c, &r);
		if (c.closing)
			reason = (struct span){ c.closing->reason, c.closing->reason_len };
		ending_sentence(&b, &e, reason);
		buf_char(&b, 0);
		ending_short(&brief, &e);
		buf_char(&brief, 0);
		assert_string_equal(b.data, rows[i].says);
		assert_string_equal(brief.data, rows[i].brief);
		same(ending_by(&e), rows[i].by);
		same(ending_how(&e), rows[i].close_how);
		buf_free(&b);
		buf_free(&brief);
		free(c.closing);
	}
}

/* Where the end's record was lost, the other side's Close frame may have been, too. */
static void unseen(void **state)
{
	static const struct close client = { WST_C2S, 1000, "", 5 },
				  server = { WST_S2C, 1000, "", 6 };
	struct wst_stats r = { .how = WST_UNSEEN }, none = {};
	struct conn c = { .upgraded = true, .role = WST_SERVER };
	struct ending e = ending_of(&c, &r);

	same(ending_by(&e), NULL);
	same(ending_how(&e), "unseen");
	assert_false(e.no_close);
	note(&c, &none, &server);
	e = ending_of(&c, &r);
	same(ending_by(&e), NULL);
	same(ending_how(&e), "close");
	note(&c, &none, &client);
	e = ending_of(&c, &r);
	same(ending_by(&e), "client");
	free(c.closing);
}

/* What is not WebSocket, or not decoded, is not said to lack a Close frame. */
static void no_websocket(void **state)
{
	struct conn plain = {}, tls = { .upgraded = true, .blind = true };
	struct wst_stats r = { .how = WST_FIN, .h.flags = WST_FIRST_LOCAL };

	plain.role = tls.role = WST_SERVER;
	assert_false(ending_of(&plain, &r).no_close);
	assert_false(ending_of(&tls, &r).no_close);
	assert_int_equal(ending_of(&plain, &r).by, END_BY_SERVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who),
		cmocka_unit_test(unseen),
		cmocka_unit_test(no_websocket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
