// SPDX-License-Identifier: GPL-2.0-only
/* user/decode/decode.c: events of handshakes of which only a part is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "decode/decode.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define REQUEST "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
#define RESPONSE "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static struct decoder *decoder;
static int accept_ok; /* of the last response */
static char order[256]; /* targets and statuses, in the order of their events */
static size_t n_order;

static void on_event(void *ctx, const struct event *e)
{
	if (e->type == EV_RESPONSE)
		accept_ok = e->head.accept_ok;
	if (e->type == EV_REQUEST)
		n_order += snprintf(order + n_order, sizeof(order) - n_order, "%.*s ",
				    (int)e->head.msg->target.n, e->head.msg->target.p);
	else if (e->type == EV_RESPONSE)
		n_order += snprintf(order + n_order, sizeof(order) - n_order, "%u ",
				    e->head.msg->status);
}

/* cut: as user/capture/walk_http.c marks a head that goes on in bytes that were not captured. */
static void head(uint8_t dir, const char *text, bool cut)
{
	struct {
		struct wst_bytes b;
		char data[512];
	} r = { .b.h = { .ts = 1000,
			 .conn = 1,
			 .type = WST_HEAD,
			 .dir = dir,
			 .flags = WST_HEAD_FIRST } };
	size_t n = strlen(text);

	memcpy(r.data, text, n);
	r.b.n = n;
	r.b.h.flags |= cut ? 0 : WST_HEAD_LAST;
	assert_int_equal(decoder__record(decoder, &r, sizeof(r.b) + n, 0), 0);
	if (!cut)
		return;
	r.b.h.flags = WST_HEAD_LAST | WST_HEAD_CUT;
	r.b.pos = n;
	r.b.n = 0;
	assert_int_equal(decoder__record(decoder, &r, sizeof(r.b), 0), 0);
}

/* Each answer follows its own request, whatever order their bytes come in. */
static void answers_follow_their_requests(void **state)
{
	static const char rest[] = "Host: a\r\n\r\n";
	struct {
		struct wst_bytes b;
		char data[32];
	} r = { .b = { .h = { .ts = 1000, .conn = 1, .type = WST_HEAD, .flags = WST_HEAD_FIRST },
		       .n = 19 } };

	decoder = decoder__new(on_event, NULL, &(struct decoder_options){});
	n_order = 0;
	head(WST_C2S, "GET /a HTTP/1.1\r\n\r\n", false);
	head(WST_C2S, "GET /b HTTP/1.1\r\n\r\n", false); /* pipelined */
	head(WST_C2S, "GET /c HTTP/1.1\r\n\r\n", false);
	head(WST_S2C, "HTTP/1.1 100 Continue\r\n\r\n", false);
	head(WST_S2C, "HTTP/1.1 201 x\r\n\r\n", false);
	head(WST_S2C, "HTTP/1.1 202 x\r\n\r\n", false);
	head(WST_S2C, "HTTP/1.1 203 x\r\n\r\n", false);
	assert_string_equal(order, "/a 100 201 /b 202 /c 203 ");
	n_order = 0;
	memcpy(r.data, "GET /long HTTP/1.1\n", 19);
	assert_int_equal(decoder__record(decoder, &r, sizeof(r.b) + 19, 0), 0);
	head(WST_S2C, "HTTP/1.1 400 x\r\n\r\n", false); /* before it has read all */
	assert_int_equal(n_order, 0);
	r.b.h.flags = WST_HEAD_LAST;
	r.b.pos = 19;
	r.b.n = strlen(rest);
	memcpy(r.data, rest, strlen(rest));
	assert_int_equal(decoder__record(decoder, &r, sizeof(r.b) + strlen(rest), 0), 0);
	assert_string_equal(order, "/long 400 ");
	decoder__free(decoder);
}

static void accept_of_cut_heads(void **state)
{
	static const struct {
		const char *request, *response;
		bool request_cut, response_cut;
		int ok;
	} rows[] = {
		{ REQUEST KEY "\r\n\r\n", RESPONSE ACCEPT "\r\n\r\n", false, false, 1 },
		{ REQUEST KEY "\r\n\r\n", RESPONSE "AAAA\r\n\r\n", false, false, 0 },
		{ REQUEST "dGhlIHNh", RESPONSE ACCEPT "\r\n\r\n", true, false, -1 },
		{ REQUEST KEY "\r\n\r\n", RESPONSE "s3pPLM", false, true, -1 },
		{ REQUEST KEY "\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: web", false, true, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		decoder = decoder__new(on_event, NULL, &(struct decoder_options){});
		accept_ok = -2;
		head(WST_C2S, rows[i].request, rows[i].request_cut);
		head(WST_S2C, rows[i].response, rows[i].response_cut);
		assert_int_equal(accept_ok, rows[i].ok);
		decoder__free(decoder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_of_cut_heads),
		cmocka_unit_test(answers_follow_their_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
