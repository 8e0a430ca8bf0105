/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: what the decoder and diagnosis tell, and the outputs show. */
#ifndef DECODE_EVENT_H
#define DECODE_EVENT_H

#include "bpf/wstrace.h"
#include "decode/conn.h"
#include "decode/http.h"

enum event_type {
	EV_OPEN,
	EV_REQUEST,
	EV_RESPONSE,
	EV_FRAME,
	EV_RESYNC,
	EV_OPAQUE,
	EV_STATS,
	EV_CLOSE,
	EV_HELD, /* for diagnosis alone, as the two behind it are */
	EV_QUEUE,
	EV_BODY, /* more of the body of the last EV_RESPONSE has come; as head_event.body */
	EV_LEG, /* from diagnose.c, as EV_VERDICT is */
	EV_VERDICT,
	EV_TYPES,
};

struct head_event {
	const struct http_msg *msg;
	bool upgrade; /* the request asks for a WebSocket, or the response opens one */
	bool wanted; /* request: somebody wants a WebSocket: upgrade, or a Sec-WebSocket-Key */
	bool final; /* response: the last one to this request: 101, or 200 and above */
	/*
	 * headers are missing: it is longer than WST_HEAD_MAX, has too many, a piece was lost, or
	 * -w has filled it in
	 */
	bool cut;
	bool missed; /* others that came before it were not seen */
	uint32_t seq; /* sequence number of the first byte */
	struct span
		shown; /* the bytes, redacted without a change of length; of a cut head the start */
	uint64_t len; /* bytes on the wire */
	uint64_t latency_us; /* response: time since the request; 0: the request was not seen */
	/* response: the start of its body, as far as it has come; not redacted, and not to be shown
	 */
	struct span body;
	/* response: whether Sec-WebSocket-Accept is right, 0 or 1; -1: nothing to judge */
	int accept_ok;
};

struct frame_event {
	uint64_t len, offset;
	uint32_t seq, mask, pid;
	uint8_t b0, hdr_len, opcode, rsv, dir;
	bool fin, masked;
	bool other_blind; /* what the other direction sent since its last frame was not seen */
	struct span payload; /* unmasked, as much as was kept */
	bool has_payload; /* the user asked for payload, or it is a close frame's */
	bool compressed; /* with has_payload: part of a message with RSV1 */
	bool text; /* compressed: of a text message */
	struct span inflated; /* compressed: what the payload stands for */
	enum inflate_error inflate_error; /* compressed: why inflated lacks something */
	uint16_t code; /* close: 0 where it carries none */
	struct span reason;
	bool reason_cut; /* close: the reason was not seen to its end */
	int64_t rtt_us; /* pong: time since the ping that it answers, us; -1: it answers none */
};

struct event {
	enum event_type type;
	uint64_t ts; /* CLOCK_REALTIME, ns */
	uint64_t packet; /* heads and frames from a file: where they begin, PACKET_AT(); else 0 */
	struct conn *conn;
	bool last; /* EV_STATS: the run ends, and this connection gets no further event */
	union {
		struct head_event head;
		struct frame_event frame;
		const struct wst_resync *resync;
		const struct wst_opaque *opaque;
		const struct wst_held *held;
		const struct wst_queue *queue;
		const struct leg *leg;
		const struct verdict *verdict;
		const struct wst_stats *stats; /* EV_STATS, EV_CLOSE; histograms: conn->hists */
	};
};

/* Returns the number of frames of a direction, of all opcodes. */
static inline uint64_t counts_frames(const struct wst_counts *n)
{
	uint64_t frames = 0;

	for (int op = 0; op < WST_OPS; op++)
		frames += n->frames[op];
	return frames;
}

/* Returns whether the client's side sent the first FIN or RST. */
static inline bool stats_by_client(const struct conn *c, const struct wst_stats *r)
{
	return !!(r->h.flags & WST_FIRST_LOCAL) == (c->role == WST_CLIENT);
}

/* Returns whether the last bytes of a direction were not seen, or not decoded. */
static inline bool stats_blind(const struct wst_stats *r, int dir)
{
	return r->h.flags & (dir == WST_C2S ? WST_BLIND_C2S : WST_BLIND_S2C);
}

/*
 * Returns the time, ns, from the last bytes to the first FIN or RST, or to the record if none came.
 */
static inline uint64_t stats_idle_ns(const struct wst_stats *r)
{
	uint64_t until = r->ended ? r->ended : r->h.ts;

	return until > r->last ? until - r->last : 0;
}

/* Returns the bytes, of a direction joined midway, in which no frame has been found; else 0. */
static inline uint64_t stats_undecoded(const struct conn *c, const struct wst_stats *r, int dir)
{
	bool decoded = !c->midstream || c->upgraded || c->target || counts_frames(&r->counts[dir]);

	return decoded ? 0 : r->counts[dir].stream;
}

typedef void (*event_fn)(void *ctx, const struct event *e);

/* Is called for each record of a connection after its events. ts: CLOCK_REALTIME, ns. */
typedef void (*tap_fn)(void *ctx, struct conn *c, const struct wst_hdr *h, uint64_t ts);

#endif
