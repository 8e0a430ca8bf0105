// SPDX-License-Identifier: GPL-2.0-only
/* The frames found in a stream must not depend on how it was cut: the first byte cuts it in two. */
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#include "bpf/ws_frame.h"

#define CHECK(x) ((x) ? (void)0 : abort())

struct result {
	struct ws_walk w;
	__u64 pos, frames, bad; /* bytes; a hash of the frames and where they are; refused */
};

static void mix(struct result *r, __u64 v)
{
	r->frames = (r->frames ^ v) * 0x100000001b3;
}

static void walk(struct result *r, const __u8 *p, size_t n)
{
	while (n && !r->bad) {
		int got = n < WS_HDR_MAX ? n : WS_HDR_MAX, used;
		struct ws_frame f = { .hdr_len = 0 };

		if (r->w.left) {
			used = ws_skip(&r->w, n);
		} else {
			__u8 *hdr = memcpy(malloc(got), p, got); /* ASan knows where it ends */

			memset(&f, 0xa5, sizeof(f));
			used = ws_header(&r->w, hdr, n, &f);
			free(hdr);
			r->bad = used < 0;
			if (r->bad)
				return;
			CHECK(used <= got && (f.hdr_len || used == n));
		}
		CHECK(used > 0 && used <= n);
		r->pos += used;
		if (f.hdr_len) {
			CHECK(!r->w.have && r->w.left == f.len && f.hdr_len <= r->pos);
			CHECK(!ws_plausible(&f, 0) || !ws_plausible(&f, 1));
			mix(r, r->pos - f.hdr_len);
			mix(r, f.len);
			mix(r, (__u64)f.mask << 32 | f.b0 << 16 | f.masked << 8 | f.hdr_len);
		}
		p += used;
		n -= used;
	}
}

int LLVMFuzzerTestOneInput(const __u8 *p, size_t n)
{
	struct result whole = {}, cut = {};
	size_t at;

	if (!n--)
		return 0;
	at = *p < n ? *p : n;
	walk(&whole, ++p, n);
	walk(&cut, p, at);
	walk(&cut, p + at, n - at);
	CHECK(whole.frames == cut.frames && whole.bad == cut.bad);
	CHECK(whole.bad || (whole.pos == n && cut.pos == n && whole.w.left == cut.w.left));
	CHECK(whole.w.have == cut.w.have && !memcmp(whole.w.hdr, cut.w.hdr, whole.w.have));
	return 0;
}
