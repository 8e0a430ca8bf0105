/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes headers of the PROXY protocol apart: the line or the bytes with which a proxy tells a
 * server whose connection it passes on. See HAProxy's doc/proxy-protocol.txt.
 */
#ifndef DECODE_PROXY_PROTOCOL_H
#define DECODE_PROXY_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

struct via_proxy {
	uint8_t version; /* 1 or 2; 0: there is no such header */
	char client[56]; /* "addr:port"; empty: UNKNOWN, LOCAL, or not readable */
};

/*
 * Fills in v from the n bytes of a header, which http_head.h has found to be one, or of its start.
 */
void proxy_protocol_parse(const char *p, size_t n, struct via_proxy *v);

#endif
