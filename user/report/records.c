// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/records.h"

#define FIRST 6 /* connections of the run's start that are pinned, for comparison */

const char *report_server_addr(const struct report_conn *c)
{
	return c->role == WST_SERVER ? c->local : c->remote;
}

const char *report_client_addr(const struct report_conn *c)
{
	return c->role == WST_SERVER ? c->remote : c->local;
}

bool report_failed(const struct report_conn *c)
{
	if (c->how == WST_REFUSED)
		return true;
	return c->wanted && !c->websocket && (c->response_ts || c->closed);
}

uint64_t report_latency(const struct report_conn *c)
{
	uint64_t end = c->response_ts ? c->response_ts : c->closed;

	return c->request_ts && end > c->request_ts ? end - c->request_ts : 0;
}

struct report_conn *report__find(const struct report *r, uint32_t number)
{
	struct report_conn *c;

	HASH_FIND_INT(r->conns, &number, c);
	return c;
}

struct report_conn *report__up(const struct report *r, const struct report_conn *c)
{
	return c->up ? report__find(r, c->up) : NULL;
}

struct report_conn *report__first(const struct report *r, struct report_conn *c)
{
	struct report_conn *down;

	for (int n = 0; n < LEGS_MAX && c->down && (down = report__find(r, c->down)); n++)
		c = down;
	return c;
}

static void free_detail(struct report *r, struct report_conn *c)
{
	struct report_detail *d = c->detail;

	if (!d)
		return;
	buf_free(&d->request.bytes);
	buf_free(&d->response.bytes);
	trail__free(&d->trail);
	free(d->hists);
	free(d->delay);
	free(d);
	c->detail = NULL;
	r->n_details--;
}

static void free_conn(struct report *r, struct report_conn *c)
{
	struct report_verdict *v, *next;

	for (v = c->verdicts; v; v = next) {
		next = v->next;
		free(v->text);
		free(v->fix);
		buf_free(&v->evidence.bytes);
		free(v);
	}
	free_detail(r, c);
	HASH_DEL(r->conns, c);
	free(c->method);
	free(c->target);
	free(c->reason);
	free(c->ender);
	free(c);
}

static void unlist(struct report *r, struct report_conn *c)
{
	if (!c->listed)
		return;
	if (c->detail)
		DL_DELETE(r->closed, c);
	else
		DL_DELETE(r->bare, c);
	c->listed = false;
}

static void list(struct report *r, struct report_conn *c)
{
	if (c->listed || !c->closed || c->pins)
		return;
	if (c->detail)
		DL_APPEND(r->closed, c);
	else
		DL_APPEND(r->bare, c);
	c->listed = true;
}

/*
 * Makes room for one more detail. Returns false where all connections with details are open or
 * pinned.
 */
static bool room_for_detail(struct report *r)
{
	struct report_conn *c = r->closed;

	if (r->n_details < REPORT_DETAILS_MAX)
		return true;
	if (!c)
		return false;
	unlist(r, c);
	free_detail(r, c);
	r->details_dropped++;
	list(r, c);
	return true;
}

static bool room_for_conn(struct report *r)
{
	struct report_conn *c = r->bare ? r->bare : r->closed;

	if (HASH_COUNT(r->conns) < REPORT_CONNS_MAX)
		return true;
	if (!c)
		return false;
	unlist(r, c);
	free_conn(r, c);
	r->conns_dropped++;
	return true;
}

void report__pin(struct report *r, struct report_conn *c, uint32_t pin)
{
	r->n_pinned += !c->pins;
	c->pins |= pin;
	unlist(r, c);
}

void report__unpin(struct report *r, struct report_conn *c, uint32_t pin)
{
	if (!(c->pins & pin))
		return;
	c->pins &= ~pin;
	r->n_pinned -= !c->pins;
	list(r, c);
}

void report__pin_chain(struct report *r, struct report_conn *c)
{
	for (c = report__first(r, c); c; c = report__up(r, c))
		report__pin(r, c, PIN_CHAIN);
}

void report__unpin_chain(struct report *r, struct report_conn *c, uint32_t pin)
{
	struct report_conn *first = report__first(r, c);
	uint32_t others = 0;

	for (c = first; c; c = report__up(r, c))
		others |= c->pins & ~(pin | PIN_CHAIN);
	for (c = first; c; c = report__up(r, c))
		report__unpin(r, c, others ? pin : pin | PIN_CHAIN);
}

struct report_conn *report__add(struct report *r, const struct conn *from, uint64_t ts)
{
	struct report_conn *c = room_for_conn(r) ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->number = from->number;
	c->role = from->role;
	c->midstream = from->midstream;
	c->placeholder = from->placeholder;
	c->pid = from->pid;
	memcpy(c->comm, from->comm, sizeof(c->comm));
	memcpy(c->local, from->local, sizeof(c->local));
	memcpy(c->remote, from->remote, sizeof(c->remote));
	c->opened = from->opened ? from->opened : ts;
	c->accept_ok = -1;
	HASH_ADD_INT(r->conns, number, c);
	if (room_for_detail(r))
		c->detail = calloc(1, sizeof(*c->detail));
	if (c->detail)
		r->n_details++;
	else
		r->no_detail++;
	if (c->number <= FIRST)
		report__pin(r, c, PIN_FIRST);
	return c;
}

void report__settle(struct report *r, struct report_conn *c)
{
	list(r, c);
}

/* Returns whether a part of a path names one thing among many: 12, 9f86d081884c7d65. */
static bool is_id(const char *p, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9';

		if (!digit && (n < 8 || !strchr("abcdefABCDEF-", p[i])))
			return false;
		digits += digit;
	}
	return digits;
}

/* Copies the target's path with * for each id, so that all rooms of a chat make one group. */
static void group_path(char *to, size_t size, const char *target)
{
	size_t n, at = 0;

	for (const char *p = target; *p && *p != '?' && at + 1 < size; p += n) {
		n = strcspn(p, "/?");
		if (!n)
			to[at++] = *p, n = 1;
		else if (is_id(p, n))
			to[at++] = '*';
		else
			at += snprintf(to + at, size - at, "%.*s", (int)n, p);
	}
	to[at < size ? at : size - 1] = 0;
}

static struct report_group *group_of(struct report *r, const struct report_conn *c)
{
	struct report_group *g, key = { .port = addr_port(report_server_addr(c)) };
	const char *comm = c->role == WST_SERVER ? c->comm : "";

	memcpy(key.comm, comm, strlen(comm));
	if (c->target)
		group_path(key.path, sizeof(key.path), c->target);
	snprintf(key.key, sizeof(key.key), "%s %u %s", key.comm, key.port, key.path);
	HASH_FIND_STR(r->groups, key.key, g);
	if (g)
		return g;
	g = HASH_COUNT(r->groups) < REPORT_GROUPS_MAX ? malloc(sizeof(*g)) : NULL;
	if (!g)
		return &r->others;
	*g = key;
	HASH_ADD_STR(r->groups, key, g);
	return g;
}

void report__count(struct report *r, const struct report_conn *c)
{
	struct report_group *g = group_of(r, c);
	uint64_t ns = c->wanted ? report_latency(c) : 0;
	bool websocket = c->websocket || (c->midstream && (c->frames[0] || c->frames[1]));
	bool failed = report_failed(c);

	r->n_websockets += websocket;
	r->n_failed +=
		failed && c->wanted && !c->down; /* legs behind a proxy fail with the client's */
	r->n_slow += c->websocket && ns >= REPORT_SLOW_NS;
	g->conns++;
	g->websockets += websocket;
	g->failed += failed;
	for (int dir = 0; dir < WST_DIRS; dir++) {
		g->frames += c->frames[dir];
		g->bytes += c->bytes[dir];
	}
	if (ns > g->slowest_ns)
		g->slowest_ns = ns;
}

void report__count_verdict(struct report *r, const struct report_conn *c, const struct rule *rule)
{
	struct report_group *g = group_of(r, c);

	g->verdicts++;
	if (g->verdicts == 1 || rule->severity > g->worst)
		g->worst = rule->severity;
}

void report__drop_all(struct report *r)
{
	struct report_conn *c, *next;
	struct report_group *g, *after;

	HASH_ITER(hh, r->conns, c, next)
	{
		unlist(r, c);
		free_conn(r, c);
	}
	HASH_ITER(hh, r->groups, g, after)
	{
		HASH_DEL(r->groups, g);
		free(g);
	}
}
