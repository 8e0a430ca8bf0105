// SPDX-License-Identifier: GPL-2.0-only
/* Which way connections take: chains of the same shape together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/html.h"

#define SHAPES_MAX 200 /* told apart */
#define SHAPES_SHOWN 12

struct shape {
	char key[LEGS_MAX * (WST_COMM_LEN + ADDR_LEN)];
	struct report_conn *legs[LEGS_MAX]; /* of the first one */
	unsigned int n;
	uint64_t count, verdicts, by_time;
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
	if (i && legs[i - 1]->role == WST_SERVER)
		return legs[i - 1]->comm;
	return i < n && legs[i]->role == WST_CLIENT ? legs[i]->comm : "";
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
	buf_str(b, "<div class=\"card shape\"><ol class=chain>");
	for (unsigned int i = 0; i <= s->n; i++) {
		const char *comm = comm_at(s->legs, s->n, i);

		if (i)
			buf_str(b, "<li class=hop>");
		buf_str(b, "<li class=node>");
		if (*comm)
			html_text(b, comm);
		else
			buf_str(b, !i ? "client" : i < s->n ? "proxy" : "server");
		buf_str(b, "<small class=w>");
		if (i)
			html_text(b, report_server_addr(s->legs[i - 1]));
		else if (s->count == 1)
			html_text(b, report_client_addr(s->legs[0]));
		buf_str(b, "</small>");
	}
	buf_str(b, "</ol><div class=what>");
	html_count(b, s->count);
	buf_printf(b, " chain%s, ", s->count == 1 ? "" : "s");
	html_count(b, s->verdicts);
	buf_printf(b, " with a verdict<br>joined by %s<br>%s",
		   !s->by_time		  ? "Sec-WebSocket-Key" :
		   s->by_time == s->count ? "process and time" :
					    "key, or process and time",
		   s->count == 1 ? "It is " : "The first is ");
	for (unsigned int i = 0; i < s->n; i++) {
		buf_str(b, i ? " → " : "");
		html_link(b, s->legs[i]);
	}
	buf_str(b, "</div></div>\n");
}

void page__chains(struct page *p)
{
	struct report_conn *c, *next, *legs[LEGS_MAX];
	struct shape *all = NULL, *s, *after;
	uint64_t more = 0, untold = 0;
	unsigned int shown = 0;

	HASH_ITER(hh, p->r->conns, c, next)
	{
		bool verdict = false, by_time = false;
		unsigned int n;

		if (!c->up || (c->down && report__find(p->r, c->down)))
			continue;
		n = legs_of(p->r, c, legs);
		s = n > 1 ? shape_of(&all, legs, n) : NULL;
		untold += n > 1 && !s;
		for (unsigned int i = 0; s && i < n; i++) {
			verdict |= legs[i]->rule != NULL;
			by_time |= i && legs[i]->by_time;
		}
		if (s) {
			s->count++;
			s->verdicts += verdict;
			s->by_time += by_time;
		}
	}
	HASH_SORT(all, by_count);
	if (all)
		buf_str(p->b,
			"<h2 id=chains>Chains</h2><p class=note>Connections that carry the same "
			"WebSocket across proxies, from the client to the last server.</p>\n");
	HASH_ITER(hh, all, s, after)
	{
		if (shown++ < SHAPES_SHOWN)
			draw_shape(p->b, s);
		else
			more += s->count;
		HASH_DEL(all, s);
		free(s);
	}
	if (more + untold) {
		buf_str(p->b, "<p class=note>");
		html_count(p->b, more + untold);
		buf_str(p->b, " chains by other ways are not shown.</p>");
	}
}
