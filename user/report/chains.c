// SPDX-License-Identifier: GPL-2.0-only
/* Draws the ways that connections take: chains of the same shape together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/page.h"

#define SHAPES_MAX 200 /* shapes that are told apart; chains of others are only counted */
#define SHAPES_SHOWN 12

struct shape {
	char key[LEGS_MAX * (WST_COMM_LEN + ADDR_LEN)];
	struct report_conn *legs[LEGS_MAX]; /* of the first chain of this shape */
	unsigned int n;
	uint64_t count, verdicts, by_time; /* chains: all, with a verdict, joined by time */
	UT_hash_handle hh;
};

static unsigned int legs_of(const struct report *r, struct report_conn *c,
			    struct report_conn *legs[LEGS_MAX])
{
	unsigned int n = 0;

	for (; c && n < LEGS_MAX; c = report__up(r, c))
		legs[n++] = c;
	return n;
}

static const char *comm_at(struct report_conn *const *legs, unsigned int n, unsigned int i)
{
	const struct report_conn *c = point_conn(legs, n, i);

	return c ? c->comm : "";
}

static struct shape *shape_of(struct shape **all, struct report_conn *const *legs, unsigned int n)
{
	struct shape *s, key = { .n = n };
	size_t at = 0;

	for (unsigned int i = 0; i < n; i++)
		at += snprintf(key.key + at, sizeof(key.key) - at, "%s %s ",
			       comm_at(legs, n, i + 1), report_server_addr(legs[i]));
	HASH_FIND_STR(*all, key.key, s);
	if (s || HASH_COUNT(*all) == SHAPES_MAX)
		return s;
	s = malloc(sizeof(*s));
	if (!s)
		return NULL;
	*s = key;
	memcpy(s->legs, legs, n * sizeof(*legs));
	HASH_ADD_STR(*all, key, s);
	return s;
}

static int by_count(const struct shape *a, const struct shape *b)
{
	if ((a->verdicts > 0) != (b->verdicts > 0))
		return a->verdicts ? -1 : 1;
	return a->count < b->count ? 1 : a->count > b->count ? -1 : 0;
}

static void draw_shape(struct buf *b, const struct shape *s)
{
	html(b, "<div class=\"card shape\"><ol class=chain>");
	for (unsigned int i = 0; i <= s->n; i++) {
		const char *comm = comm_at(s->legs, s->n, i);

		if (i)
			html(b, "<li class=hop>");
		/* Chains have different clients: show the address only if there is one chain. */
		html(b, "<li class=node>%s<small class=w>%s</small>",
		     *comm ? comm : point_role(s->n, i),
		     i || s->count == 1 ? point_addr(s->legs, i) : "");
	}
	html(b, "</ol><div class=what>%'ju chain%s, %'ju with a verdict<br>joined by %s<br>%s",
	     s->count, s->count == 1 ? "" : "s", s->verdicts,
	     !s->by_time	    ? "Sec-WebSocket-Key" :
	     s->by_time == s->count ? "process and time" :
				      "key, or process and time",
	     s->count == 1 ? "It is " : "The first is ");
	for (unsigned int i = 0; i < s->n; i++) {
		html(b, i ? " → " : "");
		html_link(b, s->legs[i]);
	}
	html(b, "</div></div>\n");
}

/*
 * Counts the chain that starts with first. Returns false if that is a new shape beyond SHAPES_MAX.
 */
static bool count_chain(const struct report *r, struct shape **all, struct report_conn *first)
{
	bool verdict = false, by_time = false;
	struct report_conn *legs[LEGS_MAX];
	unsigned int n = legs_of(r, first, legs);
	struct shape *s;

	if (n < 2)
		return true;
	s = shape_of(all, legs, n);
	if (!s)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		verdict |= legs[i]->rule != NULL;
		by_time |= i && legs[i]->by_time;
	}
	s->count++;
	s->verdicts += verdict;
	s->by_time += by_time;
	return true;
}

void page__chains(struct page *p)
{
	struct shape *all = NULL, *s, *after;
	struct report_conn *c, *next;
	unsigned int shown = 0;
	uint64_t more = 0;

	HASH_ITER(hh, p->r->conns, c, next)
	{
		bool first = c->up && !(c->down && report__find(p->r, c->down));

		if (first && !count_chain(p->r, &all, c))
			more++;
	}
	HASH_SORT(all, by_count);
	if (all)
		html(p->b, "<h2 id=chains>Chains</h2>"
			   "<p class=note>Connections that carry the same WebSocket across "
			   "proxies, from the client to the last server.</p>\n");
	HASH_ITER(hh, all, s, after)
	{
		if (shown++ < SHAPES_SHOWN)
			draw_shape(p->b, s);
		else
			more += s->count;
		HASH_DEL(all, s);
		free(s);
	}
	if (more)
		html(p->b, "<p class=note>%'ju chains by other ways are not shown.</p>", more);
}
