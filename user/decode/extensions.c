// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <strings.h>
#include "decode/extensions.h"

static struct span trim(struct span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Cuts the part before the next c off *s. Returns that part without blanks around it. */
static struct span cut(struct span *s, char c)
{
	const char *at = s->n ? memchr(s->p, c, s->n) : NULL;
	struct span part = { s->p, at ? at - s->p : s->n };

	s->p += part.n + !!at;
	s->n -= part.n + !!at;
	return trim(part);
}

bool extension_next(struct span *list, struct extension *e)
{
	while (list->n) {
		e->params = cut(list, ',');
		e->name = cut(&e->params, ';');
		if (e->name.n) /* empty elements count for nothing (RFC 9110, 5.6.1) */
			return true;
	}
	return false;
}

bool extension_param(struct span *params, struct extension_param *p)
{
	while (params->n) {
		struct span rest = cut(params, ';');
		bool has_value = memchr(rest.p, '=', rest.n);

		p->name = cut(&rest, '=');
		p->value = has_value ? trim(rest) : (struct span){ NULL, 0 };
		if (p->value.n >= 2 && *p->value.p == '"') {
			p->value.p++;
			p->value.n -= 2;
		}
		if (p->name.n)
			return true;
	}
	return false;
}

bool extension_is(struct span s, const char *word)
{
	return s.n == strlen(word) && !strncasecmp(s.p, word, s.n);
}

unsigned int extension_window_bits(struct span value)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < value.n && bits < 100; i++)
		bits = value.p[i] >= '0' && value.p[i] <= '9' ? bits * 10 + value.p[i] - '0' : 100;
	return bits >= DEFLATE_BITS_MIN && bits <= DEFLATE_BITS_MAX ? bits : 0;
}
