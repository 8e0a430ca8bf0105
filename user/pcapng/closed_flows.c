// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>
#include "lib/addr.h"
#include "lib/units.h"
#include "pcapng/closed_flows.h"

#define KEEP_NS (3 * NS_PER_SEC) /* diagnosis judges an end within little more than a second */

struct closed {
	struct flow *flow;
	uint32_t number;
	struct closed_key key;
	uint64_t ts;
	UT_hash_handle hh, by_key;
};

struct closed_flows {
	struct closed *by_number; /* in the order of closing */
	struct closed *by_key;
};

struct closed_flows *closed_flows__new(void)
{
	return calloc(1, sizeof(struct closed_flows));
}

static void drop(struct closed_flows *all, struct closed *c)
{
	HASH_DEL(all->by_number, c);
	HASH_DELETE(by_key, all->by_key, c);
	flow__free(c->flow);
	free(c);
}

void closed_flows__free(struct closed_flows *all)
{
	while (all && all->by_number)
		drop(all, all->by_number);
	free(all);
}

void closed_key(struct closed_key *k, const struct wst_open *o)
{
	bool server = o->role == WST_SERVER, v4 = o->family == AF_INET;

	addr_map(k->client, v4, server ? o->raddr : o->laddr);
	addr_map(k->server, v4, server ? o->laddr : o->raddr);
	k->cport = server ? o->rport : o->lport;
	k->sport = server ? o->lport : o->rport;
}

void closed_flows__replaced(struct closed_flows *all, const struct closed_key *k)
{
	struct closed *c;

	HASH_FIND(by_key, all->by_key, k, sizeof(*k), c);
	if (c)
		drop(all, c);
}

int closed_flows__add(struct closed_flows *all, struct flow *f, uint32_t number,
		      const struct closed_key *k, uint64_t now)
{
	struct closed *c = calloc(1, sizeof(*c));

	if (!c) {
		flow__free(f);
		return -ENOMEM;
	}
	closed_flows__replaced(all, k);
	c->flow = f;
	c->number = number;
	c->key = *k;
	c->ts = now;
	HASH_ADD(hh, all->by_number, number, sizeof(c->number), c);
	HASH_ADD(by_key, all->by_key, key, sizeof(c->key), c);
	return 0;
}

int closed_flows__remark(struct closed_flows *all, uint32_t number, uint64_t ts, const char *text)
{
	struct closed *c;

	HASH_FIND(hh, all->by_number, &number, sizeof(number), c);
	return c ? flow__remark(c->flow, ts, text) : 0;
}

void closed_flows__expire(struct closed_flows *all, uint64_t now)
{
	while (all->by_number && all->by_number->ts + KEEP_NS < now)
		drop(all, all->by_number);
}
