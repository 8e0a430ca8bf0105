// SPDX-License-Identifier: GPL-2.0-only
#include "facts/facts.h"
#include "lib/units.h"

const struct stream_facts *first_close(const struct facts *f)
{
	const struct stream_facts *c = &f->s[WST_C2S], *s = &f->s[WST_S2C];

	if (!c->closed || !s->closed)
		return c->closed ? c : s->closed ? s : NULL;
	return c->close_ts <= s->close_ts ? c : s;
}

bool server_heard(const struct facts *f)
{
	/* A client that sends frames must have had its 101. */
	return f->res.seen || f->heard || f->answer_why || f->s[WST_S2C].frames ||
	       f->s[WST_C2S].frames || (f->open && f->conn->head[WST_S2C].bytes.len);
}

enum close_meaning close_meaning(const struct stream_facts *s)
{
	enum close_meaning says = s ? reason_meaning(s->reason) : MEANS_NOTHING;

	return says == MEANS_NOTHING && s && s->reason_cut ? MEANS_UNKNOWN : says;
}

bool end_blind(const struct facts *f)
{
	return f->end.blind[WST_C2S] || f->end.blind[WST_S2C];
}

#define RTT_MAX (2 * NS_PER_SEC)

uint64_t facts_rtt(const struct facts *f)
{
	uint64_t rtt = f->end.rtt ? f->end.rtt : f->wait.rtt;

	return rtt < RTT_MAX ? rtt : RTT_MAX;
}

bool facts_longer(const struct facts *f, uint64_t ns, uint64_t least)
{
	return ns > least + 2 * facts_rtt(f);
}

bool end_by_side(const struct facts *f)
{
	return f->end.how == WST_FIN || f->end.how == WST_RST_SENT ||
	       f->end.how == WST_RST_RECEIVED;
}

uint64_t end_lingered(const struct facts *f)
{
	uint64_t a = f->s[WST_C2S].close_ts, b = f->s[WST_S2C].close_ts, last = a > b ? a : b;

	return last && f->end.ts > last ? f->end.ts - last : 0;
}

/* Two round trips for the 101 and the client's FIN, and what a busy client needs in between. */
#define AT_ONCE(rtt) (50 * NS_PER_MS + 2 * (rtt))

bool left_at_once(const struct facts *f)
{
	const struct facts *down = f->downstream;

	/* a proxy that closes on both sides is no client that leaves */
	return f->res.websocket && f->end.seen && f->end.by_client && !end_blind(f) &&
	       !(down && down->end.seen && !down->end.by_client) &&
	       f->end.lived < AT_ONCE(facts_rtt(f)) && f->end.how != WST_TIMEOUT &&
	       !f->s[WST_C2S].frames && !f->s[WST_S2C].closed && !f->conn->midstream &&
	       !f->intruded;
}
