// SPDX-License-Identifier: GPL-2.0-only
/* Rules about bytes that are out of place: before a request, in its line, behind the 101. */
#include <string.h>
#include "decode/names.h"
#include "facts/chain.h"
#include "lib/units.h"
#include "rules/rules.h"

static bool bad_line(const struct facts *f)
{
	return f->req.bad_line && f->res.status >= 400;
}

static bool bad_line_only_400(const struct facts *f)
{
	return bad_line(f) && f->res.status == 400;
}

/* Returns whether the proxy made that line of a sound one. */
static bool bad_line_made(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	return bad_line(f) && asked && !asked->req.bad_line && !asked->req.cut &&
	       !chain_gap(asked, f);
}

/* Returns whether a request behind a PROXY header is answered as none is that was understood. */
static bool proxy_400(const struct facts *f)
{
	return f->conn->via.version && f->res.status == 400 && !f->port_proxied && !f->req.bad_line;
}

static bool proxy_400_alone(const struct facts *f)
{
	return proxy_400(f) && f->port_bare;
}

static bool proxy_400_unread(const struct facts *f)
{
	return proxy_400(f) && !f->req.seen;
}

static bool hung_up(const struct facts *f)
{
	return f->req.wanted && !f->earlier && !f->res.seen && !server_heard(f) &&
	       !f->end.by_client && !facts_longer(f, f->end.lived, NS_PER_SEC) && end_by_side(f);
}

static bool proxy_hung_up(const struct facts *f)
{
	return f->conn->via.version && hung_up(f) && !f->port_proxied;
}

/* Returns whether others get answers there since they have a PROXY header. */
static bool proxy_missing(const struct facts *f)
{
	return !f->conn->via.version && !f->conn->midstream && hung_up(f) && f->port_proxied &&
	       !f->port_bare;
}

/* The same, where the server has not even taken what came. */
static bool proxy_missing_unread(const struct facts *f)
{
	return !f->conn->via.version && !f->conn->midstream && !f->req.seen && !f->opaque_why &&
	       f->end.untouched && !f->end.by_client && f->port_proxied && !f->port_bare &&
	       !facts_longer(f, f->end.lived, NS_PER_SEC);
}

/* Returns whether a proxy hangs up on a sound request at once, as it does where PROXY is due. */
static bool proxy_may_be_missing(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return !f->conn->via.version && !f->conn->midstream && hung_up(f) && !f->port_bare &&
	       !f->upstream && !f->req.cut && server && proxy_named(server->comm);
}

/*
 * Returns whether clients of HTTP/2 are sent away again and again where others are answered in
 * HTTP/1.1. Who tries once finds out what the server speaks.
 */
static bool http2(const struct facts *f)
{
	return f->opaque_why == WST_WHY_HTTP2 && f->http2_refused >= 2 && !f->answer_why &&
	       f->end.seen && !f->end.by_client && f->port_plain && !f->probing &&
	       !facts_longer(f, f->end.lived, NS_PER_SEC);
}

static bool intruder(const struct facts *f)
{
	return f->intruder;
}

/* Returns whether HTTP that came in place of a frame is a 408: a time-out of the HTTP phase. */
static bool late_408(const struct facts *f)
{
	return f->intruder && f->intruder->why == WST_WHY_HTTP_IN_WS && f->intruder->n >= 12 &&
	       !memcmp(f->intruder->first, "HTTP/1.", 7) &&
	       !memcmp(f->intruder->first + 8, " 408", 4);
}

const struct rule rules_bytes[] = {
	{ "http-after-101", SEV_ERROR, CAUSE_STREAM, AT_OPAQUE, late_408,
	  "{intruder_from} wrote {intruder} into the WebSocket, where a frame has to start: "
	  "{intruder_bytes}: probably its time-out of requests goes on behind the upgrade",
	  "take that time-out off the socket when it is upgraded (node: server.requestTimeout = 0, "
	  "or a newer node or proxy; Go: ReadTimeout), or raise it",
	  "dir intruder intruder_bytes intruder_offset", .certainty = LIKELY },
	{ "http-after-101", SEV_ERROR, CAUSE_STREAM, AT_OPAQUE, intruder,
	  "{intruder_from} wrote {intruder} into the WebSocket, where a frame has to start: "
	  "{intruder_bytes}",
	  NULL, "dir intruder intruder_bytes intruder_offset" },
	{ "bad-request-line", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_line_made,
	  "{proxy} made of {client_target} a request line with {bad_line}, {target}: {server} "
	  "answered {status}, probably for that",
	  NULL, "client_target target bad_line status server_addr", .certainty = LIKELY },
	{ "bad-request-line", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_line_only_400,
	  "the request line for {target} has {bad_line}, so {server} answered {status}; it comes "
	  "from {client}",
	  NULL, "target bad_line status server_addr" },
	{ "bad-request-line", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_line,
	  "the request line for {target} has {bad_line}, and {server} answered {status}, probably "
	  "for that; it comes from {client}",
	  NULL, "target bad_line status server_addr", .certainty = LIKELY },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, proxy_400_alone,
	  "{proxy} sends a PROXY header (version {via_version}) before the request, which {server} "
	  "does not expect: it answered {answer}, though it answers requests without one",
	  NULL, "target via_version via_client status server_addr" },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, proxy_400,
	  "{proxy} sends a PROXY header (version {via_version}) before the request, which {server} "
	  "probably does not expect: it answered {answer}",
	  NULL, "target via_version via_client status server_addr", .certainty = LIKELY },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, proxy_400_unread,
	  "{proxy} sends a PROXY header (version {via_version}) first of all, which {server} "
	  "probably does not expect: it answered that with 400",
	  NULL, "via_version via_client status server_addr", .certainty = LIKELY },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, proxy_hung_up,
	  "{proxy} sends a PROXY header (version {via_version}) before the request, which {server} "
	  "probably does not expect: it hung up without an answer",
	  NULL, "target via_version via_client how server_addr", .certainty = LIKELY },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, proxy_missing,
	  "{server} hung up on {client} without an answer: connections to it begin with a PROXY "
	  "header, this one does not",
	  "send it (nginx: proxy_protocol on; in stream; HAProxy: send-proxy), or let this client "
	  "use a port without it",
	  "target how server_addr" },
	{ "proxy-protocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, proxy_missing_unread,
	  "{server} hung up on {client} before it read anything: connections to it begin with a "
	  "PROXY header, and probably this one does not",
	  "send it (nginx: proxy_protocol on; in stream; HAProxy: send-proxy), or let this client "
	  "use a port without it",
	  "how server_addr", .certainty = LIKELY },
	{ "proxy-protocol", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, proxy_may_be_missing,
	  "{server} hung up on the request for {target} at once, without an answer: probably it "
	  "expects a PROXY header before the request, or is told to hang up (nginx: return 444)",
	  "see whether its port expects the PROXY protocol (nginx: listen ... proxy_protocol; "
	  "HAProxy: bind ... accept-proxy); if so, what stands before it must send it",
	  "target how server_addr", .certainty = LIKELY },
	{ "http2-mismatch", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, http2,
	  "{client} speaks HTTP/2 from the first byte (h2c, as gRPC does) to {server}, which hung "
	  "up: probably it speaks HTTP/1.1 alone, as it does with others",
	  NULL, "server_addr client_addr lived_ms", .certainty = LIKELY, .hop = "client" },
	{ 0 },
};
