// SPDX-License-Identifier: GPL-2.0-only
/* Rules about handshakes without a 101: answers that refuse it, and those that do not come. */
#include <string.h>
#include <strings.h>
#include "facts/chain.h"
#include "rules/rules.h"

#define MS 1000000ULL

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
	       facts_longer(f, f->end.ts - f->req.ts, 1000 * MS);
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

/* Returns whether the target is one of engine.io's, of a session that there is already. */
static bool engine_session(const char *target)
{
	return target && strstr(target, "EIO=") && strstr(target, "sid=");
}

static bool sticky(const struct facts *f)
{
	return f->res.status == 400 && engine_session(f->req.target);
}

static bool has_suffix(const char *target, const char *suffix)
{
	size_t n = strcspn(target, "?"), m = strlen(suffix);

	return n >= m && !memcmp(target + n - m, suffix, m);
}

/* Returns whether the target has this parameter. */
static bool has_param(const char *target, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strchr(target, '?'); p; p = strchr(p + 1, '&'))
		if (!strncmp(p + 1, name, n) && p[1 + n] == '=')
			return true;
	return false;
}

/*
 * Returns whether the server answers that it does not know a connection which was made before: by
 * SignalR's negotiate (?id=), or by SockJS (/SERVER/SESSION/xhr_send).
 */
static bool sticky_connection(const struct facts *f)
{
	const char *t = f->req.target;

	if (f->res.status != 404 || !t)
		return false;
	return has_suffix(t, "/xhr_send") ||
	       ((f->req.wanted || f->contrast.path) &&
		(has_param(t, "id") || has_param(t, "connectionToken")));
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

static bool may_be_origin(const struct facts *f)
{
	return f->req.origin && f->req.host && !same_host(f->req.origin, f->req.host) &&
	       !f->contrast.pair;
}

static bool origin_403(const struct facts *f)
{
	return f->res.status == 403 && may_be_origin(f);
}

/* Returns whether the same path has been opened, but for pages of another origin. */
static bool origin_differs(const struct facts *f)
{
	return (f->res.status == 403 || f->res.status == 404 || f->res.status == 400) &&
	       may_be_origin(f) && f->contrast.path;
}

/* Returns whether the server has opened the same path for the same Origin and Host. */
static bool same_but_refused(const struct facts *f)
{
	return f->res.status >= 400 && f->res.status < 500 && f->contrast.pair &&
	       f->contrast.path && f->req.shown_target && f->contrast.target &&
	       strcspn(f->req.shown_target, "?") == strlen(f->contrast.target) &&
	       !strncmp(f->req.shown_target, f->contrast.target, strlen(f->contrast.target));
}

/* Returns whether the server has opened another path for the same Origin and Host. */
static bool pair_but_refused(const struct facts *f)
{
	return f->res.status == 403 && f->req.origin && f->contrast.pair;
}

/* Returns whether an ordinary page is what the server has for the request. */
static bool page(const struct facts *f)
{
	return f->res.status == 200 && f->res.type && !strncasecmp(f->res.type, "text/html", 9);
}

static bool redirect(const struct facts *f)
{
	return f->res.status >= 300 && f->res.status < 400 && f->res.status != 304;
}

static bool redirect_to(const struct facts *f)
{
	return redirect(f) && f->res.location && *f->res.location;
}

static bool auth(const struct facts *f)
{
	return (f->res.status == 401 || f->res.status == 407);
}

/* Returns whether a 401 may also mean the Origin, as that of node's ws does by default. */
static bool auth_or_origin(const struct facts *f)
{
	return f->res.status == 401 && may_be_origin(f);
}

/* Returns whether the target came to the chain as another one. */
static bool is_rewritten(const struct facts *f)
{
	const struct facts *asked = chain_asked(f);

	return asked && asked->req.target && f->req.target &&
	       strcmp(asked->req.target, f->req.target);
}

static bool rewritten_on_way(const struct facts *f)
{
	return f->res.status == 404 && is_rewritten(f);
}

static bool path_rewritten(const struct facts *f)
{
	return rewritten_on_way(f) && !chain_gap(chain_asked(f), f);
}

/* Returns whether a proxy changed the path, and the server answers 400, as node's ws does then. */
static bool probably_rewritten(const struct facts *f)
{
	return f->res.status == 400 && is_rewritten(f) && !chain_gap(chain_asked(f), f);
}

/* Returns whether the target differs only in case or by a slash from one that works. */
static bool almost_found(const struct facts *f)
{
	return f->res.status == 404 && f->similar;
}

/* Returns whether a proxy gave this answer, and no connection of it to an upstream is seen. */
static bool alone(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return !f->upstream && !f->down.ts && server && proxy_named(server->comm);
}

static bool not_found_here(const struct facts *f)
{
	return f->res.status == 404 && alone(f);
}

static bool not_found(const struct facts *f)
{
	return f->res.status == 404;
}

static bool bad_gateway(const struct facts *f)
{
	return (f->res.status == 502 || f->res.status == 503) && !f->upstream;
}

/* Returns whether a proxy cannot tell when the refusal is over, and may keep it until then. */
static bool endless(const struct facts *f)
{
	return f->res.status >= 400 && f->res.endless && f->downstream && !f->end.seen;
}

static bool bad_request(const struct facts *f)
{
	return f->res.status == 400;
}

static bool refused(const struct facts *f)
{
	return f->res.status != 101;
}

/* Limits of requests' heads begin at 8 KiB, of one line or of all. */
#define SMALL_LIMIT 8000

static bool too_large(const struct facts *f)
{
	return f->res.status == 431;
}

static bool probably_too_large(const struct facts *f)
{
	return (f->res.status == 400 || f->res.status == 413 || f->res.status == 414 ||
		f->res.status == 494) &&
	       f->req.len > SMALL_LIMIT;
}

static bool too_large_unanswered(const struct facts *f)
{
	return f->req.wanted && !server_heard(f) && f->end.seen && !f->end.by_client &&
	       f->req.len > SMALL_LIMIT;
}

#define EARLY 3 /* addresses; health checks come from one or two */

static bool hung_up(const struct facts *f)
{
	return f->early >= EARLY;
}

#define NOT_READ \
	"see whether its process is stopped or busy, and its listening socket's Recv-Q (ss -ltn)"
#define FIND_UPSTREAM                                                                  \
	"see the error log of {silent}, and ss -tnp state syn-sent for what cannot be" \
	" reached{other_ports}"
/* A proxy's connections to AF_UNIX are not seen, nor upstreams that it does not try. */
#define UNSEEN_UPSTREAM                                                            \
	"no connection of it to an upstream was seen: its upstream may be a unix " \
	"socket{elsewhere}, or was not tried at all (no live upstreams)"

const struct rule rules_refused[] = {
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, too_large,
	  "{server} refused {target} with {answer}: the request's head, of {head_len} bytes, is "
	  "larger than it takes{limit}",
	  NULL, "target status head_len client_addr" },
	{ "too-large-head", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_CUT, probably_too_large,
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
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, sticky,
	  "{server} answered {target} with {answer}: probably it does not know this session, "
	  "since another server has made it",
	  NULL, "target status server_addr", .certainty = LIKELY, .hop = "" },
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, sticky_connection,
	  "{server} answered {target} with {answer}: probably it does not know this connection, "
	  "since another server has made it",
	  NULL, "target status server_addr", .certainty = LIKELY, .hop = "" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, same_but_refused,
	  "{server} refused {target} with {answer}, though {contrast_since} before it opened a "
	  "WebSocket for the same path, Origin and Host: the cause is something else",
	  "compare the two requests: a token, a cookie, a session or a limit; see the log of "
	  "{server}",
	  "target status origin host contrast_ago" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, pair_but_refused,
	  "{server} refused {target} with {answer}, though {contrast_since} before it opened "
	  "{contrast_target} for the same Origin and Host: the Origin is not the cause",
	  "see which paths the server has, and who may use this one; see the log of {server}",
	  "target status origin host contrast_target contrast_ago" },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_differs,
	  "{server} refused {target} with {answer}, probably since it does not take the Origin "
	  "{origin}: {contrast_since} before it opened the same path for {contrast_origin}",
	  NULL, "target status origin host client_host contrast_origin contrast_ago",
	  .certainty = LIKELY },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_403,
	  "{server} refused {target} with 403, probably since the Origin {origin} is not the "
	  "Host {host} that it sees",
	  NULL, "target status origin host client_host", .certainty = LIKELY },
	{ "redirect", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, redirect_to,
	  "{server} redirects {target} to {location}: WebSocket clients do not follow", NULL,
	  "target status location" },
	{ "redirect", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, redirect,
	  "{server} answered {target} with {answer}, but names no Location: WebSocket clients do "
	  "not follow a redirect",
	  "see what the server redirects to in its configuration, and use that URL in the client",
	  "target status" },
	{ "auth", SEV_WARNING, CAUSE_HANDSHAKE, AT_RESPONSE, auth_or_origin,
	  "{server} refused {target} with {answer}: it wants credentials, and the client has sent "
	  "no others since; or it does not take the Origin {origin}",
	  "log in first, and have the proxy pass Authorization and Cookie on; node's ws says 401 "
	  "for whatever verifyClient does not take, as the Origin",
	  "target status origin host" },
	{ "auth", SEV_WARNING, CAUSE_HANDSHAKE, AT_RESPONSE, auth,
	  "{server} refused {target} with {answer}: it wants credentials, and the client has sent "
	  "no others since",
	  NULL, "target status" },
	{ "path-rewritten", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, path_rewritten,
	  "{proxy} turned {client_target} into {target}, which {server} does not know (404)", NULL,
	  "client_target target status server_addr" },
	{ "path-rewritten", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, rewritten_on_way,
	  "{client_target}, as {before} got it, came to {server} as {target}, which it does not "
	  "know (404): {before} or {client} turned it, or a hop between them that is not seen",
	  "{show_gap}", "client_target target status server_addr", .hop = "" },
	{ "path-rewritten", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, probably_rewritten,
	  "{proxy} turned {client_target} into {target}, which {server} probably does not know: it "
	  "answered {answer}",
	  NULL, "client_target target status server_addr", .certainty = LIKELY },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, almost_found,
	  "{server} does not know {target} (404), though it has opened a WebSocket for {similar}",
	  "use {similar}: case and slashes count", "target similar status host server_addr" },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_found_here,
	  "{server} answered {target} with 404, and no connection of it to an upstream "
	  "was seen:"
	  " nothing in its configuration passes the path on,"
	  " or its upstream is a unix socket{elsewhere}",
	  "compare the path, and its case, with what {server} passes on, and with the routes of"
	  " what is behind a unix socket{other_ports}",
	  "target status host server_addr" },
	{ "not-found", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_found,
	  "{server} does not know {target} (404){says}", NULL,
	  "target status body host server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_gateway,
	  "{server} answered {target} with {answer}{says}, and " UNSEEN_UPSTREAM,
	  "see the error log of {server}, which names the upstream and why it failed{other_ports}",
	  "target status reason body" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, page,
	  "{server} answered {target} with {answer} and a page ({type}): probably the path leads "
	  "to a web page, and not to the application that speaks WebSocket",
	  "look where the proxy, or the application, sends this path: a rule for all other paths "
	  "may have taken it",
	  "target status type host server_addr", .certainty = LIKELY },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, upstream_unanswered,
	  "{next} did not answer the request for {target}, and {server} told the client"
	  " {answer}",
	  "see the log of {next}; where it wants TLS (https://) or a PROXY header, the proxy must "
	  "send it",
	  "target status reason upstream", .hop = "upstream" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, endless,
	  "{server} refused {target} with {answer}, in an answer without an end: it has neither "
	  "Content-Length nor chunks, and the connection stays, so {client} may wait for more",
	  "have the application end such an answer: Content-Length: 0, or Connection: close and "
	  "the end of the connection",
	  "target status server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_request,
	  "{server} refused to open a WebSocket for {target}: {answer}{says}",
	  "see the log of {server}; 400 may mean a path that it does not have (node's ws), or plain"
	  " HTTP on a port with TLS, where wss:// is meant",
	  "target status reason body upgrade connection http server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, refused,
	  "{server} refused to open a WebSocket for {target}: {answer}{says}", NULL,
	  "target status reason body upgrade connection http" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, no_answer,
	  "{server} ended the connection without an answer to the request for {target}",
	  "see the log of {server}; where it speaks TLS, wss:// is meant, and where it expects a"
	  " PROXY header, only a proxy can ask it",
	  "target how waited_ms" },
	{ "early-client-close", SEV_WARNING, CAUSE_HANDSHAKE, AT_LEFT, hung_up,
	  "clients from {early} addresses left at once after the 101 for {target}, without a"
	  " frame, and none stayed: probably they do not take the handshake",
	  NULL, "target lived_ms early chosen extensions_granted", .certainty = LIKELY, .hop = "" },
	{ 0 },
};
