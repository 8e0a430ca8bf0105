// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include "capture/twice.h"
#include "lib/units.h"

#define PACKETS 8192 /* remembered at once, a power of two */
#define HEADER 60 /* bytes of a TCP header at most */
#define CHECKSUM 16 /* its place in that header */

/*
 * How long ago the packet may have passed. Stacks give a segment that is sent again another
 * identification, and another timestamp (RFC 7323) unless that is within their clock's tick. Where
 * there is neither, only the time tells: nothing is sent again that soon.
 */
#define ID_NS (100 * NS_PER_MS)
#define STAMP_NS (10 * NS_PER_MS)
#define BARE_NS NS_PER_MS

/* What a packet is known by: all but the TTL and checksums, which routers and offloads change. */
struct mark {
	uint8_t addr[2][16];
	uint32_t len;
	uint16_t id;
	uint8_t header_len;
	uint8_t header[HEADER];
	uint8_t first[32]; /* bytes of the payload */
	uint8_t pad[1]; /* none elsewhere: marks are compared whole */
};

struct twice {
	struct {
		uint64_t ts; /* 0: nothing is remembered here */
		struct mark mark;
	} all[PACKETS];
};

struct twice *twice__new(void)
{
	return calloc(1, sizeof(struct twice));
}

void twice__free(struct twice *t)
{
	free(t);
}

static void fill(struct mark *m, const struct segment *s)
{
	uint32_t n = s->have < sizeof(m->first) ? s->have : sizeof(m->first);

	memset(m, 0, sizeof(*m));
	memcpy(m->addr, s->addr, sizeof(m->addr));
	m->len = s->len;
	m->id = s->id;
	m->header_len = s->header_len < HEADER ? s->header_len : HEADER;
	memcpy(m->header, s->header, m->header_len);
	memset(m->header + CHECKSUM, 0, 2);
	memcpy(m->first, s->data, n);
}

static uint64_t hash(const struct mark *m)
{
	const uint8_t *p = (const uint8_t *)m;
	uint64_t h = 0, word;

	for (size_t at = 0; at + sizeof(word) <= sizeof(*m); at += sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	return h;
}

/* Returns whether the header has the option Timestamps. */
static bool has_stamp(const struct mark *m)
{
	for (unsigned int at = 20; at + 1 < m->header_len;) {
		unsigned int n = m->header[at + 1];

		if (m->header[at] == TCPOPT_TIMESTAMP)
			return true;
		if (m->header[at] == TCPOPT_EOL)
			return false;
		if (m->header[at] == TCPOPT_NOP)
			n = 1;
		else if (n < 2)
			return false;
		at += n;
	}
	return false;
}

static uint64_t limit(const struct mark *m)
{
	return m->id ? ID_NS : has_stamp(m) ? STAMP_NS : BARE_NS;
}

bool twice__seen(struct twice *t, const struct segment *s)
{
	struct mark m;
	uint64_t h, ts;
	bool equal;

	fill(&m, s);
	h = hash(&m) & (PACKETS - 1);
	ts = t->all[h].ts;
	equal = ts && !memcmp(&t->all[h].mark, &m, sizeof(m));
	if (equal && (s->ts > ts ? s->ts - ts : ts - s->ts) < limit(&m))
		return true;
	t->all[h].mark = m;
	t->all[h].ts = s->ts;
	return false;
}
