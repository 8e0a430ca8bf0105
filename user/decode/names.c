// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <time.h>
#include "decode/event.h"
#include "decode/names.h"
#include "lib/units.h"

const char *const count_names[WST_OPS] = {
	"cont", "text", "binary", "close", "ping", "pong", "reserved",
};

const char *dir_name(uint8_t dir)
{
	return dir == WST_C2S ? "c2s" : "s2c";
}

const char *dir_arrow(uint8_t dir)
{
	return dir == WST_C2S ? "->" : "<-";
}

const char *why_name(uint32_t why)
{
	switch (why) {
	case WST_WHY_GAP:
		return "gap";
	case WST_WHY_BAD:
		return "bad-length";
	case WST_WHY_MIDSTREAM:
		return "midstream";
	case WST_WHY_TLS:
		return "tls";
	case WST_WHY_HTTP2:
		return "http2";
	case WST_WHY_NOT_HTTP:
		return "not-http";
	case WST_WHY_OTHER_UPGRADE:
		return "other-upgrade";
	case WST_WHY_KTLS:
		return "ktls";
	case WST_WHY_SOCKMAP:
		return "sockmap";
	case WST_WHY_MPTCP:
		return "mptcp";
	case WST_WHY_UNSEEN:
		return "unseen";
	case WST_WHY_TUNNEL_TLS:
		return "tunnel-tls";
	case WST_WHY_SOCKS:
		return "socks";
	case WST_WHY_HTTP_IN_WS:
		return "http-after-101";
	case WST_WHY_TLS_IN_WS:
		return "tls-after-101";
	case WST_WHY_TEXT_IN_WS:
		return "text-after-101";
	default:
		return "unknown";
	}
}

const char *end_name(uint8_t how, enum end_style style)
{
	/* By enum end_style. */
	static const char *const names[][3] = {
		[WST_FIN] = { "fin", "FIN", "FIN" },
		[WST_RST_SENT] = { "rst", "RST", "RST sent" },
		[WST_RST_RECEIVED] = { "rst", "RST", "RST received" },
		[WST_TIMEOUT] = { "timeout", "timeout", "timeout" },
		[WST_EXIT] = { "exit", "exit", "process ended" },
		[WST_REFUSED] = { "refused", NULL, NULL },
	};

	return how < sizeof(names) / sizeof(names[0]) ? names[how][style] : NULL;
}

void counts_sentence(struct buf *b, uint8_t dir, const struct wst_counts *n)
{
	unsigned long long frames = counts_frames(n);

	buf_printf(b, "%s %llu frame%s ", dir_arrow(dir), frames, frames == 1 ? "" : "s");
	buf_bytes(b, n->bytes);
}

void resync_sentence(struct buf *b, const struct wst_resync *r)
{
	buf_printf(b, "decoding again after %llu bytes not decoded (%s)",
		   (unsigned long long)r->skipped, why_name(r->why));
}

/* Appends the n digits of a part of a second. */
static void add_digits(struct buf *b, uint32_t value, int n)
{
	char digits[9];

	for (int i = n - 1; i >= 0; i--, value /= 10)
		digits[i] = '0' + value % 10;
	buf_add(b, digits, n);
}

/* Formatting a date costs more than all the rest of a line: both keep that of the last second. */

void time_rfc3339(struct buf *b, uint64_t ts)
{
	static time_t second = -1;
	static char text[24];
	time_t s = ts / NS_PER_SEC;

	if (s != second) {
		struct tm tm;

		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", gmtime_r(&s, &tm));
		second = s;
	}
	buf_str(b, text);
	add_digits(b, ts % NS_PER_SEC, 9);
	buf_char(b, 'Z');
}

void time_local(struct buf *b, uint64_t ts)
{
	static time_t second = -1;
	static char text[16];
	time_t s = ts / NS_PER_SEC;

	if (s != second) {
		struct tm tm;

		strftime(text, sizeof(text), "%H:%M:%S.", localtime_r(&s, &tm));
		second = s;
	}
	buf_str(b, text);
	add_digits(b, ts / NS_PER_US % 1000000, 6);
}
