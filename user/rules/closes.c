// SPDX-License-Identifier: GPL-2.0-only
/* Rules about closing handshakes (RFC 6455, 7) that go wrong, and about ends that come too early.
 */
#include "facts/chain.h"
#include "facts/reason.h"
#include "lib/units.h"
#include "rules/rules.h"
#include "rules/stream.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Returns whether the two bytes of the code are digits: no such code is registered. */
static bool code_in_letters(const struct facts *f)
{
	uint16_t code = f->s[f->dir].code;

	return f->s[f->dir].closed && code >= 5000 && is_digit(code >> 8) && is_digit(code & 0xff);
}

static bool granted_deflate(const struct facts *f)
{
	return seen_whole(f) && has_deflate(f);
}

static bool cannot_inflate(const struct facts *f)
{
	return granted_deflate(f) && close_says(f) == MEANS_COMPRESSION;
}

/*
 * Returns whether a side says that a message is no UTF-8 which came to it compressed: where it
 * cannot be inflated, libraries say so, too.
 */
static bool compressed_1007(const struct facts *f)
{
	const struct stream_facts *s = first_close(f);

	return granted_deflate(f) && s && s->code == 1007 &&
	       f->s[s == &f->s[WST_C2S] ? WST_S2C : WST_C2S].compressed;
}

/* Returns whether a side gives a reason of its own for 1002, and what it got was sound. */
static bool application_1002(const struct facts *f)
{
	const struct stream_facts *s = first_close(f);

	return seen_whole(f) && !f->other_blind && s && s->code == 1002 && s->reason &&
	       *s->reason && close_says(f) == MEANS_NOTHING;
}

/* Most libraries wait 10 to 30 s for the end of TCP, browsers' pages see that wait. */
#define LINGER (3 * NS_PER_SEC)
#define LINGERS (10 * NS_PER_SEC) /* after which one that is still open is told of */

/* Returns whether both sides said goodbye, and the server kept the connection (RFC 6455, 7.1.1). */
static bool kept_open(const struct facts *f)
{
	return f->s[WST_C2S].closed && f->s[WST_S2C].closed &&
	       facts_longer(f, end_lingered(f) + 1, LINGER) && f->end.by_client;
}

/* The same, where the server ends it at last, before its client has had enough. */
static bool ended_late(const struct facts *f)
{
	return f->s[WST_C2S].closed && f->s[WST_S2C].closed &&
	       facts_longer(f, end_lingered(f) + 1, LINGER) && !f->end.by_client &&
	       f->end.how != WST_TIMEOUT && f->end.how != WST_EXIT;
}

/* The same, of a connection that is open yet. */
static bool still_open(const struct facts *f)
{
	return is_ws(f) && !f->end.seen && f->wait.closed_for >= LINGERS;
}

static bool close_unanswered(const struct facts *f)
{
	return !end_blind(f) && f->s[WST_C2S].closed != f->s[WST_S2C].closed &&
	       facts_longer(f, end_lingered(f) + 1, LINGER) &&
	       f->end.by_client == f->s[WST_C2S].closed;
}

#define AT_ONCE (2 * NS_PER_SEC)

/* Returns whether the server ends what it has just opened, before either side said anything. */
static bool ended_at_once(const struct facts *f)
{
	return seen_whole(f) && f->req.shown_target && *f->req.shown_target && !end_blind(f) &&
	       !f->s[WST_C2S].frames && !f->s[WST_S2C].frames && !f->end.by_client &&
	       !facts_longer(f, f->end.lived + 1, AT_ONCE) && !f->end.process_gone &&
	       f->end.together < 3 && f->end.how == WST_FIN;
}

/* Returns whether a proxy ended all when the first compressed message came, and did not pass it. */
static bool proxy_broke(const struct facts *f)
{
	const struct stream_facts *s2c = f->upstream ? &f->upstream->s[WST_S2C] : NULL;

	return s2c && !end_blind(f) && !end_blind(f->upstream) && proxy_ended(f) &&
	       granted_deflate(f->upstream) && s2c->compressed && s2c->compressed_frames == 1 &&
	       f->s[WST_S2C].frames < s2c->frames && !first_close(f) && !first_close(f->upstream);
}

/* The same, of the leg that ended first. */
static bool broke_downstream(const struct facts *f)
{
	return f->downstream && proxy_broke(f->downstream);
}

#define BROKE                                                                                    \
	"ended both legs when the first compressed message came from its upstream, and did not " \
	"pass it on: probably it cannot carry permessage-deflate"

/* Returns whether a Close frame gives no other reason than that a program stops. */
static bool close_means_little(const struct stream_facts *s)
{
	enum close_meaning says = close_meaning(s);

	return says == MEANS_NOTHING || says == MEANS_STOP;
}

/* Returns whether the proxy between two legs sent the first Close frame to both of its sides. */
static bool closed_both(const struct facts *down)
{
	const struct facts *up = down->upstream;
	const struct stream_facts *s = first_close(down);

	return up && s == &down->s[WST_S2C] && first_close(up) == &up->s[WST_C2S] &&
	       (s->code == 1001 || s->code == 1012) && close_means_little(s);
}

static bool proxy_closed(const struct facts *f)
{
	return is_ws(f) && f->end.restarts >= 2 && f->end.restarts > f->end.stay &&
	       (closed_both(f) || (f->downstream && closed_both(f->downstream)));
}

const struct rule rules_close[] = {
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, code_in_letters,
	  "{sender} sent a Close frame whose code is written in digits, '{code_digits}', in place "
	  "of two bytes: it reads as {sent_code}",
	  "send the code as a number of two bytes, the high one first (RFC 6455, 5.5.1)",
	  "dir code len" },
	{ "extension", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, cannot_inflate,
	  "{close_sender} ended the connection with {closing}: it agreed to permessage-deflate, "
	  "and cannot read what is compressed",
	  "do not offer, or grant, permessage-deflate in {close_sender} (a header set by hand does "
	  "not make a library inflate)",
	  "code close_reason extensions_offered extensions_granted" },
	{ "extension", SEV_ERROR, CAUSE_STREAM, AT_CLOSE, compressed_1007,
	  "{close_sender} ended the connection with {closing}, after a compressed message of "
	  "{close_receiver}: probably it could not inflate that, since one side keeps a context "
	  "that the other gave up; or its text is not UTF-8",
	  "see with -s full whether wstrace can inflate it; compare both sides' settings of "
	  "no_context_takeover, or switch permessage-deflate off",
	  "code close_reason extensions_offered extensions_granted", .certainty = LIKELY },
	{ "policy", SEV_WARNING, CAUSE_STREAM, AT_CLOSE, application_1002,
	  "{close_sender} ended the connection with {closing}: no frame of {close_receiver} breaks "
	  "RFC 6455, so that its reason tells what is wrong",
	  "read the reason: it is the application's own", "code close_reason" },
	{ "extension", SEV_ERROR, CAUSE_END, AT_END, proxy_broke, "{server} " BROKE,
	  "switch permessage-deflate off in the application, or have the proxy remove "
	  "Sec-WebSocket-Extensions from the request",
	  "extensions_granted first how", .certainty = LIKELY },
	{ "extension", SEV_ERROR, CAUSE_END, AT_END, broke_downstream, "{client} " BROKE,
	  "switch permessage-deflate off in the application, or have the proxy remove "
	  "Sec-WebSocket-Extensions from the request",
	  "extensions_granted first how", .certainty = LIKELY },
	{ "reload", SEV_WARNING, CAUSE_END, AT_END, proxy_closed,
	  "{close_sender} closed {restarts} connections together on both of their sides, with "
	  "{closing}: probably its configuration was reloaded, or it was stopped",
	  NULL, "restarts code close_reason lived_ms", .certainty = LIKELY },
	{ "close-timeout", SEV_WARNING, CAUSE_END, AT_END, kept_open,
	  "both sides had sent their Close frames, but {server} kept the TCP connection for "
	  "{lingered} s, until {client} ended it: the server has to end it at once",
	  "have {server} end TCP behind its Close frame (RFC 6455, 7.1.1)", "lingered first how" },
	{ "close-timeout", SEV_WARNING, CAUSE_END, AT_END, ended_late,
	  "both sides had sent their Close frames, but {server} ended the TCP connection only "
	  "{lingered} s later: the client has to wait for that",
	  "have {server} end TCP at once behind its Close frame (RFC 6455, 7.1.1)",
	  "lingered first how" },
	{ "close-timeout", SEV_WARNING, CAUSE_END, AT_LOOK, still_open,
	  "both sides sent their Close frames {closed_for} s ago, but {server} keeps the TCP "
	  "connection open: the server has to end it at once",
	  "have {server} end TCP behind its Close frame (RFC 6455, 7.1.1)", "closed_for" },
	{ "close-timeout", SEV_WARNING, CAUSE_END, AT_END, close_unanswered,
	  "{close_receiver} did not answer the Close frame of {close_sender}, which ended the "
	  "connection {lingered} s later",
	  "have {close_receiver} read on and answer a Close frame with its own (RFC 6455, 5.5.1)",
	  "lingered code first how" },
	{ "no-goodbye", SEV_WARNING, CAUSE_END, AT_END, ended_at_once,
	  "{server} ended the connection {lived_ms} ms after its 101 for {target}, without a Close "
	  "frame and before any other",
	  "see the server's log: a time-out of the HTTP phase that goes on, a handler that "
	  "returned or failed, or a second handler for the upgrade",
	  "target lived_ms how" },
	{ 0 },
};
