// SPDX-License-Identifier: GPL-2.0-only
/* Rules about Close frames that proxies changed, or did not pass on. */
#include "facts/chain.h"
#include "lib/units.h"
#include "rules/rules.h"

/* Returns the leg from which f has, or lacks, the chain's first Close frame; NULL: f is first.
 */
static const struct facts *close_source(const struct facts *f, uint8_t *dir)
{
	const struct facts *leg = chain_close(f, dir), *source = leg ? chain_source(f, *dir) : NULL;

	return leg != f && source && source->s[*dir].closed ? source : NULL;
}

static bool same_code(uint16_t a, uint16_t b)
{
	return a == b || ((!a || a == 1000) && (!b || b == 1000));
}

/* Times of two legs that are farther apart are in order; a send is seen once it returns, ns. */
static uint64_t apart(const struct facts *f)
{
	return 100 * NS_PER_MS + chain_rtt(f);
}

static bool close_changed_on_way(const struct facts *f)
{
	uint8_t dir;
	const struct facts *source = close_source(f, &dir);

	return source && f->s[dir].closed &&
	       f->s[dir].close_ts + apart(f) > source->s[dir].close_ts &&
	       !same_code(f->s[dir].code, source->s[dir].code);
}

/* Returns whether one process has f and the leg in this direction's source. */
static bool one_hop(const struct facts *f)
{
	uint8_t dir;
	const struct facts *source = close_source(f, &dir);

	return source && (dir == WST_C2S ? f : source)->between == BETWEEN_ONE;
}

static bool close_changed(const struct facts *f)
{
	return close_changed_on_way(f) && one_hop(f);
}

/* Returns whether bytes of this direction came to the watched end that its process never read. */
static bool has_unread(const struct facts *f, uint8_t dir)
{
	return f->wait.unread && f->conn->role == (dir == WST_C2S ? WST_SERVER : WST_CLIENT);
}

/* Returns whether f's near end closed it after that frame, without a word, unhurried.
 */
static bool close_lost_on_way(const struct facts *f)
{
	uint8_t dir;
	const struct facts *source = close_source(f, &dir);

	return source && f->end.seen && !f->missed && !has_unread(f, dir) && end_by_side(f) &&
	       !f->s[0].closed && !f->s[1].closed && (f->res.websocket || f->conn->midstream) &&
	       f->end.by_client == (dir == WST_C2S) &&
	       f->end.ts + apart(f) >= source->s[dir].close_ts &&
	       !(source->end.seen &&
		 (source->end.how != WST_FIN || source->end.ts < source->s[dir].close_ts));
}

static bool close_lost(const struct facts *f)
{
	return close_lost_on_way(f) && one_hop(f);
}

/* Returns whether messages of one leg are missing on the next one. */
static bool messages_lost(const struct facts *f)
{
	uint8_t dir;
	uint64_t n;

	return chain_lost(f, &dir, &n);
}

/* Returns whether one process has both of these legs. */
static bool messages_lost_here(const struct facts *f)
{
	uint8_t dir;
	uint64_t n;
	const struct facts *leg = chain_lost(f, &dir, &n);

	return leg && leg->between == BETWEEN_ONE;
}

const struct rule rules_passed[] = {
	{ "message-lost", SEV_ERROR, CAUSE_PASSED, AT_END, messages_lost_here,
	  "{loser} did not pass on {lost} of the {lost_of} messages that came from {lost_from}, "
	  "though it passed on the Close frame behind them",
	  NULL, "lost lost_of" },
	{ "message-lost", SEV_ERROR, CAUSE_PASSED, AT_END, messages_lost,
	  "{lost} of the {lost_of} messages of {lost_from} are lost before the next leg, though "
	  "the Close frame behind them is not: a hop between, which is not seen, did not pass them "
	  "on",
	  "{show_gap}", "lost lost_of", .hop = "" },
	{ "close-changed", SEV_WARNING, CAUSE_PASSED, AT_PASSED, close_changed,
	  "{close_passer} passed the Close frame of {close_sender}, {close_sent}, on as "
	  "{close_passed}",
	  NULL, "close_sent close_passed" },
	{ "close-changed", SEV_WARNING, CAUSE_PASSED, AT_PASSED, close_changed_on_way,
	  "the Close frame of {close_sender}, {close_sent}, came from {close_passer} as "
	  "{close_passed}: it, or a hop between that is not seen, changed it",
	  NULL, "close_sent close_passed", .hop = "" },
	{ "close-lost", SEV_WARNING, CAUSE_PASSED, AT_PASSED, close_lost,
	  "{close_passer} did not pass the Close frame of {close_sender}, {close_sent}, on: it "
	  "ended the connection without one, which programs get to see as 1006",
	  NULL, "close_sent how" },
	{ "close-lost", SEV_WARNING, CAUSE_PASSED, AT_PASSED, close_lost_on_way,
	  "the Close frame of {close_sender}, {close_sent}, is lost: {close_passer} ended the "
	  "connection without one, or a hop in between did that is not seen; programs get to see "
	  "1006",
	  NULL, "close_sent how", .hop = "" },
	{ 0 },
};
