// SPDX-License-Identifier: GPL-2.0-only
#include "decode/ws.h"
#include "facts/chain.h"
#include "facts/chain_text.h"
#include "facts/fact_streams.h"
#include "facts/limits.h"
#include "lib/units.h"

static void put(struct buf *b, const char *s)
{
	if (s)
		buf_str(b, s);
}

void streams_rsv_bits(struct buf *b, const struct facts *f)
{
	const char *between = "";

	for (int n = 1; n <= 3; n++) {
		if (!(f->rsv & 8 >> n))
			continue;
		buf_printf(b, "%sRSV%d", between, n);
		between = " and ";
	}
}

const struct stream_facts *streams_close(const struct facts *f)
{
	const struct stream_facts *first = first_close(f);

	return first ? first : &f->s[WST_S2C];
}

void streams_code(struct buf *b, const struct facts *f)
{
	if (streams_close(f)->code)
		buf_u64(b, streams_close(f)->code);
}

void streams_code_name(struct buf *b, const struct facts *f)
{
	put(b, ws_close_name(streams_close(f)->code));
}

void streams_close_reason(struct buf *b, const struct facts *f)
{
	put(b, streams_close(f)->reason);
}

void streams_code_digits(struct buf *b, const struct facts *f)
{
	const struct stream_facts *s = &f->s[f->dir];

	buf_printf(b, "%c%c", s->code >> 8, s->code & 0xff);
	for (const char *p = s->reason; p && *p >= '0' && *p <= '9' && p < s->reason + 2; p++)
		buf_char(b, *p);
}

void streams_lingered(struct buf *b, const struct facts *f)
{
	if (end_lingered(f))
		buf_printf(b, "%.3g", end_lingered(f) / 1e9);
}

void streams_closing(struct buf *b, const struct facts *f)
{
	streams_code(b, f);
	if (ws_close_name(streams_close(f)->code))
		buf_printf(b, " %s", ws_close_name(streams_close(f)->code));
	if (streams_close(f)->reason && *streams_close(f)->reason)
		buf_printf(b, " (\"%s\")", streams_close(f)->reason);
}

void streams_unanswered_for(struct buf *b, const struct facts *f)
{
	const struct stream_facts *s = streams_close(f);

	if (s->closed && s->asked_ts && s->close_ts > s->asked_ts)
		buf_printf(b, "%.3g", (s->close_ts - s->asked_ts) / 1e9);
}

void streams_stray_pongs(struct buf *b, const struct facts *f)
{
	buf_u64(b, streams_close(f)->stray_pongs);
}

void streams_data_size(struct buf *b, const struct facts *f)
{
	buf_bytes(b, f->s[f->dir].data_len);
}

struct hop hop_close(const struct facts *f)
{
	uint8_t dir = WST_S2C;
	const struct facts *leg = chain_close(f, &dir);

	if (!leg)
		leg = f;
	return dir == WST_C2S ? hop_client(leg) : hop_server(leg);
}

void streams_close_sent(struct buf *b, const struct facts *f)
{
	chain_close_sent(b, f);
}

void streams_close_passed(struct buf *b, const struct facts *f)
{
	chain_close_passed(b, f);
}

/* Returns the direction of whoever got that Close frame. */
static const struct stream_facts *closed_of(const struct facts *f)
{
	return streams_close(f) == &f->s[WST_C2S] ? &f->s[WST_S2C] : &f->s[WST_C2S];
}

void streams_sent_len(struct buf *b, const struct facts *f)
{
	if (closed_of(f)->big_len)
		buf_u64(b, closed_of(f)->big_len);
}

void streams_sent_frames(struct buf *b, const struct facts *f)
{
	if (closed_of(f)->big_len)
		buf_u64(b, closed_of(f)->big_frames);
}

void streams_taken_len(struct buf *b, const struct facts *f)
{
	if (closed_of(f)->big_before)
		buf_u64(b, closed_of(f)->big_before);
}

void streams_sent_size(struct buf *b, const struct facts *f)
{
	const struct stream_facts *s = closed_of(f);
	struct hop by = hop_close(f);
	const char *limit = by.comm ? message_limit(by.comm, s->big_len, s->big_before) : NULL;

	if (!s->big_len) /* data frames have no events with -q */
		return;
	buf_printf(b, ", of %llu bytes", (unsigned long long)s->big_len);
	if (s->big_frames > 1)
		buf_printf(b, " in %u frames", s->big_frames);
	if (s->big_before)
		buf_printf(b, "; one of %llu it took", (unsigned long long)s->big_before);
	if (limit)
		buf_printf(b, " (%s)", limit);
}

void streams_intruder(struct buf *b, const struct facts *f)
{
	if (f->intruder)
		buf_str(b, f->intruder->why == WST_WHY_HTTP_IN_WS ? "HTTP" :
			   f->intruder->why == WST_WHY_TLS_IN_WS  ? "TLS" :
								    "text");
}

void streams_intruder_bytes(struct buf *b, const struct facts *f)
{
	const struct wst_opaque *r = f->intruder;
	uint32_t n = 0;

	if (!r)
		return;
	while (n < r->n && r->first[n] != '\r' && r->first[n] != '\n')
		n++;
	if (r->why == WST_WHY_TLS_IN_WS)
		n = r->n;
	buf_char(b, '\'');
	for (uint32_t i = 0; i < n; i++)
		buf_str(b, r->first[i] ? (char[]){ r->first[i], 0 } : "\xef\xbf\xbd");
	buf_char(b, '\'');
}

void streams_intruder_offset(struct buf *b, const struct facts *f)
{
	if (f->intruder)
		buf_u64(b, f->intruder->offset);
}

struct hop hop_loser(const struct facts *f)
{
	uint8_t dir;
	uint64_t n;
	const struct facts *leg = chain_lost(f, &dir, &n);

	return leg ? hop_server(leg->downstream) : (struct hop){ .what = "the proxy" };
}

void streams_lost(struct buf *b, const struct facts *f)
{
	uint8_t dir;
	uint64_t n;

	if (chain_lost(f, &dir, &n))
		buf_u64(b, n);
}

void streams_lost_of(struct buf *b, const struct facts *f)
{
	uint8_t dir;
	uint64_t n;
	const struct facts *leg = chain_lost(f, &dir, &n);

	if (leg)
		buf_u64(b, (dir == WST_C2S ? leg->downstream : leg)->end.messages[dir]);
}
