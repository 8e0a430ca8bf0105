/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of diagnosis are rows of tables. The engine (diagnose.c) knows none of them by name. A
 * new rule is a new row; if it needs a new fact, that is a field in facts.h and a name in
 * fact_text.c.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "facts/endpoints.h"

enum severity { SEV_INFO, SEV_WARNING, SEV_ERROR };

/*
 * How sure a verdict is. CERTAIN: the bytes or the kernel showed what the sentence says. LIKELY:
 * the sentence holds a guess, and says so with the word "probably".
 */
enum certainty { CERTAIN, LIKELY };

/* When a rule is asked. A rule need not check what its moment implies. */
enum moment {
	AT_REQUEST = 1, /* a request for a WebSocket; the leg downstream is joined */
	AT_RESPONSE = 2, /* the answer to such a request, with all its headers */
	AT_FRAME = 4, /* a remarkable frame, see observe_frame() */
	/* the end of a connection, once its other legs have ended, too, or a second later */
	AT_END = 8,
	AT_LOOK = 16, /* about every second, while data waits */
	AT_OPAQUE = 32, /* bytes that are not HTTP, and the server's answer to them */
	AT_HELD = 64, /* a small write that had waited for a late acknowledgement */
	/* a request for a WebSocket that has had no answer for long; asked for the first leg */
	AT_WAIT = 128,
	/* a 101 that clients reject, once this client has gone on, or hung up, or some time later
	 */
	AT_FLAW = 256,
	AT_PLAIN = 512, /* the answer to a request for something else than a WebSocket */
	/* the answer to a request that was seen in part, or its end without an answer */
	AT_CUT = 1024,
	/* a request for a WebSocket, with all its headers, that got no 101; its legs are joined */
	AT_REFUSED = 2048,
	AT_CLOSE = 8192, /* the chain's first Close frame, asked for the leg of its sender */
	/* asked for the other legs, once what proxies made of that Close is known */
	AT_PASSED = 16384,
	AT_LEFT = 4096, /* instead of AT_END: the client left at once after the 101 */
};

/*
 * Kinds of causes. A connection, with all its legs, gets at most one verdict of each kind, that of
 * the first row that fits. A handshake, stream or end that went wrong explains the later kinds
 * among these three, so that no verdict on them follows. CAUSE_NOTE: what did no harm.
 */
enum cause {
	CAUSE_HANDSHAKE,
	CAUSE_STREAM,
	CAUSE_END,
	CAUSE_LOAD,
	CAUSE_CROWD,
	CAUSE_NOTE,
	CAUSE_PASSED, /* what a proxy made of a Close frame */
};

struct rule {
	const char *id;
	enum severity severity;
	enum cause cause;
	uint32_t at; /* enum moment */
	bool (*when)(const struct facts *f);
	const char *says; /* one sentence, with {names} of facts */
	const char *fix;
	const char *evidence; /* names of facts, blanks between them */
	/* id of the more general rule that this verdict replaces in the summary; NULL: none */
	const char *refines;
	enum certainty certainty;
	/* the name of the fact that is at fault; NULL: the first one that the sentence names */
	const char *hop;
};

/* The long form of a rule, for --explain and the manual page: one row for each id. */
struct rule_help {
	const char *id;
	const char *title;
	const char *cause;
	const char *see; /* how to check it by hand */
	/*
	 * Fixes: a sentence; behind it, after a '\n' each, lines for a configuration. {names} are
	 * those of place.h. fix: where no proxy's own is known. proxy: NULL: the general one.
	 */
	const char *fix;
	const char *proxy[PROXIES];
	bool in_front; /* the proxy next to it mends it, whatever is at fault */
};

/* The tables of rules; each ends with a row without id. */
extern const struct rule rules_bytes[], rules_handshake[], rules_101[], rules_body[], rules_asked[],
	rules_unread[], rules_tls[], rules_refused[], rules_answers[], rules_close[], rules_frame[],
	rules_end[], rules_passed[], rules_load[];
/* all of them, in the order in which rows are asked; NULL at the end */
extern const struct rule *const rule_tables[];
extern const struct rule_help help_bytes[], help_handshake[], help_stream[];
extern const char *const proxy_names[PROXIES];

/* Returns whether both say the same: they have one id, or one refines the other. */
bool rules_alike(const struct rule *a, const struct rule *b);

/* Returns the long form of a rule, or NULL. */
const struct rule_help *rule_help(const char *id);

/* Prints one rule, or with "list" all ids, for --explain. Returns the exit status. */
int rules_explain(const char *id);

/* Returns "error", "warning" or "info". */
const char *severity_name(enum severity s);

/* Returns "certain" or "likely". */
const char *certainty_name(enum certainty c);

#endif
