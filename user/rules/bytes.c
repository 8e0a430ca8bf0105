// SPDX-License-Identifier: GPL-2.0-only
/* Rules about bytes that are out of place: before a request, in its line, behind the 101. */
#include "decode/names.h"
#include "rules/rules.h"

#define MS 1000000ULL

static bool bad_line(const struct facts *f)
{
	return f->req.bad_line && f->res.status >= 400;
}

static bool bad_line_only_400(const struct facts *f)
{
	return bad_line(f) && f->res.status == 400;
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
	       !f->end.by_client && f->end.lived < 1000 * MS &&
	       (f->end.how == WST_FIN || f->end.how == WST_RST_SENT ||
		f->end.how == WST_RST_RECEIVED);
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

/* Returns whether a proxy hangs up on a sound request at once, as it does where PROXY is due. */
static bool proxy_may_be_missing(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return !f->conn->via.version && !f->conn->midstream && hung_up(f) && !f->port_bare &&
	       !f->upstream && !f->req.cut && server && proxy_named(server->comm);
}

static bool intruder(const struct facts *f)
{
	return f->intruder;
}

const struct rule rules_bytes[] = {
	{ "http-after-101", SEV_ERROR, CAUSE_STREAM, AT_OPAQUE, intruder,
	  "{intruder_from} wrote {intruder} into the WebSocket, where a frame has to start: "
	  "{intruder_bytes}",
	  NULL, "dir intruder intruder_bytes intruder_offset" },
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
	{ "proxy-protocol", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, proxy_may_be_missing,
	  "{server} hung up on the request for {target} at once, without an answer: probably it "
	  "expects a PROXY header before the request, or is told to hang up (nginx: return 444)",
	  "see whether its port expects the PROXY protocol (nginx: listen ... proxy_protocol; "
	  "HAProxy: bind ... accept-proxy); if so, what stands before it must send it",
	  "target how server_addr", .certainty = LIKELY },
	{ 0 },
};

const struct rule_help help_bytes[] = {
	{ "proxy-protocol",
	  "a PROXY header that is not expected, or that is missing",
	  "The PROXY protocol tells a server the address of the client behind a proxy, in a line "
	  "or some bytes before the request. Both sides must be told: a server that does not "
	  "expect it takes it for a bad request (400) or hangs up; one that "
	  "expects it hangs up on a client "
	  "that does not send it, without a word.",
	  "the line of the open says \"for ADDRESS (PROXY v1)\" where there is one",
	  "send the PROXY header where it is expected, and only there",
	  { [PROXY_NGINX] = "proxy_protocol on; in stream {} sends it, listen ... proxy_protocol; "
			    "expects it: both, or neither",
	    [PROXY_HAPROXY] = "send-proxy or send-proxy-v2 on the server line sends it, "
			      "accept-proxy on the bind line expects it: both, or neither (nginx "
			      "behind it: listen ... proxy_protocol;)" } },
	{ "bad-request-line",
	  "the first line of the request is not as HTTP wants it",
	  "A request line is a method, a target and HTTP/1.1, with one blank between them and "
	  "none within. Clients that put text into a URL without encoding it make "
	  "others; so does nginx, "
	  "where proxy_pass names a URL with $uri, which is decoded.",
	  "the request is shown as it was sent; JSON has bad_line",
	  "encode what goes into the URL (a blank is %20) where it is made",
	  { [PROXY_NGINX] = "proxy_pass with $request_uri, or without a URI, in place of $uri, "
			    "which is decoded" } },
	{ "http-after-101",
	  "something else than a frame in the middle of a WebSocket",
	  "After the 101 only frames may follow. An HTTP answer there comes from a second handler "
	  "of the same server, which refuses the upgrade that the first one has accepted (two "
	  "WebSocket servers on one HTTP server; a framework's route for 404); text comes from a "
	  "program's warnings, printed into the socket. Clients call it an invalid frame header.",
	  "the verdict shows the first bytes",
	  "let one handler alone answer an upgrade: where several WebSocket servers share a port, "
	  "pick by path (ws: noServer and handleUpgrade()); keep warnings out of the socket",
	  {} },
	{ 0 },
};
