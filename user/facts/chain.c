// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "facts/chain.h"
#include "facts/endpoints.h"

uint32_t chain_server_pid(const struct facts *f)
{
	return f->conn && f->conn->role == WST_SERVER ? f->conn->pid : 0;
}

uint32_t chain_client_pid(const struct facts *f)
{
	if (!f->conn)
		return 0;
	return f->conn->role == WST_CLIENT ? f->conn->pid : f->conn->client_pid;
}

/* Returns whether two addresses are of one host, as far as they tell. */
static bool same_host(const char *a, const char *b)
{
	const char *x, *y;
	size_t n = addr_host(a, &x), m = addr_host(b, &y);

	return n == m && !memcmp(x, y, n);
}

int chain_fits(const struct facts *down, const struct facts *up)
{
	uint32_t server = chain_server_pid(down), client = chain_client_pid(up);
	const char *at = conn_server_addr(down->conn), *from = conn_client_addr(up->conn);

	if (server && client)
		return server == client ? 3 : 0;
	/* down begins where up ends: it is the leg behind up */
	if (!same_host(at, from) &&
	    same_host(conn_client_addr(down->conn), conn_server_addr(up->conn)))
		return -1;
	if (same_host(at, from))
		return 2;
	return down->conn->midstream ? 1 : 0;
}

const struct facts *chain_asked(const struct facts *f)
{
	for (f = f->downstream; f && !f->req.seen; f = f->downstream)
		;
	return f;
}

const struct facts *chain_answered(const struct facts *f)
{
	for (f = f->upstream; f && !f->res.seen; f = f->upstream)
		;
	return f;
}

bool chain_gap(const struct facts *from, const struct facts *to)
{
	for (; to && to != from; to = to->downstream)
		if (to->between == BETWEEN_UNSEEN || to->downstream != from)
			return true;
	return false;
}

/* Returns the leg nearest to the sender on which a Close frame passed in this direction, or NULL.
 */
static const struct facts *closed_at(const struct facts *f, uint8_t dir)
{
	const struct facts *found = NULL;

	for (; f; f = f->upstream) {
		if (!f->s[dir].closed)
			continue;
		found = f;
		if (dir == WST_C2S)
			break;
	}
	return found;
}

/*
 * Returns the direction in which the first Close frame went, as all legs tell; WST_DIRS: none, or
 * they differ. The order of a leg's own frames is certain, times of two legs are so to a moment.
 */
static uint8_t closed_first(const struct facts *f)
{
	uint8_t dir = WST_DIRS;

	for (; f; f = f->upstream) {
		const struct stream_facts *first = first_close(f);
		uint8_t here = first == &f->s[WST_C2S] ? WST_C2S : WST_S2C;

		if (!first)
			continue;
		if (dir != WST_DIRS && dir != here)
			return WST_DIRS;
		dir = here;
	}
	return dir;
}

/* Returns the leg on which the earliest Close frame passed; f: the chain's first leg. */
static const struct facts *closed_earliest(const struct facts *f)
{
	const struct facts *found = NULL;

	for (; f; f = f->upstream) {
		const struct stream_facts *s = first_close(f);

		if (s && (!found || s->close_ts < first_close(found)->close_ts))
			found = f;
	}
	return found;
}

/* Returns whether a proxy sent both of its sides a Close frame before either sent one. */
static bool closed_apart(const struct facts *f)
{
	for (; f && f->upstream; f = f->upstream)
		if (first_close(f) == &f->s[WST_S2C] &&
		    first_close(f->upstream) == &f->upstream->s[WST_C2S])
			return true;
	return false;
}

const struct facts *chain_close(const struct facts *f, uint8_t *dir)
{
	const struct facts *c2s, *s2c;

	while (f->downstream)
		f = f->downstream;
	if (closed_apart(f)) {
		f = closed_earliest(f);
		*dir = first_close(f) == &f->s[WST_C2S] ? WST_C2S : WST_S2C;
		return f;
	}
	c2s = closed_at(f, WST_C2S);
	s2c = closed_at(f, WST_S2C);
	*dir = closed_first(f);
	if (*dir == WST_DIRS)
		*dir = !s2c || (c2s && c2s->s[WST_C2S].close_ts <= s2c->s[WST_S2C].close_ts) ?
			       WST_C2S :
			       WST_S2C;
	return *dir == WST_C2S ? c2s : s2c;
}

uint64_t chain_rtt(const struct facts *f)
{
	uint64_t longest = 0;

	while (f->downstream)
		f = f->downstream;
	for (; f; f = f->upstream) {
		uint64_t rtt = facts_rtt(f);

		longest = rtt > longest ? rtt : longest;
	}
	return longest;
}

/* Returns whether all messages of f, from its 101 to the Close frames of both sides, were seen. */
static bool is_whole(const struct facts *f)
{
	return f && f->res.websocket && !f->conn->midstream && f->end.seen && !f->missed &&
	       !end_blind(f) && f->s[WST_C2S].closed && f->s[WST_S2C].closed;
}

const struct facts *chain_lost(const struct facts *f, uint8_t *dir, uint64_t *n)
{
	for (int i = 0; i < 2; i++, f = f->upstream) {
		const struct facts *down = f ? f->downstream : NULL;

		if (!f)
			return NULL;
		for (*dir = 0; *dir < WST_DIRS && is_whole(down) && is_whole(f); ++*dir) {
			const struct facts *from = *dir == WST_C2S ? down : f;
			const struct facts *to = *dir == WST_C2S ? f : down;

			if (from->end.messages[*dir] <= to->end.messages[*dir])
				continue;
			*n = from->end.messages[*dir] - to->end.messages[*dir];
			return f;
		}
	}
	return NULL;
}
