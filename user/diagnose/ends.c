// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/ends.h"
#include "facts/chain.h"
#include "facts/endpoints.h"
#include "lib/process.h"
#include "lib/units.h"

#define TOGETHER (NS_PER_SEC / 5) /* time between two ends of one moment */
#define KEEP (3 * NS_PER_SEC)
#define BY_ADDRESS (1ULL << 63) /* in a key: of an address, not of a process */

void ends__add(struct ends *e, struct facts *f)
{
	if (e->last)
		e->last->ended_next = f;
	else
		e->first = f;
	e->last = f;
}

struct facts *ends__expire(struct ends *e, uint64_t now)
{
	struct facts *f = e->first;

	if (!f || f->end.ts + KEEP + 2 * chain_rtt(f) > now)
		return NULL;
	e->first = f->ended_next;
	if (!e->first)
		e->last = NULL;
	return f;
}

static uint32_t closer_pid(const struct facts *f)
{
	const struct conn *c = f->end.by_client ? endpoint_client(f) : endpoint_server(f);

	return c ? c->pid : 0;
}

static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	return h;
}

/* Returns the number of who closed f: its process, or a server's or a proxy's address. 0: not
 * known. */
static uint64_t closer_key(const struct facts *f)
{
	uint32_t pid = closer_pid(f);

	if (pid)
		return (uint64_t)pid << 1 | f->end.by_client;
	if (f->end.by_client && !f->downstream)
		return 0;
	return BY_ADDRESS | f->end.by_client |
	       hash(conn_server_addr(f->end.by_client ? f->downstream->conn : f->conn)) << 1;
}

/* Returns the number of f's server: its process, or its address. */
static uint64_t server_key(const struct facts *f)
{
	const struct conn *c = endpoint_server(f);

	return c && c->pid ? (uint64_t)c->pid << 1 :
			     BY_ADDRESS | hash(conn_server_addr(f->conn)) << 1;
}

/* Returns whether the server began the end, with a code that it sends when it stops. */
static bool restarting(const struct facts *f)
{
	const struct stream_facts *s = first_close(f);
	enum close_meaning says = close_meaning(s);

	return s == &f->s[WST_S2C] && (s->code == 1001 || s->code == 1012) &&
	       (says == MEANS_NOTHING || says == MEANS_STOP);
}

/* Returns the leg on which f's client was sent away: the one in front where a proxy closed both. */
static const struct facts *sent_away(const struct facts *f)
{
	if (restarting(f))
		return f;
	if (f->downstream && first_close(f) == &f->s[WST_C2S] && restarting(f->downstream))
		return f->downstream;
	return NULL;
}

void ends__collect(struct ends *e)
{
	e->closers.n = e->sent_away.n = 0;
	e->counted = false;
	for (const struct facts *f = e->first; f; f = f->ended_next) {
		if (!f->conn || f->other_end_judged || !(f->res.websocket || f->conn->midstream))
			continue;
		if (closer_key(f) && !first_close(f)) /* who said goodbye has a reason to end */
			burst_add_span(&e->closers, closer_key(f), f->res.ts, f->end.ts);
		if (restarting(f))
			burst_add(&e->sent_away, server_key(f), f->s[WST_S2C].close_ts);
	}
	burst_sort(&e->closers);
	burst_sort(&e->sent_away);
}

/* Counts the open connections of each server, for all ends that are compared now. */
static void count_open(struct ends *e, const struct facts *all)
{
	if (e->counted)
		return;
	e->counted = true;
	e->open.n = 0;
	for (const struct facts *f = all; f; f = f->next)
		if (!f->end.seen && !f->other_end_judged && f->res.websocket)
			burst_add(&e->open, server_key(f), f->res.ts);
	burst_sort(&e->open);
}

/* Returns how many WebSockets of f's server are open that were there at ts. */
static uint32_t still_open(struct ends *e, const struct facts *f, uint64_t ts,
			   const struct facts *all)
{
	count_open(e, all);
	return burst_near(&e->open, server_key(f), 0, ts);
}

void ends__compare(struct ends *e, struct facts *f, const struct facts *all, bool live)
{
	const struct facts *away = sent_away(f);
	enum process_state state = live ? process_state(closer_pid(f)) : PROCESS_UNKNOWN;
	struct end_facts *end = &f->end;

	if (closer_key(f))
		end->together = burst_beside(
			&e->closers, &(struct burst_event){ closer_key(f), end->ts, f->res.ts },
			TOGETHER + facts_rtt(f));
	if (away)
		end->restarts = burst_near(&e->sent_away, server_key(away),
					   away->s[WST_S2C].close_ts, NS_PER_SEC + facts_rtt(f));
	end->process_gone = state == PROCESS_GONE;
	end->process_lives = state == PROCESS_LIVES;
	if (end->restarts >= 2)
		end->stay += still_open(e, away, UINT64_MAX, all);
	if (endpoint_server(f) && end->together >= 3 && !end->by_client)
		end->remain = still_open(e, f, end->ts, all);
}

void ends__free(struct ends *e)
{
	burst_free(&e->closers);
	burst_free(&e->sent_away);
	burst_free(&e->open);
}
