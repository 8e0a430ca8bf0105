// SPDX-License-Identifier: GPL-2.0-only
/* Parses packets, from the link layer, through tunnels, to TCP: capture_parse(). */
#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>
#include <sys/socket.h>
#include "capture/capture.h"

#define LAYERS_MAX 12 /* Ethernet and IP headers in a packet; more are nobody's network */

#define PORT_GTP_U 2152 /* 3GPP TS 29.281 */
#define PORT_VXLAN 4789 /* RFC 7348 */
#define PORT_VXLAN_LINUX 8472 /* what Linux had before the RFC, and flannel still has */
#define PORT_GENEVE 6081 /* RFC 8926 */

/* The part of a packet that is not parsed yet. */
struct rest {
	const uint8_t *p;
	size_t n; /* captured */
	size_t len; /* sent */
	unsigned int layers; /* Ethernet and IP headers so far */
	bool inside; /* behind an IP header, whose addresses are in the segment */
};

static bool parse_ip(struct rest *r, struct segment *s, bool *fragment);
static bool parse_ethertype(struct rest *r, uint16_t type, struct segment *s, bool *fragment);

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
	s->header = p;
	s->header_len = r->n < hdr ? r->n : hdr;
	return true;
}

static bool parse_ethernet(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;

	return ++r->layers <= LAYERS_MAX && drop(r, 14) &&
	       parse_ethertype(r, be16(p + 12), s, fragment);
}

/* Parses what is behind ERSPAN's header of type II (version 1) or III (version 2). */
static bool parse_erspan(struct rest *r, uint8_t version, size_t n, struct segment *s,
			 bool *fragment)
{
	if (r->n < n || r->p[0] >> 4 != version)
		return false;
	if (version == 2 && r->p[11] & 1) /* a subheader of the platform */
		n += 8;
	return drop(r, n) && parse_ethernet(r, s, fragment);
}

/* Parses GRE, RFC 2784 and 2890, with the Ethernet of switches' mirrored ports (ERSPAN). */
static bool parse_gre(struct rest *r, struct segment *s, bool *fragment)
{
	uint16_t flags, type;

	if (r->n < 4)
		return false;
	flags = be16(r->p);
	type = be16(r->p + 2);
	if (flags & 0x4007) /* routing, or version 1 (PPTP) */
		return false;
	if (!drop(r, 4 + 4 * (!!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000))))
		return false;
	if (type == 0x88be && flags & 0x1000)
		return parse_erspan(r, 1, 8, s, fragment);
	if (type == 0x22eb)
		return parse_erspan(r, 2, 12, s, fragment);
	if (type == 0x88be || type == 0x6558)
		return parse_ethernet(r, s, fragment);
	return parse_ethertype(r, type, s, fragment);
}

static bool parse_geneve(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;
	uint16_t type;

	if (r->n < 8 || p[0] >> 6)
		return false;
	type = be16(p + 2);
	if (!drop(r, 8 + (p[0] & 0x3f) * 4))
		return false;
	return type == 0x6558 ? parse_ethernet(r, s, fragment) :
				parse_ethertype(r, type, s, fragment);
}

/* Parses a user's packet in GTP-U, behind its optional fields and extension headers. */
static bool parse_gtp(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;
	uint8_t next;

	if (r->n < 12 || p[0] >> 4 != 3 || p[1] != 255)
		return false;
	next = p[0] & 4 ? p[11] : 0;
	drop(r, p[0] & 7 ? 12 : 8);
	while (next) {
		size_t n = r->n ? r->p[0] * 4 : 0;

		if (!n || r->n < n)
			return false;
		next = r->p[n - 1];
		drop(r, n);
	}
	return parse_ip(r, s, fragment);
}

/*
 * Parses what ICMP or ICMPv6 says of a SYN that did not arrive: it quotes the IP header and at
 * least the ports and the sequence number (RFC 792, RFC 4443 section 3.1).
 */
static bool parse_icmp(struct rest *r, bool v6, struct segment *s)
{
	size_t hdr = 40;
	const uint8_t *p;
	uint8_t code;

	if (r->n < 8 || r->p[0] != (v6 ? 1 : 3) || (!v6 && r->p[1] == 4))
		return false;
	code = r->p[1];
	drop(r, 8);
	p = r->p;
	if (r->n < 20 || p[0] >> 4 != (v6 ? 6 : 4))
		return false;
	if (!v6)
		hdr = (p[0] & 15) * 4;
	if (hdr < 20 || p[v6 ? 6 : 9] != IPPROTO_TCP || !drop(r, hdr) || r->n < 8)
		return false;
	memset(s->addr, 0, sizeof(s->addr));
	for (int i = 0; i < 2; i++)
		memcpy(s->addr[i], v6 ? p + 8 + 16 * i : p + 12 + 4 * i, v6 ? 16 : 4);
	s->port[0] = be16(r->p);
	s->port[1] = be16(r->p + 2);
	s->seq = be32(r->p + 4);
	s->flags = s->len = s->have = s->header_len = 0;
	s->data = s->header = r->p;
	s->unreachable = true;
	s->port_closed = code == (v6 ? 4 : 3);
	return true;
}

static bool parse_udp(struct rest *r, struct segment *s, bool *fragment)
{
	uint16_t port;

	if (r->n < 8)
		return false;
	port = be16(r->p + 2);
	drop(r, 8);
	if (port == PORT_VXLAN || port == PORT_VXLAN_LINUX)
		return r->n >= 8 && r->p[0] & 8 && drop(r, 8) && parse_ethernet(r, s, fragment);
	if (port == PORT_GENEVE)
		return parse_geneve(r, s, fragment);
	return port == PORT_GTP_U && parse_gtp(r, s, fragment);
}

/* Parses what is behind an IP header: TCP, or a tunnel. */
static bool parse_protocol(struct rest *r, int protocol, struct segment *s, bool *fragment)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return parse_tcp(r, s);
	case IPPROTO_UDP:
		return parse_udp(r, s, fragment);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return parse_icmp(r, protocol == IPPROTO_ICMPV6, s);
	case IPPROTO_GRE:
		return parse_gre(r, s, fragment);
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return parse_ip(r, s, fragment);
	default:
		return false;
	}
}

static bool is_tunnel(uint8_t protocol)
{
	return protocol == IPPROTO_GRE || protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6;
}

/* Keeps the addresses of the IP header in front, if there is one: those of a tunnel. */
static void keep_outer(struct rest *r, struct segment *s)
{
	if (r->inside) {
		s->outer_family = s->family;
		memcpy(s->outer, s->addr, sizeof(s->outer));
	}
	r->inside = true;
}

static bool parse_ipv4(struct rest *r, struct segment *s, bool *fragment)
{
	const uint8_t *p = r->p;
	size_t hdr, total;

	if (r->n < 20)
		return false;
	hdr = (p[0] & 15) * 4;
	total = be16(p + 2);
	if (hdr < 20)
		return false;
	/* A length of 0 means that the network card was to cut the packet (TSO). */
	if (total)
		limit(r, total);
	if (be16(p + 6) & 0x1fff) {
		*fragment = p[9] == IPPROTO_TCP || is_tunnel(p[9]);
		return false;
	}
	keep_outer(r, s);
	s->family = AF_INET;
	s->id = be16(p + 4);
	memset(s->addr, 0, sizeof(s->addr));
	memcpy(s->addr[0], p + 12, 4);
	memcpy(s->addr[1], p + 16, 4);
	return drop(r, hdr) && parse_protocol(r, p[9], s, fragment);
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
				*fragment = r->p[0] == IPPROTO_TCP || is_tunnel(r->p[0]);
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
	keep_outer(r, s);
	s->family = AF_INET6;
	s->id = 0;
	memcpy(s->addr, p + 8, sizeof(s->addr));
	/* A length of 0 means TSO or a jumbogram (RFC 2675): there is nothing to cut off. */
	if (len)
		limit(r, 40 + len);
	if (!drop(r, 40))
		return false;
	return parse_protocol(r, skip_extensions(r, p[6], fragment), s, fragment);
}

static bool parse_ip(struct rest *r, struct segment *s, bool *fragment)
{
	if (!r->n || ++r->layers > LAYERS_MAX)
		return false;
	if (r->p[0] >> 4 == 4)
		return parse_ipv4(r, s, fragment);
	return r->p[0] >> 4 == 6 && parse_ipv6(r, s, fragment);
}

/* Parses what is behind MPLS labels (RFC 3032): IP, or Ethernet behind a control word. */
static bool parse_mpls(struct rest *r, struct segment *s, bool *fragment)
{
	bool bottom = false;

	while (!bottom) {
		if (r->n < 4)
			return false;
		bottom = r->p[2] & 1;
		drop(r, 4);
	}
	if (r->n && r->p[0] >> 4 == 0)
		return drop(r, 4) && parse_ethernet(r, s, fragment);
	return parse_ip(r, s, fragment);
}

/* Parses a PPPoE session's packet, RFC 2516. */
static bool parse_pppoe(struct rest *r, struct segment *s, bool *fragment)
{
	uint16_t protocol;

	if (r->n < 8 || r->p[0] != 0x11 || r->p[1])
		return false;
	protocol = be16(r->p + 6);
	drop(r, 8);
	return (protocol == 0x0021 || protocol == 0x0057) && parse_ip(r, s, fragment);
}

/* Parses a packet of an Ethertype, behind tags (802.1Q, 802.1ad, 802.1BR). */
static bool parse_ethertype(struct rest *r, uint16_t type, struct segment *s, bool *fragment)
{
	while (type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x893f) {
		size_t n = type == 0x893f ? 8 : 4;

		if (r->n < n)
			return false;
		type = be16(r->p + n - 2);
		drop(r, n);
	}
	switch (type) {
	case 0x0800:
	case 0x86dd:
		return parse_ip(r, s, fragment);
	case 0x8847:
	case 0x8848:
		return parse_mpls(r, s, fragment);
	case 0x8864:
		return parse_pppoe(r, s, fragment);
	default:
		return false;
	}
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
	struct rest r = { p, caplen, len < caplen ? caplen : len, 0, false };

	s->unreachable = false;
	s->outer_family = 0;
	switch (linktype) {
	case DLT_EN10MB:
		return parse_ethernet(&r, s, fragment);
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
