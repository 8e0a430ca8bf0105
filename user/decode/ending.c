// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "decode/ending.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "lib/escape.h"

void ending_note(struct conn *c, const struct frame_event *f, uint64_t ts)
{
	struct first_close *first = c->closing;

	if (first && first->ts <= ts)
		return;
	if (!first)
		first = c->closing = malloc(sizeof(*first));
	if (!first)
		return;
	*first = (struct first_close){ .ts = ts, .dir = f->dir, .code = f->code };
	if (!f->code)
		return;
	first->reason_len = f->reason.n < CLOSE_REASON ? f->reason.n : CLOSE_REASON;
	memcpy(first->reason, f->reason.p, first->reason_len);
}

/* Returns who sent the first Close frame, where only its counter tells; else nobody. */
static enum end_side close_counted(const struct wst_stats *r)
{
	bool client = r->counts[WST_C2S].frames[WST_CLOSE_OP];
	bool server = r->counts[WST_S2C].frames[WST_CLOSE_OP];

	return client == server ? END_BY_NOBODY : client ? END_BY_CLIENT : END_BY_SERVER;
}

/* Returns whether a direction had its Close frame counted. */
static bool any_counted(const struct wst_stats *r)
{
	return r->counts[WST_C2S].frames[WST_CLOSE_OP] || r->counts[WST_S2C].frames[WST_CLOSE_OP];
}

/* Returns whether the connection carried frames, all of which were decoded. */
static bool is_whole(const struct conn *c, const struct wst_stats *r)
{
	bool frames = c->upgraded || counts_frames(&r->counts[0]) || counts_frames(&r->counts[1]);

	return frames && !c->blind && !r->gaps && !stats_undecoded(c, r, WST_C2S) &&
	       !stats_undecoded(c, r, WST_S2C);
}

static bool has_begun(uint8_t how)
{
	return how == WST_FIN || how == WST_RST_SENT || how == WST_RST_RECEIVED ||
	       how == WST_EXIT || how == WST_REFUSED;
}

/* Returns whether the other side's Close frame, which may have been the first, is not known. */
static bool is_other_close_lost(const struct conn *c, const struct wst_stats *r)
{
	if (!c->closing || c->closes[!c->closing->dir])
		return false;
	if (r->how == WST_UNSEEN) /* its counters were lost, too */
		return true;
	return r->lost && r->counts[!c->closing->dir].frames[WST_CLOSE_OP];
}

struct ending ending_of(const struct conn *c, const struct wst_stats *r)
{
	struct ending e = { .how = r->how, .tcp_by_client = stats_by_client(c, r) };
	bool lost = is_other_close_lost(c, r);

	if (c->closing || any_counted(r)) {
		e.closed = true;
		e.code = c->closing ? c->closing->code : 0;
		if (!c->closing)
			e.by = close_counted(r);
		else if (!lost)
			e.by = c->closing->dir == WST_C2S ? END_BY_CLIENT : END_BY_SERVER;
		return e;
	}
	e.no_close = r->how != WST_UNSEEN && is_whole(c, r);
	/* Bytes that passed unseen may have held a Close frame. */
	if (has_begun(r->how) && r->h.flags && !(c->upgraded && r->gaps))
		e.by = e.tcp_by_client ? END_BY_CLIENT : END_BY_SERVER;
	return e;
}

const char *ending_by(const struct ending *e)
{
	return e->by == END_BY_CLIENT ? "client" : e->by == END_BY_SERVER ? "server" : NULL;
}

const char *ending_how(const struct ending *e)
{
	if (e->closed)
		return "close";
	return e->how == WST_UNSEEN ? "unseen" : end_name(e->how, END_WORD);
}

static void add_close(struct buf *b, const struct ending *e, struct span reason)
{
	const char *by = ending_by(e), *name = ws_close_name(e->code);

	buf_printf(b, "%s closed (", by ? by : "client or server");
	if (e->code)
		buf_printf(b, "%u", e->code);
	else
		buf_str(b, "no code");
	if (name)
		buf_printf(b, " %s", name);
	if (reason.n) {
		buf_str(b, ": \"");
		buf_escaped(b, reason.p, reason.n);
		buf_char(b, '"');
	}
	buf_str(b, "); ");
}

void ending_sentence(struct buf *b, const struct ending *e, struct span reason)
{
	const char *name = end_name(e->how, END_TEXT),
		   *who = e->tcp_by_client ? "client" : "server";

	if (e->closed)
		add_close(b, e, reason);
	if (!e->how) {
		buf_str(b, "replaced by a new connection (its end is not in the capture)");
		return;
	}
	if (e->how == WST_TIMEOUT) {
		buf_printf(b, "given up: the %s did not answer (%s)", who, name);
		return;
	}
	buf_printf(b, "%s ended TCP", who);
	if (!e->closed || e->how != WST_FIN)
		buf_printf(b, " (%s)", name ? name : "?");
	if (e->no_close)
		buf_str(b, ", no Close frame");
}

void ending_short(struct buf *b, const struct ending *e)
{
	const char *by = ending_by(e), *how = end_name(e->how, END_SHORT);

	if (by)
		buf_str(b, by);
	if (e->code)
		buf_printf(b, "%s%u", by ? ", " : "", e->code);
	else if (e->closed)
		buf_printf(b, "%sClose", by ? ", " : "");
	else if (how)
		buf_printf(b, "%s%s", by ? ", " : "", how);
}
