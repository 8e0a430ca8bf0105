/* SPDX-License-Identifier: GPL-2.0-only */
/* A TCP segment out of a capture. */
#ifndef CAPTURE_SEGMENT_H
#define CAPTURE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include "capture/capture_task.h"
#include "decode/origin.h"
#include "lib/tcp_flags.h"

/* A segment, valid until the capture's next one is read. */
struct segment {
	uint64_t ts; /* ns since 1970 */
	uint64_t packet; /* its number in the file, from 1, with that of the file: PACKET_AT() */
	uint8_t addr[2][16]; /* source, destination, as on the wire; AF_INET: the first 4 bytes */
	uint16_t port[2];
	uint16_t family;
	uint16_t outer_family; /* of outer; 0: the segment came through no tunnel with addresses */
	uint8_t outer[2][16]; /* as addr: of the innermost tunnel */
	uint8_t flags; /* TCP_* */
	uint8_t file; /* number of the capture that it comes from */
	const struct capture_task *task; /* valid as long as the capture; NULL: not known */
	uint8_t task_end; /* which end the task's socket is: 0 the source, 1 the destination */
	/*
	 * No segment, but what an ICMP message says of one that did not arrive; port_closed: there
	 * is the host, and not the port.
	 */
	bool unreachable, port_closed;
	bool own; /* out of a file that wstrace has written */
	bool made_up; /* a SYN that wstrace made up for a connection older than the file */
	uint32_t seq, ack;
	uint16_t id; /* IPv4's identification; 0: none, as in IPv6 */
	uint8_t header_len; /* captured bytes of the TCP header, at header */
	const uint8_t *header;
	const uint8_t *data;
	uint32_t have; /* payload bytes that were captured, at data */
	uint32_t len; /* payload bytes that were sent */
};

#endif
