/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of rule_help without facts, for --explain and the manual page. */
#ifndef RULES_PLAIN_H
#define RULES_PLAIN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_FITS "{ping_fits}"

/* Returns a text of rule_help with words for its {ping_fits}, for the caller to free, or NULL. */
static inline char *rule_plain(const char *text)
{
	static const char words[] = "ping at less than half of it";
	const char *at = text ? strstr(text, PING_FITS) : NULL;
	char *plain;

	if (!at)
		return text ? strdup(text) : NULL;
	plain = malloc(strlen(text) + sizeof(words));
	if (plain)
		sprintf(plain, "%.*s%s%s", (int)(at - text), text, words, at + strlen(PING_FITS));
	return plain;
}

#endif
