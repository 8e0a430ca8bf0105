// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>
#include "facts/reason.h"

/*
 * The words of servers and libraries: websockets, Jetty, Tomcat, Netty, SignalR, ws, gorilla,
 * tungstenite, balancers. Of two rows that fit, the first counts.
 */
static const struct {
	const char *words; /* all of them, in this order, with anything between; blanks divide */
	enum close_meaning meaning;
} rows[] = {
	{ "keepalive", MEANS_KEEPALIVE },
	{ "keep-alive", MEANS_KEEPALIVE },
	{ "ping timeout", MEANS_KEEPALIVE },
	{ "ping timed out", MEANS_KEEPALIVE },
	{ "pong", MEANS_KEEPALIVE },
	{ "heartbeat", MEANS_KEEPALIVE },
	{ "heart beat", MEANS_KEEPALIVE },
	{ "no ping", MEANS_KEEPALIVE },
	{ "missed ping", MEANS_KEEPALIVE },
	{ "rsv", MEANS_COMPRESSION },
	{ "reserved bit", MEANS_COMPRESSION },
	{ "compress", MEANS_COMPRESSION },
	{ "inflat", MEANS_COMPRESSION },
	{ "deflat", MEANS_COMPRESSION },
	{ "zlib", MEANS_COMPRESSION },
	{ "too big", MEANS_SIZE },
	{ "too large", MEANS_SIZE },
	{ "too long", MEANS_SIZE },
	{ "message size", MEANS_SIZE },
	{ "frame size", MEANS_SIZE },
	{ "exceed size", MEANS_SIZE },
	{ "exceed length", MEANS_SIZE },
	{ "size exceed", MEANS_SIZE },
	{ "length exceed", MEANS_SIZE },
	{ "max length", MEANS_SIZE },
	{ "buffer capacity", MEANS_SIZE },
	{ "read limit", MEANS_SIZE },
	{ "shutting down", MEANS_STOP },
	{ "shutdown", MEANS_STOP },
	{ "shut down", MEANS_STOP },
	{ "restart", MEANS_STOP },
	{ "going down", MEANS_STOP },
	{ "maintenance", MEANS_STOP },
	{ "drain", MEANS_STOP },
	{ "deploy", MEANS_STOP },
	{ "server stop", MEANS_STOP },
	{ "server is stop", MEANS_STOP },
	{ "service stop", MEANS_STOP },
	{ "frame", MEANS_FRAMING },
	{ "opcode", MEANS_FRAMING },
	{ "mask", MEANS_FRAMING },
	{ "continuation", MEANS_FRAMING },
	{ "fragment", MEANS_FRAMING },
	{ "utf", MEANS_FRAMING },
	{ "protocol error", MEANS_FRAMING },
	{ "idle", MEANS_IDLE },
	{ "inactiv", MEANS_IDLE },
	{ "no activity", MEANS_IDLE },
	{ "timeout expired", MEANS_IDLE },
	{ "read timeout", MEANS_IDLE },
	{ "read timed out", MEANS_IDLE },
	{ "connection timeout", MEANS_IDLE },
	{ "connection timed out", MEANS_IDLE },
	{ "session timed out", MEANS_IDLE },
	{ "session timeout", MEANS_IDLE },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* Finds the n bytes of word in text, which may be in capitals. Returns what follows, or NULL. */
static const char *find(const char *text, const char *word, size_t n)
{
	for (; *text; text++) {
		size_t i = 0;

		while (i < n && lower(text[i]) == word[i])
			i++;
		if (i == n)
			return text + n;
	}
	return NULL;
}

static int has_words(const char *text, const char *words)
{
	while (text && *words) {
		size_t n = strcspn(words, " ");

		text = find(text, words, n);
		words += n + (words[n] == ' ');
	}
	return text != NULL;
}

enum close_meaning reason_meaning(const char *reason)
{
	for (size_t i = 0; reason && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (has_words(reason, rows[i].words))
			return rows[i].meaning;
	return MEANS_NOTHING;
}
