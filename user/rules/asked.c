// SPDX-License-Identifier: GPL-2.0-only
/* Rules about requests that are refused for their form, for their size, or for their number. */
#include "rules/rules.h"

#define LARGE_HEAD 1024 /* bytes; no server is known that takes less */

static bool bad_header(const struct facts *f)
{
	return f->req.flaw_says && f->res.status >= 400;
}

/* Returns whether the proxy made what is wrong: it had a sound request. */
static bool bad_header_made(const struct facts *f)
{
	return bad_header(f) && f->downstream && f->downstream->req.wanted &&
	       !f->downstream->req.cut && !f->downstream->req.flaw_says;
}

/* Returns whether the head is much larger than all that the server has taken so far. */
static bool larger(const struct facts *f)
{
	return f->port_head && f->req.len >= LARGE_HEAD && f->req.len > f->port_head * 3 / 2;
}

static bool larger_refused(const struct facts *f)
{
	return larger(f) && (f->res.status == 413 || f->res.status == 414 || f->res.status == 494);
}

#define ANY_HEADERS (1U << ASKED_COOKIE | 1U << ASKED_AUTH | 1U << ASKED_OTHERS)

/* Returns whether only headers that may be long differ from what the same path was opened for. */
static bool larger_400(const struct facts *f)
{
	return larger(f) && f->res.status == 400 && !f->res.says && f->contrast.path &&
	       f->contrast.pair && !(f->contrast.differs & ~ANY_HEADERS);
}

static bool larger_unanswered(const struct facts *f)
{
	return larger(f) && f->req.wanted && !server_heard(f) && f->end.seen && !f->end.by_client;
}

/*
 * Returns whether the server read a part of a head that is much larger than all that it has taken,
 * and hung up.
 */
static bool larger_unread(const struct facts *f)
{
	return !f->req.seen && !f->earlier && !f->opaque_why && !f->conn->midstream && !f->missed &&
	       f->conn->role == WST_SERVER && f->port_head && f->end.sent >= LARGE_HEAD &&
	       f->end.sent > f->port_head * 3 / 2 && !server_heard(f) && !f->end.by_client;
}

/* Returns whether a proxy answered by itself what it has passed on a moment ago. */
static bool limited(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return (f->res.status == 503 || f->res.status == 403) && f->contrast.path && !f->upstream &&
	       !f->down.ts && !f->down_before.ts &&
	       (f->contrast.passed || (server && proxy_named(server->comm)));
}

static bool too_many(const struct facts *f)
{
	return f->res.status == 429;
}

const struct rule rules_asked[] = {
	{ "bad-header", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, bad_header_made,
	  "{proxy} made of a sound request for {target} one that {request_flaw}: {server} refused "
	  "it with {answer}, probably for that",
	  NULL, "target request_flaw status server_addr", .certainty = LIKELY },
	{ "bad-header", SEV_ERROR, CAUSE_HANDSHAKE, AT_REFUSED, bad_header,
	  "the request for {target} from {client} {request_flaw}: {server} refused it with "
	  "{answer}, probably for that",
	  NULL, "target request_flaw status server_addr", .certainty = LIKELY, .hop = "client" },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, larger_refused,
	  "{server} refused {target} with {answer}, probably since the request's head, of "
	  "{head_len} bytes, is larger than it takes: the largest that it took had {port_head}",
	  NULL, "target status head_len port_head client_addr", .certainty = LIKELY },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, larger_400,
	  "{server} refused {target} with {answer}, probably since the request's head, of "
	  "{head_len} bytes, is larger than it takes: {contrast_since} before it opened the same "
	  "path for a smaller one, and the largest that it took had {port_head}",
	  NULL, "target status head_len port_head contrast_ago client_addr", .certainty = LIKELY },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_END | AT_CUT, larger_unanswered,
	  "{server} ended the connection without an answer to the request for {target}, probably "
	  "since its head, of {head_len} bytes, is larger than it takes: the largest that it took "
	  "had {port_head}",
	  NULL, "target head_len port_head how waited_ms", .certainty = LIKELY },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, larger_unread,
	  "{server} ended the connection of {client_addr} once it had read {head_read} bytes, in "
	  "which no request's head ended: probably that is larger than it takes, as with many "
	  "cookies; the largest that it took had {port_head}",
	  NULL, "head_read port_head client_addr how lived_ms", .certainty = LIKELY },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, too_many,
	  "{server} refused {target} with {answer}: this client asks more often than it allows",
	  "have the client wait longer between attempts, a random time; raise the server's limit",
	  "target status client_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, limited,
	  "{server} itself refused {target} with {answer}, and asked no upstream that is seen, "
	  "though {contrast_ago} s before it opened the same path: probably a limit is reached",
	  "see its error log; in nginx limit_req and limit_conn answer 503 by default",
	  "target status contrast_ago client_addr", .certainty = LIKELY },
	{ 0 },
};
