// SPDX-License-Identifier: GPL-2.0-only
#include "pcapng/opaque.h"

#define TEXT(s)                  \
	{                        \
		s, sizeof(s) - 1 \
	}
#define MADE_UP "synthetic: in place of what wstrace did not keep, "

/*
 * The last byte of TLS is the start of an alert's, or a handshake message's, header: Wireshark
 * knows it by its first five.
 */
static const struct stand_in {
	struct span bytes;
	const char *note;
} stand_ins[] = {
	[WST_WHY_TLS] = { TEXT("\x16\x03\x01\x02\x00\x01"), MADE_UP "TLS" },
	[WST_WHY_TUNNEL_TLS] = { TEXT("\x16\x03\x01\x02\x00\x01"), MADE_UP "TLS through a tunnel" },
	[WST_WHY_HTTP2] = { TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), MADE_UP "HTTP/2" },
	[WST_WHY_NOT_HTTP] = { TEXT("\0"), MADE_UP "bytes that are not HTTP" },
	[WST_WHY_KTLS] = { {}, "left out: kernel TLS, whose bytes wstrace does not see" },
	[WST_WHY_SOCKMAP] = { {}, "left out: a sockmap, whose bytes wstrace does not see" },
	[WST_WHY_MPTCP] = { {}, "left out: Multipath TCP, whose bytes wstrace does not see" },
	[WST_WHY_UNSEEN] = { {}, "left out: bytes that wstrace did not see" },
};

bool opaque_bytes(const struct wst_opaque *r, uint64_t ts, struct flow_other *other)
{
	const struct stand_in *s;

	*other = (struct flow_other){ .ts = ts, .seq = r->h.seq, .dir = r->h.dir };
	if (r->n) {
		other->bytes = (struct span){ (const char *)r->first, r->n };
		other->note = "no frame: the first bytes of what is here in place of one";
		return true;
	}
	if (r->why >= sizeof(stand_ins) / sizeof(stand_ins[0]))
		return false;
	s = &stand_ins[r->why];
	other->bytes = s->bytes;
	other->note = s->note;
	other->synthetic = true;
	return s->note;
}
