// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules about answers that refuse a handshake where its head, by its size or its form, is not the
 * cause: sessions, Origins, paths, caches.
 */
#include <string.h>
#include <strings.h>
#include "facts/chain.h"
#include "facts/refusal.h"
#include "rules/rules.h"

static bool no_answer(const struct facts *f)
{
	return f->req.wanted && !f->req.cut && !server_heard(f) && !f->end.by_client;
}

/* Returns whether a leg behind f had an answer, and f's client got none. */
static bool swallowed(const struct facts *f)
{
	const struct facts *behind = chain_answered(f);

	return no_answer(f) && behind && !chain_gap(f, behind);
}

static bool swallowed_101(const struct facts *f)
{
	return swallowed(f) && chain_answered(f)->res.status == 101;
}

/* Returns whether the upstream had the request, and the proxy gave up before its time was up. */
static bool upstream_unanswered(const struct facts *f)
{
	return f->res.status == 502 && f->upstream && f->upstream->req.seen &&
	       !server_heard(f->upstream);
}

/* Returns whether the target is one of engine.io's, of a session that there is already. */
static bool engine_session(const char *target)
{
	return target && strstr(target, "EIO=") && strstr(target, "sid=");
}

static bool sticky(const struct facts *f)
{
	return (f->res.status == 400 || f->res.status == 403 || f->res.status == 404) &&
	       engine_session(f->req.target);
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

static bool may_be_origin(const struct facts *f)
{
	return f->req.origin && f->req.host && !origin_fits(f->req.origin, f->req.host) &&
	       !f->contrast.pair;
}

static bool origin_403(const struct facts *f)
{
	return f->res.status == 403 && may_be_origin(f);
}

/* Returns whether a proxy made another Host of one that fitted. */
static bool origin_403_changed(const struct facts *f)
{
	return origin_403(f) && refusal_host_changed(f);
}

/* Returns whether the same path has been opened, but for pages of another origin. */
static bool origin_differs(const struct facts *f)
{
	return (f->res.status == 403 || f->res.status == 404 || f->res.status == 400) &&
	       f->req.origin && !f->contrast.pair && f->contrast.path && f->contrast.origin &&
	       strcasecmp(f->contrast.origin, f->req.origin);
}

static bool origin_differs_changed(const struct facts *f)
{
	return origin_differs(f) && refusal_host_changed(f);
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

/* Returns whether a proxy answers with a page where it passed the same path on before. */
static bool page_kept(const struct facts *f)
{
	return page(f) && !f->upstream && !f->down.ts && f->contrast.path && f->contrast.passed;
}

static bool cached(const struct facts *f)
{
	return f->res.cached;
}

#define WELCOME 19 /* bytes of "Welcome to SockJS!" and a line's end */

/* Returns whether the answer is the one that SockJS gives at its base path. */
static bool sockjs_base(const struct facts *f)
{
	return f->res.status == 200 && f->res.length == WELCOME && f->res.type &&
	       !strncasecmp(f->res.type, "text/plain", 10) &&
	       !has_suffix(f->req.target, "/websocket");
}

/* Returns whether Envoy answers as it does where upgrades are not allowed. */
static bool envoy_upgrade(const struct facts *f)
{
	const struct conn *server = endpoint_server(f);

	return f->res.status == 403 && f->res.length <= 0 && !f->upstream && !f->down.ts &&
	       (f->res.envoys || (server && proxy_named(server->comm) == PROXY_ENVOY));
}

/* Returns whether the same path was opened for another version of engine.io's protocol. */
static bool engine_differs(const struct facts *f)
{
	return f->res.status == 400 && f->contrast.path && f->req.engine && f->contrast.engine &&
	       f->req.engine != f->contrast.engine;
}

/* Returns whether that may be so, and the version is not to be seen. */
static bool engine_hidden(const struct facts *f)
{
	return f->res.status == 400 && f->contrast.path && f->contrast.pair && !f->res.says &&
	       f->req.hidden & 1U << ASKED_QUERY && has_param(f->req.target, "EIO");
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
	return f->res.status >= 400 && f->res.endless && f->downstream && !f->end.seen &&
	       !f->downstream->end.seen;
}

/* Returns whether the body says no more than that the handshake failed. */
static bool not_taken(const struct facts *f)
{
	return f->res.says &&
	       (f->res.says->meaning == BODY_HANDSHAKE || f->res.says->meaning == BODY_VERSION);
}

static bool bad_request(const struct facts *f)
{
	return f->res.status == 400;
}

static bool refused(const struct facts *f)
{
	return f->res.status != 101;
}

#define EARLY 3 /* addresses; health checks come from one or two */

static bool hung_up(const struct facts *f)
{
	return f->early >= EARLY;
}

/* A proxy's connections to AF_UNIX are not seen, nor upstreams that it does not try. */
#define UNSEEN_UPSTREAM                                                            \
	"no connection of it to an upstream was seen: its upstream may be a unix " \
	"socket{elsewhere}, or was not tried at all (no live upstreams)"

#define FIT_ENGINE                                                                               \
	"let client and server be of versions that fit (EIO=3: Socket.IO 1 and 2; EIO=4: 3 and " \
	"4), or have the server take both: allowEIO3: true"
#define NO_CACHE                                                                                   \
	"have the cache leave out requests with an Upgrade header (nginx: proxy_cache_bypass "     \
	"$http_upgrade; proxy_no_cache $http_upgrade;), or give the WebSocket a location without " \
	"proxy_cache; and have the application send no-store"

const struct rule rules_answers[] = {
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, cached,
	  "{server} answered {target} with {answer} from a cache, as a header of the answer says, "
	  "in place of asking the application for a WebSocket",
	  NO_CACHE, "target status type server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, page_kept,
	  "{server} answered {target} with {answer} and a page ({type}), and asked no upstream "
	  "that is seen, though {contrast_since} before it passed the same path on: probably the "
	  "page is from its cache",
	  NO_CACHE, "target status type contrast_ago server_addr", .certainty = LIKELY },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, sockjs_base,
	  "{server} answered {target} with {answer} and {length} bytes of text, as SockJS does at "
	  "its base path (\"Welcome to SockJS!\"): probably the WebSocket is at {sockjs}",
	  "connect to {sockjs}, or use SockJS's own client",
	  "target status type length server_addr", .certainty = LIKELY, .hop = "client" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, envoy_upgrade,
	  "{server} refused {target} with {answer}, without a body, and asked no upstream that is "
	  "seen: Envoy does so where upgrades are not allowed, which is probably the case here",
	  "in Envoy, in the HTTP connection manager or in the route{for_place}:\n"
	  "upgrade_configs:\n"
	  "- upgrade_type: websocket",
	  "target status server_addr", .certainty = LIKELY },
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, sticky,
	  "{server} answered {target} with {answer}: probably it does not know this session, "
	  "since another server has made it",
	  NULL, "target status server_addr", .certainty = LIKELY, .hop = "" },
	{ "sticky", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE | AT_PLAIN, sticky_connection,
	  "{server} answered {target} with {answer}: probably it does not know this connection, "
	  "since another server has made it",
	  NULL, "target status server_addr", .certainty = LIKELY, .hop = "" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, engine_differs,
	  "{server} refused {target} with {answer}, probably since it does not take version "
	  "{engine} of engine.io's protocol (EIO={engine}): {contrast_since} before it opened the "
	  "same path for EIO={contrast_engine}",
	  FIT_ENGINE, "target status engine contrast_engine contrast_ago", .certainty = LIKELY },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, engine_hidden,
	  "{server} refused {target} with {answer}, though {contrast_since} before it opened a "
	  "WebSocket for the same path, Origin and Host: probably it does not take the version of "
	  "engine.io's protocol (EIO) that the query asks for, which is hidden in this file",
	  FIT_ENGINE, "target status contrast_ago", .certainty = LIKELY },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, same_but_refused,
	  "{server} refused {target} with {answer}{says}, though {contrast_since} before it opened "
	  "a WebSocket for the same path, Origin and Host: {differs}",
	  "see what is in that which differs: a token, a cookie, a session; where nothing does, "
	  "look for a limit, and in the log of {server}",
	  "target status origin host contrast_ago" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, pair_but_refused,
	  "{server} refused {target} with {answer}, though {contrast_since} before it opened "
	  "{contrast_target} for the same Origin and Host: the Origin is not the cause",
	  "see which paths the server has, and who may use this one; see the log of {server}",
	  "target status origin host contrast_target contrast_ago" },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_differs_changed,
	  "{host_changer} passed {target} on with the Host {host} in place of {host_before}, and "
	  "{server} refused it with {answer}, probably since the Origin {origin} does not fit "
	  "that Host: {contrast_since} before it opened the same path for {contrast_origin}",
	  NULL, "target status origin host client_host contrast_origin contrast_ago",
	  .certainty = LIKELY },
	{ "origin-403", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, origin_403_changed,
	  "{host_changer} passed {target} on with the Host {host} in place of {host_before}, and "
	  "{server} refused it with 403, probably since the Origin {origin} does not fit that Host",
	  NULL, "target status origin host client_host", .certainty = LIKELY },
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
	  "{server} does not know {target} (404){says}{not_passed}", NULL,
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
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, not_taken,
	  "{server} did not take the request for {target} for a WebSocket's ({status}){says}"
	  "{not_passed}",
	  "compare what the server got with what the client sent: Upgrade, Connection and the "
	  "Sec-WebSocket headers have to pass each proxy",
	  "target status body upgrade connection http request_version key" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, bad_request,
	  "{server} refused to open a WebSocket for {target}: {answer}{says}{not_passed}",
	  "see the log of {server}; 400 may mean a path that it does not have (node's ws), or plain"
	  " HTTP on a port with TLS, where wss:// is meant",
	  "target status reason body upgrade connection http server_addr" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, refused,
	  "{server} refused to open a WebSocket for {target}: {answer}{says}{not_passed}", NULL,
	  "target status reason body upgrade connection http" },
	{ "proxy-rejected-101", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, swallowed_101,
	  "{answerer} opened a WebSocket for {target} (101), and {server} hung up on its client "
	  "without passing that on",
	  NULL, "target upstream_status upstream how", .hop = "server" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, swallowed,
	  "{answerer} answered {target} with {upstream_status}, and {server} hung up on its client "
	  "without an answer: it did not pass that one on",
	  "see why {answerer} answers so, and have {server} pass on answers that are no 101",
	  "target upstream_status upstream how" },
	{ "refused", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, no_answer,
	  "{server} ended the connection without an answer to the request for {target}: probably "
	  "it failed at this request, or a limit of its files or connections is reached",
	  "see the log of {server}; where it speaks TLS alone, clients need wss://, and where it "
	  "expects a PROXY header, only a proxy can ask it",
	  "target how waited_ms", .certainty = LIKELY },
	{ "early-client-close", SEV_WARNING, CAUSE_HANDSHAKE, AT_LEFT, hung_up,
	  "clients from {early} addresses left at once after the 101 for {target}, without a"
	  " frame, and none stayed: probably they do not take the handshake",
	  NULL, "target lived_ms early chosen extensions_granted", .certainty = LIKELY, .hop = "" },
	{ 0 },
};
