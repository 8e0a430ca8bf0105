// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/plain.h"
#include "rules/rules.h"

/* The order in which rows are asked: a row that explains more comes first. */
const struct rule *const rule_tables[] = { rules_bytes,	 rules_handshake, rules_101,
					   rules_body,	 rules_asked,	  rules_unread,
					   rules_tls,	 rules_refused,	  rules_answers,
					   rules_close,	 rules_frame,	  rules_end,
					   rules_passed, rules_load,	  NULL };
static const struct rule_help *const help_tables[] = { help_handshake, help_bytes, help_stream,
						       NULL };

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[s];
}

const char *certainty_name(enum certainty c)
{
	return c == LIKELY ? "likely" : "certain";
}

static bool refines(const struct rule *a, const struct rule *b)
{
	return a->refines && !strcmp(a->refines, b->id);
}

bool rules_alike(const struct rule *a, const struct rule *b)
{
	return !strcmp(a->id, b->id) || refines(a, b) || refines(b, a);
}

const struct rule_help *rule_help(const char *id)
{
	for (const struct rule_help *const *t = help_tables; *t; t++)
		for (const struct rule_help *h = *t; h->id; h++)
			if (!strcmp(h->id, id))
				return h;
	return NULL;
}

static enum severity severity_of(const char *id)
{
	for (const struct rule *const *t = rule_tables; *t; t++)
		for (const struct rule *r = *t; r->id; r++)
			if (!strcmp(r->id, id))
				return r->severity;
	return SEV_INFO;
}

static void list(void)
{
	for (const struct rule_help *const *t = help_tables; *t; t++)
		for (const struct rule_help *h = *t; h->id; h++)
			printf("%-22s %-8s %s\n", h->id, severity_name(severity_of(h->id)),
			       h->title);
}

/*
 * Prints text below a heading, in lines of at most 78 columns. A \n in the text ends a line, too.
 */
static void section(const char *heading, const char *text)
{
	size_t column = 2;

	if (!text)
		return;
	printf("\n%s\n  ", heading);
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " \n");

		if (column > 2 && column + n > 78) {
			printf("\n  ");
			column = 2;
		}
		printf("%.*s", (int)n, p);
		column += n;
		p += n;
		if (*p == '\n') {
			printf("\n  ");
			column = 2;
		} else if (*p == ' ' && column + 1 + strcspn(p + 1, " \n") <= 78) {
			putchar(' ');
			column++;
		} else if (*p == ' ') {
			printf("\n  ");
			column = 2;
		}
		p += !!*p;
	}
	putchar('\n');
}

static void plain_section(const char *heading, const char *text)
{
	char *plain = rule_plain(text);

	section(heading, plain);
	free(plain);
}

int rules_explain(const char *id)
{
	const struct rule_help *h;

	if (!strcmp(id, "list")) {
		list();
		return 0;
	}
	h = rule_help(id);
	if (!h) {
		fprintf(stderr,
			"wstrace: cannot explain '%s': no such rule; "
			"--explain list names them\n",
			id);
		return 2;
	}
	printf("%s (%s): %s\n", h->id, severity_name(severity_of(h->id)), h->title);
	section("What it means", h->cause);
	section("How to see it", h->see);
	plain_section("What to do", h->fix);
	for (int i = 0; i < PROXIES; i++)
		plain_section(proxy_names[i], h->proxy[i]);
	return 0;
}
