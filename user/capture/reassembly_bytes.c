// SPDX-License-Identifier: GPL-2.0-only
/* Bytes on their way out: in order, without holes, or with those given up that do not fill. */
#include "capture/reassembly_state.h"
#include "lib/units.h"

/*
 * How long to wait, in packets and in ns, for bytes that the receiver has acknowledged already.
 * Either the capture has lost them, or they come late: captures do not keep the order of two
 * directions exactly.
 */
#define ACKED_PACKETS 32
#define ACKED_NS (100 * NS_PER_MS)
#define HOLE_NS (30 * NS_PER_SEC) /* how long to wait without an acknowledgement */

/*
 * Returns how many bytes of h the other end has acknowledged that are not in the capture, or not
 * yet. A FIN that is missing, too, counts as one: a byte is no frame.
 */
static uint32_t unseen(const struct half *h)
{
	int32_t ahead = seq_diff(h->acked, h->next);

	return h->has_acked && ahead > 1 && ahead < SEQ_FAR ? ahead : 0;
}

void reassembly_deliver(struct reassembly *r, struct tcp_flow *f, int side,
			const struct piece *piece, const uint8_t *p)
{
	struct half *h = &f->h[side];
	uint32_t seq = piece->seq, have = piece->have, len = piece->len;
	uint32_t old = seq_diff(h->next, seq) > 0 ? h->next - seq : 0;

	if (old && old >= len)
		return;
	h->next = seq + len;
	if (r->o.passing) {
		r->o.passing->packet = piece->packet;
		r->o.passing->other_unseen = unseen(&f->h[!side]);
	}
	if (f->conn)
		r->ops->bytes(f->conn, side == f->client ? WST_C2S : WST_S2C, piece->ts, seq + old,
			      p + (old < have ? old : have), old < have ? have - old : 0,
			      len - old);
}

void reassembly_miss(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts, uint32_t seq)
{
	int32_t ahead = seq_diff(seq, f->h[side].next);

	if (f->conn && ahead > 0 && ahead < SEQ_FAR)
		reassembly_deliver(r, f, side, &(struct piece){ .ts = ts, .seq = seq },
				   (const uint8_t *)"");
}

void reassembly_miss_acked(struct reassembly *r, struct tcp_flow *f, uint64_t ts)
{
	for (int side = 0; side < 2; side++) {
		const struct half *h = &f->h[side];

		if (unseen(h))
			reassembly_miss(r, f, side, ts, h->fin ? h->fin_seq : h->acked);
	}
}

void reassembly_drain(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts)
{
	struct half *h = &f->h[side];

	while (h->q.first && seq_diff(h->q.first->seq, h->next) <= 0) {
		struct piece *p = h->q.first;

		if (ts)
			p->ts = ts;
		reassembly_deliver(r, f, side, p, p->data);
		reassembly_drop_first(r, h);
	}
	h->acked_ts = 0;
	h->hole_ts = h->q.first ? h->q.first->ts : 0;
}

void reassembly_skip_hole(struct reassembly *r, struct tcp_flow *f, int side)
{
	f->h[side].next = f->h[side].q.first->seq;
	reassembly_drain(r, f, side, 0);
}

void reassembly_skip_holes(struct reassembly *r, struct tcp_flow *f)
{
	for (int i = 0; i < 2; i++)
		while (f->h[i].q.first)
			reassembly_skip_hole(r, f, i);
}

bool reassembly_keep(struct reassembly *r, struct half *h, uint32_t seq, const struct segment *s,
		     uint32_t len)
{
	size_t cost = h->q.cost;
	struct piece piece = {
		.ts = s->ts, .packet = s->packet, .seq = seq, .have = len ? s->have : 0, .len = len
	};
	int kept = reorder_keep(&h->q, &piece, s->data);

	r->waiting += h->q.cost - cost;
	if (!h->hole_ts)
		h->hole_ts = s->ts;
	return kept != 0;
}

void reassembly_check_hole(struct reassembly *r, struct tcp_flow *f, int side, uint64_t ts)
{
	struct half *h = &f->h[side];

	while (h->q.cost > REASSEMBLY_CONN_MAX || (h->q.first && r->waiting > REASSEMBLY_ALL_MAX))
		reassembly_skip_hole(r, f, side);
	if (!h->q.first)
		return;
	if (h->has_acked && seq_diff(h->acked, h->q.first->seq) >= 0) {
		if (!h->acked_ts) {
			h->acked_ts = ts;
			h->acked_packets = 0;
		}
		if (++h->acked_packets > ACKED_PACKETS || ts > h->acked_ts + ACKED_NS)
			reassembly_skip_hole(r, f, side);
	} else if (ts > h->hole_ts + HOLE_NS) {
		reassembly_skip_hole(r, f, side);
	}
}
