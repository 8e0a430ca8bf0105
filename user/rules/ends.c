// SPDX-License-Identifier: GPL-2.0-only
/* Rules about how WebSockets end: by a Close frame, or without one. */
#include <string.h>
#include "facts/chain.h"
#include "lib/units.h"
#include "rules/rules.h"
#include "rules/stream.h"

bool is_ws(const struct facts *f)
{
	return f->res.websocket || (f->conn->midstream && (f->s[0].frames || f->s[1].frames));
}

#define RETURNS (5 * NS_PER_MS) /* a send is seen when it returns, after what came of it */

/* Returns whether the first Close frame was sent after the other side had ended the connection. */
static bool came_too_late(const struct facts *f, const struct stream_facts *s)
{
	bool of_client = s == &f->s[WST_C2S],
	     sent_here = of_client == (f->conn->role == WST_CLIENT);

	return f->end.seen && f->end.by_client != of_client &&
	       s->close_ts > f->end.ts + (sent_here ? RETURNS : 0);
}

/* Returns whether a Close frame has passed on f, or on another leg before f ended. */
static bool said_goodbye(const struct facts *f)
{
	const struct facts *leg = f;

	while (leg->downstream)
		leg = leg->downstream;
	for (; leg; leg = leg->upstream) {
		const struct stream_facts *s = first_close(leg);

		if (s && (leg == f ? !came_too_late(f, s) : s->close_ts <= f->end.ts))
			return true;
	}
	return false;
}

/* Returns whether the first Close frame has this code; what is echoed says nothing. */
static bool code_is(const struct facts *f, uint16_t code)
{
	const struct stream_facts *s = first_close(f);

	return s && s->code == code;
}

static bool server_closed(const struct facts *f)
{
	return first_close(f) == &f->s[WST_S2C];
}

enum close_meaning close_says(const struct facts *f)
{
	return close_meaning(first_close(f));
}

static bool dropped(const struct facts *f)
{
	return is_ws(f) && !said_goodbye(f) && !end_blind(f);
}

/*
 * Returns by how much the silence before f's end may be longer here than at whoever had enough of
 * it: by the way of the last bytes there, and of the FIN back. 0: it can hardly be told apart.
 */
static uint64_t way(const struct facts *f)
{
	uint64_t rtt = facts_rtt(f);

	return f->end.silence >= 8 * rtt ? rtt : 0;
}

static bool near(uint64_t ns, uint64_t seconds, unsigned int percent, uint64_t way)
{
	uint64_t limit = seconds * NS_PER_SEC;

	return ns * 100 >= limit * (100 - percent) &&
	       ns * 100 <= limit * (100 + percent) + way * 100;
}

/* Returns whether a time, ns, is one after which proxies and balancers cut by default. */
static bool known_limit(uint64_t ns, uint64_t way)
{
	static const uint16_t limits[] = { 60, 100, 300, 350, 3600 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (near(ns, limits[i], 2, way))
			return true;
	return false;
}

static bool whole_seconds(uint64_t ns)
{
	uint64_t off = (ns + NS_PER_SEC / 2) % NS_PER_SEC;

	/* nginx moves a timer only by 300 ms or more: it may cut that much too early */
	if (NS_PER_SEC - ns % NS_PER_SEC <= 300 * NS_PER_MS)
		return true;

	off = off > NS_PER_SEC / 2 ? off - NS_PER_SEC / 2 : NS_PER_SEC / 2 - off;
	return off < 60 * NS_PER_MS || off * 50 < ns;
}

bool proxy_ended(const struct facts *f)
{
	return f->downstream ? f->end.by_client && f->downstream->end.seen &&
				       !f->downstream->end.by_client :
	       f->upstream ? !f->end.by_client && f->upstream->end.seen &&
				     f->upstream->end.by_client :
			     false;
}

static bool orderly(const struct facts *f)
{
	return f->end.how != WST_TIMEOUT && f->end.how != WST_EXIT;
}

/*
 * Returns whether equal silences are a sign of a time-out. Where many end at one moment they may
 * have fallen silent together, and nobody knows whether their server was restarted meanwhile.
 */
static bool silences_tell(const struct facts *f)
{
	return f->end.equal_moments >= 2 || f->end.process_lives ||
	       known_limit(f->end.silence, way(f));
}

static bool cut_idle(const struct facts *f)
{
	if (!dropped(f) || !orderly(f) || !facts_longer(f, f->end.silence + 1, NS_PER_SEC) ||
	    f->end.process_gone)
		return false;
	if (f->end.quiet * 2 > f->end.silence * 3) /* it has been quiet for longer, and stayed */
		return false;
	if (f->end.together >= 3 && (f->end.equal < 3 || !silences_tell(f)))
		return false;
	return known_limit(f->end.silence, way(f)) || f->end.equal >= 2 ||
	       (proxy_ended(f) &&
		(whole_seconds(f->end.silence) || whole_seconds(f->end.silence - way(f))));
}

static uint64_t ping_every(const struct facts *f)
{
	return f->s[WST_C2S].ping_every ? f->s[WST_C2S].ping_every : f->s[WST_S2C].ping_every;
}

static bool races(const struct facts *f)
{
	uint64_t every = ping_every(f), cut = f->end.silence;

	return cut_idle(f) && every && (every > cut ? every - cut : cut - every) * 10 <= cut;
}

/* Returns whether a pong is due after ns: within a second, or half of one on a short path. */
static bool pong_due(const struct facts *f, uint64_t ns)
{
	return facts_longer(f, ns, NS_PER_SEC) || (ns > NS_PER_SEC / 2 && 16 * facts_rtt(f) <= ns);
}

/* Returns whether the server has pinged, early enough before ts, and got nothing since. */
static bool unanswered(const struct facts *f, uint64_t ts)
{
	const struct stream_facts *c2s = &f->s[WST_C2S], *s2c = &f->s[WST_S2C];

	return s2c->asked_ts && c2s->last_ts < s2c->asked_ts && ts > s2c->asked_ts &&
	       pong_due(f, ts - s2c->asked_ts);
}

static bool server_heartbeat(const struct facts *f)
{
	return dropped(f) && !f->end.by_client && f->end.how != WST_EXIT && !f->end.process_gone &&
	       !proxy_ended(f) && unanswered(f, f->end.ts);
}

/* Returns whether a side closed since it got no answer to its keepalive, as it says. */
static bool keepalive_closed(const struct facts *f)
{
	return close_says(f) == MEANS_KEEPALIVE;
}

/* Returns whether that side's ping has had no pong. */
static bool ping_unanswered(const struct facts *f)
{
	const struct stream_facts *s = first_close(f);

	return keepalive_closed(f) && !f->other_blind && s->asked_ts && s->asked_ts < s->close_ts;
}

/* Returns whether that one ping has had pongs, but with another payload (RFC 6455, 5.5.3). */
static bool pong_differs(const struct facts *f)
{
	const struct stream_facts *s = first_close(f);

	return ping_unanswered(f) && s->stray_pongs && s->asked == 1;
}

/*
 * Returns whether the server closed after such a ping, with a Close frame: python3-websockets sends
 * 1011, tornado no code.
 */
static bool heartbeat_closed(const struct facts *f)
{
	const struct stream_facts *s2c = &f->s[WST_S2C];

	return server_closed(f) && close_says(f) == MEANS_NOTHING && !f->other_blind &&
	       (!s2c->code || s2c->code == 1011) && unanswered(f, s2c->close_ts);
}

static bool server_pong_differs(const struct facts *f)
{
	return server_closed(f) && pong_differs(f);
}

static bool server_ping_unanswered(const struct facts *f)
{
	return server_closed(f) && ping_unanswered(f);
}

static bool server_keepalive(const struct facts *f)
{
	return server_closed(f) && keepalive_closed(f);
}

static bool closed_idle(const struct facts *f)
{
	return server_closed(f) && (close_says(f) == MEANS_IDLE ||
				    (close_says(f) == MEANS_NOTHING && code_is(f, 3008)));
}

static bool stopping(const struct facts *f)
{
	return server_closed(f) && (close_says(f) == MEANS_STOP ||
				    (close_says(f) == MEANS_NOTHING && code_is(f, 1012)));
}

/*
 * Returns whether the server ended connections whose clients had been silent for one and the same
 * time, though they got something meanwhile.
 */
static bool read_deadline(const struct facts *f)
{
	return dropped(f) && orderly(f) && !f->end.by_client && !f->end.process_gone &&
	       !proxy_ended(f) && f->end.client_moments >= 2 &&
	       f->end.client_silence >= 3 * f->end.silence / 2 &&
	       !(f->end.together >= 3 && f->end.client_equal < 3);
}

/* Returns whether a proxy ended f. */
static bool closer_is_proxy(const struct facts *f)
{
	const struct conn *closer = f->end.by_client ? endpoint_client(f) : endpoint_server(f);

	return is_ws(f) && (proxy_ended(f) || (closer && proxy_named(closer->comm)));
}

/* Returns whether most that were cut there had one age; what was restarted ends at one moment. */
static bool same_age(const struct facts *f)
{
	uint32_t aged = f->end.aged, moments = f->end.aged_moments;

	if (moments >= 3 && 2 * moments > aged && 4 * aged >= 3 * f->end.ages)
		return true;
	if (!proxy_ended(f) || !whole_seconds(f->end.lived) || aged < f->end.ages)
		return false;
	return moments >= 2 || (aged >= 3 && f->end.process_lives);
}

/* Returns whether f was cut at the age at which others were, while data flowed. */
static bool lived_out(const struct facts *f)
{
	bool idle = f->end.equal_moments >= 2 && f->end.quiet * 10 < f->end.silence * 9;

	return dropped(f) && orderly(f) && (!f->end.by_client || proxy_ended(f)) &&
	       !f->end.process_gone && facts_longer(f, f->end.lived, NS_PER_SEC / 2) &&
	       f->end.silence * 4 < f->end.lived && same_age(f) && !idle && !read_deadline(f);
}

/* Returns whether whoever ended f ended others at the same moment, and not for silence. */
static bool ended_many(const struct facts *f)
{
	return dropped(f) && f->end.together >= 3 &&
	       (f->end.equal < f->end.together || !silences_tell(f)) && !read_deadline(f);
}

static bool reload(const struct facts *f)
{
	return closer_is_proxy(f) && (f->end.how == WST_EXIT || f->end.process_gone);
}

/* Returns whether a proxy ended both legs of many, and its process goes on. */
static bool reload_goes_on(const struct facts *f)
{
	return closer_is_proxy(f) && ended_many(f) && proxy_ended(f) &&
	       (f->end.process_lives || f->end.remain);
}

/* Returns whether a proxy passed the end of many connections on, or so it seems: it goes on. */
static bool passed_on(const struct facts *f)
{
	return closer_is_proxy(f) && ended_many(f) && !f->end.by_client && !proxy_ended(f) &&
	       (f->end.process_lives || f->end.remain);
}

/* Returns whether a proxy ended both legs of many, of which nobody knows whether it goes on. */
static bool reload_not_seen(const struct facts *f)
{
	return closer_is_proxy(f) && ended_many(f) && proxy_ended(f);
}

/* Returns whether a proxy ended many, of which nobody knows whether it goes on. */
static bool reload_or_restart(const struct facts *f)
{
	return closer_is_proxy(f) && ended_many(f) && !f->end.process_lives;
}

/* Returns whether a server that is no proxy ended many, and may be gone. */
static bool backend_restart(const struct facts *f)
{
	return ended_many(f) && !f->end.by_client && !closer_is_proxy(f) && !f->end.process_lives &&
	       !f->end.process_gone && f->end.how != WST_EXIT && !f->end.remain;
}

/* Returns whether a server that is no proxy ended many, and is gone. */
static bool server_stopped(const struct facts *f)
{
	return ended_many(f) && !f->end.by_client && !closer_is_proxy(f) &&
	       f->conn->role == WST_SERVER && (f->end.process_gone || f->end.how == WST_EXIT);
}

/*
 * Returns whether the server, or the proxy in front of it, broke off while the client took nothing:
 * its window was closed, and more waited for it.
 */
static bool dropped_slow(const struct facts *f)
{
	return dropped(f) && f->conn->role == WST_SERVER && !f->end.by_client &&
	       !f->end.process_gone && f->end.how != WST_EXIT && f->end.how != WST_TIMEOUT &&
	       f->wait.unsent && f->wait.window < f->wait.unsent;
}

static bool too_big(const struct facts *f)
{
	return code_is(f, 1009) || close_says(f) == MEANS_SIZE;
}

static bool utf8_1007(const struct facts *f)
{
	return code_is(f, 1007);
}

static bool protocol_1002(const struct facts *f)
{
	return code_is(f, 1002);
}

static bool unsupported_1003(const struct facts *f)
{
	return code_is(f, 1003);
}

static bool extension_1010(const struct facts *f)
{
	return code_is(f, 1010);
}

static bool app_1011(const struct facts *f)
{
	return server_closed(f) && code_is(f, 1011) && close_says(f) != MEANS_UNKNOWN;
}

static bool client_1011(const struct facts *f)
{
	return !server_closed(f) && code_is(f, 1011) && close_says(f) != MEANS_UNKNOWN;
}

static bool app_exit(const struct facts *f)
{
	return dropped(f) && f->conn->role == WST_SERVER && !f->end.by_client &&
	       (f->end.how == WST_EXIT || f->end.process_gone);
}

/* Returns whether most clients are sent away at once; single ones are sent away at any time. */
static bool restarting(const struct facts *f)
{
	return is_ws(f) && server_closed(f) && f->end.restarts >= 3 &&
	       f->end.restarts > f->end.stay;
}

static bool policy(const struct facts *f)
{
	uint16_t code = f->s[WST_S2C].code;

	return server_closed(f) && (code == 1008 || code == 1013 || code == 3000 || code == 3003 ||
				    (code >= 4000 && code < 5000));
}

/* Returns whether TCP gave the client up: it left the network, or its host is asleep. */
static bool client_gone(const struct facts *f)
{
	return is_ws(f) && f->end.how == WST_TIMEOUT && f->conn->role == WST_SERVER;
}

static bool server_gone(const struct facts *f)
{
	return is_ws(f) && f->end.how == WST_TIMEOUT && f->conn->role == WST_CLIENT;
}

/*
 * Returns whether the end is an ordinary one. Clients leave as they like: browsers end TCP when a
 * page is left, phones when an application sleeps. MQTT has a DISCONNECT of its own, on which
 * brokers end TCP.
 */
static bool left(const struct facts *f)
{
	bool mqtt = f->res.protocol && !strncmp(f->res.protocol, "mqtt", 4);

	return (f->end.by_client && !proxy_ended(f)) || mqtt;
}

static bool reset(const struct facts *f)
{
	return dropped(f) && !left(f) &&
	       (f->end.how == WST_RST_SENT || f->end.how == WST_RST_RECEIVED);
}

static bool no_goodbye(const struct facts *f)
{
	return dropped(f) && !left(f);
}

const struct rule rules_end[] = {
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, server_pong_differs,
	  "{close_sender} ended the connection with {closing}: {close_receiver} sent pongs, but "
	  "none with the payload of its ping",
	  "correct the client's library: a pong has the payload of the ping that it answers",
	  "unanswered_for stray_pongs code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, server_ping_unanswered,
	  "{close_sender} ended the connection because {close_receiver} had not answered its ping "
	  "for {unanswered_for} s: {closing}",
	  NULL, "unanswered_for code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, server_keepalive,
	  "{close_sender} ended the connection because its keepalive had no answer from "
	  "{close_receiver}, as it says: {closing}",
	  NULL, "code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, pong_differs,
	  "{close_sender} ended the connection with {closing}: {close_receiver} sent pongs, but "
	  "none with the payload of its ping",
	  "correct the server's library: a pong has the payload of the ping that it answers",
	  "unanswered_for stray_pongs code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, ping_unanswered,
	  "{close_sender} ended the connection because {close_receiver} had not answered its ping "
	  "for {unanswered_for} s: {closing}",
	  NULL, "unanswered_for code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, keepalive_closed,
	  "{close_sender} ended the connection because its keepalive had no answer from "
	  "{close_receiver}, as it says: {closing}",
	  NULL, "code close_reason" },
	{ "idle-timeout", SEV_WARNING, CAUSE_STREAM, AT_CLOSE, closed_idle,
	  "{close_sender} closed the connection as idle: {closing}",
	  "have the client send a ping, or a message, more often, or raise the server's idle "
	  "time-out, of {close_sender} (Jetty, Tomcat, Undertow: idle timeout of the session)",
	  "code close_reason" },
	{ "too-big", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, too_big,
	  "{close_sender} ended the connection with {closing}: a message of {close_receiver} was "
	  "larger than it takes{sent_size}",
	  NULL, "code close_reason sent_len sent_frames taken_len" },
	{ "restarting", SEV_INFO, CAUSE_STREAM, AT_CLOSE, stopping,
	  "{close_sender} ended the connection because it stops or restarts: {closing}", NULL,
	  "code close_reason" },
	{ "bad-utf8", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, utf8_1007,
	  "{close_sender} ended the connection with 1007: {close_receiver} sent text that is not "
	  "UTF-8",
	  NULL, "code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, heartbeat_closed,
	  "{close_sender} ended the connection because {close_receiver} did not answer its ping "
	  "for {client_silence} s",
	  NULL, "client_silence code close_reason" },
	{ "app-error", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, app_1011,
	  "{close_sender} ended the connection with {closing}: the application failed", NULL,
	  "code close_reason" },
	{ "client-error", SEV_WARNING, CAUSE_STREAM, AT_CLOSE, client_1011,
	  "{close_sender} ended the connection with {closing}: the client's program failed", NULL,
	  "code close_reason" },
	{ "bad-frame", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, protocol_1002,
	  "{close_sender} ended the connection with {closing}: it could not accept what "
	  "{close_receiver} sent",
	  NULL, "code close_reason" },
	{ "unsupported-data", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, unsupported_1003,
	  "{close_sender} ended the connection with {closing}: it takes no messages of the kind "
	  "that {close_receiver} sent",
	  NULL, "code close_reason" },
	{ "extension", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, extension_1010,
	  "{close_sender} ended the connection with {closing}: {close_receiver} did not agree to "
	  "an extension that it needs",
	  "have the server agree to that extension, or the client do without it",
	  "code close_reason extensions_offered extensions_granted" },
	{ "policy", SEV_WARNING, CAUSE_STREAM, AT_CLOSE, policy,
	  "{close_sender} refused to go on: {closing}", NULL, "code close_reason" },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload,
	  "{closer} ended {together} connections together, without a Close frame: it was reloaded "
	  "or stopped",
	  NULL, "together silence lived_ms how first" },
	{ "slow-reader", SEV_WARNING, CAUSE_END, AT_END, dropped_slow,
	  "{closer} ended the connection with {unsent} bytes that {other} had not taken: probably "
	  "it drops clients that read too slowly",
	  "have the client read on while it works on what it has read (a queue of its own), or ask "
	  "for less; see the limit of {closer} for what waits for a client",
	  "unsent window silence first how", .certainty = LIKELY },
	{ "max-lifetime", SEV_WARNING, CAUSE_END, AT_END, lived_out,
	  "{closer} ended {aged} connections at the same age, {lived} s after their 101, while "
	  "data flowed: probably it limits the duration of a connection",
	  NULL, "lived_ms aged silence first how", .certainty = LIKELY },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload_goes_on,
	  "{closer} ended {together} connections together on both of its sides, without a Close "
	  "frame, and goes on itself: probably its configuration was reloaded",
	  NULL, "together remain silence lived_ms how first", .certainty = LIKELY },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload_not_seen,
	  "{closer} ended {together} connections together on both of its sides, without a Close "
	  "frame: probably it was reloaded or stopped; whether its process went on is not seen"
	  " here",
	  NULL, "together silence lived_ms how first", .certainty = LIKELY },
	{ "backend-restart", SEV_WARNING, CAUSE_END, AT_END, passed_on,
	  "{closer} ended {together} connections together, without a Close frame, and goes on "
	  "itself: probably the server behind it was restarted or stopped",
	  NULL, "together remain silence lived_ms how first", .certainty = LIKELY },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload_or_restart,
	  "{closer} ended {together} connections together, without a Close frame: probably it "
	  "was reloaded or stopped, or the server behind it was: whether its"
	  " process went on is not seen here",
	  NULL, "together silence lived_ms how first", .certainty = LIKELY },
	{ "heartbeat-races", SEV_ERROR, CAUSE_END, AT_END, races,
	  "{closer} cut the connection after {silence} s without traffic, and pings come every "
	  "{ping_every} s: they race its timeout",
	  NULL, "silence ping_every equal first how" },
	{ "idle-timeout", SEV_ERROR, CAUSE_END, AT_END, cut_idle,
	  "{closer} cut a quiet connection after {silence} s without traffic", NULL,
	  "silence equal first how lived_ms" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_END, AT_END, server_heartbeat,
	  "{closer} ended the connection because {other} did not answer its ping for "
	  "{client_silence} s",
	  NULL, "client_silence first how" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_END, AT_END, read_deadline,
	  "{closer} ended {client_equal} connections {client_silence} s after their clients had "
	  "last sent something, though it sent to them meanwhile: probably it drops clients that "
	  "send nothing for that long",
	  "have the client {ping_fits}, or raise the server's limit (Swoole: heartbeat_idle_time; "
	  "gorilla/websocket: SetReadDeadline; uWebSockets: idleTimeout; Jetty: idleTimeout)",
	  "client_silence client_equal silence first how", .certainty = LIKELY },
	{ "restarting", SEV_INFO, CAUSE_END, AT_END, restarting,
	  "{server} sent {restarts} clients away together with {closing}: it restarts", NULL,
	  "restarts code" },
	{ "backend-restart", SEV_WARNING, CAUSE_END, AT_END, server_stopped,
	  "{closer} ended {together} connections together, without a Close frame, and its process "
	  "is gone: it was restarted or stopped, or it failed",
	  "see the log of {closer}; close the WebSockets with 1001 or 1012 before it stops; have "
	  "clients reconnect after a random time",
	  "together silence lived_ms how first" },
	{ "app-error", SEV_ERROR, CAUSE_END, AT_END, app_exit,
	  "{server} ended without a Close frame: its process is gone", NULL, "how lived_ms" },
	{ "backend-restart", SEV_WARNING, CAUSE_END, AT_END, backend_restart,
	  "{closer} ended {together} connections together, without a Close frame: probably it was "
	  "restarted or stopped",
	  NULL, "together silence lived_ms how first", .certainty = LIKELY },
	{ "half-open", SEV_ERROR, CAUSE_END, AT_END, server_gone,
	  "{peer} no longer answers: TCP gave up after {retrans} retransmissions", NULL,
	  "retrans how silence" },
	{ "half-open", SEV_INFO, CAUSE_END, AT_END, client_gone,
	  "{peer} no longer answers: TCP gave up after {retrans} retransmissions; probably it "
	  "left the network, or sleeps",
	  NULL, "retrans how silence", .certainty = LIKELY },
	{ "reset", SEV_WARNING, CAUSE_END, AT_END, reset,
	  "{closer} reset the connection, without a Close frame", NULL,
	  "first how unread silence" },
	{ "no-goodbye", SEV_INFO, CAUSE_END, AT_END, no_goodbye,
	  "{closer} ended the connection without a Close frame: browsers report 1006", NULL,
	  "first how silence lived_ms" },
	{ 0 },
};
