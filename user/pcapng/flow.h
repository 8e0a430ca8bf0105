/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns connections into packets that Wireshark dissects without configuration: one for each HTTP
 * head and WebSocket frame, with made-up TCP around them. The caller opens and closes files. In a
 * new file each connection starts with what a reader needs who has that file only.
 *
 * Times are CLOCK_REALTIME in ns, sequence numbers TCP's own, bytes as they were on the wire.
 * Functions that return int return 0 or -errno: -ENOMEM, or what pcapng__packet() returns.
 */
#ifndef PCAPNG_FLOW_H
#define PCAPNG_FLOW_H

#include <stdbool.h>
#include "lib/buf.h"
#include "pcapng/pcapng.h"

struct flows;
struct flow;

/* Directions: from client to server, and back, whichever end was traced. */
enum { FLOW_C2S, FLOW_S2C, FLOW_DIRS };

/* Creates a set of flows. s describes each file; its texts have to stay. NULL: out of memory. */
struct flows *flows__new(const struct pcapng_section *s);

/* Frees the set; all its flows have to be freed before. Accepts NULL. */
void flows__free(struct flows *fs);

/*
 * Starts a file: packets go to `to`, which stays the caller's and has to stay until flows__end().
 */
int flows__begin(struct flows *fs, struct pcapng *to, uint64_t ts);

/* Ends a file: writes its statistics. The caller may close it then. */
int flows__end(struct flows *fs, uint64_t ts);

/*
 * Returns whether a frame is partly written, so that a change of files should wait. A change in the
 * midst of a frame repeats it in the new file, without its payload.
 */
bool flows__busy(const struct flows *fs);

/* Counts lost events of whatever flows: the next packet shows them. */
void flows__lost(struct flows *fs, uint64_t events);

/* The process that has the socket: one interface of the capture for each name. */
struct flow_task {
	const char *name; /* "nginx[1234]" */
	const char *description; /* "pid=1234 comm=nginx cgroup=/..." */
};

struct flow_info {
	uint64_t ts; /* when the connection was established */
	uint16_t family; /* AF_INET, AF_INET6; mapped addresses are written as IPv4 */
	const uint8_t *local, *remote; /* addresses as on the wire */
	uint16_t lport, rport;
	bool server; /* the local end is the server */
	bool midstream; /* established before wstrace looked */
	bool attempt; /* never established: there is a SYN, and perhaps a RST */
	/* of each direction's first byte; midstream: of the first that may be seen */
	uint32_t first_seq[FLOW_DIRS];
	struct flow_task task;
	const char *comment; /* for the flow's first packet in each file; NULL: none */
};

/* Creates a flow. Writes its handshake, or an attempt's SYN, unless it is midstream. */
int flow__new(struct flow **out, struct flows *fs, const struct flow_info *i);

/* Frees a flow without writing anything. Accepts NULL. */
void flow__free(struct flow *f);

/* Notes that another process has the socket now. */
int flow__set_task(struct flow *f, const struct flow_task *t);

/* Adds text, UTF-8, to the comment of the next packet. */
int flow__note(struct flow *f, const char *text);

struct flow_head {
	uint64_t ts;
	uint64_t len; /* bytes on the wire; `bytes` may hold less, from the start */
	uint32_t seq; /* of the first byte */
	uint8_t dir;
	bool upgrade; /* a 101 after which both directions speak WebSocket */
	struct span bytes;
	bool preface; /* no head but a PROXY header: written as it is */
	struct span body; /* text in place of the start of its body */
};

/*
 * Writes an HTTP head. The body after it needs no call, see flow__skip(). The rest of a head that
 * is not there as a whole is filled in. CONNECT and its answers become comments, once the tunnel is
 * used: Wireshark finds no WebSocket behind them.
 */
int flow__head(struct flow *f, const struct flow_head *h);

struct flow_frame {
	uint64_t ts;
	uint64_t len; /* payload bytes, as the header says */
	uint64_t keep; /* so many, the first ones, will come by flow__payload() */
	uint32_t seq; /* of the header's first byte */
	uint32_t mask; /* as on the wire */
	uint8_t dir;
	uint8_t b0; /* the first byte: FIN, RSV1-3, opcode */
	uint8_t hdr_len;
	bool masked;
	uint64_t offset; /* of the header's first byte, since the upgrade, in this direction */
};

/*
 * Takes the header of a frame: written at once, with payload, or once the 101 has come. Without a
 * 101 or a request the file gets what Wireshark needs, marked as made up.
 */
int flow__frame(struct flow *f, const struct flow_frame *fr);

/*
 * Takes n bytes of the last frame's payload, as masked on the wire. pos: where in the payload they
 * start. Leaves out bytes behind a hole, bytes beyond `keep`, and bytes without a frame.
 */
int flow__payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *p, size_t n);

/*
 * Writes a packet without content for the bytes up to seq, which were not decoded. text: why, or
 * NULL. No call is needed before the upgrade, and before the first known byte of a midstream flow.
 * Any other step in the sequence numbers counts as a loss.
 */
int flow__skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text);

enum flow_end {
	FLOW_END_FIN,
	FLOW_END_RST,
	FLOW_END_TIMEOUT, /* written as a RST of the local end */
	FLOW_END_NONE, /* the file ends, not the connection */
};

/*
 * Writes the end of the flow. first_local: the local end sent the first FIN, or the RST. ended:
 * when that was; 0: at ts. Only flow__remark() and flow__free() may follow.
 */
int flow__close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local, uint64_t ended);

/* Writes what flow__head() and flow__frame() keep back, as far as it is known. */
int flow__release(struct flow *f, uint64_t ts);

/*
 * Writes text after flow__close(), as the comment of an additional packet. Writes nothing if
 * another file has begun since.
 */
int flow__remark(struct flow *f, uint64_t ts, const char *text);

#endif
