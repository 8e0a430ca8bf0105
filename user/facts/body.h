/* SPDX-License-Identifier: GPL-2.0-only */
/* What servers say in the body of an answer that refuses a request. */
#ifndef FACTS_BODY_H
#define FACTS_BODY_H

#include "lib/buf.h"

enum body_meaning {
	BODY_LIMIT, /* a limit of connections or requests */
	BODY_HEAD, /* the request's head is too large */
	BODY_TLS, /* TLS is wanted */
	BODY_SESSION, /* the session, or connection id, is not known */
	BODY_ORIGIN, /* the Origin is not let in */
	BODY_HOST, /* the Host is not known, or not let in */
	BODY_UPGRADE, /* the request lacks what makes a WebSocket's */
	BODY_VERSION, /* the version of WebSocket, or of its request, is not taken */
	BODY_HANDSHAKE, /* the handshake failed, for whatever reason */
	BODY_ENGINE, /* the version of engine.io's protocol is not taken */
	BODY_NO_UPSTREAM, /* a proxy has no live upstream */
	BODY_NO_SERVER, /* a proxy has none, or none that is free */
	BODY_UNREACHED, /* a proxy could not connect to its upstream */
	BODY_LATE, /* its upstream did not answer in time */
	BODY_BROKEN, /* its upstream's answer was none */
	BODY_INVALID, /* the request is wrong, or too large: HAProxy says the same of both */
	BODY_OTHER,
};

struct body_words {
	/*
	 * What verdicts show: the bytes themselves may hold secrets. Each word that a star divides
	 * is there, in this order, in whatever case.
	 */
	const char *words;
	enum body_meaning meaning;
};

/* Returns what a body, or its start, says; NULL: nothing that is known. */
const struct body_words *body_find(struct span body);

#endif
