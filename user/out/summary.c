// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "decode/hist.h"
#include "decode/http.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "out/summary.h"

#define WORST 5

struct worst {
	uint64_t p99, count;
	struct conn_id who;
	char target[48];
};

/* The kinds of histograms in which a sick connection stands out. */
static const enum wst_hist_kind ranked[] = { WST_READ_DELAY, WST_REPLY_TIME, WST_PING_RTT };
#define RANKED (sizeof(ranked) / sizeof(ranked[0]))

struct summary {
	uint32_t conns;
	struct wst_hist all[WST_HIST_KINDS];
	struct worst worst[RANKED][WORST]; /* by p99, the highest first */
};

struct summary *summary__new(void)
{
	return calloc(1, sizeof(struct summary));
}

void summary__free(struct summary *s)
{
	free(s);
}

static void rank(struct worst *list, const struct conn *c, const struct hist_summary *s)
{
	int i = WORST;

	while (i > 0 && list[i - 1].p99 < s->p99)
		i--;
	if (i == WORST)
		return;
	memmove(&list[i + 1], &list[i], (WORST - 1 - i) * sizeof(*list));
	list[i] = (struct worst){ .p99 = s->p99, .count = s->count, .who = c->who };
	if (c->shown_target)
		strncpy(list[i].target, c->shown_target, sizeof(list[i].target) - 1);
}

void summary__add(struct summary *s, const struct conn *c)
{
	struct hist_summary one;

	if (!c->hists)
		return;
	s->conns++;
	for (int i = 0; i < WST_HIST_KINDS; i++)
		hist_merge(&s->all[i], &c->hists->hist[i]);
	for (size_t i = 0; i < RANKED; i++) {
		hist_summarise(&c->hists->hist[ranked[i]], &one);
		if (one.count)
			rank(s->worst[i], c, &one);
	}
}

static void draw_worst(struct buf *b, const struct worst *w)
{
	buf_printf(b, "  #%-5u p99 ", w->who.number);
	buf_duration(b, w->p99 * 1000);
	buf_printf(b, " of %llu  ", (unsigned long long)w->count);
	buf_escaped(b, w->who.comm, strlen(w->who.comm));
	if (w->who.pid)
		buf_printf(b, "[%u]  ", w->who.pid);
	buf_printf(b, "%s  ", w->who.remote);
	buf_escaped(b, w->target, strlen(w->target));
	buf_char(b, '\n');
}

void summary__draw(const struct summary *s, struct buf *b)
{
	if (!s->conns)
		return;
	if (s->conns == 1)
		buf_str(b, "\nThe only connection:\n");
	else
		buf_printf(b, "\nAll %u connections together:\n", s->conns);
	for (int i = 0; i < WST_HIST_KINDS; i++)
		hist_draw(b, &s->all[i], &hist_kinds[i], 0);
	for (size_t i = 0; i < RANKED; i++) {
		if (!s->worst[i][0].count || s->conns < 2)
			continue;
		buf_printf(b, "\nWorst by %s:\n", hist_kinds[ranked[i]].title);
		for (int k = 0; k < WORST && s->worst[i][k].count; k++)
			draw_worst(b, &s->worst[i][k]);
	}
}
