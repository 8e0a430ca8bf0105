// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is found in a stream must not depend on how it was cut. The first byte cuts it in two, the
 * second's lowest bit says whether it answers HEAD requests.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#include "bpf/http_head.h"

#define CHECK(x) ((x) ? (void)0 : abort())

struct result {
	struct http_scan h;
	__u64 pos, found, over; /* bytes; a hash of what was found and where; no HTTP follows */
};

static void mix(struct result *r, __u64 v)
{
	r->found = (r->found ^ r->pos) * 0x100000001b3;
	r->found = (r->found ^ v) * 0x100000001b3;
}

static void scan(struct result *r, const __u8 *p, size_t n, int after_head)
{
	while (n && !r->over) {
		__u64 used = 1;
		int ev = HTTP_MORE;

		if (http_data(&r->h)) {
			used = http_skip(&r->h, n);
		} else {
			int head = r->h.state < HTTP_CONTENT;

			ev = http_byte(&r->h, *p);
			CHECK(ev == HTTP_BAD || head == (ev == HTTP_MORE || ev == HTTP_END));
		}
		CHECK(used > 0 && used <= n && r->h.state <= HTTP_TRAILER);
		r->pos += used;
		if (ev == HTTP_END) {
			CHECK(r->h.head_len <= r->pos && r->h.status < 1000);
			mix(r, r->h.flags << 16 | r->h.status);
			ev = http_body(&r->h, after_head) + 8;
			CHECK((ev - 8 == HTTP_LENGTH_BODY) == (http_data(&r->h) > 0));
			mix(r, http_data(&r->h));
		}
		if (ev != HTTP_MORE && ev != HTTP_BODY)
			mix(r, ev);
		r->over = ev == HTTP_BAD || ev == HTTP_UNTIL_CLOSE + 8;
		p += used;
		n -= used;
	}
}

int LLVMFuzzerTestOneInput(const __u8 *p, size_t n)
{
	struct result whole = {}, cut = {};
	size_t at;

	if (n < 2)
		return 0;
	n -= 2;
	at = p[0] < n ? p[0] : n;
	scan(&whole, p + 2, n, p[1] & 1);
	scan(&cut, p + 2, at, p[1] & 1);
	scan(&cut, p + 2 + at, n - at, p[1] & 1);
	CHECK(whole.found == cut.found && whole.over == cut.over && whole.pos == cut.pos);
	CHECK(whole.over || whole.pos == n);
	CHECK(!memcmp(&whole.h, &cut.h, sizeof(cut.h)));
	return 0;
}
