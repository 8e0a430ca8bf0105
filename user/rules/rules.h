/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of diagnosis: rows of tables. The engine (diagnose.c) knows none of them; a new rule
 * is a new row, and where it needs a new fact, a field in facts.h and a name in fact_text.c.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "facts/endpoints.h"

enum severity { SEV_INFO, SEV_WARNING, SEV_ERROR };

/* When a rule is looked at: what the moment says it need not ask again. */
enum moment {
	/* one that wants a WebSocket, headers and all; the leg in front is joined */
	AT_REQUEST = 1,
	AT_RESPONSE = 2, /* an answer to one, headers and all */
	AT_FRAME = 4, /* a frame of a WebSocket that something is remarkable about */
	AT_END = 8, /* the connection has ended, and so have its other legs, or a second ago */
	AT_LOOK = 16, /* every second or so, where data waits */
	AT_OPAQUE = 32, /* bytes that are not HTTP, and what the server says to them */
	AT_HELD = 64, /* a small write had waited for a late acknowledgement */
	AT_WAIT = 128, /* one that wants a WebSocket has waited long for an answer; the first leg */
};

/*
 * What has gone wrong, coarsely: a connection, with all its legs, gets one verdict a cause, and
 * of a later cause none that an earlier one explains: the first row that fits wins.
 */
enum cause { CAUSE_HANDSHAKE, CAUSE_STREAM, CAUSE_END, CAUSE_LOAD, CAUSE_CROWD, CAUSES };

struct rule {
	const char *id;
	enum severity severity;
	enum cause cause;
	uint32_t at; /* enum moment */
	bool (*when)(const struct facts *f);
	const char *says; /* one sentence, with {names} of facts */
	const char *fix;
	const char *evidence; /* names of facts, blank between */
	const char *refines; /* id of a rule that says the same, knowing less; NULL: none */
};

/* The long form: one row an id. */
struct rule_help {
	const char *id;
	const char *title;
	const char *cause;
	const char *see; /* how to see it for oneself */
	const char *fix; /* anywhere */
	const char *proxy[PROXIES]; /* there; NULL: the general fix */
};

/* Each ends with a row without id. */
extern const struct rule rules_handshake[], rules_refused[], rules_frame[], rules_end[],
	rules_load[];
extern const struct rule *const rule_tables[]; /* NULL at the end */
extern const struct rule_help help_handshake[], help_stream[];
extern const struct rule_help *const help_tables[];
extern const char *const proxy_names[PROXIES];

/* Whether both say the same: rules of one id, or of one that refines the other's. */
bool rules_alike(const struct rule *a, const struct rule *b);

const struct rule_help *rule_help(const char *id);

/* --explain: prints one rule, or with "list" all ids. Returns the exit status. */
int rules_explain(const char *id);

const char *severity_name(enum severity s);

#endif
