/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records of bytes that were not decoded, and why. */
#ifndef WST_WHY_H
#define WST_WHY_H

#include "wst_hdr.h"

enum wst_why {
	WST_WHY_GAP = 1, /* bytes passed where they could not be read */
	WST_WHY_BAD, /* a header that cannot be one: a 64-bit length with the top bit set */
	WST_WHY_MIDSTREAM, /* joined between two frame starts */
	WST_WHY_TLS, /* from here on reasons of WST_OPAQUE */
	WST_WHY_HTTP2,
	WST_WHY_NOT_HTTP,
	WST_WHY_OTHER_UPGRADE, /* 101 to something that is not WebSocket */
	WST_WHY_KTLS, /* these three move a socket's bytes past tcp_sendmsg(), tcp_recvmsg() */
	WST_WHY_SOCKMAP,
	WST_WHY_MPTCP,
	WST_WHY_UNSEEN, /* all bytes went past them, and nothing tells why */
	WST_WHY_TUNNEL_TLS, /* TLS through a proxy's tunnel: behind CONNECT or SOCKS */
	WST_WHY_SOCKS, /* a client of SOCKS: what comes through the tunnel is waited for */
	WST_WHY_HTTP_IN_WS, /* these three: where a frame had to start, there was something else */
	WST_WHY_TLS_IN_WS,
	WST_WHY_TEXT_IN_WS,
};

/* Decoding goes on again; h.seq is of the first byte that was decoded again. */
struct wst_resync {
	struct wst_hdr h;
	__u64 skipped; /* bytes not decoded */
	__u32 why; /* enum wst_why */
	__u32 pad;
};

enum wst_opaque_flags {
	WST_ANSWER = 1, /* of the server's direction; an earlier one was of the client's TLS */
};

#define WST_FIRST_BYTES 64

struct wst_opaque {
	struct wst_hdr h;
	__u32 why; /* enum wst_why */
	__u32 n; /* of first; 0 but with WST_WHY_HTTP_IN_WS and the two behind it */
	__u64 offset; /* of the first byte, since the upgrade, in this direction */
	__u8 first[WST_FIRST_BYTES]; /* what was there in place of a frame */
};

_Static_assert(sizeof(struct wst_resync) == 40, "ABI");
_Static_assert(sizeof(struct wst_opaque) == 104, "ABI");

#endif
