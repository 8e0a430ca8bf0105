/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in capture files something comes from. */
#ifndef DECODE_ORIGIN_H
#define DECODE_ORIGIN_H

#include <stdint.h>

/* A packet's number in its file, from 1 on, and in the upper 8 bits that of the file, from 0 on. */
#define PACKET_AT(file, number) ((uint64_t)(file) << 56 | (number))
#define PACKET_FILE(packet) ((packet) >> 56)
#define PACKET_NUMBER(packet) ((packet) & ((1ULL << 56) - 1))

/* The addresses of the tunnel that a connection comes through. */
struct tunnel {
	char end[2][46]; /* of the client's side, of the server's side */
};

#endif
