// SPDX-License-Identifier: GPL-2.0-only
/* Writes wstrace-rules.7, a manual page with the texts that --explain prints. */
#include <stdio.h>
#include <stdlib.h>
#include "rules/plain.h"
#include "rules/rules.h"

/* Prints text for roff: no request at its start, no escapes, and hyphens as minus signs. */
static void write_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
}

static void write_item(const char *heading, const char *text)
{
	if (!text)
		return;
	printf(".TP\n.I ");
	write_text(heading);
	write_text(text);
}

static void write_plain(const char *heading, const char *text)
{
	char *plain = rule_plain(text);

	write_item(heading, plain);
	free(plain);
}

static void write_rule(const struct rule_help *h)
{
	printf(".SS ");
	write_text(h->id);
	printf(".B ");
	write_text(h->title);
	printf(".PP\n");
	write_text(h->cause);
	write_item("How to see it", h->see);
	write_plain("What to do", h->fix);
	for (int i = 0; i < PROXIES; i++)
		write_plain(proxy_names[i], h->proxy[i]);
}

int main(void)
{
	puts(".\\\" made by tools/rules_man.c\n"
	     ".TH WSTRACE\\-RULES 7 2026-11-22 \"wstrace " WSTRACE_VERSION
	     "\" \"Miscellaneous Information\"\n"
	     ".SH NAME\n"
	     "wstrace\\-rules \\- what the verdicts of wstrace mean and what to do about them\n"
	     ".SH DESCRIPTION\n"
	     ".BR wstrace (8)\n"
	     "gives a verdict when it has seen what is wrong with a WebSocket connection. This "
	     "page explains\neach rule, with the same text as\n"
	     ".BR \"wstrace \\-\\-explain \\fIRULE\" .\n"
	     ".SH RULES");
	for (const struct rule_help *h = help_handshake; h->id; h++)
		write_rule(h);
	for (const struct rule_help *h = help_bytes; h->id; h++)
		write_rule(h);
	for (const struct rule_help *h = help_stream; h->id; h++)
		write_rule(h);
	puts(".SH SEE ALSO\n.BR wstrace (8)");
	return 0;
}
