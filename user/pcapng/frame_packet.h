/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts Ethernet, IP and TCP headers around bytes, as a capture of the wire would show them. */
#ifndef PCAPNG_FRAME_PACKET_H
#define PCAPNG_FRAME_PACKET_H

#include <stdint.h>
#include <sys/uio.h>
#include "pcapng/pcapng.h"

enum { TH_FIN = 1, TH_SYN = 2, TH_RST = 4, TH_PSH = 8, TH_ACK = 16 };

#define SEGMENT_HEAD_MAX (14 + 40 + 20)
#define SEGMENT_MAX                                                                  \
	65160 /* most data of a whole segment: 45 times 1448, as Linux would make it \
	       */

/* One direction of a connection: all of the headers that stays the same. */
struct path {
	uint8_t head[SEGMENT_HEAD_MAX];
	uint8_t len;
	uint64_t ip_sum, tcp_sum; /* what these bytes add to the checksums */
};

/* Addresses as on the wire, ports in the host's order. family: AF_INET or AF_INET6. */
void path_init(struct path *path, uint16_t family, const uint8_t *src, const uint8_t *dst,
	       uint16_t sport, uint16_t dport);

struct segment {
	uint32_t seq, ack;
	uint8_t flags; /* TH_... */
	const struct iovec *data; /* at most 2 pieces, only the last of an odd length */
	unsigned int pieces;
	uint32_t len; /* data on the wire: the pieces' sum, or more where the rest was left out */
};

/* Fills in k's bytes and length, and writes it. Returns as pcapng__packet() does. */
int segment_write(struct pcapng *to, const struct path *path, const struct segment *s,
		  struct pcapng_packet *k);

#endif
