// SPDX-License-Identifier: GPL-2.0-only
/* Rules about answers whose body says why a handshake was refused: what else would be a guess. */
#include <string.h>
#include "facts/chain.h"
#include "facts/refusal.h"
#include "rules/rules.h"

static bool says(const struct facts *f, enum body_meaning meaning)
{
	return f->res.says && f->res.says->meaning == meaning;
}

static bool too_large(const struct facts *f)
{
	return says(f, BODY_HEAD);
}

static bool tls_wanted(const struct facts *f)
{
	return says(f, BODY_TLS);
}

/* As tls_wanted(), of a client that is no proxy which is known. */
static bool tls_wanted_of_client(const struct facts *f)
{
	return tls_wanted(f) && !f->downstream;
}

static bool session_unknown(const struct facts *f)
{
	return says(f, BODY_SESSION);
}

/* Returns whether the Origin is not let in, which is no news where it has been a moment before. */
static bool origin(const struct facts *f)
{
	return says(f, BODY_ORIGIN) && !f->contrast.pair && f->req.origin;
}

static bool origin_changed(const struct facts *f)
{
	return origin(f) && refusal_host_changed(f);
}

static bool host(const struct facts *f)
{
	return says(f, BODY_HOST) && f->req.host;
}

/* Returns whether the request lacks something that none of the rules about requests has named. */
static bool no_upgrade(const struct facts *f)
{
	return says(f, BODY_UPGRADE);
}

static bool no_version(const struct facts *f)
{
	return says(f, BODY_VERSION) && !f->req.version;
}

static bool other_version(const struct facts *f)
{
	return says(f, BODY_VERSION) && f->req.version && strcmp(f->req.version, "13");
}

static bool engine(const struct facts *f)
{
	return says(f, BODY_ENGINE) && f->req.engine;
}

/* Returns whether what the proxy's connections showed says no more than the body does. */
static bool unseen_behind(const struct facts *f)
{
	return !f->upstream && !f->down.ts;
}

/* Returns whether a proxy says so, or passed it on. */
static bool no_upgrade_behind(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return no_upgrade(f) && unseen_behind(f) && server && proxy_named(server->comm);
}

static bool no_upstream(const struct facts *f)
{
	return says(f, BODY_NO_UPSTREAM) && unseen_behind(f);
}

/* Returns whether HAProxy says so, which it also does where a queue or a connect took too long. */
static bool no_server(const struct facts *f)
{
	return says(f, BODY_NO_SERVER) && unseen_behind(f);
}

static bool unreached(const struct facts *f)
{
	return says(f, BODY_UNREACHED) && unseen_behind(f);
}

static bool late(const struct facts *f)
{
	return says(f, BODY_LATE) && unseen_behind(f);
}

static bool limited(const struct facts *f)
{
	return says(f, BODY_LIMIT);
}

#define SAYS "it says \"{body}\""
#define PLAIN_TO_TLS                                                                     \
	"{client} speaks plain HTTP to {server_addr}, where TLS is spoken: it answered " \
	"{status}, and " SAYS

const struct rule rules_body[] = {
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, too_large,
	  "{server} refused {target} with {status}: the request's head, of {head_len} bytes, is "
	  "larger than it takes{limit}; " SAYS,
	  NULL, "target status body head_len client_addr" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, tls_wanted_of_client,
	  PLAIN_TO_TLS, "use wss:// there, in a proxy https://",
	  "server_addr client_addr target status body" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, tls_wanted, PLAIN_TO_TLS, NULL,
	  "server_addr client_addr target status body" },
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, session_unknown,
	  "{server} does not know the session that {target} names ({status}; " SAYS
	  "): another server has made it, or it is over",
	  NULL, "target status body server_addr" },
	{ "bad-version", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_version,
	  "{server} refused {target} with {answer}, since the request has no "
	  "Sec-WebSocket-Version: " SAYS "; it comes from {client}",
	  NULL, "target status body server_version", .hop = "client" },
	{ "bad-version", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, other_version,
	  "{server} refused {target} with {answer}, since {client} asked for WebSocket version "
	  "{request_version}, and not 13: " SAYS,
	  NULL, "target status body request_version server_version", .hop = "client" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, engine,
	  "{server} refused {target} with {answer}, since it does not take version {engine} of "
	  "engine.io's protocol (EIO={engine}): " SAYS,
	  "let client and server be of versions that fit (EIO=3: Socket.IO 1 and 2; EIO=4: 3 and "
	  "4), or have the server take both: allowEIO3: true",
	  "target status body engine server_addr" },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_changed,
	  "{host_changer} passed {target} on with the Host {host} in place of {host_before}, and "
	  "{server} refused it with {status}, since the Origin {origin} does not fit: " SAYS,
	  NULL, "target status body origin host client_host" },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin,
	  "{server} refused {target} with {status}, since it does not take the Origin "
	  "{origin}: " SAYS,
	  NULL, "target status body origin host client_host" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, host,
	  "{server} refused {target} with {status}, since it does not take the Host {host}: " SAYS,
	  "let the server take that name, or have the proxy send one that it takes (nginx: "
	  "proxy_set_header Host)",
	  "target status body host client_host" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_upstream,
	  "{server} has no upstream for {target} that is up, and answered {status}: " SAYS,
	  "start what it passes this path on to, and see its health checks", "target status body" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_server,
	  "{server} has no server for {target}, and answered {status}: probably none is up, or all "
	  "are busy; " SAYS,
	  "see its log (HAProxy: the termination state, as SC or sQ) and its health checks",
	  "target status body", .certainty = LIKELY },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, unreached,
	  "{server} could not connect to its upstream for {target}, and answered {status}: " SAYS,
	  NULL, "target status body latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, late,
	  "the upstream of {server} did not answer the request for {target} in {latency}: "
	  "{status}, " SAYS,
	  NULL, "target status body latency_ms", .hop = "" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_upgrade_behind,
	  "{server}, or an upstream of it that is not seen, did not take the request for {target} "
	  "for a WebSocket's ({status}): " SAYS,
	  "trace the port of its upstream, too: Upgrade and Connection have to pass each "
	  "proxy{other_ports}",
	  "target status body upgrade connection http request_version key", .hop = "" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, no_upgrade,
	  "{server} did not take the request for {target} for a WebSocket's ({status}): " SAYS,
	  "compare what the server got with what the client sent: Upgrade, Connection and the "
	  "Sec-WebSocket headers have to pass each proxy",
	  "target status body upgrade connection http request_version key" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, limited,
	  "{server} refused {target} with {status}, since a limit is reached: " SAYS,
	  "see which limit the server's log names, and who uses it up", "target status body" },
	{ 0 },
};
