/* SPDX-License-Identifier: GPL-2.0-only */
/* The control bits of a TCP header, RFC 9293 section 3.1. */
#ifndef LIB_TCP_FLAGS_H
#define LIB_TCP_FLAGS_H

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

#endif
