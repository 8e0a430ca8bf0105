// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/ending.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "lib/container.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "out/summary.h"
#include "out/text.h"

void text_open(struct text *t, const struct event *e)
{
	const struct conn *c = e->conn;
	struct buf *b = text_line(t, e, "  ");
	bool server = c->role == WST_SERVER;

	buf_str(b, conn_client_addr(c));
	buf_str(b, " -> ");
	buf_str(b, conn_server_addr(c));
	buf_str(b, c->placeholder ? "  open was lost" : server ? "  server" : "  client");
	if (c->midstream)
		buf_str(b, ", already open");
	if (c->via.version)
		buf_printf(b, ", for %s (PROXY v%u)",
			   c->via.client[0] ? c->via.client : "nobody named", c->via.version);
	if (t->o->verbose && c->cgroup) {
		buf_str(b, "  cgroup ");
		buf_escaped(b, c->cgroup, strlen(c->cgroup));
	}
	if (c->container) {
		buf_str(b, "  container ");
		buf_escaped(b, c->container, container_short(c->container));
	}
	if (t->o->verbose && c->tunnel)
		buf_printf(b, "  in a tunnel of %s and %s", c->tunnel->end[0], c->tunnel->end[1]);
	if (t->o->verbose && c->netns)
		buf_printf(b, "  netns %u", c->netns);
	buf_char(b, '\n');
	lines__end(t->lines, false);
}

static void add_counts(struct buf *b, const struct event *e)
{
	const struct wst_stats *r = e->stats;

	for (int dir = 0; dir < WST_DIRS; dir++) {
		uint64_t undecoded = stats_undecoded(e->conn, r, dir);

		if (dir)
			buf_str(b, "  ");
		if (undecoded)
			buf_printf(b, "%s %llu bytes not decoded", dir_arrow(dir),
				   (unsigned long long)undecoded);
		else
			counts_sentence(b, dir, &r->counts[dir]);
	}
}

static void add_hists(struct buf *b, const struct wst_hist *hists, int indent)
{
	for (int i = 0; i < WST_HIST_KINDS; i++)
		hist_draw(b, &hists[i], &hist_kinds[i], indent);
}

static void add_delay(const struct text *t, struct buf *b, const struct conn *c, int indent)
{
	static const struct hist_kind kinds[WST_DIRS] = {
		{ "proxy_delay", "proxy delay ->", "us", WST_C2S },
		{ "proxy_delay", "proxy delay <-", "us", WST_S2C },
	};

	for (int dir = 0; t->o->histograms && c->proxy_delay && dir < WST_DIRS; dir++)
		hist_draw(b, &c->proxy_delay[dir], &kinds[dir], indent);
}

static void add_state(struct buf *b, const struct wst_stats *r)
{
	if (r->rtt_us) {
		buf_str(b, "  tcp rtt ");
		buf_duration(b, r->rtt_us * 1000ULL);
	}
	if (r->retrans)
		buf_printf(b, "  %u retransmitted", r->retrans);
	if (r->unread)
		buf_printf(b, "  %u bytes unread", r->unread);
	if (r->unsent)
		buf_printf(b, "  %u bytes unsent", r->unsent);
	if (r->lost)
		buf_printf(b, "  %llu events lost", (unsigned long long)r->lost);
}

void text_stats(struct text *t, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	struct buf *b;

	if (e->last) {
		if (t->o->histograms)
			summary__add(t->summary, e->conn);
		return;
	}
	b = text_line(t, e, "  ");
	add_counts(b, e);
	if (r->last) {
		buf_str(b, "  idle ");
		buf_duration(b, stats_idle_ns(r));
	}
	add_state(b, r);
	buf_char(b, '\n');
	if (e->conn->hists && t->o->histograms)
		add_hists(b, e->conn->hists->hist, 8);
	add_delay(t, b, e->conn, 8);
	lines__end(t->lines, false);
}

/* Returns whether the connection was an attempt only: it never came about. */
static bool never_came_about(const struct conn *c, const struct wst_stats *r)
{
	return r->how == WST_REFUSED || (r->how == WST_TIMEOUT && c->role == WST_CLIENT &&
					 !r->counts[WST_C2S].stream && !r->counts[WST_S2C].stream);
}

static void add_waited(struct buf *b, const struct wst_stats *r)
{
	buf_str(b, "no answer in ");
	buf_duration(b, r->h.ts > r->opened ? r->h.ts - r->opened : 0);
}

/* Appends the last frame of each side, and how long before the end it came. */
static void add_last(struct buf *b, const struct wst_stats *r)
{
	const char *before = TEXT_INDENT "last frame";

	for (int dir = 0; dir < WST_DIRS; dir++) {
		if (!counts_frames(&r->counts[dir]))
			continue;
		buf_printf(b, "%s %s %s", before, dir_arrow(dir),
			   ws_op_name(r->last_b0[dir] & WS_OPCODE));
		before = ",";
	}
	if (r->last) {
		buf_str(b, *before == ',' ? "; idle " : TEXT_INDENT "idle ");
		buf_duration(b, stats_idle_ns(r));
		buf_str(b, " before the end\n");
	}
}

static struct span close_reason(const struct conn *c)
{
	return c->closing ? (struct span){ c->closing->reason, c->closing->reason_len } :
			    (struct span){};
}

/* Adds a line that names who ended the chain, once that is known. */
static void add_ender(struct buf *b, const struct event *e, const struct ending *ending)
{
	struct buf words = {};

	ender_sentence(&words, e->conn->facts, ending);
	if (words.len) {
		buf_str(b, TEXT_INDENT);
		buf_escaped(b, words.data, words.len);
		buf_char(b, '\n');
	}
	buf_free(&words);
}

void text_close(struct text *t, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	const struct conn *c = e->conn;
	struct buf *b = text_line(t, e, "  ");
	struct ending ending;

	if (never_came_about(c, r)) {
		buf_printf(b, "no connection to %s: ", c->remote);
		if (r->how == WST_REFUSED)
			buf_str(b, "refused, nothing listens there");
		else
			add_waited(b, r);
		buf_char(b, '\n');
		lines__end(t->lines, false);
		return;
	}
	if (r->how == WST_UNSEEN) {
		buf_str(b, "closed: how and when was not seen\n");
		lines__end(t->lines, false);
		return;
	}
	hangups__add(&t->hangups, e);
	ending = ending_of(c, r);
	ending_sentence(b, &ending, close_reason(c));
	buf_str(b, c->midstream ? " seen for " : " after ");
	buf_duration(b, r->h.ts > r->opened ? r->h.ts - r->opened : 0);
	buf_str(b, "\n");
	add_ender(b, e, &ending);
	buf_str(b, TEXT_INDENT);
	add_counts(b, e);
	add_state(b, r);
	buf_char(b, '\n');
	add_last(b, r);
	if (c->hists && t->o->histograms)
		add_hists(b, c->hists->hist, 8);
	add_delay(t, b, c, 8);
	if (t->o->histograms)
		summary__add(t->summary, c);
	lines__end(t->lines, false);
}
