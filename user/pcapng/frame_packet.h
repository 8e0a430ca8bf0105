/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts Ethernet, IP and TCP headers around bytes, as a capture of the wire would show them. */
#ifndef PCAPNG_FRAME_PACKET_H
#define PCAPNG_FRAME_PACKET_H

#include <stdint.h>
#include <sys/uio.h>
#include "lib/tcp_flags.h"
#include "pcapng/pcapng.h"

#define FRAME_HEAD_MAX (14 + 40 + 20) /* bytes: Ethernet, IPv6, TCP */
#define FRAME_DATA_MAX 65160 /* most bytes of a segment: 45 times 1448, as Linux sends */

/* The headers of one direction of a connection, as far as they stay the same. */
struct path {
	uint8_t head[FRAME_HEAD_MAX];
	uint8_t len;
	uint64_t ip_sum, tcp_sum; /* what these bytes add to the checksums */
};

/*
 * Fills in path. src, dst: addresses as on the wire. sport, dport: ports in host order. family:
 * AF_INET or AF_INET6.
 */
void path_init(struct path *path, uint16_t family, const uint8_t *src, const uint8_t *dst,
	       uint16_t sport, uint16_t dport);

/* A TCP segment. */
struct frame_packet {
	uint32_t seq, ack;
	uint8_t flags; /* TCP_... */
	const struct iovec *data; /* at most 2 pieces; only the last may have an odd length */
	unsigned int pieces;
	uint32_t len; /* bytes on the wire: the sum of the pieces, or more if some are left out */
};

/*
 * Writes a segment, with k's time, interface and comment; fills in the rest of k. Returns as
 * pcapng__packet().
 */
int frame_packet_write(struct pcapng *to, const struct path *path, const struct frame_packet *s,
		       struct pcapng_packet *k);

#endif
