// SPDX-License-Identifier: GPL-2.0-only
/* Parses packets, from the link layer to TCP: capture_parse(). */
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>
#include <sys/socket.h>
#include "capture/capture.h"

/* The part of a packet that is not parsed yet. */
struct rest {
	const uint8_t *p;
	size_t n; /* captured */
	size_t len; /* sent */
};

static uint16_t be16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool drop(struct rest *r, size_t n)
{
	if (r->n < n)
		return false;
	r->p += n;
	r->n -= n;
	r->len -= n;
	return true;
}

/* Cuts off what follows a packet of len bytes: padding or a checksum of Ethernet. */
static void limit(struct rest *r, size_t len)
{
	if (r->len > len)
		r->len = len;
	if (r->n > len)
		r->n = len;
}

static bool parse_tcp(struct rest *r, struct segment *s)
{
	const uint8_t *p = r->p;
	size_t hdr;

	if (r->n < 20)
		return false;
	hdr = (p[12] >> 4) * 4;
	if (hdr < 20 || hdr > r->len)
		return false;
	s->port[0] = be16(p);
	s->port[1] = be16(p + 2);
	s->seq = be32(p + 4);
	s->ack = be32(p + 8);
	s->flags = p[13];
	s->len = r->len - hdr;
	s->have = r->n > hdr ? r->n - hdr : 0;
	s->data = p + (s->have ? hdr : 20);
	return true;
}

static bool parse_ipv4(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;
	size_t hdr, total;

	if (r->n < 20)
		return false;
	hdr = (p[0] & 15) * 4;
	total = be16(p + 2);
	if (hdr < 20 || p[9] != IPPROTO_TCP)
		return false;
	/* A length of 0 means that the network card was to cut the packet (TSO). */
	if (total)
		limit(r, total);
	if (be16(p + 6) & 0x1fff) {
		*fragment = true;
		return false;
	}
	s->family = AF_INET;
	memset(s->addr, 0, sizeof(s->addr));
	memcpy(s->addr[0], p + 12, 4);
	memcpy(s->addr[1], p + 16, 4);
	return drop(r, hdr) && parse_tcp(r, s);
}

/* Skips the extension headers, RFC 8200 section 4. Returns the protocol behind them, or -1. */
static int skip_extensions(struct rest *r, uint8_t next, bool *fragment)
{
	for (;;) {
		size_t n;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_AH && next != 135)
			return next;
		if (r->n < 8)
			return -1;
		n = (r->p[1] + 1) * 8;
		if (next == IPPROTO_AH)
			n = (r->p[1] + 2) * 4; /* RFC 4302 section 2.2 */
		if (next == IPPROTO_FRAGMENT) {
			n = 8;
			if (be16(r->p + 2) & 0xfff8) {
				*fragment = r->p[0] == IPPROTO_TCP;
				return -1;
			}
		}
		next = r->p[0];
		if (!drop(r, n))
			return -1;
	}
}

static bool parse_ipv6(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;
	size_t len;

	if (r->n < 40)
		return false;
	len = be16(p + 4);
	s->family = AF_INET6;
	memcpy(s->addr, p + 8, sizeof(s->addr));
	/* A length of 0 means TSO or a jumbogram (RFC 2675): there is nothing to cut off. */
	if (len)
		limit(r, 40 + len);
	if (!drop(r, 40))
		return false;
	return skip_extensions(r, p[6], fragment) == IPPROTO_TCP && parse_tcp(r, s);
}

static bool parse_ip(struct rest *r, struct segment *s, bool *fragment)
{
	if (!r->n)
		return false;
	if (r->p[0] >> 4 == 4)
		return parse_ipv4(r, s, fragment);
	return r->p[0] >> 4 == 6 && parse_ipv6(r, s, fragment);
}

/* Parses a packet of an Ethertype, behind VLAN tags (802.1Q, 802.1ad). */
static bool parse_ethertype(struct rest *r, uint16_t type, struct segment *s, bool *fragment)
{
	while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
		if (r->n < 4)
			return false;
		type = be16(r->p + 2);
		drop(r, 4);
	}
	return (type == 0x0800 || type == 0x86dd) && parse_ip(r, s, fragment);
}

bool capture_link_known(int linktype)
{
	return linktype == DLT_EN10MB || linktype == DLT_LINUX_SLL || linktype == DLT_LINUX_SLL2 ||
	       linktype == DLT_RAW || linktype == DLT_IPV4 || linktype == DLT_IPV6 ||
	       linktype == DLT_NULL || linktype == DLT_LOOP;
}

bool capture_parse(int linktype, const uint8_t *p, size_t caplen, size_t len, struct segment *s,
		   bool *fragment)
{
	struct rest r = { p, caplen, len < caplen ? caplen : len };

	switch (linktype) {
	case DLT_EN10MB:
		return drop(&r, 14) && parse_ethertype(&r, be16(p + 12), s, fragment);
	case DLT_LINUX_SLL:
		return drop(&r, 16) && parse_ethertype(&r, be16(p + 14), s, fragment);
	case DLT_LINUX_SLL2:
		return drop(&r, 20) && parse_ethertype(&r, be16(p), s, fragment);
	case DLT_NULL: /* an address family, whose number depends on the system */
	case DLT_LOOP:
		return drop(&r, 4) && parse_ip(&r, s, fragment);
	default:
		return parse_ip(&r, s, fragment);
	}
}
