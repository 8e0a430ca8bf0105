// SPDX-License-Identifier: GPL-2.0-only
/* Rules about who is slow, or does not read, and about too much at once. */
#include "facts/chain.h"
#include "facts/observe.h"
#include "lib/units.h"
#include "rules/rules.h"
#include "rules/stream.h"

static bool waits(const struct facts *f)
{
	return f && (f->wait.unread || f->wait.unsent);
}

/*
 * Returns whether this process does not read. A proxy that cannot pass on what it has stops
 * reading, too: then the leg upstream is to blame.
 */
static bool not_reading(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.unread_for >= 2 * NS_PER_SEC &&
	       !waits(f->conn->role == WST_SERVER ? f->upstream : f->downstream);
}

static bool slow_reader(const struct facts *f)
{
	return is_ws(f) && !f->end.seen &&
	       facts_longer(f, f->wait.unsent_for + 1, 2 * NS_PER_SEC) &&
	       !waits(f->conn->role == WST_SERVER ? f->downstream : f->upstream);
}

/* Returns whether the peer is through with the connection, and this end's process never closes. */
static bool close_wait(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.unclosed_for >= 10 * NS_PER_SEC;
}

/* Returns whether too much is sent again. A little loss is how TCP finds out how fast a path is. */
static bool loss(const struct facts *f)
{
	return is_ws(f) && !(f->end.seen && f->end.how == WST_TIMEOUT) && f->wait.retrans >= 10 &&
	       f->wait.retrans >= f->wait.segments / 20;
}

static bool tiny_frames(const struct facts *f)
{
	return f->s[f->dir].busy_seconds == 3;
}

static bool pong_behind(const struct facts *f)
{
	const struct stream_facts *s = &f->s[f->dir];

	return f->rtt_us > 0 && facts_longer(f, f->rtt_us * 1000ULL, 500 * NS_PER_MS) &&
	       s->data_len > 1 << 20 && s->data_ts && s->last_ts > s->data_ts &&
	       /* the message may have begun before the ping */
	       s->last_ts - s->data_ts < 2 * f->rtt_us * 1000ULL;
}

/* Returns whether a proxy that has both legs is slow; the way to the next one is not its own. */
static bool proxy_slow(const struct facts *f)
{
	return f->delays >= 16 && f->upstream && f->upstream->between == BETWEEN_ONE &&
	       f->delay_us >= 50000 + f->upstream->wait.rtt / 1000;
}

/*
 * Returns whether small writes are late one after the other. A host that stalls is late only now
 * and then.
 */
static bool nagle(const struct facts *f)
{
	return f->held.run >= 5;
}

static bool nagle_nginx(const struct facts *f)
{
	return nagle(f) && proxy_named(f->conn->comm) == PROXY_NGINX;
}

static bool stampede(const struct facts *f)
{
	return f->mass_closes >= 20 && f->opens == (f->mass_closes + 1) / 2;
}

#define NAGLE_SAYS                                                                                 \
	"small messages of {here} wait about {held_ms} ms before they leave: TCP_NODELAY is off, " \
	"and Nagle's algorithm holds each until {peer} has acknowledged the one before"
#define NAGLE_EVIDENCE "held held_ms rtt_min_us dir"

const struct rule rules_load[] = {
	{ "not-reading", SEV_ERROR, CAUSE_LOAD, AT_LOOK, not_reading,
	  "{here} has not read for {unread_for} s, and {unread} bytes wait for it: it is busy"
	  " or stuck",
	  NULL, "unread unread_for" },
	{ "slow-reader", SEV_WARNING, CAUSE_LOAD, AT_LOOK, slow_reader,
	  "{peer} takes nothing more, and {unsent} bytes that {here} sent have waited for "
	  "{unsent_for} s",
	  NULL, "unsent unsent_for window" },
	{ "close-wait", SEV_WARNING, CAUSE_LOAD, AT_LOOK, close_wait,
	  "{peer} ended its side {unclosed_for} s ago, and {here} has not closed the connection: "
	  "it stays in CLOSE_WAIT, and keeps a file descriptor",
	  NULL, "unclosed_for unread", .hop = "here" },
	{ "loss-stall", SEV_WARNING, CAUSE_LOAD, AT_LOOK | AT_END, loss,
	  "of about {segments} segments to {peer}, {retrans} were sent again: packets get lost,"
	  " and each loss holds up what comes behind it",
	  NULL, "retrans segments" },
	{ "proxy-slow", SEV_WARNING, CAUSE_LOAD, AT_LOOK, proxy_slow,
	  "{server} adds {delay_ms} ms to a message (the median of {delays})", NULL,
	  "delay_ms delays upstream" },
	{ "nagle", SEV_WARNING, CAUSE_LOAD, AT_HELD, nagle_nginx, NAGLE_SAYS,
	  "look for tcp_nodelay off in the configuration of {here}; the default is\n"
	  "tcp_nodelay on;",
	  NAGLE_EVIDENCE },
	{ "nagle", SEV_WARNING, CAUSE_LOAD, AT_HELD, nagle, NAGLE_SAYS,
	  "set TCP_NODELAY in {here}, or write what belongs together with one call",
	  NAGLE_EVIDENCE },
	{ "pong-behind", SEV_WARNING, CAUSE_LOAD, AT_FRAME, pong_behind,
	  "a pong of {sender} came after {rtt}, behind a frame of {data_size}", NULL,
	  "rtt_ms data_len dir" },
	{ "tiny-frames", SEV_WARNING, CAUSE_LOAD, AT_FRAME, tiny_frames,
	  "{sender} sends {frames_per_second} frames of less than 32 bytes a second", NULL,
	  "frames_per_second dir" },
	{ "stampede", SEV_WARNING, CAUSE_CROWD, AT_REQUEST, stampede,
	  "{opens} clients come back to {server} within a second, after {mass_closes} connections "
	  "ended together",
	  NULL, "opens mass_closes port" },
	{ 0 },
};
