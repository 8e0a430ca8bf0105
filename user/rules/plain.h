/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of rule_help without facts, for --explain and the manual page. */
#ifndef RULES_PLAIN_H
#define RULES_PLAIN_H

#include <stdlib.h>
#include <string.h>

/* Returns the row of rule_words whose name is at at, with its braces, or NULL. */
static inline const char *const *rule_word(const char *at)
{
	/* what stands in place of a fact, where there is no connection to speak of */
	static const char *const words[][2] = {
		{ "{ping_fits}", "ping at less than half of it" },
		{ "{server}", "the server" },
		{ "{closer}", "whoever ended it" },
		{ "{place}", "/path/" },
		{ "{for_place}", "" },
		{ "{matcher}", "/path/*" },
		{ "{backend}", "HOST:PORT" },
		{ "{not_there}", "the upstream's address" },
		{ "{longer}", "3600" },
		{ "{shorten}", "remove cookies that are not needed" },
		{ "{head_kib}", "32" },
		{ "{head_bytes}", "32768" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(at, words[i][0], strlen(words[i][0])))
			return words[i];
	return NULL;
}

/* Returns a text of rule_help with words for the facts in it, for the caller to free, or NULL. */
static inline char *rule_plain(const char *text)
{
	const char *const *word;
	char *plain, *to;
	size_t size = 1;

	if (!text)
		return NULL;
	for (const char *p = text; *p; p++)
		size += (word = rule_word(p)) ? strlen(word[1]) : 1;
	plain = to = malloc(size);
	while (plain && *text) {
		word = rule_word(text);
		if (word) {
			to = stpcpy(to, word[1]);
			text += strlen(word[0]);
		} else {
			*to++ = *text++;
		}
	}
	if (plain)
		*to = 0;
	return plain;
}

#endif
