// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include "diagnose/ends.h"
#include "facts/endpoints.h"
#include "lib/process.h"
#include "lib/units.h"

#define TOGETHER (NS_PER_SEC / 2)
#define KEEP (3 * NS_PER_SEC)

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

	if (!f || f->end.ts + KEEP > now)
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

static uint64_t closer_key(const struct facts *f)
{
	return (uint64_t)closer_pid(f) << 1 | f->end.by_client;
}

static bool restarting(const struct facts *f)
{
	return f->s[WST_S2C].code == 1001 || f->s[WST_S2C].code == 1012;
}

void ends__collect(struct ends *e)
{
	e->closers.n = e->sent_away.n = 0;
	for (const struct facts *f = e->first; f; f = f->ended_next) {
		const struct conn *server;

		if (!f->conn || f->other_end_judged || !(f->res.websocket || f->conn->midstream))
			continue;
		server = endpoint_server(f);
		if (closer_pid(f))
			burst_add(&e->closers, closer_key(f), f->end.ts);
		if (restarting(f) && server)
			burst_add(&e->sent_away, server->pid, f->s[WST_S2C].close_ts);
	}
	burst_sort(&e->closers);
	burst_sort(&e->sent_away);
}

/* Counts the open connections of the server with this pid. */
static uint32_t count_open(const struct facts *all, uint32_t pid)
{
	uint32_t n = 0;

	for (const struct facts *f = all; f; f = f->next)
		n += !f->end.seen && !f->other_end_judged && f->res.websocket &&
		     endpoint_server(f) && endpoint_server(f)->pid == pid;
	return n;
}

void ends__compare(const struct ends *e, struct facts *f, const struct facts *all, bool live)
{
	const struct conn *server = endpoint_server(f);
	uint32_t pid = closer_pid(f);

	if (pid)
		f->end.together = burst_near(&e->closers, closer_key(f), f->end.ts, TOGETHER);
	if (restarting(f) && server)
		f->end.restarts =
			burst_near(&e->sent_away, server->pid, f->s[WST_S2C].close_ts, NS_PER_SEC);
	f->end.process_gone = pid && live && process_gone(pid);
	if (server && f->end.restarts >= 3)
		f->end.stay += count_open(all, server->pid);
}

void ends__free(struct ends *e)
{
	burst_free(&e->closers);
	burst_free(&e->sent_away);
}
