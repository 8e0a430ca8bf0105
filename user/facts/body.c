// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "facts/body.h"

/* Of two rows that fit, the first counts. */
static const struct body_words rows[] = {
	{ "request header or cookie too large", BODY_HEAD }, /* nginx */
	{ "request header fields too large", BODY_HEAD }, /* node, uvicorn, Jetty */
	{ "request header is too large", BODY_HEAD }, /* Tomcat */
	{ "size of a request header field", BODY_HEAD }, /* Apache */
	{ "request-uri too large", BODY_HEAD }, /* nginx */
	{ "uri too long", BODY_HEAD },
	{ "limit request headers fields", BODY_HEAD }, /* gunicorn */
	{ "header value too long", BODY_HEAD }, /* aiohttp, hyper */
	{ "got more than*bytes*when reading", BODY_HEAD }, /* aiohttp */
	{ "plain http request was sent to https port", BODY_TLS }, /* nginx */
	{ "client sent an http request to an https server", BODY_TLS }, /* Go */
	{ "speaking plain http to", BODY_TLS }, /* Apache */
	{ "host and port requires tls", BODY_TLS }, /* Tomcat */
	{ "session id unknown", BODY_SESSION }, /* engine.io */
	{ "invalid session", BODY_SESSION }, /* python-engineio */
	{ "unknown session", BODY_SESSION },
	{ "no connection with that id", BODY_SESSION }, /* SignalR */
	{ "connection id required", BODY_SESSION },
	{ "not an accepted origin", BODY_ORIGIN }, /* python-engineio */
	{ "cross origin websockets not allowed", BODY_ORIGIN }, /* tornado */
	{ "invalid cors request", BODY_ORIGIN }, /* Spring */
	{ "origin not allowed", BODY_ORIGIN },
	{ "origin*is not allowed", BODY_ORIGIN },
	{ "origin*is not authorized", BODY_ORIGIN },
	{ "origin*not permitted", BODY_ORIGIN },
	{ "invalid origin", BODY_ORIGIN },
	{ "invalid host header", BODY_HOST }, /* webpack, Starlette */
	{ "invalid frontend header: 'host'", BODY_HOST },
	{ "disallowedhost", BODY_HOST }, /* Django */
	{ "host*is not allowed", BODY_HOST }, /* Vite */
	{ "blocked host", BODY_HOST }, /* Rails */
	{ "can \"upgrade\" only to \"websocket\"", BODY_UPGRADE }, /* Spring, tornado */
	{ "\"connection\" must be \"upgrade\"", BODY_UPGRADE }, /* tornado */
	{ "missing or invalid sec-websocket-key", BODY_UPGRADE }, /* ws */
	{ "sec-websocket-version", BODY_VERSION }, /* ws, gorilla, tungstenite, Jetty */
	{ "unsupported websocket*version", BODY_VERSION }, /* coder/websocket, actix, Netty */
	{ "unsupported version: ", BODY_VERSION }, /* aiohttp */
	{ "websocket version header is required", BODY_VERSION }, /* actix */
	{ "invalid upgrade header", BODY_UPGRADE },
	{ "invalid connection header", BODY_UPGRADE },
	{ "upgrade' token not found", BODY_UPGRADE }, /* gorilla */
	{ "not using the websocket protocol", BODY_UPGRADE },
	{ "no websocket upgrade hdr", BODY_UPGRADE }, /* aiohttp */
	{ "websocket upgrade is expected", BODY_UPGRADE }, /* actix */
	{ "requires use of the websocket protocol", BODY_UPGRADE },
	{ "only websocket connections are accepted", BODY_UPGRADE },
	{ "upgrade to websocket required", BODY_UPGRADE },
	{ "upgrade required", BODY_UPGRADE },
	{ "not a websocket handshake", BODY_HANDSHAKE },
	{ "websocket protocol violation", BODY_HANDSHAKE }, /* coder/websocket */
	{ "failed to open a websocket connection", BODY_HANDSHAKE }, /* python websockets */
	{ "handshake failed", BODY_HANDSHAKE },
	{ "unsupported upgrade request", BODY_UPGRADE }, /* uvicorn without a library for it */
	{ "bad handshake method", BODY_UPGRADE }, /* engine.io */
	{ "no healthy upstream", BODY_NO_UPSTREAM }, /* Envoy */
	{ "no server is available to handle", BODY_NO_SERVER }, /* HAProxy */
	{ "failure to get a peer", BODY_NO_UPSTREAM }, /* Kong */
	{ "no available server", BODY_NO_UPSTREAM }, /* Traefik */
	{ "before headers. reset reason: connection failure", BODY_UNREACHED }, /* Envoy */
	{ "before headers. reset reason: remote connection failure", BODY_UNREACHED },
	{ "before headers. reset reason: connection timeout", BODY_UNREACHED },
	{ "before headers. reset reason: overflow", BODY_LIMIT },
	{ "before headers. reset reason: connection termination", BODY_BROKEN },
	{ "before headers. reset reason: protocol error", BODY_BROKEN },
	{ "upstream connect error or disconnect/reset before headers", BODY_BROKEN },
	{ "backend fetch failed", BODY_BROKEN }, /* Varnish */
	{ "invalid response was received from the upstream", BODY_BROKEN }, /* Kong */
	{ "returned an invalid or incomplete response", BODY_BROKEN }, /* HAProxy */
	{ "invalid response from an upstream server", BODY_BROKEN }, /* Apache */
	{ "upgrade_failed", BODY_BROKEN },
	{ "upstream request timeout", BODY_LATE }, /* Envoy */
	{ "the server didn't respond in time", BODY_LATE }, /* HAProxy */
	{ "upstream server is timing out", BODY_LATE }, /* Kong */
	{ "stream timeout", BODY_LATE },
	{ "too many connections", BODY_LIMIT },
	{ "too many requests", BODY_LIMIT },
	{ "rate limit", BODY_LIMIT },
	{ "connection limit", BODY_LIMIT },
	{ "no route matched with those values", BODY_OTHER }, /* Kong */
	{ "404 page not found", BODY_OTHER }, /* Go, Traefik */
	{ "transport unknown", BODY_OTHER }, /* engine.io */
	{ "unsupported protocol version", BODY_ENGINE },
	{ "unsupported version of the socket.io or engine.io", BODY_ENGINE }, /* python-engineio */
	{ "csrf", BODY_OTHER },
	{ "access denied", BODY_OTHER }, /* daphne */
	{ "token expired", BODY_OTHER },
	{ "token*invalid", BODY_OTHER },
	{ "invalid token", BODY_OTHER },
	{ "error code: 52", BODY_BROKEN }, /* Cloudflare */
	{ "sent an invalid request", BODY_INVALID }, /* HAProxy */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* Finds the n bytes of a word, in whatever case, in body. Returns what follows; p is NULL: none. */
static struct span find(struct span body, const char *word, size_t n)
{
	for (size_t at = 0; at + n <= body.n; at++) {
		size_t i = 0;

		while (i < n && lower(body.p[at + i]) == word[i])
			i++;
		if (i == n)
			return (struct span){ body.p + at + n, body.n - at - n };
	}
	return (struct span){};
}

static int has_words(struct span body, const char *words)
{
	while (body.p && *words) {
		size_t n = strcspn(words, "*");

		body = find(body, words, n);
		words += n + (words[n] == '*');
	}
	return body.p != NULL;
}

const struct body_words *body_find(struct span body)
{
	for (size_t i = 0; body.n && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (has_words(body, rows[i].words))
			return &rows[i];
	return NULL;
}
