// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "capture/reassembly_state.h"
#include "lib/units.h"

#define STRAYS 4 /* so many far segments in a row are believed */

#define TWICE_NS NS_PER_MS /* a bridge shows a packet on several interfaces within that time */

struct reassembly *reassembly__new(const struct reassembly_options *o,
				   const struct reassembly_ops *ops, void *ctx)
{
	struct reassembly *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->o = *o;
	r->ops = ops;
	r->ctx = ctx;
	r->sweep_at = FLOWS_MAX / 4;
	return r;
}

static bool bit(const uint64_t *bits, uint16_t n)
{
	return bits[n >> 6] >> (n & 63) & 1;
}

/* Guesses the index of the client's half, where the TCP handshake was not seen; -1: cannot tell. */
static int guess_client(struct reassembly *r, const struct tcp_flow *f, int side,
			const struct segment *s)
{
	const uint16_t *port = f->key.port;
	int guess = s ? r->ops->guess_client(s->data, s->have, s->len) : -1;

	if (bit(r->listening, port[0]) != bit(r->listening, port[1]))
		return bit(r->listening, port[0]);
	if (guess >= 0)
		return guess ? side : !side;
	if (r->o.ports && bit(r->o.ports, port[0]) != bit(r->o.ports, port[1]))
		return bit(r->o.ports, port[0]);
	return port[0] < port[1];
}

void reassembly_fill_task(const struct tcp_flow *f, struct wst_task *t)
{
	t->pid = f->task->pid;
	t->cgroup = (uint64_t)f->file << 32 | f->task->cgroup;
	memcpy(t->comm, f->task->comm, sizeof(t->comm));
}

/* Notes the process. If captures show both ends, the first end with a process is taken. */
static void on_task(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s)
{
	int local = s->task_end ? !side : side;
	struct wst_task t = {};

	if (!f->task) {
		f->local = local;
		f->file = s->file;
	} else if (f->local != local || f->file != s->file) {
		return;
	}
	f->task = s->task;
	if (!f->conn || local != (f->role == WST_CLIENT ? f->client : !f->client) || !r->ops->task)
		return;
	reassembly_fill_task(f, &t);
	r->ops->task(f->conn, s->ts, &t);
}

/* Opens the connection. s: its first segment with bytes, or NULL where it ended without any. */
static void open_conn(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s,
		      uint64_t ts)
{
	struct wst_open o = { .family = f->key.family };
	int local, remote;

	if (f->client < 0)
		f->client = guess_client(r, f, side, s);
	if (f->task)
		reassembly_fill_task(f, &o.t);
	f->role = !f->task ? r->o.role : f->local == f->client ? WST_CLIENT : WST_SERVER;
	o.role = f->role;
	local = f->role == WST_SERVER ? !f->client : f->client;
	remote = !local;
	if (f->made_up || (!f->h[f->client].isn_known && !f->h[!f->client].isn_known))
		o.t.h.flags = WST_MIDSTREAM;
	if (s && !f->h[!side].started && s->flags & TCP_ACK) {
		f->h[!side].next = s->ack;
		/* A direction whose SYN was not captured starts here. */
		f->h[!side].started = !o.t.h.flags;
	}
	o.t.h.ts = f->established ? f->established : ts;
	memcpy(o.laddr, f->key.addr[local], 16);
	memcpy(o.raddr, f->key.addr[remote], 16);
	o.lport = f->key.port[local];
	o.rport = f->key.port[remote];
	o.first_seq[WST_C2S] = f->h[f->client].next;
	o.first_seq[WST_S2C] = f->h[!f->client].next;
	f->conn = r->ops->open(r->ctx, &o);
	if (!f->conn) {
		r->refused++;
		f->refused = true;
	}
}

static void report_tcp(const struct tcp_flow *f, struct walk_tcp *t)
{
	t->rtt_us = f->rtt_us;
	t->retrans = f->retrans;
	t->ended = f->ended;
	t->first = 0;
	t->how = 0;
	if (f->first >= 0) {
		bool server = f->first != f->client;

		t->first = server == (f->role == WST_SERVER) ? WST_FIRST_LOCAL : WST_FIRST_REMOTE;
	}
}

static void close_flow(struct reassembly *r, struct tcp_flow *f, uint64_t ts, uint8_t how)
{
	struct walk_tcp t;

	/* An established connection that carried nothing is told, too. */
	if (!f->conn && !f->refused && f->established && how)
		open_conn(r, f, 0, NULL, ts);
	reassembly_miss_acked(r, f, ts);
	report_tcp(f, &t);
	t.how = how;
	if (f->conn)
		r->ops->close(f->conn, ts, &t);
	f->conn = NULL;
	f->closed = true;
	reassembly_unpend(r, f);
}

static void count_again(struct tcp_flow *f, struct half *h, uint32_t seq, const struct segment *s)
{
	bool probe = s->len <= 1 && seq == h->next - 1; /* keep-alive, RFC 9293 section 3.8.4 */
	bool twice = seq == h->last_seq && s->ts - h->last_ts < TWICE_NS;

	if (!probe && !twice && s->file == f->file)
		f->retrans++;
}

/* Returns false for an impossible sequence number, until several segments agree on it. */
static bool believe(struct half *h, int32_t ahead)
{
	if (ahead < SEQ_FAR && ahead > -SEQ_FAR) {
		h->strays = 0;
		return true;
	}
	return ++h->strays >= STRAYS;
}

/*
 * Returns whether the segment is a head that wstrace made up; these are only at the start of a
 * file.
 */
static bool is_made_up(const struct reassembly *r, struct tcp_flow *f, const struct segment *s)
{
	if (f->conn && !f->resumes)
		return false;
	f->resumes = r->ops->made_up && r->ops->made_up(s->data, s->have);
	f->made_up |= f->resumes;
	return f->resumes;
}

/* Takes a made-up head. Its sequence numbers were those of other bytes; only its end counts. */
static void on_made_up(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s,
		       uint32_t seq)
{
	struct half *h = &f->h[side];
	uint32_t end = seq + s->len;

	if (f->client < 0)
		f->client = guess_client(r, f, side, s);
	while (h->q.first && seq_diff(end, h->next) > 0)
		reassembly_skip_hole(r, f, side);
	if (!h->started || seq_diff(end, h->next) > 0)
		h->next = end;
	h->started = true;
	if (f->conn || f->refused || side == f->client)
		return;
	open_conn(r, f, side, s, s->ts);
	if (f->conn)
		r->ops->resume(f->conn, s->ts, s->data, s->have);
}

static void on_data(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s,
		    uint32_t seq)
{
	struct half *h = &f->h[side];
	int32_t ahead;

	if (is_made_up(r, f, s)) {
		on_made_up(r, f, side, s, seq);
		return;
	}
	if (!h->started) {
		h->started = true;
		h->next = seq;
	}
	if (!f->conn && !f->refused)
		open_conn(r, f, side, s, s->ts);
	ahead = seq_diff(seq, h->next);
	if (!believe(h, ahead))
		return;
	if (h->strays) {
		while (h->q.first)
			reassembly_drop_first(r, h);
		h->strays = 0;
		h->next = seq;
	} else if (ahead < 0 && seq_diff(seq + s->len, h->next) <= 0) {
		count_again(f, h, seq, s);
		return;
	}
	if (seq_diff(seq, h->next) > 0) {
		if (!reassembly_keep(r, h, seq, s, s->len))
			count_again(f, h, seq, s);
		if (h->q.first && seq_diff(h->q.first->seq, h->next) <= 0)
			reassembly_drain(r, f, side, 0);
	} else {
		reassembly_deliver(r, f, side,
				   &(struct piece){ .ts = s->ts,
						    .packet = s->packet,
						    .seq = seq,
						    .have = s->have,
						    .len = s->len },
				   s->data);
		if (h->q.first)
			reassembly_drain(r, f, side, s->ts);
	}
	h->last_seq = seq;
	h->last_ts = s->ts;
}

/* Keeps the data of a SYN (RFC 7413): it counts once the SYN has an answer. */
static void on_early_data(struct reassembly *r, struct tcp_flow *f, int side,
			  const struct segment *s, uint32_t seq)
{
	struct half *h = &f->h[side];

	if (h->q.first || seq != h->next)
		return;
	f->syn_len = s->len;
	reassembly_keep(r, h, seq, s, s->len);
}

/* Takes the data that the SYN had, which the SYN's answer acknowledges. */
static void take_early_data(struct reassembly *r, struct tcp_flow *f, const struct segment *s)
{
	struct half *h = &f->h[f->client];

	if (!h->q.first || h->q.first->seq != h->next || seq_diff(s->ack, h->next) <= 0)
		return;
	if (!f->conn && !f->refused)
		open_conn(r, f, f->client, NULL, s->ts);
	reassembly_drain(r, f, f->client, 0);
}

/* Returns whether a SYN opens a new connection, and is no repeated one. */
static bool is_new(const struct tcp_flow *f, int side, const struct segment *s)
{
	const struct half *h = &f->h[side];
	int32_t later;

	if (h->isn_known)
		return h->isn != s->seq;
	if (!h->started)
		return f->closed || (f->conn && !f->h[!side].isn_known);
	/* Another capture may have the same SYN, with a clock that is behind. */
	later = seq_diff(h->next, s->seq + 1);
	return f->closed || later < 0 || later > SEQ_FAR;
}

/*
 * Returns whether a SYN belongs to a connection that is open already: each of wstrace's files
 * starts with made-up handshakes of the connections that go on, just below their next bytes.
 */
static bool goes_on(struct tcp_flow *f, int side, const struct segment *s)
{
	const struct half *h = &f->h[side];
	int32_t ahead = seq_diff(s->seq + 1, h->next);

	if (f->closed || !f->conn || (!s->made_up && !f->resumes))
		return false;
	return !h->started || (ahead < SEQ_FAR && ahead > -SEQ_FAR);
}

static struct tcp_flow *on_syn(struct reassembly *r, struct tcp_flow *f,
			       const struct tcp_flow_key *k, int side, const struct segment *s)
{
	struct half *h;
	bool answer = s->flags & TCP_ACK;

	if (f && goes_on(f, side, s)) {
		f->resumes = true;
		f->file = s->file;
		return f;
	}
	if (f && is_new(f, side, s)) {
		reassembly_skip_holes(r, f);
		close_flow(r, f, s->ts, 0);
		reassembly_forget(r, f);
		f = NULL;
	}
	if (!f)
		f = reassembly_add(r, k, s);
	if (f && f->pending && !answer)
		reassembly_pend(r, f);
	if (!f || f->closed || f->h[side].started)
		return f;
	f->made_up |= s->made_up;
	h = &f->h[side];
	h->isn = s->seq;
	h->next = s->seq + 1;
	h->isn_known = true;
	h->started = true;
	if (!f->conn)
		f->client = answer ? !side : side;
	if (answer) {
		struct half *other = &f->h[!side];

		r->listening[k->port[side] >> 6] |= 1ULL << (k->port[side] & 63);
		if (!other->started) {
			other->isn = s->ack - 1;
			other->next = s->ack;
			other->isn_known = true;
			other->started = true;
		}
		f->established = s->ts;
		reassembly_unpend(r, f);
		if (f->syn_ts && s->file == f->file && s->ts > f->syn_ts)
			f->rtt_us = (s->ts - f->syn_ts) / 1000;
		if (side != f->client)
			take_early_data(r, f, s);
	} else {
		f->syn_ts = s->ts;
		reassembly_pend(r, f);
	}
	return f;
}

static void on_ack(struct tcp_flow *f, int side, const struct segment *s)
{
	struct half *other = &f->h[!side];

	if (!other->has_acked || seq_diff(s->ack, other->acked) > 0)
		other->acked = s->ack;
	other->has_acked = true;
	/* The third segment of the handshake comes one round trip after the SYN. */
	if (f->established && f->syn_ts && side == f->client) {
		if (s->file == f->file && s->ts > f->syn_ts)
			f->rtt_us = (s->ts - f->syn_ts) / 1000;
		if (!f->conn)
			f->established = s->ts;
		f->syn_ts = 0;
	}
}

static void on_fin(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s,
		   uint32_t seq)
{
	struct half *h = &f->h[side];

	if (h->fin)
		return;
	if (f->first < 0) {
		f->first = side;
		f->ended = s->ts;
	}
	h->fin = true;
	h->fin_seq = seq + s->len;
	if (!h->started) {
		h->started = true;
		h->next = h->fin_seq;
	}
	/* Keep an empty piece: a hole before the FIN is found like any other then. */
	if (seq_diff(h->fin_seq, h->next) > 0 && seq_diff(h->fin_seq, h->next) < SEQ_FAR)
		reassembly_keep(r, h, h->fin_seq, s, 0);
}

/* Returns whether the server refuses the connection: its RST acknowledges the SYN. */
static bool is_refused(const struct tcp_flow *f, int side, const struct segment *s)
{
	return f->pending && side != f->client && s->flags & TCP_ACK &&
	       s->ack - f->h[f->client].isn - 1 <= f->syn_len;
}

static void on_rst(struct reassembly *r, struct tcp_flow *f, int side, const struct segment *s)
{
	const struct half *h = &f->h[side];
	int32_t ahead = seq_diff(s->seq, h->next);
	uint8_t how = WST_FIN;

	if (h->started && f->conn && (ahead > SEQ_FAR || ahead < -SEQ_FAR))
		return;
	if (is_refused(f, side, s)) {
		reassembly_attempt(r, f, s->ts, WST_REFUSED);
		return;
	}
	reassembly_skip_holes(r, f);
	/* a FIN has a number, but is no byte */
	reassembly_miss(r, f, side, s->ts, s->seq - (h->fin && s->seq == h->fin_seq + 1));
	if (f->first < 0) {
		bool server = side != f->client;

		f->first = side;
		f->ended = s->ts;
		how = server == (f->role == WST_SERVER) ? WST_RST_SENT : WST_RST_RECEIVED;
	}
	close_flow(r, f, s->ts, how);
}

static bool half_done(const struct half *h)
{
	return h->fin && seq_diff(h->next, h->fin_seq) >= 0;
}

void reassembly__segment(struct reassembly *r, const struct segment *s)
{
	uint32_t seq = s->seq + !!(s->flags & TCP_SYN);
	struct tcp_flow_key k;
	struct tcp_flow *f;
	int side;

	side = reassembly_key(s, &k);
	f = reassembly_find(r, &k);
	if (s->unreachable) {
		reassembly_unreachable(r, f, side, s);
		return;
	}
	reassembly_give_up(r, f, s);
	if (s->flags & TCP_SYN)
		f = on_syn(r, f, &k, side, s);
	else if (!f && s->len && !(s->flags & TCP_RST))
		f = reassembly_add(r, &k, s);
	if (!f || f->closed)
		return;
	f->last_ts = s->ts;
	if (!(s->flags & (TCP_SYN | TCP_RST)))
		reassembly_unpend(r, f); /* the answer is not in the capture */
	if (s->task && s->task != f->task)
		on_task(r, f, side, s);
	if (s->flags & TCP_ACK)
		on_ack(f, side, s);
	if (s->len && s->flags & TCP_SYN && f->pending)
		on_early_data(r, f, side, s, seq);
	else if (s->len && !(s->flags & TCP_RST)) /* text in a RST is none of the stream's */
		on_data(r, f, side, s, seq);
	if (s->flags & TCP_FIN)
		on_fin(r, f, side, s, seq);
	for (int i = 0; i < 2; i++)
		if (f->h[i].q.first)
			reassembly_check_hole(r, f, i, s->ts);
	if (s->flags & TCP_RST)
		on_rst(r, f, side, s);
	else if (half_done(&f->h[0]) && half_done(&f->h[1]))
		close_flow(r, f, s->ts, WST_FIN);
}

void reassembly__end(struct reassembly *r)
{
	struct tcp_flow *f, *next;

	reassembly_give_up_all(r, r->now);
	HASH_ITER(hh, r->flows, f, next)
	{
		reassembly_skip_holes(r, f);
		reassembly_miss_acked(r, f, f->last_ts);
		/* What one side has ended is over, whenever the other one does so. */
		if (!f->closed && (half_done(&f->h[0]) || half_done(&f->h[1])))
			close_flow(r, f, f->last_ts, WST_FIN);
	}
}

void reassembly__stats(struct reassembly *r, uint64_t ts)
{
	struct tcp_flow *f, *next;
	struct walk_tcp t;

	HASH_ITER(hh, r->flows, f, next)
	{
		if (!f->conn)
			continue;
		report_tcp(f, &t);
		r->ops->stats(f->conn, ts, &t);
	}
}

uint64_t reassembly__refused(const struct reassembly *r)
{
	return r->refused;
}

void reassembly__free(struct reassembly *r)
{
	struct tcp_flow *f, *next;

	if (!r)
		return;
	HASH_ITER(hh, r->flows, f, next)
	reassembly_forget(r, f);
	free(r);
}
