/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shapes connections into packets that Wireshark dissects with nothing to configure: a handshake
 * and acknowledgements that nobody saw, a packet for each HTTP head and each WebSocket frame.
 * Knows files only as a struct pcapng that it is given; where files change, each connection's
 * next packet starts with what the new file needs to be read on its own.
 *
 * Times are CLOCK_REALTIME in ns, sequence numbers TCP's own, bytes as they were on the wire.
 * Functions that return int return 0 or -errno: -ENOMEM, or what pcapng__packet() says.
 */
#ifndef PCAPNG_FLOW_H
#define PCAPNG_FLOW_H

#include <stdbool.h>
#include "lib/buf.h"
#include "pcapng/pcapng.h"

/*
 * How what is made up is known again: a connection that was there before the file has this in the
 * comment of its SYN, at the start of a line, and, once it speaks WebSocket, a request and a 101
 * with this header below the first byte of each direction.
 */
#define MADE_UP_HANDSHAKE "synthetic handshake: the connection "
#define MADE_UP_HEADER "X-Wstrace: synthetic\r\n"

struct packets;
struct flow;

/* Directions are the protocol's, not the socket's. */
enum { FLOW_C2S, FLOW_S2C, FLOW_DIRS };

/* s describes each file; its texts have to stay. NULL when memory ran out. */
struct packets *packets__new(const struct pcapng_section *s);

/* All flows have to be freed before. Accepts NULL. */
void packets__free(struct packets *p);

/* What follows goes to this file, which stays the caller's. */
int packets__begin(struct packets *p, struct pcapng *to, uint64_t ts);

/* Writes the file's statistics. The file may be closed then; packets__begin() goes on. */
int packets__end(struct packets *p, uint64_t ts);

/*
 * Whether a frame of more than one packet is on its way: a change of files would leave its
 * payload in two of them. The change may be made nevertheless: then the new file has the frame
 * again, without its payload.
 */
bool packets__busy(const struct packets *p);

/* Events were lost, nobody knows whose: the next packet says so. */
void packets__lost(struct packets *p, uint64_t events);

/* Whose the sockets are: one interface of the capture for each name. */
struct flow_task {
	const char *name; /* "nginx[1234]" */
	const char *description; /* "pid=1234 comm=nginx cgroup=/..." */
};

struct flow_info {
	uint64_t ts; /* when it was established */
	uint16_t family; /* AF_INET, AF_INET6; mapped addresses are written as IPv4 */
	const uint8_t *local, *remote; /* addresses as on the wire */
	uint16_t lport, rport;
	bool server; /* the local end is the server */
	bool midstream; /* was there before */
	bool attempt; /* never established: nothing but a SYN, and an answer to it */
	/* of each direction's first byte; midstream: of the first that is not yet known to be past
	 */
	uint32_t first_seq[FLOW_DIRS];
	struct flow_task task;
	const char *comment; /* of its first packet in each file; NULL: none */
};

/* Where it is not midstream, its handshake is written here; of an attempt, its SYN. */
int flow__new(struct flow **out, struct packets *p, const struct flow_info *i);

/* Writes nothing. Accepts NULL. */
void flow__free(struct flow *f);

/* Another process has the socket. */
int flow__set_task(struct flow *f, const struct flow_task *t);

/* The next packet carries this text, which is UTF-8: a verdict. */
int flow__note(struct flow *f, const char *text);

/* Events of this flow were lost: the next packet says so. */
void flow__lost(struct flow *f, uint64_t events);

struct flow_head {
	uint64_t ts;
	uint64_t len; /* on the wire; bytes may hold less, from its start */
	uint32_t seq;
	uint8_t dir;
	bool upgrade; /* a 101 after which both directions speak WebSocket */
	struct span bytes;
};

/* A whole HTTP head. Its body needs no call: see flow__skip(). */
int flow__head(struct flow *f, const struct flow_head *h);

struct flow_frame {
	uint64_t ts;
	uint64_t len; /* payload bytes, as the header says */
	uint64_t keep; /* how many of them, from the first, flow__payload() will bring */
	uint32_t seq; /* of its first byte */
	uint32_t mask; /* as on the wire */
	uint8_t dir;
	uint8_t b0; /* the first byte: FIN, RSV1-3, opcode */
	uint8_t hdr_len;
	bool masked;
};

/* The header of a frame. It is written now, or as its payload comes. */
int flow__frame(struct flow *f, const struct flow_frame *fr);

/*
 * n bytes of the last frame's payload, still masked, that lie pos bytes behind its header. After
 * a hole, what comes is left out. Bytes above keep, or without a frame, are left out too.
 */
int flow__payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *p, size_t n);

/*
 * Bytes up to seq passed, and nobody looked at them: they stand in the file as a packet of their
 * length without content. Before the upgrade, and up to the first byte that is known of a
 * midstream flow, this needs no call. Any other step in the sequence numbers is taken for a loss.
 * text says why, or is NULL.
 */
int flow__skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text);

enum flow_end {
	FLOW_END_FIN,
	FLOW_END_RST,
	FLOW_END_TIMEOUT, /* nobody said a word any more: a RST of the local end stands for it */
	FLOW_END_NONE, /* goes on, but not in the file */
};

/*
 * first_local: this host sent the first FIN, or the RST. Nothing but flow__remark() and
 * flow__free() may follow.
 */
int flow__close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local);

/*
 * Something is said after flow__close(): a packet of its own carries the text, which acknowledges
 * nothing new. Where another file has begun since, nothing is written.
 */
int flow__remark(struct flow *f, uint64_t ts, const char *text);

#endif
