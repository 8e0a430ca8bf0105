/* SPDX-License-Identifier: GPL-2.0-only */
/* What has been observed of a handshake's request and response. */
#ifndef FACTS_HEADS_H
#define FACTS_HEADS_H

#include "decode/conn.h"
#include "facts/body.h"

/* What of a request is compared with one that worked, beside path, Origin and Host. */
enum asked {
	ASKED_QUERY,
	ASKED_COOKIE,
	ASKED_AUTH,
	ASKED_PROTOCOL,
	ASKED_VERSION,
	ASKED_OTHERS, /* all other headers but the key, Host and Origin */
	ASKED_PARTS
};

/* Strings are NULL where there is nothing. Times are CLOCK_REALTIME, ns; 0: not yet. */
struct request_facts {
	bool seen, cut; /* cut: headers are missing */
	bool unjudged; /* no rule has looked at its headers yet */
	bool websocket; /* Upgrade: websocket */
	bool wanted; /* somebody wants a WebSocket: Upgrade, or a Sec-WebSocket-Key */
	bool connection; /* the Connection header names upgrade */
	bool key_good; /* 16 bytes in base64 */
	bool http10;
	const char *bad_line; /* what is wrong with the request line; NULL: nothing */
	char *flaw_says; /* what is wrong with its headers, words behind "a request that"; NULL */
	uint64_t parts[ASKED_PARTS]; /* hashes */
	uint32_t hidden; /* a bit for each of them that a file shows redacted */
	uint32_t engine; /* the version of engine.io's protocol that it asks for; 0: none */
	uint32_t seq;
	uint64_t ts, len; /* len: bytes of the head */
	char longest[24]; /* the name of its longest header; "/": the target is longer */
	char *target; /* for comparing; outputs show shown_target */
	char *shown_target, *upgrade, *connection_value, *key, *version, *host, *origin, *protocols,
		*extensions;
};

/* Why clients reject a 101. */
enum flaw {
	FLAW_NONE,
	FLAW_101,
	FLAW_ACCEPT,
	FLAW_EXTENSION,
	FLAW_PROTOCOL,
	FLAW_NO_PROTOCOL, /* none of those offered; most clients do not mind */
};

struct response_facts {
	bool seen, cut;
	bool websocket; /* a 101 that opens WebSocket */
	bool endless; /* nothing but the end of the connection says where its body ends */
	bool cached; /* a header says that a cache had it */
	bool envoys; /* Envoy made it by itself, as its headers tell */
	uint16_t status;
	int64_t length; /* Content-Length; -1: none */
	int accept_ok; /* -1: nothing to judge */
	uint64_t ts;
	const struct body_words *says; /* what the body says, where that is known; NULL: nothing */
	char *reason, *accept, *protocol, *extensions, *location, *version, *type;
	enum flaw flaw;
	char *flaw_says; /* words behind "a 101 that" */
};

/* An upstream that a proxy could not connect to. */
struct down_facts {
	char addr[ADDR_LEN]; /* empty: none */
	uint8_t how; /* enum wst_end_how: refused, or no answer */
	uint64_t ts;
};

/* What the same server took a moment before it refused this request. */
struct contrast_facts {
	bool pair; /* the same Origin and Host */
	bool path; /* the same path */
	bool passed; /* a proxy has passed that one on, to an upstream that was seen */
	uint32_t differs; /* where both are the same: a bit for each enum asked that is another */
	uint32_t hidden; /* a bit for each that cannot be compared */
	uint32_t engine; /* as in request_facts */
	uint64_t len; /* bytes of its head */
	uint64_t ts; /* the last such 101; 0: none */
	char *target, *origin; /* of that one */
};

#endif
