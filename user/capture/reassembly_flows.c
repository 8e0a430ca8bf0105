// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "capture/reassembly_state.h"
#include "lib/units.h"

#define IDLE_NS (10 * NS_PER_SEC) /* least time for which a closed connection is remembered */

int reassembly_key(const struct segment *s, struct tcp_flow_key *k)
{
	int order = memcmp(s->addr[0], s->addr[1], 16);
	int side = order > 0 || (order == 0 && s->port[0] > s->port[1]);

	memcpy(k->addr[side], s->addr[0], 16);
	memcpy(k->addr[!side], s->addr[1], 16);
	k->port[side] = s->port[0];
	k->port[!side] = s->port[1];
	k->family = s->family;
	k->pad = 0;
	return side;
}

static unsigned int hash(const struct tcp_flow_key *k)
{
	uint64_t words[sizeof(*k) / 8], h = 0;

	memcpy(words, k, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return h;
}

struct tcp_flow *reassembly_find(struct reassembly *r, const struct tcp_flow_key *k)
{
	struct tcp_flow *f = r->last;

	if (f && !memcmp(&f->key, k, sizeof(*k)))
		return f;
	HASH_FIND_BYHASHVALUE(hh, r->flows, k, sizeof(*k), hash(k), f);
	if (f)
		r->last = f;
	return f;
}

void reassembly_drop_first(struct reassembly *r, struct half *h)
{
	r->waiting -= h->q.cost;
	reorder_drop(&h->q);
	r->waiting += h->q.cost;
}

void reassembly_forget(struct reassembly *r, struct tcp_flow *f)
{
	if (f->conn)
		r->ops->drop(f->conn);
	for (int i = 0; i < 2; i++)
		while (f->h[i].q.first)
			reassembly_drop_first(r, &f->h[i]);
	reassembly_unpend(r, f);
	if (r->last == f)
		r->last = NULL;
	HASH_DEL(r->flows, f);
	free(f);
}

/* Frees closed connections, but not recent ones, whose last segments may be repeated. */
static void sweep(struct reassembly *r, uint64_t now)
{
	uint64_t idle = HASH_COUNT(r->flows) < FLOWS_MAX ? IDLE_NS : 0;
	struct tcp_flow *f, *next;

	HASH_ITER(hh, r->flows, f, next)
	if (!f->conn && now >= f->last_ts + idle)
		reassembly_forget(r, f);
	r->sweep_at = 2 * HASH_COUNT(r->flows);
	if (r->sweep_at < FLOWS_MAX / 4)
		r->sweep_at = FLOWS_MAX / 4;
	if (r->sweep_at > FLOWS_MAX)
		r->sweep_at = FLOWS_MAX;
}

struct tcp_flow *reassembly_add(struct reassembly *r, const struct tcp_flow_key *k,
				const struct segment *s)
{
	struct tcp_flow *f;

	if (HASH_COUNT(r->flows) >= r->sweep_at)
		sweep(r, s->ts);
	f = HASH_COUNT(r->flows) < FLOWS_MAX ? calloc(1, sizeof(*f)) : NULL;
	if (!f) {
		r->refused++;
		return NULL;
	}
	f->key = *k;
	f->client = -1;
	f->first = -1;
	f->file = s->file;
	f->own = s->own;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, r->flows, &f->key, sizeof(f->key), hash(k), f);
	r->last = f;
	return f;
}
