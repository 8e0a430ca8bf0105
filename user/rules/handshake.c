// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules about handshakes (RFC 6455, section 4): requests that a proxy spoilt, answers that are
 * wrong or do not come.
 */
#include <string.h>
#include <strings.h>
#include "facts/chain.h"
#include "rules/rules.h"

#define MS 1000000ULL

static bool stripped(const struct facts *f)
{
	return f->req.key && !f->req.upgrade;
}

/* Returns whether the leg downstream had what f lacks. */
static bool stripped_by_proxy(const struct facts *f)
{
	return stripped(f) && f->downstream && f->downstream->req.websocket;
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
	return no_key(f) && f->downstream && f->downstream->req.seen &&
	       !f->downstream->req.wanted && !f->downstream->req.cut;
}

static bool key_removed(const struct facts *f)
{
	return no_key(f) && f->downstream && f->downstream->req.key;
}

static bool bad_key(const struct facts *f)
{
	return f->req.websocket && f->req.key && !f->req.key_good;
}

const struct rule rules_handshake[] = {
	{ "upgrade-stripped-here", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, stripped_here,
	  "{proxy} removed the Upgrade header from {target}, though it passes it on for {kept}: "
	  "this location lacks the lines for it, or cancels inherited ones by lines of its own",
	  NULL, "target kept client_upgrade connection http key server_addr joined_by",
	  "upgrade-stripped" },
	{ "upgrade-stripped", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, stripped_by_proxy,
	  "{proxy} removed the Upgrade header from {target}: {server} saw a plain GET and cannot "
	  "open a WebSocket",
	  NULL, "target client_upgrade connection http key server_addr joined_by" },
	{ "upgrade-stripped", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, stripped,
	  "the request for {target} has a Sec-WebSocket-Key but no Upgrade header: something "
	  "between the client and {server} removed it, most likely {proxy}",
	  NULL, "target connection http key server_addr client_addr" },
	{ "upstream-http10", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, http10,
	  "{proxy} asks {server} for {target} with HTTP/1.0, which knows no Upgrade", NULL,
	  "target http upgrade connection key server_addr joined_by" },
	{ "upgrade-value", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, upgrade_value,
	  "the request for {target} has the Upgrade header '{upgrade}', not 'websocket'; it comes "
	  "from {client}",
	  NULL, "target upgrade client_upgrade connection http key" },
	{ "connection-token", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, connection_token,
	  "the request for {target} has Upgrade, but its Connection header '{connection}' does not "
	  "name upgrade; it comes from {client}",
	  NULL, "target upgrade connection http key" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, upgrade_added,
	  "{proxy} added Upgrade to a plain request for {target}: it has no Sec-WebSocket-Key, "
	  "since its client asked for no WebSocket",
	  "have the proxy pass on the client's own Upgrade, none where there is none (nginx: "
	  "proxy_set_header Upgrade $http_upgrade;)",
	  "target upgrade connection http joined_by" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, key_removed,
	  "{proxy} removed the Sec-WebSocket-Key from the request for {target}", NULL,
	  "target upgrade connection http joined_by" },
	{ "no-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, no_key,
	  "the request for {target} has no Sec-WebSocket-Key; it comes from {client}", NULL,
	  "target upgrade connection http" },
	{ "bad-key", SEV_ERROR, CAUSE_HANDSHAKE, AT_REQUEST, bad_key,
	  "the Sec-WebSocket-Key '{key}' of the request for {target} is not 16 bytes in base64; it "
	  "comes from {client}",
	  NULL, "target key upgrade connection http" },
	{ 0 },
};

/* Returns whether the 101 came from this server, not from a leg upstream. */
static bool own_101(const struct facts *f)
{
	return f->res.status == 101;
}

static bool bad_101(const struct facts *f)
{
	return own_101(f) && (!f->res.has_upgrade || !f->res.has_connection || !f->res.has_accept);
}

static bool bad_accept(const struct facts *f)
{
	return own_101(f) && f->res.accept_ok == 0;
}

/* Returns whether the list has exactly this element; subprotocols keep their case. */
static bool offered(const char *list, const char *one)
{
	size_t n = strlen(one);

	for (const char *p = list; p && *p; p += strcspn(p, ",")) {
		p += strspn(p, ", \t");
		if (!strncmp(p, one, n) && strchr(", \t", p[n]))
			return true;
	}
	return false;
}

static bool subprotocol(const struct facts *f)
{
	return own_101(f) && f->res.protocol && *f->res.protocol &&
	       !offered(f->req.protocols, f->res.protocol);
}

static bool extension(const struct facts *f)
{
	return own_101(f) && f->stray_extension;
}

static bool refused_101(const struct facts *f)
{
	return f->res.status == 502 && f->upstream && f->upstream->res.status == 101;
}

static bool upstream_failed(const struct facts *f, uint8_t how)
{
	return f->res.status >= 502 && f->res.status <= 504 && f->upstream &&
	       !f->upstream->req.seen && f->upstream->end.seen && f->upstream->end.how == how;
}

static bool upstream_refused(const struct facts *f)
{
	return upstream_failed(f, WST_REFUSED);
}

static bool upstream_silent(const struct facts *f)
{
	return upstream_failed(f, WST_TIMEOUT);
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

static bool unanswered(const struct facts *f)
{
	return f->req.wanted && !f->req.cut && !server_heard(f);
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
	return silent(f) && f->end.by_client && f->end.ts > f->req.ts + 1000 * MS;
}

static bool gave_up_unread(const struct facts *f)
{
	return gave_up(f) && unread_behind(f);
}

static bool gave_up_proxy(const struct facts *f)
{
	return gave_up(f) && silent_proxy(f);
}

static bool no_answer(const struct facts *f)
{
	return unanswered(f) && !f->end.by_client;
}

/* Returns whether the upstream had the request, and the proxy gave up before its time was up. */
static bool upstream_unanswered(const struct facts *f)
{
	return f->res.status == 502 && f->upstream && f->upstream->req.seen &&
	       !server_heard(f->upstream);
}

static bool tls_to_plain(const struct facts *f)
{
	return f->opaque_why == WST_WHY_TLS && f->res.seen;
}

static bool tls_unanswered(const struct facts *f)
{
	return f->opaque_why == WST_WHY_TLS && !server_heard(f) && !f->port_tls;
}

/* Returns whether TLS is not answered on a port where plain HTTP is. */
static bool tls_in_vain(const struct facts *f)
{
	return tls_unanswered(f) && f->port_plain;
}

static bool tls_hung_up(const struct facts *f)
{
	return tls_unanswered(f) && !f->end.by_client && f->end.lived < 1000 * MS &&
	       (f->end.how == WST_FIN || f->end.how == WST_RST_SENT ||
		f->end.how == WST_RST_RECEIVED);
}

static bool plain_to_tls(const struct facts *f)
{
	return f->res.status == 400 && f->port_tls;
}

static bool tls_answer(const struct facts *f)
{
	return f->req.wanted && f->answer_why == WST_WHY_TLS;
}

static bool other_version(const struct facts *f)
{
	return (f->res.status == 426 || f->res.status == 400) && f->req.websocket &&
	       f->req.version && strcmp(f->req.version, "13");
}

static bool sticky(const struct facts *f)
{
	return f->res.status == 400 && f->req.target && strstr(f->req.target, "EIO=") &&
	       strstr(f->req.target, "sid=");
}

/*
 * Returns the port behind a host of n bytes, without the colon; the scheme's own port where there
 * is none.
 */
static const char *port_of(const char *host, size_t n, const char *origin)
{
	host += n + (host[n] == ']');
	return *host == ':' ? host + 1 : !strncasecmp(origin, "https:", 6) ? "443" : "80";
}

/* Returns whether an Origin, "https://example.com:8443", fits a Host, "example.com:8443". */
static bool same_host(const char *origin, const char *host)
{
	const char *o = strstr(origin, "://");
	size_t n;

	o = o ? o + 3 : origin;
	n = strcspn(o, *o == '[' ? "]" : ":/");
	return !strncasecmp(o, host, n) && (!host[n] || strchr(":]", host[n])) &&
	       !strcmp(port_of(o, n, origin), port_of(host, n, origin));
}

static bool origin_403(const struct facts *f)
{
	return f->res.status == 403 && f->req.origin && f->req.host &&
	       !same_host(f->req.origin, f->req.host);
}

static bool redirect(const struct facts *f)
{
	return f->res.status >= 300 && f->res.status < 400 && f->res.status != 304;
}

static bool auth(const struct facts *f)
{
	return (f->res.status == 401 || f->res.status == 407);
}

static bool path_rewritten(const struct facts *f)
{
	return f->res.status == 404 && f->downstream && f->downstream->req.target &&
	       f->req.target && strcmp(f->downstream->req.target, f->req.target);
}

/* Returns whether the target differs only in case or by a slash from one that works. */
static bool almost_found(const struct facts *f)
{
	return f->res.status == 404 && f->similar;
}

/* Returns whether the answer is the proxy's own, as far as is seen. */
static bool not_found_here(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return f->res.status == 404 && !f->upstream && server && proxy_named(server->comm);
}

static bool not_found(const struct facts *f)
{
	return f->res.status == 404;
}

static bool bad_gateway(const struct facts *f)
{
	return f->res.status == 502 && !f->upstream;
}

static bool bad_request(const struct facts *f)
{
	return f->res.status == 400;
}

static bool refused(const struct facts *f)
{
	return f->res.status != 101;
}

/* Returns whether the client closed right after the 101, which is how clients reject one. */
static bool hung_up(const struct facts *f)
{
	return f->res.websocket && f->end.by_client && f->end.lived < 50 * MS &&
	       f->end.how != WST_TIMEOUT && !f->s[WST_C2S].frames && !f->conn->midstream &&
	       !f->intruded;
}

static bool protocol_ignored(const struct facts *f)
{
	return hung_up(f) && !f->req.cut && f->req.protocols && !f->res.protocol;
}

#define NOT_READ \
	"see whether its process is stopped or busy, and its listening socket's Recv-Q (ss -ltn)"
#define FIND_UPSTREAM                                                                    \
	"find its upstream: wstrace -p any --comm {comm}; what cannot be reached is in " \
	"ss -tnp state syn-sent"

const struct rule rules_refused[] = {
	{ "bad-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_101,
	  "{server} answered {target} with a 101 that lacks {missing}: no client takes it", NULL,
	  "target status missing accept server_addr" },
	{ "bad-accept", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_accept,
	  "the Sec-WebSocket-Accept of {server}'s 101 for {target} does not fit the key: clients "
	  "hang up",
	  NULL, "target key accept server_addr" },
	{ "subprotocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, subprotocol,
	  "{server} chose the subprotocol '{chosen}' for {target}, and the client offered "
	  "'{offered}'",
	  NULL, "target offered chosen" },
	{ "extension", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, extension,
	  "{server}'s 101 for {target} grants {stray_extension}", NULL,
	  "target extensions_offered extensions_granted" },
	{ "proxy-rejected-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, refused_101,
	  "{server} refused the backend's 101 for {target} and told the client 502", NULL,
	  "target status upstream_status upstream" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_refused,
	  "nothing listens on {upstream}, where {server} wants to pass {target} on to: the "
	  "connection was refused",
	  NULL, "target upstream status latency_ms" },
	{ "upstream-down", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_silent,
	  "{upstream}, where {server} wants to pass {target} on to, cannot be reached: no "
	  "connection came about",
	  NULL, "target upstream status latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, mute_unread,
	  "{silent} never read the request for {target}: {server} gave up after {latency_ms} ms",
	  NOT_READ, "target status upstream latency_ms unread_behind" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, mute,
	  "{upstream} took the connection and the request for {target} and never answered: "
	  "{server} gave up after {latency_ms} ms",
	  NULL, "target status upstream latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, gateway_timeout,
	  "{server} waited {latency_ms} ms for its upstream, which did not answer the request for "
	  "{target} (504)",
	  NULL, "target status latency_ms" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_unread,
	  "{silent} has not read the request for {target}, which has waited for {waiting} s: it "
	  "accepts no connections, or is stuck",
	  NOT_READ, "target waiting unread_behind upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_tls,
	  "{silent} does not answer the TLS in which {target} is to be passed on to it; the client "
	  "has waited for {waiting} s",
	  "where it speaks plain HTTP, the proxy must, too (http://); else free its workers",
	  "target waiting upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent_proxy,
	  "{silent} has not answered the request for {target} for {waiting} s, and no connection "
	  "of it to an upstream is seen",
	  FIND_UPSTREAM, "target waiting server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_WAIT, silent,
	  "{silent} has not answered the request for {target} for {waiting} s", NULL,
	  "target waiting upstream server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up_unread,
	  "{silent} never read the request for {target}: after {waited_ms} ms {client} gave up",
	  NOT_READ, "target waited_ms unread_behind upstream" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up_proxy,
	  "{silent} did not answer the request for {target} in {waited_ms} ms, then {client} gave "
	  "up; no connection of it to an upstream was seen",
	  FIND_UPSTREAM, "target waited_ms server_addr" },
	{ "upstream-mute", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, gave_up,
	  "{silent} did not answer the request for {target} in {waited_ms} ms, then {client} gave "
	  "up",
	  NULL, "target waited_ms upstream server_addr" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_OPAQUE, tls_to_plain,
	  "{client} speaks TLS to {server_addr}, where plain HTTP is spoken", NULL,
	  "server_addr client_addr status" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, tls_in_vain,
	  "{client} spoke TLS to {server_addr}, where plain HTTP is spoken, and got no answer",
	  NULL, "server_addr client_addr how lived_ms" },
	{ "tls-mismatch", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, tls_hung_up,
	  "{client} spoke TLS to {server_addr}, which ended the connection at once, without a "
	  "word: it may be that plain HTTP is spoken there",
	  NULL, "server_addr client_addr how lived_ms" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_OPAQUE, tls_answer,
	  "{client} speaks plain HTTP to {server_addr}, which answers in TLS", NULL,
	  "server_addr client_addr target" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, plain_to_tls,
	  "{client} speaks plain HTTP to {server_addr}, where TLS is spoken", NULL,
	  "server_addr client_addr status" },
	{ "bad-version", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, other_version,
	  "{client} asked {server} for WebSocket version {request_version}, which it does not "
	  "speak",
	  NULL, "target status request_version server_version" },
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, sticky,
	  "{server} does not know the session that {target} names: most likely another server made "
	  "it",
	  NULL, "target status server_addr" },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_403,
	  "{server} refused {target} with 403: the Origin {origin} is not the Host {host} that it "
	  "sees",
	  NULL, "target status origin host client_host" },
	{ "redirect", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, redirect,
	  "{server} redirects {target} to {location}: WebSocket clients do not follow", NULL,
	  "target status location" },
	{ "auth", SEV_WARNING, CAUSE_HANDSHAKE, AT_RESPONSE, auth,
	  "{server} refused {target} with {answer}: the client is not authenticated", NULL,
	  "target status" },
	{ "path-rewritten", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, path_rewritten,
	  "{proxy} turned {client_target} into {target}, which {server} does not know (404)", NULL,
	  "client_target target status server_addr" },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, almost_found,
	  "{server} knows no {target} (404), though it has opened a WebSocket for {similar}",
	  "use {similar}: case and slashes count", "target similar status host server_addr" },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_found_here,
	  "{server} answered {target} with 404 itself, as far as is seen: it passed the request on "
	  "to no port that is traced",
	  "compare the path, and its case, with the proxy's locations: none for a WebSocket fits "
	  "it",
	  "target status host server_addr" },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_found,
	  "{server} knows no {target} (404)", NULL, "target status host server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_gateway,
	  "{server} answered {target} with {answer}: it got no good answer from its upstream, "
	  "which is not among the ports traced",
	  "trace its upstream, too, whatever port that is: wstrace -p any --comm {comm}",
	  "target status reason" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_unanswered,
	  "{upstream} did not answer the request for {target}, and {server} told the client "
	  "{answer}",
	  "see the log of what listens on {upstream}; where that speaks TLS, the proxy must, too "
	  "(https://)",
	  "target status reason upstream" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_request,
	  "{server} refused to open a WebSocket for {target}: {answer}",
	  "see the server's log; 400 is also how servers answer plain HTTP on a port with TLS, "
	  "where wss:// is meant",
	  "target status reason upgrade connection http server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, refused,
	  "{server} refused to open a WebSocket for {target}: {answer}", NULL,
	  "target status reason upgrade connection http" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, no_answer,
	  "{server} ended the connection without an answer to the request for {target}",
	  "see the server's log; where it speaks TLS, wss:// is meant", "target how waited_ms" },
	{ "subprotocol", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, protocol_ignored,
	  "{server} chose none of the subprotocols '{offered}' for {target}, and {client} hung up",
	  NULL, "target offered lived_ms" },
	{ "early-client-close", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, hung_up,
	  "{client} hung up on the 101 for {target} within {lived_ms} ms, without a frame: it "
	  "rejected the handshake",
	  NULL, "target lived_ms chosen extensions_granted" },
	{ 0 },
};
