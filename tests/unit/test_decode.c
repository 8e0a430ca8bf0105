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

static void on_event(void *ctx, const struct event *e)
{
	if (e->type == EV_RESPONSE)
		accept_ok = e->head.accept_ok;
}

/* cut: as user/capture/walk_http.c marks a head that goes on in bytes that were not captured. */
static void head(uint8_t dir, const char *text, bool cut)
{
	struct {
		struct wst_bytes b;
		char data[512];
	} r = { .b.h = { .conn = 1, .type = WST_HEAD, .dir = dir, .flags = WST_HEAD_FIRST } };
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
