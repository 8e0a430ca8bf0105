// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>
#include "pcapng/closed_flows.h"

#define KEEP_NS (3 * 1000000000ULL) /* ends are judged within one second, and looked at often */

struct one {
	struct flow *flow;
	uint32_t number;
	struct ended_key key;
	uint64_t ts;
	UT_hash_handle hh, by_key;
};

struct ended {
	struct one *by_number; /* the oldest first */
	struct one *by_key;
};

struct ended *ended__new(void)
{
	return calloc(1, sizeof(struct ended));
}

static void drop(struct ended *e, struct one *o)
{
	HASH_DEL(e->by_number, o);
	HASH_DELETE(by_key, e->by_key, o);
	flow__free(o->flow);
	free(o);
}

void ended__free(struct ended *e)
{
	while (e && e->by_number)
		drop(e, e->by_number);
	free(e);
}

static void map_address(uint8_t to[16], uint16_t family, const uint8_t *addr)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (family == AF_INET6) {
		memcpy(to, addr, 16);
		return;
	}
	memcpy(to, v4_mapped, sizeof(v4_mapped));
	memcpy(to + sizeof(v4_mapped), addr, 4);
}

void ended_key(struct ended_key *k, const struct wst_open *o)
{
	bool server = o->role == WST_SERVER;

	map_address(k->client, o->family, server ? o->raddr : o->laddr);
	map_address(k->server, o->family, server ? o->laddr : o->raddr);
	k->cport = server ? o->rport : o->lport;
	k->sport = server ? o->lport : o->rport;
}

void ended__replaced(struct ended *e, const struct ended_key *k)
{
	struct one *o;

	HASH_FIND(by_key, e->by_key, k, sizeof(*k), o);
	if (o)
		drop(e, o);
}

int ended__add(struct ended *e, struct flow *f, uint32_t number, const struct ended_key *k,
	       uint64_t now)
{
	struct one *o = calloc(1, sizeof(*o));

	if (!o) {
		flow__free(f);
		return -ENOMEM;
	}
	ended__replaced(e, k);
	o->flow = f;
	o->number = number;
	o->key = *k;
	o->ts = now;
	HASH_ADD(hh, e->by_number, number, sizeof(o->number), o);
	HASH_ADD(by_key, e->by_key, key, sizeof(o->key), o);
	return 0;
}

int ended__remark(struct ended *e, uint32_t number, uint64_t ts, const char *text)
{
	struct one *o;

	HASH_FIND(hh, e->by_number, &number, sizeof(number), o);
	return o ? flow__remark(o->flow, ts, text) : 0;
}

void ended__expire(struct ended *e, uint64_t now)
{
	while (e->by_number && e->by_number->ts + KEEP_NS < now)
		drop(e, e->by_number);
}
