/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts Ethernet, IP and TCP headers around bytes, as a capture of the wire would show them. */
#ifndef PCAPNG_FRAME_PACKET_H
#define PCAPNG_FRAME_PACKET_H

#include <stdint.h>
#include <sys/uio.h>
#include "lib/tcp_flags.h"
#include "pcapng/pcapng.h"

#define FRAME_HEAD_MAX (14 + 40 + 20) /* bytes: Ethernet, IPv6, TCP */
#define FRAME_DATA_MAX 65160 /* bytes of a segment: 45 times 1448, as Linux sends at most */

/* One direction of a connection: the parts of the headers that stay the same. */
struct path {
	uint8_t head[FRAME_HEAD_MAX];
	uint8_t len;
	uint64_t ip_sum, tcp_sum; /* what these bytes add to the checksums */
};

/* Fills in path. Addresses as on the wire, ports in host order; family: AF_INET or AF_INET6. */
void path_init(struct path *path, uint16_t family, const uint8_t *src, const uint8_t *dst,
	       uint16_t sport, uint16_t dport);

/* A TCP segment. */
struct frame_packet {
	uint32_t seq, ack;
	uint8_t flags; /* TCP_... */
	const struct iovec *data; /* at most 2 pieces, only the last of an odd length */
	unsigned int pieces;
	uint32_t len; /* data on the wire: the pieces' sum, or more where the rest is left out */
};

/* Writes the packet, with k's time, interface and comment. Returns as pcapng__packet() does. */
int frame_packet_write(struct pcapng *to, const struct path *path, const struct frame_packet *s,
		       struct pcapng_packet *k);

#endif
