// SPDX-License-Identifier: GPL-2.0-only
/* Writes handshakes, acknowledgements and ends: TCP as it must have been around the data. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "pcapng/flow_steps.h"
#include "pcapng/made_up.h"

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

/* Writes a packet of a direction. Its sequence number is the lane's next. */
static int emit(struct flow *f, uint8_t dir, uint64_t ts, uint8_t flags, const struct iovec *data,
		unsigned int pieces, uint32_t len)
{
	struct lane *l = &f->lane[dir], *other = &f->lane[!dir];
	uint32_t ack = flags & TCP_ACK ? other->next + other->unseen : 0;
	struct frame_packet s = { l->next, ack, flags, data, pieces, len };
	struct pcapng_packet k = { .ts = ts };
	int err = flow_iface_ready(f->flows, f->iface);

	if (err)
		return err;
	k.iface = f->iface->number;
	k.dir = (dir == FLOW_S2C) == f->server ? PCAPNG_OUT : PCAPNG_IN;
	k.dropped = f->lost + f->flows->lost;
	k.comment = f->note.len ? f->note.data : NULL;
	err = frame_packet_write(f->flows->to, &l->path, &s, &k);
	if (err)
		return err;
	if (ts > f->flows->latest)
		f->flows->latest = ts;
	l->latest = ts;
	l->unseen = 0;
	f->iface->received++;
	f->iface->dropped += k.dropped;
	f->note.len = 0;
	f->lost = f->flows->lost = 0;
	l->next += len + !!(flags & (TCP_SYN | TCP_FIN));
	l->unacked += len > 0;
	l->unacked_bytes += len;
	if (flags & TCP_ACK)
		other->unacked = other->unacked_bytes = 0;
	return 0;
}

int flow_tcp_data(struct flow *f, uint8_t dir, uint64_t ts, const struct iovec *data,
		  unsigned int pieces, uint64_t len)
{
	struct lane *l = &f->lane[dir];
	int err = 0;

	while (len && !err) {
		uint32_t n = len < CHUNK ? len : CHUNK;

		err = emit(f, dir, ts, TCP_PSH | TCP_ACK, data, pieces, n);
		pieces = 0;
		len -= n;
		/*
		 * Acknowledge now and then: Wireshark reports a full window, and data that nobody
		 * acknowledged.
		 */
		if (!err && (l->unacked >= ACK_PACKETS || l->unacked_bytes >= CHUNK / 2))
			err = emit(f, !dir, ts, TCP_ACK, NULL, 0, 0);
	}
	return err;
}

/* Makes up the request and the 101 that must have opened the WebSocket. */
static void put_upgrade(const struct flow *f, struct buf *request, struct buf *response)
{
	static const char upgrade[] =
		"Upgrade: websocket\r\nConnection: Upgrade\r\n" MADE_UP_HEADER;

	buf_printf(request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", f->target ? f->target : "/",
		   f->host, upgrade);
	buf_printf(response, "HTTP/1.1 101 Switching Protocols\r\n%s", upgrade);
	if (f->protocol)
		buf_printf(response, "Sec-WebSocket-Protocol: %s\r\n", f->protocol);
	if (f->deflate) /* without takeover messages need nothing from before this file */
		buf_str(response, "Sec-WebSocket-Extensions: permessage-deflate; "
				  "server_no_context_takeover; client_no_context_takeover\r\n");
	buf_str(response, "\r\n");
}

static int emit_text(struct flow *f, uint8_t dir, uint64_t ts, struct buf *text)
{
	struct iovec iov = { text->data, text->len };
	int err = flow_notef(f, "synthetic: wstrace did not see this in this file");

	return err ? err : flow_tcp_data(f, dir, ts, &iov, 1, text->len);
}

static int emit_handshake(struct flow *f, uint64_t ts)
{
	int err = emit(f, FLOW_C2S, ts, TCP_SYN, NULL, 0, 0);

	if (f->attempt)
		return err;
	if (!err)
		err = emit(f, FLOW_S2C, ts, TCP_SYN | TCP_ACK, NULL, 0, 0);
	if (!err)
		err = emit(f, FLOW_C2S, ts, TCP_ACK, NULL, 0, 0);
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

int flow_tcp_open(struct flow *f, uint64_t ts, int make)
{
	struct buf request = {}, response = {};
	int err;

	f->deflate &= f->lane[FLOW_C2S].no_takeover && f->lane[FLOW_S2C].no_takeover;
	if (make)
		put_upgrade(f, &request, &response);
	if (!(make & MAKE_RESPONSE))
		response.len = 0;
	f->lane[FLOW_C2S].next -= request.len + 1;
	f->lane[FLOW_S2C].next -= response.len + 1;
	err = request.failed || response.failed ? -ENOMEM : note_opening(f);
	if (!err)
		err = emit_handshake(f, ts);
	if (request.len && !err)
		err = emit_text(f, FLOW_C2S, ts, &request);
	if (response.len && !err)
		err = emit_text(f, FLOW_S2C, ts, &response);
	buf_free(&request);
	buf_free(&response);
	if (make)
		f->asked = f->gen;
	return err;
}

/* ended: when the first FIN was sent; the other end may have closed its own much later. */
static int emit_fins(struct flow *f, uint8_t first, uint64_t ts, uint64_t ended)
{
	int err = emit(f, first, ended, TCP_FIN | TCP_ACK, NULL, 0, 0);

	if (!err)
		err = emit(f, !first, ts, TCP_FIN | TCP_ACK, NULL, 0, 0);
	if (!err)
		err = emit(f, first, ts, TCP_ACK, NULL, 0, 0);
	return err;
}

/*
 * Writes at a sequence number two below the next: Wireshark would take the next itself for a
 * duplicate acknowledgement, and one below it for a keep-alive.
 */
int flow_tcp_note(struct flow *f, uint64_t ts)
{
	uint8_t local = f->server ? FLOW_S2C : FLOW_C2S;
	int err;

	if (f->gen != f->flows->gen || !f->note.len)
		return 0;
	f->lane[local].next -= 2;
	err = emit(f, local, ts, TCP_ACK, NULL, 0, 0);
	f->lane[local].next += 2;
	return err;
}

int flow__remark(struct flow *f, uint64_t ts, const char *text)
{
	int err = flow__note(f, text);

	return err ? err : flow_tcp_note(f, ts);
}

int flow_tcp_close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local, uint64_t ended)
{
	uint8_t local = f->server ? FLOW_S2C : FLOW_C2S, first = first_local ? local : !local;
	int err = 0;

	/* Nothing may come before what its sender sent before it. */
	if (!ended || ended > ts)
		ended = ts;
	else if (ended < f->lane[first].latest)
		ended = f->lane[first].latest;
	if (f->attempt) { /* RFC 9293 section 3.5.2: the answer's sequence number is 0 */
		f->lane[FLOW_S2C].next = 0;
		return how == FLOW_END_RST ? emit(f, FLOW_S2C, ts, TCP_RST | TCP_ACK, NULL, 0, 0) :
					     0;
	}
	switch (how) {
	case FLOW_END_FIN:
		return emit_fins(f, first, ts, ended);
	case FLOW_END_TIMEOUT:
		err = flow__note(f, "synthetic: the connection timed out");
		first = local;
		/* fall through */
	default:
		return err ? err : emit(f, first, ts, TCP_RST | TCP_ACK, NULL, 0, 0);
	}
}
