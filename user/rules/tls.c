// SPDX-License-Identifier: GPL-2.0-only
/* Rules about TLS on a plain port, and plain HTTP on one with TLS. */
#include "lib/units.h"
#include "rules/rules.h"

/* Bytes of a ClientHello with one cipher and without extensions, in its record; others are larger
 */
#define HELLO_MIN 50

/* Returns whether the client wants to speak TLS, and does not only look who is there. */
static bool hello(const struct facts *f)
{
	return f->opaque_why == WST_WHY_TLS && f->end.seen && f->end.sent >= HELLO_MIN &&
	       !f->probing;
}

/* Returns whether a proxy's TLS is answered in plain HTTP. */
static bool tls_to_plain(const struct facts *f)
{
	return f->opaque_why == WST_WHY_TLS && f->res.seen && f->downstream;
}

static bool hello_to_plain(const struct facts *f)
{
	return hello(f) && f->res.seen;
}

static bool tls_unanswered(const struct facts *f)
{
	return hello(f) && !server_heard(f) && !f->port_tls;
}

/* Returns whether TLS is not answered on a port where plain HTTP is. */
static bool tls_in_vain(const struct facts *f)
{
	return tls_unanswered(f) && f->port_plain;
}

static bool tls_hung_up(const struct facts *f)
{
	return tls_unanswered(f) && !f->end.by_client &&
	       !facts_longer(f, f->end.lived, NS_PER_SEC) && end_by_side(f);
}

static bool plain_to_tls(const struct facts *f)
{
	return f->res.status == 400 && f->port_tls;
}

/* Returns whether a request is not answered on a port where others speak TLS. */
static bool plain_unanswered(const struct facts *f)
{
	return f->req.wanted && !f->req.cut && !server_heard(f) && f->end.seen &&
	       !f->end.by_client && f->port_tls;
}

static bool tls_answer(const struct facts *f)
{
	return f->req.wanted && f->answer_why == WST_WHY_TLS;
}

#define TLS_TO_PLAIN "{client} speaks TLS to {server}, which speaks plain HTTP"

const struct rule rules_tls[] = {
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_OPAQUE, tls_to_plain, TLS_TO_PLAIN, NULL,
	  "server_addr client_addr status" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, hello_to_plain, TLS_TO_PLAIN,
	  "use ws:// there, or have {server} speak TLS on that port",
	  "server_addr client_addr status" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, tls_in_vain,
	  "{client} spoke TLS to {server}, which answers others in plain HTTP, and got no"
	  " answer: probably ws:// is meant",
	  NULL, "server_addr client_addr how lived_ms", .certainty = LIKELY, .hop = "" },
	{ "tls-mismatch", SEV_WARNING, CAUSE_HANDSHAKE, AT_END, tls_hung_up,
	  "{client} spoke TLS to {server}, which hung up at once: probably it speaks plain HTTP",
	  NULL, "server_addr client_addr how lived_ms", .certainty = LIKELY, .hop = "" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_OPAQUE, tls_answer,
	  "{client} speaks plain HTTP to {server}, which answers in TLS", NULL,
	  "server_addr client_addr target" },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_RESPONSE, plain_to_tls,
	  "{client} got {answer} from {server}, probably since it speaks plain HTTP, and"
	  " others speak TLS there",
	  NULL, "server_addr client_addr status", .certainty = LIKELY },
	{ "tls-mismatch", SEV_ERROR, CAUSE_HANDSHAKE, AT_END, plain_unanswered,
	  "{server} hung up on {client}, which speaks plain HTTP, without an answer: probably "
	  "wss:// is meant, since others speak TLS there",
	  NULL, "server_addr client_addr how waited_ms", .certainty = LIKELY },
	{ 0 },
};
