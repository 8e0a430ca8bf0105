// SPDX-License-Identifier: GPL-2.0-only
/* Rules about frames that break RFC 6455, about how connections end, and about who is slow. */
#include <string.h>
#include "decode/ws.h"
#include "facts/chain.h"
#include "facts/observe.h"
#include "facts/reason.h"
#include "lib/units.h"
#include "rules/rules.h"
#include "rules/stream.h"

#define MS 1000000ULL

bool seen_whole(const struct facts *f)
{
	return !f->conn->midstream && f->res.websocket;
}

static bool mask_c2s(const struct facts *f)
{
	return seen_whole(f) && f->dir == WST_C2S && !f->frame_masked;
}

static bool mask_s2c(const struct facts *f)
{
	return seen_whole(f) && f->dir == WST_S2C && f->frame_masked;
}

bool has_deflate(const struct facts *f)
{
	return f->res.extensions && strstr(f->res.extensions, "permessage-deflate");
}

static bool rsv_not_agreed(const struct facts *f)
{
	return seen_whole(f) && !f->res.cut && f->rsv && !(f->rsv == 4 && has_deflate(f)) &&
	       (!f->res.extensions ||
		has_deflate(f)); /* an extension we do not know may use them */
}

/* Returns whether RSV1 alone is set without an agreement, which marks a compressed message. */
static bool compressed(const struct facts *f)
{
	return rsv_not_agreed(f) && f->rsv == 4;
}

static bool closed_before(const struct facts *f)
{
	return f->breach && f->breach->after_close;
}

static bool bad_frame(const struct facts *f)
{
	return f->breach && !closed_before(f) && !(f->conn->midstream && !f->s[f->dir].frames);
}

static bool bad_utf8(const struct facts *f)
{
	return f->text_bad;
}

static bool never_sent(uint16_t code)
{
	return code && (code < 1000 || (code >= 1004 && code <= 1006) || code == 1015 ||
			(code > 1015 && code < 3000) || code >= 5000);
}

static bool half_code(const struct facts *f)
{
	return f->s[f->dir].closed && f->s[f->dir].close_len == 1;
}

static bool bad_code(const struct facts *f)
{
	return f->s[f->dir].closed && never_sent(f->s[f->dir].code);
}

const struct rule rules_frame[] = {
	{ "mask-c2s", SEV_ERROR, CAUSE_STREAM, AT_FRAME, mask_c2s,
	  "{sender} sent a frame that is not masked: servers must end the connection", NULL,
	  "dir masked len" },
	{ "mask-s2c", SEV_ERROR, CAUSE_STREAM, AT_FRAME, mask_s2c,
	  "{sender} sent a masked frame: clients must end the connection", NULL, "dir masked len" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, compressed,
	  "{sender} sent a compressed frame (RSV1), and the handshake did not agree on compression",
	  NULL, "dir rsv extensions_offered extensions_granted" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, rsv_not_agreed,
	  "{sender} sent a frame with {rsv_bits} set, and the handshake agreed on no extension "
	  "that uses that",
	  "mend the sender, or what alters frames on the way: without such an extension these bits "
	  "are 0",
	  "dir rsv extensions_offered extensions_granted" },
	{ "bad-frame", SEV_ERROR, CAUSE_STREAM, AT_FRAME, bad_frame,
	  "{sender} sent a frame that breaks the framing rules: {breach}", "{breach_fix}",
	  "dir breach len" },
	{ "bad-utf8", SEV_ERROR, CAUSE_STREAM, AT_FRAME, bad_utf8,
	  "{sender} sent text that is not UTF-8", NULL, "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, closed_before,
	  "{sender} sent a frame after its Close frame", "{breach_fix}", "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, half_code,
	  "{sender} sent a Close frame of one byte: a code takes two", NULL, "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, bad_code,
	  "{sender} sent a Close frame with the code {sent_code}, which may not be sent", NULL,
	  "dir code len" },
	{ 0 },
};

static bool is_ws(const struct facts *f)
{
	return f->res.websocket || (f->conn->midstream && (f->s[0].frames || f->s[1].frames));
}

/* Returns whether a Close frame has passed on f, or on another leg before f ended. */
static bool said_goodbye(const struct facts *f)
{
	const struct facts *leg = f;

	while (leg->downstream)
		leg = leg->downstream;
	for (; leg; leg = leg->upstream) {
		const struct stream_facts *s = first_close(leg);

		if (s && (leg == f || s->close_ts <= f->end.ts))
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
	const struct stream_facts *s = first_close(f);

	return s ? reason_meaning(s->reason) : MEANS_NOTHING;
}

static bool dropped(const struct facts *f)
{
	return is_ws(f) && !said_goodbye(f);
}

static bool near(uint64_t ns, uint64_t seconds, unsigned int percent)
{
	uint64_t limit = seconds * NS_PER_SEC, off = ns > limit ? ns - limit : limit - ns;

	return off * 100 <= limit * percent;
}

/* Returns whether a time, ns, is one after which proxies and balancers cut by default. */
static bool known_limit(uint64_t ns)
{
	static const uint16_t limits[] = { 60, 100, 300, 350, 3600 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (near(ns, limits[i], 2))
			return true;
	return false;
}

static bool whole_seconds(uint64_t ns)
{
	uint64_t off = (ns + NS_PER_SEC / 2) % NS_PER_SEC;

	off = off > NS_PER_SEC / 2 ? off - NS_PER_SEC / 2 : NS_PER_SEC / 2 - off;
	return off < 60 * MS || off * 50 < ns;
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

static bool cut_idle(const struct facts *f)
{
	if (!dropped(f) || !orderly(f) || f->end.silence < NS_PER_SEC || f->end.process_gone)
		return false;
	if (f->end.together >= 3 && f->end.equal < 3)
		return false;
	return known_limit(f->end.silence) || f->end.equal >= 2 ||
	       (proxy_ended(f) && whole_seconds(f->end.silence));
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

/* Returns whether the server has pinged, at least a second before ts, and got nothing since. */
static bool unanswered(const struct facts *f, uint64_t ts)
{
	const struct stream_facts *c2s = &f->s[WST_C2S], *s2c = &f->s[WST_S2C];

	return s2c->asked_ts && c2s->last_ts < s2c->asked_ts && ts > s2c->asked_ts + NS_PER_SEC;
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

	return keepalive_closed(f) && s->asked_ts && s->asked_ts < s->close_ts;
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

	return server_closed(f) && close_says(f) == MEANS_NOTHING &&
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
	       !proxy_ended(f) && f->end.client_equal >= 2 &&
	       f->end.client_silence >= 3 * f->end.silence / 2 &&
	       !(f->end.together >= 3 && f->end.client_equal < 3);
}

/* Returns whether a proxy ended f. */
static bool closer_is_proxy(const struct facts *f)
{
	const struct conn *closer = f->end.by_client ? endpoint_client(f) : endpoint_server(f);

	return is_ws(f) && closer && (proxy_named(closer->comm) || proxy_ended(f));
}

/* Returns whether whoever ended f ended others at the same moment, and not for silence. */
static bool ended_many(const struct facts *f)
{
	return dropped(f) && f->end.together >= 3 && f->end.equal < f->end.together;
}

static bool reload(const struct facts *f)
{
	return closer_is_proxy(f) &&
	       (f->end.how == WST_EXIT || f->end.process_gone || (ended_many(f) && proxy_ended(f)));
}

/* Returns whether a proxy passed the end of many connections on, or so it seems: it goes on. */
static bool passed_on(const struct facts *f)
{
	return closer_is_proxy(f) && ended_many(f) && !f->end.by_client &&
	       (f->end.process_lives || f->end.remain);
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
	return server_closed(f) && code_is(f, 1011);
}

static bool client_1011(const struct facts *f)
{
	return !server_closed(f) && code_is(f, 1011);
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
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, server_pong_differs,
	  "{close_sender} ended the connection with {closing}: {close_receiver} sent pongs, but "
	  "none with the payload of its ping",
	  "mend the client's library: a pong has the payload of the ping that it answers",
	  "unanswered_for stray_pongs code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, server_ping_unanswered,
	  "{close_sender} ended the connection because {close_receiver} had not answered its ping "
	  "for {unanswered_for} s: {closing}",
	  NULL, "unanswered_for code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, server_keepalive,
	  "{close_sender} ended the connection because its keepalive had no answer from "
	  "{close_receiver}, as it says: {closing}",
	  NULL, "code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, pong_differs,
	  "{close_sender} ended the connection with {closing}: {close_receiver} sent pongs, but "
	  "none with the payload of its ping",
	  "mend the server's library: a pong has the payload of the ping that it answers",
	  "unanswered_for stray_pongs code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, ping_unanswered,
	  "{close_sender} ended the connection because {close_receiver} had not answered its ping "
	  "for {unanswered_for} s: {closing}",
	  NULL, "unanswered_for code close_reason" },
	{ "client-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, keepalive_closed,
	  "{close_sender} ended the connection because its keepalive had no answer from "
	  "{close_receiver}, as it says: {closing}",
	  NULL, "code close_reason" },
	{ "idle-timeout", SEV_WARNING, CAUSE_STREAM, AT_FRAME, closed_idle,
	  "{close_sender} closed the connection as idle: {closing}",
	  "have the client send a ping, or a message, more often than that, or raise the "
	  "server's idle timeout",
	  "code close_reason" },
	{ "too-big", SEV_ERROR, CAUSE_STREAM, AT_FRAME, too_big,
	  "{close_sender} ended the connection with {closing}: a message of {close_receiver} was "
	  "larger than it takes",
	  NULL, "code close_reason" },
	{ "restarting", SEV_INFO, CAUSE_STREAM, AT_FRAME, stopping,
	  "{close_sender} ended the connection because it stops or restarts: {closing}", NULL,
	  "code close_reason" },
	{ "bad-utf8", SEV_ERROR, CAUSE_STREAM, AT_FRAME, utf8_1007,
	  "{close_sender} ended the connection with 1007: {close_receiver} sent text that is not "
	  "UTF-8",
	  NULL, "code close_reason" },
	{ "server-heartbeat", SEV_ERROR, CAUSE_STREAM, AT_FRAME, heartbeat_closed,
	  "{close_sender} ended the connection because {close_receiver} did not answer its ping "
	  "for {client_silence} s",
	  NULL, "client_silence code close_reason" },
	{ "app-error", SEV_ERROR, CAUSE_STREAM, AT_FRAME, app_1011,
	  "{close_sender} ended the connection with {closing}: the application failed", NULL,
	  "code close_reason" },
	{ "client-error", SEV_WARNING, CAUSE_STREAM, AT_FRAME, client_1011,
	  "{close_sender} ended the connection with {closing}: the client's program failed", NULL,
	  "code close_reason" },
	{ "bad-frame", SEV_ERROR, CAUSE_STREAM, AT_FRAME, protocol_1002,
	  "{close_sender} ended the connection with {closing}: it could not accept what "
	  "{close_receiver} sent",
	  NULL, "code close_reason" },
	{ "unsupported-data", SEV_ERROR, CAUSE_STREAM, AT_FRAME, unsupported_1003,
	  "{close_sender} ended the connection with {closing}: it takes no messages of the kind "
	  "that {close_receiver} sent",
	  NULL, "code close_reason" },
	{ "extension", SEV_ERROR, CAUSE_STREAM, AT_FRAME, extension_1010,
	  "{close_sender} ended the connection with {closing}: {close_receiver} did not agree to "
	  "an extension that it needs",
	  "have the server agree to that extension, or the client do without it",
	  "code close_reason extensions_offered extensions_granted" },
	{ "policy", SEV_WARNING, CAUSE_STREAM, AT_FRAME, policy,
	  "{close_sender} refused to go on: {closing}", NULL, "code close_reason" },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload,
	  "{closer} ended {together} connections together, without a Close frame: it was reloaded "
	  "or stopped",
	  NULL, "together silence lived_ms how first" },
	{ "backend-restart", SEV_WARNING, CAUSE_END, AT_END, passed_on,
	  "{closer} ended {together} connections together, without a Close frame, and goes on "
	  "itself: probably the server behind it was restarted or stopped",
	  NULL, "together remain silence lived_ms how first", .certainty = LIKELY },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, reload_or_restart,
	  "{closer} ended {together} connections together, without a Close frame: probably it was "
	  "reloaded or stopped, or the server behind it was (whether its process went on is not "
	  "seen here)",
	  NULL, "together silence lived_ms how first", .certainty = LIKELY },
	{ "heartbeat-races", SEV_ERROR, CAUSE_END, AT_END, races,
	  "{closer} cut the connection after {silence} s without traffic, and pings come every "
	  "{ping_every} s: they race its timeout",
	  "{ping_fits}, or raise the timeout", "silence ping_every equal first how" },
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

static bool waits(const struct facts *f)
{
	return f && (f->wait.unread || f->wait.unsent);
}

/*
 * Returns whether this process does not read. A proxy that cannot pass on what it has stops
 * reading, too: then the leg upstream is to blame.
 */
static bool not_reading(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.unread_for >= 2 * NS_PER_SEC &&
	       !waits(f->conn->role == WST_SERVER ? f->upstream : f->downstream);
}

static bool slow_reader(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.unsent_for >= 2 * NS_PER_SEC &&
	       !waits(f->conn->role == WST_SERVER ? f->downstream : f->upstream);
}

/* Returns whether the peer is through with the connection, and this end's process never closes. */
static bool close_wait(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.unclosed_for >= 10 * NS_PER_SEC;
}

/* Returns whether too much is sent again. A little loss is how TCP finds out how fast a path is. */
static bool loss(const struct facts *f)
{
	return is_ws(f) && !(f->end.seen && f->end.how == WST_TIMEOUT) && f->wait.retrans >= 10 &&
	       f->wait.retrans >= f->wait.segments / 20;
}

static bool tiny_frames(const struct facts *f)
{
	return f->s[f->dir].busy_seconds == 3;
}

static bool pong_behind(const struct facts *f)
{
	const struct stream_facts *s = &f->s[f->dir];

	return f->rtt_us > 500000 && s->data_len > 1 << 20 && s->data_ts &&
	       s->last_ts > s->data_ts &&
	       /* the message may have begun before the ping */
	       s->last_ts - s->data_ts < 2 * f->rtt_us * 1000ULL;
}

static bool proxy_slow(const struct facts *f)
{
	return f->delays >= 16 && f->delay_us >= 50000;
}

/*
 * Returns whether small writes are late one after the other. A host that stalls is late only now
 * and then.
 */
static bool nagle(const struct facts *f)
{
	return f->held.run >= 5;
}

static bool nagle_nginx(const struct facts *f)
{
	return nagle(f) && proxy_named(f->conn->comm) == PROXY_NGINX;
}

static bool stampede(const struct facts *f)
{
	return f->mass_closes >= 20 && f->opens == (f->mass_closes + 1) / 2;
}

#define NAGLE_SAYS                                                                                 \
	"small messages of {here} wait about {held_ms} ms before they leave: TCP_NODELAY is off, " \
	"and Nagle's algorithm holds each until {peer} has acknowledged the one before"
#define NAGLE_EVIDENCE "held held_ms rtt_min_us dir"

const struct rule rules_load[] = {
	{ "not-reading", SEV_ERROR, CAUSE_LOAD, AT_LOOK, not_reading,
	  "{here} has not read for {unread_for} s, and {unread} bytes wait for it: it is busy, or "
	  "stuck",
	  NULL, "unread unread_for" },
	{ "slow-reader", SEV_WARNING, CAUSE_LOAD, AT_LOOK, slow_reader,
	  "{peer} takes nothing more, and {unsent} bytes that {here} sent have waited for "
	  "{unsent_for} s",
	  NULL, "unsent unsent_for window" },
	{ "close-wait", SEV_WARNING, CAUSE_LOAD, AT_LOOK, close_wait,
	  "{peer} ended its side {unclosed_for} s ago, and {here} has not closed the connection: "
	  "it stays in CLOSE_WAIT, and keeps a file descriptor",
	  NULL, "unclosed_for unread" },
	{ "loss-stall", SEV_WARNING, CAUSE_LOAD, AT_LOOK | AT_END, loss,
	  "of about {segments} segments to {peer}, {retrans} were sent again: packets get lost, "
	  "and each loss holds up what comes behind it",
	  NULL, "retrans segments" },
	{ "proxy-slow", SEV_WARNING, CAUSE_LOAD, AT_LOOK, proxy_slow,
	  "{server} adds {delay_ms} ms to a message (the median of {delays})", NULL,
	  "delay_ms delays upstream" },
	{ "nagle", SEV_WARNING, CAUSE_LOAD, AT_HELD, nagle_nginx, NAGLE_SAYS,
	  "tcp_nodelay on; in {here}'s configuration, which is the default: somewhere it says off",
	  NAGLE_EVIDENCE },
	{ "nagle", SEV_WARNING, CAUSE_LOAD, AT_HELD, nagle, NAGLE_SAYS,
	  "set TCP_NODELAY in {here}, or write what belongs together with one call",
	  NAGLE_EVIDENCE },
	{ "pong-behind", SEV_WARNING, CAUSE_LOAD, AT_FRAME, pong_behind,
	  "a pong of {sender} came after {rtt_ms} ms, behind a frame of {data_len} bytes", NULL,
	  "rtt_ms data_len dir" },
	{ "tiny-frames", SEV_WARNING, CAUSE_LOAD, AT_FRAME, tiny_frames,
	  "{sender} sends {frames_per_second} frames of less than 32 bytes a second", NULL,
	  "frames_per_second dir" },
	{ "stampede", SEV_WARNING, CAUSE_CROWD, AT_REQUEST, stampede,
	  "{opens} clients come back to {server} within a second, after {mass_closes} connections "
	  "ended together",
	  NULL, "opens mass_closes port" },
	{ 0 },
};
