// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "facts/chain.h"
#include "facts/ender.h"
#include "facts/fact_text.h"

/* The connection that ends now, whose facts do not say so yet. */
struct now {
	const struct facts *f;
	const struct ending *e;
};

static bool has_ended(const struct now *now, const struct facts *leg)
{
	return leg == now->f || leg->end.seen;
}

/* Returns the side that ended TCP first. */
static enum end_side tcp_by(const struct now *now, const struct facts *leg)
{
	uint8_t how = leg == now->f ? now->e->how : leg->end.how;
	bool client = leg == now->f ? now->e->tcp_by_client : leg->end.by_client;

	if (how != WST_FIN && how != WST_RST_SENT && how != WST_RST_RECEIVED && how != WST_EXIT)
		return END_BY_NOBODY;
	if (leg == now->f && now->e->by == END_BY_NOBODY)
		return END_BY_NOBODY;
	return client ? END_BY_CLIENT : END_BY_SERVER;
}

/* Returns the leg on which the chain's first Close frame passed, or NULL. */
static const struct facts *closed_first(const struct facts *leg)
{
	const struct facts *first = NULL;

	for (; leg; leg = leg->upstream) {
		const struct stream_facts *s = first_close(leg);

		if (s && (!first || s->close_ts < first_close(first)->close_ts))
			first = leg;
	}
	return first;
}

/* Says that the process at one end of leg began. beyond: the leg behind that process, or NULL. */
static enum ender begun(const struct facts *leg, bool by_client, struct hop *hop)
{
	const struct facts *beyond = by_client ? leg->downstream : leg->upstream;
	struct hop h = by_client ? hop_client(leg) : hop_server(leg);

	if (beyond && (beyond->opaque_why || beyond->conn->midstream != leg->conn->midstream))
		return ENDER_UNKNOWN; /* what passed there is not seen, or not all */
	if (!beyond && h.comm && proxy_named(h.comm))
		return ENDER_UNKNOWN;
	*hop = h;
	return beyond ? ENDER_PROXY : by_client ? ENDER_CLIENT : ENDER_SERVER;
}

enum ender chain_ender(const struct facts *f, const struct ending *e, struct hop *hop, bool *last)
{
	const struct now now = { .f = f, .e = e };
	const struct facts *first, *closed;
	enum end_side by;

	*hop = (struct hop){};
	*last = true;
	if (!f)
		return ENDER_UNKNOWN;
	first = chain_first((struct facts *)f);
	for (const struct facts *leg = first; leg; leg = leg->upstream)
		*last &= has_ended(&now, leg);
	closed = closed_first(first);
	if (closed && e->by != END_BY_NOBODY)
		return begun(closed, first_close(closed) == &closed->s[WST_C2S], hop);
	if (closed || e->closed || !*last)
		return ENDER_UNKNOWN;
	for (const struct facts *leg = first; leg; leg = leg->upstream) {
		by = tcp_by(&now, leg);
		if (by == END_BY_NOBODY)
			break;
		if (by == END_BY_CLIENT || !leg->upstream)
			return begun(leg, by == END_BY_CLIENT, hop);
	}
	return ENDER_UNKNOWN;
}

void ender_sentence(struct buf *b, const struct facts *f, const struct ending *e)
{
	struct hop hop;
	bool last;
	enum ender by = chain_ender(f, e, &hop, &last);

	if (by == ENDER_UNKNOWN || !(f->upstream || f->downstream) ||
	    !(f->res.websocket || f->s[WST_C2S].frames || f->s[WST_S2C].frames))
		return;
	buf_str(b, "ended by ");
	hop_text(b, hop);
	buf_str(b, by == ENDER_PROXY ? " itself" : ", and passed on");
}

char *ender_words(const struct facts *f, const struct ending *e)
{
	struct buf b = {};

	ender_sentence(&b, f, e);
	if (b.len)
		buf_char(&b, 0);
	if (b.failed)
		buf_free(&b);
	return b.data;
}
