/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks of what wstrace made up, for readers of its files. A connection that is older than the file
 * has MADE_UP_HANDSHAKE in the comment of its SYN, at the start of a line. If the connection speaks
 * WebSocket, a request and a 101 with MADE_UP_HEADER lie below each direction's first byte.
 */
#ifndef PCAPNG_MADE_UP_H
#define PCAPNG_MADE_UP_H

#define MADE_UP_HANDSHAKE "synthetic handshake: the connection "
#define MADE_UP_HEADER "X-Wstrace: synthetic\r\n"

#endif
