// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "decode/proxy_protocol.h"

#define LINE_MAX_BYTES 107

/* Positions in a header of version 2. */
enum { V2_COMMAND = 12, V2_FAMILY, V2_LENGTH, V2_ADDRESSES = 16 };

static void set_client(struct via_proxy *v, int family, const void *addr, unsigned int port)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, addr, text, sizeof(text)))
		return;
	snprintf(v->client, sizeof(v->client), family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
		 port);
}

/* Reads "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80". Whatever is not just so names no client. */
static void parse_line(const char *p, size_t n, struct via_proxy *v)
{
	char line[LINE_MAX_BYTES + 1], source[46], destination[46], rest;
	struct in6_addr from, to;
	unsigned int port, other;
	int family;

	if (n > LINE_MAX_BYTES || memchr(p, 0, n))
		return;
	memcpy(line, p, n);
	line[n] = 0;
	line[strcspn(line, "\r\n")] = 0;
	family = !strncmp(line, "PROXY TCP4 ", 11) ? AF_INET : AF_INET6;
	if (family == AF_INET6 && strncmp(line, "PROXY TCP6 ", 11))
		return;
	if (sscanf(line + 11, "%45[0-9a-fA-F.:] %45[0-9a-fA-F.:] %5u %5u%c", source, destination,
		   &port, &other, &rest) != 4)
		return;
	if (port > 65535 || other > 65535 || inet_pton(family, source, &from) != 1 ||
	    inet_pton(family, destination, &to) != 1)
		return;
	set_client(v, family, &from, port);
}

/* Reads the binary form: addresses of source and destination, then both ports. */
static void parse_binary(const uint8_t *p, size_t n, struct via_proxy *v)
{
	size_t length, size;
	const uint8_t *port;
	int family;

	if (n < V2_ADDRESSES)
		return;
	length = p[V2_LENGTH] << 8 | p[V2_LENGTH + 1];
	family = p[V2_FAMILY] >> 4 == 1 ? AF_INET : AF_INET6;
	size = family == AF_INET ? 4 : 16;
	/* the command PROXY, not LOCAL; TCP or UDP over IPv4 or IPv6 */
	if (p[V2_COMMAND] != 0x21 || p[V2_FAMILY] >> 4 < 1 || p[V2_FAMILY] >> 4 > 2)
		return;
	if (length < 2 * size + 4 || n < V2_ADDRESSES + 2 * size + 4)
		return;
	port = p + V2_ADDRESSES + 2 * size;
	set_client(v, family, p + V2_ADDRESSES, port[0] << 8 | port[1]);
}

void proxy_protocol_parse(const char *p, size_t n, struct via_proxy *v)
{
	memset(v, 0, sizeof(*v));
	v->version = n && *p == 'P' ? 1 : 2;
	if (v->version == 1)
		parse_line(p, n, v);
	else
		parse_binary((const uint8_t *)p, n, v);
}
