// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "decode/hist.h"
#include "decode/names.h"
#include "diagnose/diagnose_state.h"
#include "diagnose/legs.h"
#include "facts/chain.h"
#include "facts/fact_text.h"
#include "facts/observe.h"
#include "lib/process.h"
#include "lib/units.h"

#define SETTLE NS_PER_SEC /* what ended together has ended on all legs by then */
/* time between two looks at the ends, of which there may be 10,000s */
#define ROUND (NS_PER_SEC / 10)
#define LOOK_AGAIN (3 * NS_PER_SEC)
#define STATS_MAX 4096 /* open WebSockets; statistics of more would fill the ring buffer */

struct diagnose *diagnose__new(diagnosis_fn fn, void *ctx, bool live)
{
	struct diagnose *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fn = fn;
	d->ctx = ctx;
	d->live = live;
	d->legs = legs__new(live);
	if (d->legs)
		return d;
	free(d);
	return NULL;
}

void diagnose__all_ports(struct diagnose *d)
{
	d->all_ports = true;
}

static struct facts *add_facts(struct diagnose *d, struct conn *c)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->conn = c;
	f->open = true;
	f->number = c->number;
	f->res.accept_ok = -1;
	f->all_ports = d->all_ports;
	f->rtt_us = -1;
	if (c->midstream || c->placeholder)
		f->s[0].message = f->s[1].message = MESSAGE_UNKNOWN;
	f->prev = d->last;
	if (d->last)
		d->last->next = f;
	else
		d->first = f;
	d->last = f;
	c->facts = f;
	return f;
}

static void free_copy(struct conn *copy)
{
	if (copy)
		free(copy->container);
	free(copy);
}

static void free_facts(struct diagnose *d, struct facts *f)
{
	undecided__remove(&d->undecided, f);
	*(f->prev ? &f->prev->next : &d->first) = f->next;
	*(f->next ? &f->next->prev : &d->last) = f->prev;
	legs__remove(d->legs, f);
	unanswered__done(&d->unanswered, f);
	observe_free(f);
	if (f->open)
		f->conn->facts = NULL;
	else
		free_copy(f->conn);
	free(f);
}

/*
 * Replaces the decoder's connection, which is about to be freed, by a copy of what verdicts show.
 */
static void detach(struct facts *f)
{
	struct conn *copy = calloc(1, sizeof(*copy)), *c = f->conn;

	c->facts = NULL;
	f->open = false;
	f->conn = copy;
	if (!copy)
		return;
	copy->who = c->who;
	copy->shown = c->shown;
	copy->client_pid = c->client_pid;
	copy->container = c->container;
	c->container = NULL;
	c->proxy_delay = NULL;
}

/*
 * Returns the connection of an EV_VERDICT: f's or, where --path does not let that through, another
 * leg's; NULL where it lets none through.
 */
static struct conn *shown_conn(struct facts *f)
{
	if (f->conn->shown)
		return f->conn;
	for (f = chain_first(f); f; f = f->upstream)
		if (f->conn && f->conn->shown)
			return f->conn;
	return NULL;
}

/* Adds a line about where to look on another host, if the fault may be there. */
static void add_place(struct buf *fix, const struct rule *r, const struct facts *f)
{
	struct buf where = {};

	if (r->at & AT_REFUSED)
		fact_text_fill(&where, "{look_ahead}", f);
	else if (r->cause == CAUSE_HANDSHAKE && !(r->hop && !*r->hop))
		fact_text_fill(&where, "{look_there}", f);
	if (where.len && fix->len)
		buf_char(fix, '\n');
	if (where.len)
		buf_add(fix, where.data, where.len);
	buf_free(&where);
}

static void tell(struct diagnose *d, struct facts *f, const struct rule *r, uint64_t ts)
{
	struct verdict v = { .rule = r, .facts = f };
	struct event e = { .type = EV_VERDICT, .ts = ts, .conn = shown_conn(f), .verdict = &v };
	struct buf text = {}, how = {};

	if (!e.conn)
		return;
	fact_text_fill(&text, r->says, f);
	buf_char(&text, 0);
	fact_text_fill_fix(&how, verdict_fix(r, f), f);
	add_place(&how, r, f);
	buf_char(&how, 0);
	v.text = text.data ? text.data : "";
	v.fix = how.data ? how.data : "";
	for (struct facts *leg = chain_first(f); leg && v.n_legs < LEGS_MAX; leg = leg->upstream)
		v.legs[v.n_legs++] = leg->number;
	verdicts__add(&d->verdicts, &v, ts);
	d->fn(d->ctx, &e);
	buf_free(&text);
	buf_free(&how);
}

#define EXPLAINING (1 << CAUSE_HANDSHAKE | 1 << CAUSE_STREAM | 1 << CAUSE_END)

void diagnose__weigh(struct diagnose *d, struct facts *f, uint32_t moment, uint64_t ts)
{
	/* The other end is judged instead; but Nagle's delay is visible only at the sender. */
	if ((f->other_end_judged && moment != AT_HELD) || f->conn->placeholder || f->replaced)
		return;
	for (const struct rule *const *t = rule_tables; *t; t++) {
		for (const struct rule *r = *t; r->id; r++) {
			uint32_t bit = 1 << r->cause, had = 0;

			if (!(r->at & moment))
				continue;
			for (struct facts *leg = chain_first(f); leg; leg = leg->upstream)
				had |= leg->causes;
			/* A cause also rules out the later causes that it explains. */
			if (had & (bit | (bit & EXPLAINING ? (bit - 1) & EXPLAINING : 0)))
				continue;
			if (!r->when(f))
				continue;
			f->causes |= bit;
			tell(d, f, r, ts);
		}
	}
}

static void tell_leg(struct diagnose *d, struct facts *f, uint64_t ts)
{
	struct leg leg = { .first = chain_first(f),
			   .downstream = f->downstream,
			   .upstream = f,
			   .by = f->joined_by };
	struct event e = { .type = EV_LEG, .ts = ts, .conn = f->downstream->conn, .leg = &leg };

	d->fn(d->ctx, &e);
}

void diagnose__name_client(struct diagnose *d, struct facts *f)
{
	if (d->live && !f->client_comm[0] && f->conn && f->conn->role == WST_SERVER)
		process_comm(f->conn->client_pid, f->client_comm, sizeof(f->client_comm));
}

static void joined(struct diagnose *d, struct facts *f, uint64_t ts)
{
	if (!f || !f->downstream)
		return;
	if (f->between == BETWEEN_UNSEEN)
		diagnose__name_client(d, f);
	tell_leg(d, f, ts);
	servers__joined(&d->servers, f);
}

static void on_request(struct diagnose *d, struct facts *f, const struct event *e)
{
	bool early;

	if (diagnose__is_again(f, e))
		undecided__remove(&d->undecided, f);
	else
		diagnose__decide(d, f, e->ts);
	legs__forget(d->legs, f);
	unanswered__done(&d->unanswered, f);
	f->told_late = 0;
	f->replaced = false;
	f->causes &= ~(1 << CAUSE_HANDSHAKE);
	if (f->upstream)
		f->upstream->downstream = NULL;
	if (f->downstream)
		f->downstream->upstream = NULL;
	f->upstream = f->downstream = NULL;
	early = observe_request(f, e);
	legs__waits(d->legs, f, e->ts);
	if (!f->req.wanted) {
		if (early)
			diagnose__answered(d, f, e->ts);
		return;
	}
	if (legs__request(d->legs, f)) {
		joined(d, f, e->ts);
		joined(d, f->upstream, e->ts);
	}
	if (!f->other_end_judged) {
		servers__asked(&d->servers, f);
		if (!early)
			unanswered__asked(&d->unanswered, f);
		f->req.unjudged = !f->req.cut;
	}
	diagnose__weigh(d, f, AT_REQUEST, e->ts);
	if (early) {
		servers__answered(&d->servers, f);
		diagnose__answered(d, f, e->ts);
	}
}

static void on_response(struct diagnose *d, struct facts *f, const struct event *e)
{
	bool was = f->res.websocket;

	observe_response(f, e);
	servers__answered(&d->servers, f);
	d->websockets += !was && f->res.websocket;
	if (f->res.seen) {
		legs__waits(d->legs, f, e->ts);
		unanswered__answered(&d->unanswered, f);
	}
	if (f->opaque_why == WST_WHY_TLS)
		diagnose__weigh(d, f, AT_OPAQUE, e->ts);
	diagnose__answered(d, f, e->ts);
}

/* Notes the median delay of the proxy behind f, the part of it that is the proxy's own. */
static void note_delay(struct diagnose *d, struct facts *f, uint64_t ts)
{
	struct wst_hist both = {};
	struct hist_summary s;

	if (!f || !f->legs.delay || !f->upstream)
		return;
	hist_merge(&both, &f->legs.delay[WST_S2C]);
	/* At the upstream's own end, c2s would include the time until the upstream read. */
	if (f->upstream->conn->role == WST_CLIENT)
		hist_merge(&both, &f->legs.delay[WST_C2S]);
	hist_summarise(&both, &s);
	f->delays = s.count;
	f->delay_us = s.p50;
	if (s.count && s.count % 16 == 0)
		diagnose__weigh(d, f, AT_LOOK, ts);
}

static void on_frame(struct diagnose *d, struct facts *f, const struct event *e)
{
	bool had_close = f->s[e->frame.dir].closed, remarkable = observe_frame(f, e), closes;

	/* The first frame shows that the client has taken the 101; a Close may say that it has not.
	 */
	if (e->frame.dir == WST_C2S && f->s[WST_C2S].frames == 1 && !f->s[WST_C2S].closed)
		diagnose__weigh_flaws(d, f, e->ts);
	if (f->conn->midstream && legs__mask(d->legs, f, &e->frame, e->ts))
		tell_leg(d, f, e->ts);
	if (f->upstream || f->downstream) {
		legs__frame(f, e->frame.dir, e->frame.offset, e->ts);
		note_delay(d, f->downstream ? f->downstream : f, e->ts);
	}
	closes = f->s[e->frame.dir].closed && !had_close;
	if (remarkable && !closes) /* what follows a Close frame is told of after it */
		diagnose__closes(d, f, e->ts);
	if (remarkable)
		diagnose__weigh(d, f, AT_FRAME, e->ts);
	if (closes)
		diagnose__close_came(d, f, e->ts);
}

/* Judges what came in place of a frame. */
static void on_intruder(struct diagnose *d, struct facts *f, const struct event *e)
{
	f->dir = e->opaque->h.dir;
	f->intruder = e->opaque;
	f->intruded = true;
	diagnose__weigh(d, f, AT_OPAQUE, e->ts);
	f->intruder = NULL;
}

static void on_opaque(struct diagnose *d, struct facts *f, const struct event *e)
{
	if (why_in_ws(e->opaque->why)) {
		on_intruder(d, f, e);
		return;
	}
	if (e->opaque->h.dir == WST_S2C) {
		f->answer_why = e->opaque->why;
		if (f->answer_why == WST_WHY_TLS)
			servers__tls(&d->servers, f);
	} else {
		f->opaque_why = e->opaque->why;
		legs__waits(d->legs, f, e->ts);
		if (f->opaque_why == WST_WHY_TLS && legs__unseen(d->legs, f))
			tell_leg(d, f, e->ts);
	}
	diagnose__weigh(d, f, AT_OPAQUE, e->ts);
}

/* Asks for the process that listens where f waits: by no call has it shown itself. */
static void on_queue(const struct diagnose *d, struct facts *f, const struct event *e)
{
	struct queue_facts *q = &f->wait.queue;
	struct process_files files;

	observe_queue(f, e);
	if (!d->live || !q->pid)
		return;
	if (!*q->comm)
		process_comm(q->pid, q->comm, sizeof(q->comm));
	if (!q->unaccepted || f->causes & 1 << CAUSE_HANDSHAKE)
		return;
	files = process_files(q->pid);
	q->files = files.open;
	q->files_max = files.max;
}

static void on_stats(struct diagnose *d, struct facts *f, const struct event *e)
{
	observe_stats(f, e);
	if (f->wait.unread && !f->res.websocket)
		d->unread_until = e->ts + LOOK_AGAIN;
	if (f->wait.unread && !f->req.seen && !f->opaque_why && !f->conn->midstream &&
	    f->conn->role == WST_SERVER && legs__unseen(d->legs, f))
		tell_leg(d, f, e->ts);
	diagnose__weigh(d, f, AT_LOOK, e->ts);
}

/* Notes, for the leg downstream, that f's connection to an upstream did not come about. */
static void note_down(struct diagnose *d, const struct facts *f)
{
	struct down_facts *down = &f->downstream->down;

	strcpy(down->addr, conn_server_addr(f->conn));
	down->how = f->end.how;
	down->ts = f->end.ts;
	servers__down(&d->servers, f->downstream);
}

static void on_close(struct diagnose *d, struct facts *f, const struct event *e)
{
	if (e->stats->how == WST_UNSEEN) { /* nobody knows how it ended */
		d->websockets -= f->res.websocket;
		diagnose__decide(d, f, e->ts);
		free_facts(d, f);
		return;
	}
	observe_close(f, e);
	unanswered__done(&d->unanswered, f);
	d->websockets -= f->res.websocket;
	servers__closed(&d->servers, f);
	if (!f->other_end_judged)
		servers__cut(&d->servers, f);
	if (f->opaque_why == WST_WHY_NOT_HTTP)
		servers__probed(&d->servers, f);
	if (f->end.how == WST_REFUSED || (f->end.how == WST_TIMEOUT && !f->req.seen)) {
		if (legs__refused(d->legs, f)) {
			note_down(d, f);
			tell_leg(d, f, e->ts);
		} else if (f->end.how == WST_REFUSED) {
			servers__refused(&d->servers, f);
		}
	}
	detach(f);
	ends__add(&d->ends, f);
}

void diagnose__event(struct diagnose *d, const struct event *e)
{
	struct facts *f = e->conn->facts;

	if (e->ts > d->now)
		d->now = e->ts;
	if (!f && e->type != EV_OPEN)
		return;
	switch (e->type) {
	case EV_OPEN:
		if (!f)
			add_facts(d, e->conn);
		break;
	case EV_REQUEST:
		on_request(d, f, e);
		break;
	case EV_RESPONSE:
		on_response(d, f, e);
		break;
	case EV_FRAME:
		on_frame(d, f, e);
		break;
	case EV_RESYNC:
		observe_resync(f, e);
		diagnose__weigh(d, f, AT_FRAME, e->ts);
		break;
	case EV_OPAQUE:
		on_opaque(d, f, e);
		break;
	case EV_STATS:
		on_stats(d, f, e);
		break;
	case EV_BODY:
		observe_body(f, e);
		break;
	case EV_QUEUE:
		on_queue(d, f, e);
		break;
	case EV_HELD:
		observe_held(f, e);
		diagnose__weigh(d, f, AT_HELD, e->ts);
		break;
	case EV_CLOSE:
		on_close(d, f, e);
		break;
	default:
		break;
	}
}

/* Returns whether f is a leg in TLS behind a proxy: its last messages are not seen. */
static bool is_hidden(const struct facts *f)
{
	return f->downstream && f->opaque_why;
}

/* Judges the chain that f ended with, by the leg that ended first. */
static void judge(struct diagnose *d, struct facts *f)
{
	struct facts *ended = f;

	if (f->downstream && !f->downstream->end.seen && f->downstream->down.ts && !f->req.seen) {
		f->judged = true; /* the leg downstream knows, and waits for another upstream */
		return;
	}

	servers__probing(&d->servers, f, d->now);
	if (f->refused_often && !servers__refuses(&d->servers, f))
		f->refused_often = 0;
	if (is_hidden(f)) {
		f->judged = true;
		diagnose__weigh(d, f, AT_END, d->now);
		return;
	}
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		if (leg->judged && !is_hidden(leg))
			return;
		if (leg->end.seen && leg->end.ts < ended->end.ts && !is_hidden(leg))
			ended = leg;
	}
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream)
		leg->judged = true;
	diagnose__handshake_ended(d, f);
	diagnose__closes(d, f, d->now);
	if (!ended->end.how) /* the end is not in the capture: nobody knows who ended it, and how */
		return;
	ends__compare(&d->ends, ended, d->first, d->live);
	servers__compare(&d->servers, ended);
	diagnose__weigh(d, ended, left_at_once(ended) ? AT_LEFT : AT_END, d->now);
	d->guessed |= !d->live && ended->causes & 1 << CAUSE_END &&
		      (!ended->end.by_client || ended->end.together >= 3);
}

/*
 * Judges requests that have waited long, of a live trace only: in a file, whether packets are
 * missing is known only later, and one of them may be the answer. The same goes for events that
 * were lost.
 */
static void look_unanswered(struct diagnose *d)
{
	struct facts *f;
	uint32_t had;

	while (d->live && (f = unanswered__next(&d->unanswered, d->now))) {
		if (f->req.ts <= d->lost)
			continue;
		while (f->downstream && f->downstream->req.wanted)
			f = f->downstream;
		f->looked = d->now;
		had = f->causes;
		diagnose__weigh_requests(d, f, d->now);
		diagnose__weigh(d, f, AT_WAIT, d->now);
		if (f->causes != had)
			f->told_late = chain_last(f)->number; /* see unanswered__answered() */
	}
}

void diagnose__tick(struct diagnose *d, uint64_t now)
{
	bool collected = false;
	struct facts *f;

	if (now > d->now)
		d->now = now;
	diagnose__undecided(d, false);
	look_unanswered(d);
	if (now < d->next_round)
		return;
	d->next_round = now + ROUND;
	for (f = d->ends.first; f; f = f->ended_next) {
		if (f->judged || f->end.ts + SETTLE + 2 * chain_rtt(f) > now || !f->conn)
			continue;
		if (!collected)
			ends__collect(&d->ends);
		collected = true;
		judge(d, f);
	}
	while ((f = ends__expire(&d->ends, now)))
		free_facts(d, f);
}

bool diagnose__wants_stats(const struct diagnose *d, bool unheard)
{
	return (unheard || d->websockets || d->unread_until > d->now ||
		unanswered__any(&d->unanswered, d->now, NS_PER_SEC)) &&
	       d->websockets <= STATS_MAX;
}

void diagnose__lost(struct diagnose *d, uint64_t now)
{
	d->lost = now;
}

void diagnose__finish(struct diagnose *d, uint64_t now)
{
	if (now > d->now)
		d->now = now;
	diagnose__undecided(d, true);
	for (struct facts *f = d->first; f; f = f->next)
		if (f->req.unjudged && !f->end.seen && !server_heard(f))
			diagnose__weigh_requests(d, f, d->now);
	ends__collect(&d->ends);
	for (struct facts *f = d->ends.first; f; f = f->ended_next)
		if (!f->judged && f->conn)
			judge(d, f);
	verdicts__sort(&d->verdicts);
}

bool diagnose__guessed(const struct diagnose *d)
{
	return d->guessed;
}

const struct verdict_row *diagnose__verdict(const struct diagnose *d, unsigned int i)
{
	return verdicts__row(&d->verdicts, i);
}

void diagnose__free(struct diagnose *d)
{
	if (!d)
		return;
	while (d->first)
		free_facts(d, d->first);
	servers__free(&d->servers);
	verdicts__free(&d->verdicts);
	ends__free(&d->ends);
	undecided__free(&d->undecided);
	legs__free(d->legs);
	free(d);
}
