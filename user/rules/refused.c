// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules about handshakes without a 101: what is refused for its size or version, upstreams that
 * cannot be reached, answers that do not come.
 */
#include <string.h>
#include "facts/chain.h"
#include "lib/units.h"
#include "rules/rules.h"

/* Returns whether a leg behind f had a 101. */
static bool lost_101(const struct facts *f)
{
	const struct facts *behind = chain_answered(f);

	return behind && behind->res.status == 101;
}

static bool refused_101(const struct facts *f)
{
	return lost_101(f) && !chain_gap(f, chain_answered(f));
}

/* Returns whether the proxy could not connect to an upstream, and found no other one. */
static bool down(const struct facts *f, uint8_t how)
{
	return f->down.ts && f->down.how == how && !(f->upstream && f->upstream->req.seen);
}

static bool upstream_refused(const struct facts *f)
{
	return f->res.status >= 500 && down(f, WST_REFUSED);
}

static bool upstream_silent(const struct facts *f)
{
	return f->res.status >= 500 && down(f, WST_TIMEOUT);
}

/* Returns whether a proxy answers without a try, since its upstream has failed a moment ago. */
static bool not_tried(const struct facts *f)
{
	return (f->res.status == 502 || f->res.status == 503) && !f->upstream && f->down_before.ts;
}

/* Returns whether no server from this leg to the last has sent anything. */
static bool silent_from(const struct facts *f)
{
	for (; f; f = f->upstream)
		if (server_heard(f))
			return false;
	return true;
}

/* Returns whether the request lies in the receive queue of the chain's last server. */
static bool unread_behind(const struct facts *f)
{
	const struct facts *last = chain_last(f);

	return f->upstream && silent_from(f->upstream) && !last->req.seen && !last->opaque_why &&
	       last->conn->role == WST_SERVER && last->wait.unread;
}

static bool mute(const struct facts *f)
{
	return f->res.status == 504 && f->upstream &&
	       (f->upstream->req.seen || f->upstream->opaque_why) && !server_heard(f->upstream);
}

static bool mute_unread(const struct facts *f)
{
	return f->res.status == 504 && unread_behind(f);
}

/*
 * Returns whether a proxy waited in vain for its upstream: 504 says so even if that one is not
 * traced.
 */
static bool gateway_timeout(const struct facts *f)
{
	return f->res.status == 504 && !f->upstream;
}

/* Returns whether somebody, no proxy for others, tries again and again in vain. */
static bool refused_often(const struct facts *f)
{
	return f->refused_often && !f->downstream && f->end.how == WST_REFUSED;
}

static bool unanswered(const struct facts *f)
{
	return f->req.wanted && !f->req.cut && !server_heard(f);
}

static bool refused_unanswered(const struct facts *f)
{
	return unanswered(f) && down(f, WST_REFUSED);
}

static bool unreachable_unanswered(const struct facts *f)
{
	return unanswered(f) && down(f, WST_TIMEOUT);
}

/* Returns whether nobody answers: neither this server nor any that it passed the request on to. */
static bool silent(const struct facts *f)
{
	return unanswered(f) && silent_from(f);
}

static bool silent_unread(const struct facts *f)
{
	return silent(f) && unread_behind(f);
}

/* Returns whether the last leg ends at a proxy, which waits for a server that is not traced. */
static bool silent_proxy(const struct facts *f)
{
	const struct facts *last = chain_last(f);

	return silent(f) && last->conn->role == WST_SERVER && proxy_named(last->conn->comm);
}

static bool silent_tls(const struct facts *f)
{
	return silent(f) && chain_last(f)->opaque_why == WST_WHY_TLS;
}

static bool gave_up(const struct facts *f)
{
	return silent(f) && f->end.by_client && f->end.ts > f->req.ts &&
	       facts_longer(f, f->end.ts - f->req.ts, NS_PER_SEC);
}

static bool gave_up_unread(const struct facts *f)
{
	return gave_up(f) && unread_behind(f);
}

static bool gave_up_proxy(const struct facts *f)
{
	return gave_up(f) && silent_proxy(f);
}

static bool other_version(const struct facts *f)
{
	return (f->res.status == 426 || f->res.status == 400) && f->req.websocket &&
	       f->req.version && strcmp(f->req.version, "13");
}

static bool no_version(const struct facts *f)
{
	return (f->res.status == 426 || f->res.status == 400) && f->req.websocket &&
	       !f->req.version;
}

#define LARGE_HEAD 1024 /* bytes; no server is known that takes less */
/* Limits of requests' heads mostly begin at 8 KiB, of one line or of all. */
#define SMALL_LIMIT 8000

static bool too_large(const struct facts *f)
{
	return f->res.status == 431;
}

static bool probably_too_large(const struct facts *f)
{
	return f->res.status == 400 && f->req.len > SMALL_LIMIT &&
	       (!f->res.says || f->res.says->meaning == BODY_HANDSHAKE ||
		f->res.says->meaning == BODY_INVALID);
}

/* Returns whether the answer says that what is too large is a request, which has a head alone. */
static bool said_too_large(const struct facts *f)
{
	return (f->res.status == 413 || f->res.status == 414 || f->res.status == 494) &&
	       f->req.len >= LARGE_HEAD;
}

static bool too_large_unanswered(const struct facts *f)
{
	return f->req.wanted && !server_heard(f) && f->end.seen && !f->end.by_client &&
	       f->req.len > SMALL_LIMIT;
}

#define NOT_READ \
	"see whether its process is stopped or busy, and its listening socket's Recv-Q (ss -ltn)"
#define FIND_UPSTREAM                                                                  \
	"see the error log of {silent}, and ss -tnp state syn-sent for what cannot be" \
	" reached{other_ports}"
const struct rule rules_refused[] = {
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, too_large,
	  "{server} refused {target} with {answer}: the request's head, of {head_len} bytes, is "
	  "larger than it takes{limit}",
	  NULL, "target status head_len client_addr" },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, probably_too_large,
	  "{server} refused {target} with {answer}, probably since the request's head, of "
	  "{head_len} bytes, is larger than it takes{limit}",
	  NULL, "target status head_len client_addr", .certainty = LIKELY },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, said_too_large,
	  "{server} refused {target} with {answer}, probably since the request's head, of "
	  "{head_len} bytes, is larger than it takes{limit}",
	  NULL, "target status head_len client_addr", .certainty = LIKELY },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_END | AT_CUT, too_large_unanswered,
	  "{server} ended the connection without an answer to the request for {target}, probably "
	  "since its head, of {head_len} bytes, is larger than it takes{limit}",
	  NULL, "target head_len how waited_ms", .certainty = LIKELY },
	{ "proxy-rejected-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, refused_101,
	  "{server} refused the backend's 101 for {target}, and told the client {answer}", NULL,
	  "target status upstream_status upstream" },
	{ "proxy-rejected-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, lost_101,
	  "{answerer} opened a WebSocket for {target} (101), but {server} told the client "
	  "{answer}: it refused the 101, or a hop between the two did that is not seen",
	  "see the log of {server}; a trace on each host between them shows the other hops",
	  "target status upstream_status upstream", .hop = "" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_refused,
	  "nothing listens on {down}, where {server} wants to pass {target} on to: the "
	  "connection was refused",
	  NULL, "target down status latency_ms", .hop = "down" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_silent,
	  "{down}, where {server} wants to pass {target} on to, cannot be reached: no "
	  "connection came about",
	  NULL, "target down status latency_ms", .hop = "down" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, refused_unanswered,
	  "nothing listens on {down}, where {server} wants to pass {target} on to: the "
	  "connection was refused, and the client got no answer",
	  NULL, "target down how waited_ms", .hop = "down" },
	{ "upstream-down", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, refused_often,
	  "nothing listens on {server_addr}, to which {client} wants to connect: {refused_often} "
	  "connections were refused, one soon after another",
	  "start what is to listen on {server_addr}, or mend that address in the client; and have "
	  "it wait longer between attempts",
	  "refused_often server_addr client_addr", .hop = "" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, unreachable_unanswered,
	  "{down}, where {server} wants to pass {target} on to, cannot be reached: no "
	  "connection came about, and the client got no answer",
	  NULL, "target down how waited_ms", .hop = "down" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_tried,
	  "{server} answered {target} with {answer} and tried no upstream that is seen: probably "
	  "none is live, since it could not connect to {down_before} {down_since} before",
	  NULL, "target down_before down_ago status", .certainty = LIKELY, .hop = "down_before" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, mute_unread,
	  "{silent} never read the request for {target}: {server} gave up after {latency}",
	  NOT_READ, "target status upstream latency_ms unread_behind" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, mute,
	  "{next} took the request for {target}"
	  " and never answered: {server} gave up after {latency}",
	  NULL, "target status upstream latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, gateway_timeout,
	  "{server} waited {latency} for its upstream, which"
	  " did not answer the request for {target} (504)",
	  NULL, "target status latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_unread,
	  "{silent} has not read the request for {target}, which has waited for {waiting} s: it "
	  "accepts no connections, or is stuck",
	  NOT_READ, "target waiting unread_behind upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_tls,
	  "{silent} does not answer the TLS in which it should get {target}; the client has"
	  " waited for {waiting} s",
	  "where it speaks plain HTTP, the proxy must, too (http://); else free its workers",
	  "target waiting upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_proxy,
	  "{silent} has not answered the request for {target} for {waiting} s, and no"
	  " connection of it to an upstream is seen",
	  FIND_UPSTREAM, "target waiting server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent,
	  "{silent} has not answered the request for {target} for {waiting} s", NULL,
	  "target waiting upstream server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up_unread,
	  "{silent} never read the request for {target}: {client} gave up after {waited}", NOT_READ,
	  "target waited_ms unread_behind upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up_proxy,
	  "{silent} did not answer the request for {target}: {client} gave up after"
	  " {waited}; no connection of it to an upstream was seen",
	  FIND_UPSTREAM, "target waited_ms server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up,
	  "{silent} did not answer the request for {target}: {client} gave up after "
	  "{waited}",
	  NULL, "target waited_ms upstream server_addr" },
	{ "bad-version", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, other_version,
	  "{server} refused {target} with {answer}, probably since {client} asked for WebSocket "
	  "version {request_version}, and not 13",
	  NULL, "target status request_version server_version", .certainty = LIKELY,
	  .hop = "client" },
	{ "bad-version", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_version,
	  "{server} refused {target} with {answer}, probably since the request has no "
	  "Sec-WebSocket-Version; it comes from {client}",
	  NULL, "target status server_version", .certainty = LIKELY, .hop = "client" },
	{ 0 },
};
