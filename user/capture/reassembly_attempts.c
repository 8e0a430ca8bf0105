// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that did not come about: a SYN that was answered by a RST or by ICMP, or not at all.
 * When a client gives up waiting is not seen in a capture.
 */
#include <string.h>
#include "capture/reassembly_state.h"
#include "lib/units.h"

/* Linux waits 64 s at most before it sends a SYN again; behind that comes nothing. */
#define GIVE_UP_NS (70 * NS_PER_SEC)
#define PATIENCE_NS (NS_PER_SEC / 2) /* no client gives up earlier */
#define LOOK_MAX 256 /* attempts that are looked at when a client may have given up */

void reassembly_unpend(struct reassembly *r, struct tcp_flow *f)
{
	if (!f->pending)
		return;
	*(f->pending_older ? &f->pending_older->pending_newer : &r->oldest_pending) =
		f->pending_newer;
	*(f->pending_newer ? &f->pending_newer->pending_older : &r->newest_pending) =
		f->pending_older;
	f->pending_older = f->pending_newer = NULL;
	f->pending = false;
}

void reassembly_pend(struct reassembly *r, struct tcp_flow *f)
{
	reassembly_unpend(r, f);
	f->pending = true;
	f->pending_older = r->newest_pending;
	*(r->newest_pending ? &r->newest_pending->pending_newer : &r->oldest_pending) = f;
	r->newest_pending = f;
}

void reassembly_attempt(struct reassembly *r, struct tcp_flow *f, uint64_t ts, uint8_t how)
{
	struct walk_tcp t = { .ended = ts, .how = how, .first = WST_FIRST_REMOTE };
	struct wst_open o = { .family = f->key.family, .role = WST_CLIENT };
	void *conn;

	reassembly_unpend(r, f);
	if (f->task && f->local == f->client)
		reassembly_fill_task(f, &o.t);
	o.t.h.flags = WST_ATTEMPT;
	o.t.h.ts = f->syn_ts;
	memcpy(o.laddr, f->key.addr[f->client], 16);
	memcpy(o.raddr, f->key.addr[!f->client], 16);
	o.lport = f->key.port[f->client];
	o.rport = f->key.port[!f->client];
	o.first_seq[WST_C2S] = f->h[f->client].isn + 1;
	conn = r->ops->open(r->ctx, &o);
	if (conn)
		r->ops->close(conn, ts, &t);
	else
		r->refused++;
	f->closed = how == WST_REFUSED;
}

void reassembly_unreachable(struct reassembly *r, struct tcp_flow *f, int side,
			    const struct segment *s)
{
	if (f && f->pending && side == f->client && s->seq == f->h[side].isn)
		reassembly_attempt(r, f, s->ts, s->port_closed ? WST_REFUSED : WST_TIMEOUT);
}

/* Returns whether s is an end, or an answer that tells of a failure. */
static bool may_tell_of_failure(const struct segment *s)
{
	static const char answer[] = "HTTP/1.x 5";

	if (s->flags & (TCP_FIN | TCP_RST))
		return true;
	return s->have >= sizeof(answer) - 1 && !memcmp(s->data, answer, 7) && s->data[9] == '5';
}

static bool is_client(const struct tcp_flow *f, const uint8_t *addr)
{
	return !memcmp(f->key.addr[f->client], addr, sizeof(f->key.addr[0]));
}

/* Returns whether f's client may have given up at ts. */
static bool may_give_up(const struct tcp_flow *f, uint64_t ts)
{
	return f->own || ts > f->syn_ts + PATIENCE_NS;
}

void reassembly_give_up(struct reassembly *r, const struct tcp_flow *at, const struct segment *s)
{
	struct tcp_flow *f = r->oldest_pending, *newer;
	unsigned int n = 0;

	r->now = s->ts;
	while (f && s->ts > f->last_ts && s->ts - f->last_ts > GIVE_UP_NS) {
		reassembly_attempt(r, f, s->ts, WST_TIMEOUT);
		f = r->oldest_pending;
	}
	if (!r->newest_pending || !may_tell_of_failure(s))
		return;
	for (f = r->newest_pending; f->pending_older && n < LOOK_MAX; n++)
		f = f->pending_older;
	for (; f; f = newer) {
		newer = f->pending_newer;
		if (f != at && may_give_up(f, s->ts) &&
		    (is_client(f, s->addr[0]) || is_client(f, s->addr[1])))
			reassembly_attempt(r, f, s->ts, WST_TIMEOUT);
	}
}

void reassembly_give_up_all(struct reassembly *r, uint64_t ts)
{
	struct tcp_flow *f, *newer;

	for (f = r->oldest_pending; f; f = newer) {
		newer = f->pending_newer;
		if (may_give_up(f, ts))
			reassembly_attempt(r, f, ts, WST_TIMEOUT);
	}
}
