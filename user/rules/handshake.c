// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules about handshakes (RFC 6455, section 4): requests that a proxy spoilt, and 101s that clients
 * reject.
 */
#include <string.h>
#include "facts/chain.h"
#include "rules/rules.h"

static bool stripped(const struct facts *f)
{
	return f->req.key && !f->req.upgrade;
}

/* Returns whether a leg in front of f had what f lacks. */
static bool stripped_on_way(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	return stripped(f) && asked && asked->req.websocket;
}

/* Returns whether that happened at one process, which has both legs. */
static bool stripped_by_proxy(const struct facts *f)
{
	return stripped_on_way(f) && !chain_gap(chain_asked(f), f);
}

static bool stripped_here(const struct facts *f)
{
	return stripped_by_proxy(f) && f->kept_elsewhere;
}

static bool http10(const struct facts *f)
{
	return f->req.upgrade && f->req.http10;
}

static bool upgrade_value(const struct facts *f)
{
	return f->req.key && f->req.upgrade && !f->req.websocket;
}

static bool connection_token(const struct facts *f)
{
	return f->req.websocket && !f->req.connection;
}

static bool no_key(const struct facts *f)
{
	return f->req.websocket && !f->req.key;
}

/* Returns whether the proxy made f's Upgrade: what it got was a plain request. */
static bool upgrade_added(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	return no_key(f) && asked && !asked->req.wanted && !asked->req.cut && !chain_gap(asked, f);
}

static bool key_removed(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	return no_key(f) && asked && asked->req.key && !chain_gap(asked, f);
}

static bool bad_key(const struct facts *f)
{
	return f->req.websocket && f->req.key && !f->req.key_good;
}

const struct rule rules_handshake[] = {
	{ "upgrade-stripped-here", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, stripped_here,
	  "{proxy} removed the Upgrade header from {target}, though it passes it on for "
	  "{kept}: its configuration for this path lacks the lines for that, or cancels inherited"
	  " ones by lines of its own",
	  NULL, "target kept client_upgrade connection http key server_addr joined_by",
	  "upgrade-stripped" },
	{ "upgrade-stripped", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, stripped_by_proxy,
	  "{proxy} removed the Upgrade header from {target}: {server} saw a plain GET and cannot "
	  "open a WebSocket",
	  NULL, "target client_upgrade connection http key server_addr joined_by" },
	{ "upgrade-stripped", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, stripped_on_way,
	  "{before} got {target} with an Upgrade header, which is gone in what {client} sent to "
	  "{server}: one of the two removed it, or a hop between them that is not seen",
	  "{show_gap}", "target client_upgrade connection http key server_addr joined_by",
	  .hop = "" },
	{ "upgrade-stripped", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, stripped,
	  "the request for {target} has a Sec-WebSocket-Key but no Upgrade header: something in "
	  "front of {server} removed it, probably a proxy",
	  NULL, "target connection http key server_addr client_addr", .certainty = LIKELY,
	  .hop = "" },
	{ "upstream-http10", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, http10,
	  "{proxy} asks {server} for {target} with HTTP/1.0, which has no Upgrade", NULL,
	  "target http upgrade connection key server_addr joined_by" },
	{ "upgrade-value", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, upgrade_value,
	  "the request for {target} has the Upgrade header '{upgrade}', not 'websocket'; it comes "
	  "from {client}",
	  NULL, "target upgrade client_upgrade connection http key", .hop = "client" },
	{ "connection-token", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, connection_token,
	  "the request for {target} has Upgrade, but its Connection header '{connection}' "
	  "does not "
	  "name upgrade; it comes from {client}",
	  NULL, "target upgrade connection http key", .hop = "client" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, upgrade_added,
	  "{proxy} added Upgrade to a plain request for {target}: it has no Sec-WebSocket-Key, "
	  "since its client asked for no WebSocket",
	  "have {proxy} pass on the client's own Upgrade, and none where there is none",
	  "target upgrade connection http joined_by" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, key_removed,
	  "{proxy} removed the Sec-WebSocket-Key from the request for {target}",
	  "have {proxy} pass Sec-WebSocket-Key on", "target upgrade connection http joined_by" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, no_key,
	  "the request for {target} has no Sec-WebSocket-Key; it comes from {client}", NULL,
	  "target upgrade connection http", .hop = "client" },
	{ "bad-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, bad_key,
	  "the Sec-WebSocket-Key '{key}' of the request for {target} is not 16 bytes in "
	  "base64; it "
	  "comes from {client}",
	  NULL, "target key upgrade connection http", .hop = "client" },
	{ 0 },
};

/*
 * Returns whether the client did not take f's 101: it hung up without a word, or with a Close that
 * says so; or it is a proxy that gave its own client another answer.
 */
static bool rejected(const struct facts *f)
{
	const struct facts *first = f;
	const struct stream_facts *c2s;

	if (f->downstream && f->downstream->res.seen && f->downstream->res.status != 101)
		return true;
	while (first->downstream)
		first = first->downstream;
	c2s = &first->s[WST_C2S];
	if (!first->end.seen || !first->end.by_client || first->s[WST_S2C].closed)
		return false;
	return !c2s->frames ||
	       (c2s->frames == 1 && c2s->closed && (c2s->code == 1002 || c2s->code == 1010));
}

/* Returns whether the 101 leads to another protocol, as h2c; its head does not come then. */
static bool other_101(const struct facts *f)
{
	return f->req.websocket && f->answer_why == WST_WHY_OTHER_UPGRADE;
}

static bool bad_101(const struct facts *f)
{
	return f->res.flaw == FLAW_101 && rejected(f);
}

static bool bad_101_taken(const struct facts *f)
{
	return f->res.flaw == FLAW_101 && !rejected(f);
}

static bool bad_accept(const struct facts *f)
{
	return f->res.flaw == FLAW_ACCEPT && rejected(f);
}

static bool bad_accept_taken(const struct facts *f)
{
	return f->res.flaw == FLAW_ACCEPT && !rejected(f);
}

static bool subprotocol(const struct facts *f)
{
	return (f->res.flaw == FLAW_PROTOCOL || f->res.flaw == FLAW_NO_PROTOCOL) && rejected(f);
}

static bool subprotocol_taken(const struct facts *f)
{
	return f->res.flaw == FLAW_PROTOCOL && !rejected(f);
}

static bool extension(const struct facts *f)
{
	return f->res.flaw == FLAW_EXTENSION && rejected(f);
}

static bool extension_taken(const struct facts *f)
{
	return f->res.flaw == FLAW_EXTENSION && !rejected(f);
}

#define ANSWERED "{server} answered {target} with a 101 that {flaw}{flaw_from}"
#define REJECTED ANSWERED ", and {client} did not take it"
#define TAKEN ANSWERED ": browsers and node's ws reject that"

const struct rule rules_101[] = {
	{ "bad-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_OPAQUE, other_101,
	  "{server} answered {target} with a 101 whose Upgrade header names another protocol than "
	  "websocket: clients hang up",
	  NULL, "target upgrade server_addr" },
	{ "bad-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_FLAW, bad_101, REJECTED, NULL,
	  "target status flaw accept server_addr", .hop = "flaw_hop" },
	{ "bad-101", SEV_WARNING, CAUSE_NOTE, AT_FLAW, bad_101_taken, TAKEN, NULL,
	  "target status flaw accept server_addr", .hop = "flaw_hop" },
	{ "bad-accept", SEV_ERROR, CAUSE_HANDSHAKE, AT_FLAW, bad_accept, REJECTED, NULL,
	  "target flaw key accept server_addr", .hop = "flaw_hop" },
	{ "bad-accept", SEV_WARNING, CAUSE_NOTE, AT_FLAW, bad_accept_taken, TAKEN, NULL,
	  "target flaw key accept server_addr", .hop = "flaw_hop" },
	{ "subprotocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_FLAW, subprotocol, REJECTED, NULL,
	  "target flaw offered chosen", .hop = "flaw_hop" },
	{ "subprotocol", SEV_WARNING, CAUSE_NOTE, AT_FLAW, subprotocol_taken, TAKEN, NULL,
	  "target flaw offered chosen", .hop = "flaw_hop" },
	{ "extension", SEV_ERROR, CAUSE_HANDSHAKE, AT_FLAW, extension, REJECTED, NULL,
	  "target flaw extensions_offered extensions_granted", .hop = "flaw_hop" },
	{ "extension", SEV_WARNING, CAUSE_NOTE, AT_FLAW, extension_taken, TAKEN, NULL,
	  "target flaw extensions_offered extensions_granted", .hop = "flaw_hop" },
	{ 0 },
};
