// SPDX-License-Identifier: GPL-2.0-only
/* --top as an output: takes events, reads keys and draws, all on the session's thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/units.h"
#include "top/screen.h"
#include "top/top.h"

/* Time between two drawings at the least: for what has come, and for keys. */
#define DRAW_DATA (250 * NS_PER_MS)
#define DRAW_KEY (100 * NS_PER_MS)
#define ARRANGE (500 * NS_PER_MS) /* the same for two arrangements; twice that if nothing came */
#define CLOSED_MOST 20000 /* closed rows that may wait while all stands still */

static bool top_wanted(const struct options *o)
{
	return o->top;
}

static int top_usable(const struct options *o)
{
	const char *why = screen__unusable();

	(void)o;
	if (!why)
		return 0;
	fprintf(stderr, "wstrace: --top: %s\n", why);
	return 2;
}

static int top_open(void **self, const struct options *o, const struct run_info *run)
{
	struct top *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->o = o;
	t->run = run;
	t->stale = true;
	top_table__init(&t->table);
	*self = t;
	return 0;
}

static void top_event(void *self, const struct event *e)
{
	struct top *t = self;
	struct top_row *r;

	if (e->type == EV_LEG || (t->paused && e->type == EV_STATS))
		return;
	t->stale |= e->type != EV_FRAME;
	if (e->type == EV_VERDICT) {
		top_rows__verdict(&t->rows, e);
		return;
	}
	r = top_rows__event(&t->rows, e);
	if (r && r == top_one__row(t->one))
		top_one__event(t->one, e, t->paused);
	if (!r && e->type == EV_CLOSE) { /* the row is gone, and may have been in use */
		top_table__clear(&t->table);
		top_leave_one(t);
	}
}

static void top_lost(void *self, uint64_t ts, uint64_t events)
{
	struct top *t = self;

	(void)ts;
	t->lost += events;
}

static void top_totals(void *self, uint64_t ts, const struct run_totals *totals)
{
	struct top *t = self;
	double seconds = ts > t->totals_ts ? (ts - t->totals_ts) / 1e9 : 1;

	if (t->paused)
		return;
	if (t->totals_ts) {
		t->frames_rate = (totals->frames - t->totals.frames) / seconds;
		t->bytes_rate = (totals->bytes - t->totals.bytes) / seconds;
	}
	t->totals = *totals;
	t->totals_ts = ts;
}

/* Frees rows whose time is over, and has the table show those that there are. */
static void arrange(struct top *t, uint64_t now)
{
	struct top_row *one = top_one__row(t->one), *selected = t->table.selected;

	if (selected && selected != one && selected->closed) { /* it may be freed */
		t->table.pinned = false;
		t->table.selected = NULL;
	}
	if (!t->paused || t->rows.n_closed > CLOSED_MOST)
		top_rows__forget(&t->rows, now, one);
	top_table__arrange(&t->table, &t->rows, now);
	t->stale = false;
	t->arranged = now;
}

/* Arranges and draws where it is time to. */
static void refresh(struct top *t, uint64_t ts)
{
	uint64_t shown = t->paused ? t->paused_at : ts;
	bool due;

	if (ts < t->drawn || ts < t->arranged) /* the clock was set back */
		t->drawn = t->arranged = 0;
	due = t->paused ? !t->arranged : ts - t->arranged >= (t->stale ? ARRANGE : 2 * ARRANGE);
	if (due || t->rows.n_closed > CLOSED_MOST)
		arrange(t, shown);
	if (ts - t->drawn < (t->key_pressed ? DRAW_KEY : DRAW_DATA) ||
	    (t->paused && !t->key_pressed) || !screen_writable())
		return;
	top_draw(t, shown);
	t->drawn = ts;
	t->key_pressed = false;
}

static bool top_tick(void *self, uint64_t ts, uint64_t *focus)
{
	struct top *t = self;
	struct top_row *one;
	uint32_t key;

	if (!t->opened && !screen_writable())
		return true;
	/* The line on stderr that says that events flow comes before the screen. */
	if (!t->opened && screen__open(t->run->ending, t->run->ctx)) {
		t->failed = true;
		return false;
	}
	t->opened = true;
	while (!t->quit && (key = screen_key()) != SK_NONE)
		top_key(t, key, ts);
	one = top_one__row(t->one);
	*focus = one && one->conn ? one->conn->id : 0;
	if (t->quit || screen_gone())
		return false;
	refresh(t, ts);
	return true;
}

static int top_close(void *self, uint64_t ts, const struct run_totals *totals,
		     const struct diagnose *d)
{
	struct top *t = self;

	(void)ts;
	(void)totals;
	(void)d;
	screen__close();
	if (t->failed)
		fprintf(stderr, "wstrace: --top: cannot use this terminal: set TERM\n");
	top_one__free(t->one);
	top_table__free(&t->table);
	top_rows__free(&t->rows);
	free(t);
	return 0;
}

const struct output output_top = {
	.name = "top",
	.needs = NEEDS_HISTS | NEEDS_LIVE,
	.wanted = top_wanted,
	.usable = top_usable,
	.open = top_open,
	.event = top_event,
	.lost = top_lost,
	.totals = top_totals,
	.tick = top_tick,
	.close = top_close,
};
