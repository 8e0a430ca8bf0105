// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include "lib/checksum.h"
#include "pcapng/frame_packet.h"

#define ETH_LEN 14
#define IP4_LEN 20
#define IP6_LEN 40
#define TCP_LEN 20
#define JUMBO_LEN 8
#define PIECES_MAX 2

/* Options of a SYN: MSS of Ethernet, SACK permitted, window scale 14 (RFC 9293, 2018, 7323). */
static const uint8_t syn_options[] = { 2, 4, 0x05, 0xb4, 4, 2, 3, 3, 14, 1, 1, 1 };

/* All headers of a packet: those of the path, a jumbo option, the options of a SYN. */
struct heads {
	uint8_t bytes[FRAME_HEAD_MAX + JUMBO_LEN + sizeof(syn_options)];
	uint32_t len;
	uint8_t *tcp;
};

static void put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, sizeof(v));
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

void path_init(struct path *path, uint16_t family, const uint8_t *src, const uint8_t *dst,
	       uint16_t sport, uint16_t dport)
{
	uint8_t *ip = path->head + ETH_LEN, *tcp, proto[2] = { 0, IPPROTO_TCP };
	unsigned int addr = family == AF_INET6 ? 16 : 4;

	memset(path, 0, sizeof(*path));
	put16(path->head + 12, addr == 16 ? 0x86dd : 0x0800);
	if (addr == 16) {
		ip[0] = 0x60;
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		memcpy(ip + 8, src, addr);
		memcpy(ip + 8 + addr, dst, addr);
		tcp = ip + IP6_LEN;
		path->tcp_sum = csum_add(0, ip + 8, 2 * addr);
	} else {
		ip[0] = 0x45;
		/* do not fragment, so that an identification of 0 is right (RFC 6864) */
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, src, addr);
		memcpy(ip + 12 + addr, dst, addr);
		tcp = ip + IP4_LEN;
		path->ip_sum = csum_add(0, ip, IP4_LEN);
		path->tcp_sum = csum_add(0, ip + 12, 2 * addr);
	}
	put16(tcp, sport);
	put16(tcp + 2, dport);
	put16(tcp + 14, 65535);
	path->tcp_sum += csum_add(0, proto, sizeof(proto));
	path->len = tcp + TCP_LEN - path->head;
}

/* Fills in length and checksum. ip_len: bytes of the IPv4 header and all behind it. */
static void finish_ip4(const struct path *path, uint8_t *ip, uint32_t ip_len)
{
	uint16_t sum;

	/* Captures show 0 where the network card was to cut a longer packet (TSO). */
	put16(ip + 2, ip_len > 65535 ? 0 : ip_len);
	sum = csum_fold(csum_add(path->ip_sum, ip + 2, 2));
	memcpy(ip + 10, &sum, sizeof(sum));
}

/*
 * Adds the hop-by-hop option for lengths above 16 bits (RFC 2675). ip_len: bytes behind the IPv6
 * header.
 */
static void put_jumbo(struct heads *h, uint32_t ip_len)
{
	uint8_t *ip = h->bytes + ETH_LEN, *hop = ip + IP6_LEN;

	memmove(hop + JUMBO_LEN, hop, TCP_LEN);
	memset(hop, 0, JUMBO_LEN);
	ip[6] = IPPROTO_HOPOPTS;
	hop[0] = IPPROTO_TCP;
	hop[2] = 0xc2;
	hop[3] = 4;
	put32(hop + 4, ip_len + JUMBO_LEN);
	h->tcp += JUMBO_LEN;
	h->len += JUMBO_LEN;
}

static void put_heads(struct heads *h, const struct path *path, const struct frame_packet *s)
{
	uint8_t *ip = h->bytes + ETH_LEN;
	uint32_t tcp_len = TCP_LEN + s->len;

	memcpy(h->bytes, path->head, sizeof(path->head));
	h->len = path->len;
	h->tcp = h->bytes + path->len - TCP_LEN;
	put32(h->tcp + 4, s->seq);
	put32(h->tcp + 8, s->ack);
	h->tcp[12] = TCP_LEN << 2;
	h->tcp[13] = s->flags;
	if (s->flags & TCP_SYN) {
		memcpy(h->tcp + TCP_LEN, syn_options, sizeof(syn_options));
		h->tcp[12] += sizeof(syn_options) << 2;
		h->len += sizeof(syn_options);
		tcp_len += sizeof(syn_options);
	}
	if (ip[0] == 0x45)
		finish_ip4(path, ip, IP4_LEN + tcp_len);
	else if (tcp_len <= 65535)
		put16(ip + 4, tcp_len);
	else
		put_jumbo(h, tcp_len);
}

/*
 * Fills in TCP's checksum of a segment that is complete. In others it stays 0, which nobody reports
 * as wrong.
 */
static void put_tcp_sum(struct heads *h, const struct path *path, const struct iovec *data,
			unsigned int pieces, uint32_t len)
{
	uint32_t head = h->bytes + h->len - h->tcp, tcp_len = htonl(head + len);
	uint64_t sum = csum_add(path->tcp_sum, &tcp_len, sizeof(tcp_len));
	uint16_t folded;

	/* The path's tcp_sum has the addresses and the protocol; the ports are in this header. */
	sum = csum_add(sum, h->tcp, head);
	for (unsigned int i = 0; i < pieces; i++)
		sum = csum_add(sum, data[i].iov_base, data[i].iov_len);
	folded = csum_fold(sum);
	memcpy(h->tcp + 16, &folded, sizeof(folded));
}

int frame_packet_write(struct pcapng *to, const struct path *path, const struct frame_packet *s,
		       struct pcapng_packet *k)
{
	struct iovec iov[1 + PIECES_MAX];
	struct heads h;
	uint32_t have = 0;

	put_heads(&h, path, s);
	for (unsigned int i = 0; i < s->pieces; i++) {
		iov[1 + i] = s->data[i];
		have += s->data[i].iov_len;
	}
	if (have == s->len)
		put_tcp_sum(&h, path, s->data, s->pieces, s->len);
	iov[0] = (struct iovec){ h.bytes, h.len };
	k->iov = iov;
	k->iovs = 1 + s->pieces;
	k->origlen = h.len + s->len;
	return pcapng__packet(to, k);
}
