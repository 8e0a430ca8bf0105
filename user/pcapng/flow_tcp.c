// SPDX-License-Identifier: GPL-2.0-only
/* Handshakes, acknowledgements, sequence numbers: TCP as it must have been around the data. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "pcapng/flow_tcp.h"

int flow__note(struct flow *f, const char *text)
{
	if (f->note.len)
		f->note.data[f->note.len - 1] = '\n';
	buf_add(&f->note, text, strlen(text) + 1);
	return f->note.failed ? -ENOMEM : 0;
}

int flow_notef(struct flow *f, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return flow__note(f, text);
}

/* One packet of the direction; its sequence number is the lane's next. */
static int emit(struct flow *f, uint8_t dir, uint64_t ts, uint8_t flags, const struct iovec *data,
		unsigned int pieces, uint32_t len)
{
	struct lane *l = &f->lane[dir], *other = &f->lane[!dir];
	struct segment s = { l->next, flags & TH_ACK ? other->next : 0, flags, data, pieces, len };
	struct pcapng_packet k = { .ts = ts };
	int err = iface_ready(f->p, f->iface);

	if (err)
		return err;
	k.iface = f->iface->number;
	k.dir = (dir == FLOW_S2C) == f->server ? PCAPNG_OUT : PCAPNG_IN;
	k.dropped = f->lost + f->p->lost;
	k.comment = f->note.len ? f->note.data : NULL;
	err = segment_write(f->p->to, &l->path, &s, &k);
	if (err)
		return err;
	if (ts > f->p->latest)
		f->p->latest = ts;
	f->iface->received++;
	f->iface->dropped += k.dropped;
	f->note.len = 0;
	f->lost = f->p->lost = 0;
	l->next += len + !!(flags & (TH_SYN | TH_FIN));
	l->unacked += len > 0;
	l->unacked_bytes += len;
	if (flags & TH_ACK)
		other->unacked = other->unacked_bytes = 0;
	return 0;
}

int flow_data(struct flow *f, uint8_t dir, uint64_t ts, const struct iovec *data,
	      unsigned int pieces, uint64_t len)
{
	struct lane *l = &f->lane[dir];
	int err = 0;

	while (len && !err) {
		uint32_t n = len < CHUNK ? len : CHUNK;

		err = emit(f, dir, ts, TH_PSH | TH_ACK, data, pieces, n);
		pieces = 0;
		len -= n;
		/* a sender whose window is full, or who never hears a word, looks like trouble */
		if (!err && (l->unacked >= ACK_PACKETS || l->unacked_bytes >= CHUNK / 2))
			err = emit(f, !dir, ts, TH_ACK, NULL, 0, 0);
	}
	return err;
}

/* What must have been said for both sides to speak WebSocket now. */
static void put_upgrade(const struct flow *f, struct buf *request, struct buf *response)
{
	static const char upgrade[] =
		"Upgrade: websocket\r\nConnection: Upgrade\r\n" MADE_UP_HEADER;

	buf_printf(request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", f->target ? f->target : "/",
		   f->host, upgrade);
	buf_printf(response, "HTTP/1.1 101 Switching Protocols\r\n%s", upgrade);
	if (f->protocol)
		buf_printf(response, "Sec-WebSocket-Protocol: %s\r\n", f->protocol);
	if (f->deflate) /* else nobody could inflate what was begun in the file before */
		buf_str(response, "Sec-WebSocket-Extensions: permessage-deflate; "
				  "server_no_context_takeover; client_no_context_takeover\r\n");
	buf_str(response, "\r\n");
}

static int emit_text(struct flow *f, uint8_t dir, uint64_t ts, struct buf *text)
{
	struct iovec iov = { text->data, text->len };
	int err = flow_notef(f, "synthetic: wstrace did not see this in this file");

	return err ? err : flow_data(f, dir, ts, &iov, 1, text->len);
}

static int emit_handshake(struct flow *f, uint64_t ts)
{
	int err = emit(f, FLOW_C2S, ts, TH_SYN, NULL, 0, 0);

	if (f->attempt)
		return err;
	if (!err)
		err = emit(f, FLOW_S2C, ts, TH_SYN | TH_ACK, NULL, 0, 0);
	if (!err)
		err = emit(f, FLOW_C2S, ts, TH_ACK, NULL, 0, 0);
	return err;
}

static int note_opening(struct flow *f)
{
	int err = f->comment ? flow__note(f, f->comment) : 0;

	if (!err && f->begun)
		err = flow__note(f, MADE_UP_HANDSHAKE "goes on from before");
	else if (!err && f->midstream)
		err = flow__note(f, MADE_UP_HANDSHAKE "was there before wstrace");
	return err;
}

/* The sequence numbers of all that is made up lie just below those of the first real bytes. */
static int prologue(struct flow *f, uint64_t ts, bool ws)
{
	struct buf request = {}, response = {};
	int err;

	f->deflate &= f->lane[FLOW_C2S].no_takeover && f->lane[FLOW_S2C].no_takeover;
	if (ws)
		put_upgrade(f, &request, &response);
	f->lane[FLOW_C2S].next -= request.len + 1;
	f->lane[FLOW_S2C].next -= response.len + 1;
	err = request.failed || response.failed ? -ENOMEM : emit_handshake(f, ts);
	if (ws && !err)
		err = emit_text(f, FLOW_C2S, ts, &request);
	if (ws && !err)
		err = emit_text(f, FLOW_S2C, ts, &response);
	buf_free(&request);
	buf_free(&response);
	return err;
}

int flow_open(struct flow *f, uint64_t ts, bool ws)
{
	int err;

	if (f->gen == f->p->gen)
		return 0;
	f->gen = f->p->gen;
	for (int d = 0; d < FLOW_DIRS; d++) {
		f->lane[d].unacked = f->lane[d].unacked_bytes = 0;
		if (f->lane[d].state == LANE_STREAMING)
			f->lane[d].next = f->lane[d].frame.seq;
	}
	err = note_opening(f);
	/* Where files are merged by time, it must come behind what the one before has. */
	if (f->begun && ts < f->p->latest)
		ts = f->p->latest;
	if (!err)
		err = prologue(f, ts, ws);
	f->begun = true;
	for (int d = 0; d < FLOW_DIRS && !err; d++)
		if (f->lane[d].state == LANE_STREAMING)
			err = lane_repeat(f, d);
	return err;
}

/* Sequence numbers that cannot follow, or only after more than a window: begin anew. */
static int restart(struct flow *f, uint8_t dir, uint32_t seq)
{
	f->gen = 0;
	f->lane[dir].next = seq;
	lane_lost(f, dir);
	return flow_notef(f, "sequence numbers do not follow from what came before");
}

int flow_reach(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, bool ws)
{
	struct lane *l = &f->lane[dir];
	uint32_t step = seq - l->next;
	int err = 0;

	if (!f->begun && f->midstream)
		l->next = seq;
	else if (step > CHUNK)
		err = restart(f, dir, seq);
	if (!err)
		err = flow_open(f, ts, ws);
	step = seq - l->next;
	if (err || !step)
		return err;
	if (!f->upgraded ||
	    (f->midstream && !l->seen)) /* a body; the end of a frame begun before */
		return flow_data(f, dir, ts, NULL, 0, step);
	if (!f->lost && !f->p->lost)
		f->lost = 1;
	l->next = seq;
	lane_lost(f, dir);
	return flow_notef(f, "%u bytes before this are lost", step);
}

int flow__skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text)
{
	struct lane *l = &f->lane[dir];
	int err;

	if (!f->begun && f->midstream)
		return 0;
	err = lane_finish(f, dir);
	if (err || seq - l->next > CHUNK || seq == l->next)
		return err; /* what comes next begins anew */
	err = flow_open(f, ts, f->upgraded);
	if (!err && text)
		err = flow__note(f, text);
	lane_lost(f, dir);
	return err ? err : flow_data(f, dir, ts, NULL, 0, seq - l->next);
}

static int emit_fins(struct flow *f, uint8_t first, uint64_t ts)
{
	int err = emit(f, first, ts, TH_FIN | TH_ACK, NULL, 0, 0);

	if (!err)
		err = emit(f, !first, ts, TH_FIN | TH_ACK, NULL, 0, 0);
	if (!err)
		err = emit(f, first, ts, TH_ACK, NULL, 0, 0);
	return err;
}

/*
 * Two bytes below what was sent last: the same as before would be a duplicate acknowledgement, and
 * one less a keep-alive, and Wireshark would remark on that.
 */
static int emit_note(struct flow *f, uint64_t ts)
{
	uint8_t local = f->server ? FLOW_S2C : FLOW_C2S;
	int err;

	if (f->gen != f->p->gen || !f->note.len)
		return 0;
	f->lane[local].next -= 2;
	err = emit(f, local, ts, TH_ACK, NULL, 0, 0);
	f->lane[local].next += 2;
	return err;
}

int flow__remark(struct flow *f, uint64_t ts, const char *text)
{
	int err = flow__note(f, text);

	return err ? err : emit_note(f, ts);
}

int flow__close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local)
{
	uint8_t local = f->server ? FLOW_S2C : FLOW_C2S, first = first_local ? local : !local;
	int err = 0;

	for (int d = 0; d < FLOW_DIRS && !err; d++)
		err = lane_finish(f, d);
	if (err || (!f->begun && f->midstream))
		return err;
	if (how == FLOW_END_NONE)
		return emit_note(f, ts);
	err = flow_open(f, ts, f->upgraded);
	if (err)
		return err;
	if (f->attempt) { /* RFC 9293 section 3.5.2: the answer's sequence number is 0 */
		f->lane[FLOW_S2C].next = 0;
		return how == FLOW_END_RST ? emit(f, FLOW_S2C, ts, TH_RST | TH_ACK, NULL, 0, 0) : 0;
	}
	switch (how) {
	case FLOW_END_FIN:
		return emit_fins(f, first, ts);
	case FLOW_END_TIMEOUT:
		err = flow__note(f, "synthetic: the connection timed out");
		first = local;
		/* fall through */
	default:
		return err ? err : emit(f, first, ts, TH_RST | TH_ACK, NULL, 0, 0);
	}
}
