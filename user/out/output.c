// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include "out/output.h"

#define OUTPUTS_MAX 8

struct outputs {
	const struct options *o;
	unsigned int n;
	const struct output *rows[OUTPUTS_MAX];
	void *self[OUTPUTS_MAX];
	uint32_t kinds; /* kinds of events that some output gets */
	bool ending;
	uint64_t frames; /* shown or written */
	struct run_totals sums; /* sums of the connections that --path lets through */
};

/* Returns the kind of an event, as -q and --only know it; 0: outputs do not get it. */
static uint32_t output_kind(const struct event *e)
{
	switch (e->type) {
	case EV_OPEN:
		return KIND_OPEN;
	case EV_REQUEST:
	case EV_RESPONSE:
		return KIND_HANDSHAKE;
	case EV_FRAME:
		return e->frame.opcode & 8 ? KIND_CONTROL : KIND_FRAME;
	case EV_RESYNC:
		return KIND_FRAME;
	/* shown with -q, too: why nothing else comes; the server's is for diagnosis only */
	case EV_OPAQUE:
		return e->opaque->h.flags & WST_ANSWER ? 0 : KIND_OPEN | KIND_HANDSHAKE;
	case EV_STATS:
		return KIND_STATS;
	case EV_LEG:
		return KIND_HANDSHAKE;
	case EV_VERDICT:
		return KIND_VERDICT;
	case EV_HELD: /* these three for diagnosis only */
	case EV_QUEUE:
	case EV_BODY:
		return 0;
	default:
		return KIND_CLOSE;
	}
}

static uint32_t kinds_of(const struct output *row, const struct options *o)
{
	return row->filtered ? o->kinds : KIND_ALL;
}

unsigned int outputs_needs(const struct output *const *table, const struct options *o)
{
	unsigned int needs = o->histograms ? NEEDS_HISTS | NEEDS_LAST_STATS : 0;

	if (o->path) /* the closing line sums up these connections only */
		needs |= NEEDS_LAST_STATS;
	for (; *table; table++) {
		if (!(*table)->wanted(o))
			continue;
		needs |= (*table)->needs;
		if ((*table)->filtered && o->kinds & KIND_FRAME)
			needs |= NEEDS_DATA_FRAMES;
	}
	return needs & NEEDS_LIVE ? needs & ~NEEDS_LAST_STATS : needs;
}

int outputs__new(struct outputs **os, const struct output *const *table, const struct options *o,
		 const struct run_info *run)
{
	struct outputs *new = calloc(1, sizeof(*new));
	int err = new ? 0 : -ENOMEM;

	for (; !err && *table; table++) {
		if (!(*table)->wanted(o))
			continue;
		err = (*table)->open(&new->self[new->n], o, run);
		if (!err) {
			new->rows[new->n++] = *table;
			new->kinds |= kinds_of(*table, o);
		}
	}
	if (err) {
		outputs__close(new, run->started, &(struct run_totals){}, NULL);
		return err;
	}
	new->o = o;
	*os = new;
	return 0;
}

static void show(struct outputs *os, const struct event *e)
{
	uint32_t kind = output_kind(e);

	if (e->type == EV_FRAME && os->kinds & kind) {
		if (outputs__counted(os))
			return;
		os->frames++;
	}
	for (unsigned int i = 0; i < os->n; i++)
		if (kinds_of(os->rows[i], os->o) & kind)
			os->rows[i]->event(os->self[i], e);
}

/*
 * Returns whether --path lets an event through: a connection is shown from its first matching
 * request on.
 */
static bool path_wanted(struct outputs *os, const struct event *e)
{
	struct conn *c = e->conn;

	if (e->type == EV_OPEN)
		c->shown = false;
	if (e->type == EV_REQUEST && !c->shown && c->target &&
	    fnmatch(os->o->path, c->target, 0) == 0) {
		struct event open = { .type = EV_OPEN, .ts = c->opened, .conn = c };

		c->shown = true;
		os->sums.conns++;
		show(os, &open);
	}
	return c->shown;
}

/*
 * Sums up a connection that --path lets through. Frames count as they come until the next counters,
 * which know those, too, that do not come as events. After outputs__ending() only counters count.
 */
static void sum_up(struct outputs *os, const struct event *e)
{
	struct conn *c = e->conn;
	uint64_t frames = c->summed_frames, bytes = c->summed_bytes;

	if (e->type == EV_FRAME && !os->ending) {
		frames++;
		bytes += e->frame.len;
	} else if (e->type == EV_STATS || (e->type == EV_CLOSE && e->stats->how != WST_UNSEEN)) {
		frames = bytes = 0;
		for (int dir = 0; dir < WST_DIRS; dir++) {
			bytes += e->stats->counts[dir].bytes;
			frames += counts_frames(&e->stats->counts[dir]);
		}
	}
	os->sums.frames += frames - c->summed_frames;
	os->sums.bytes += bytes - c->summed_bytes;
	c->summed_frames = frames;
	c->summed_bytes = bytes;
}

void outputs__event(struct outputs *os, const struct event *e)
{
	if (os->o->path && !path_wanted(os, e))
		return;
	if (os->o->path)
		sum_up(os, e);
	if (e->type == EV_STATS) {
		struct event stats = *e;

		stats.last = os->ending;
		show(os, &stats);
	} else {
		show(os, e);
	}
}

void outputs__record(struct outputs *os, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	if (h->type == WST_OPEN && os->o->path)
		c->shown = false; /* its EV_OPEN may come later */
	for (unsigned int i = 0; i < os->n; i++)
		if (os->rows[i]->record)
			os->rows[i]->record(os->self[i], c, h, ts);
}

void outputs__lost(struct outputs *os, uint64_t ts, uint64_t events)
{
	for (unsigned int i = 0; i < os->n; i++)
		if (os->rows[i]->lost)
			os->rows[i]->lost(os->self[i], ts, events);
}

void outputs__restrict(const struct outputs *os, struct run_totals *t)
{
	if (!os->o->path)
		return;
	t->conns = os->sums.conns;
	t->frames = os->sums.frames;
	t->bytes = os->sums.bytes;
}

void outputs__totals(struct outputs *os, uint64_t ts, const struct run_totals *t)
{
	struct run_totals shown = *t;

	outputs__restrict(os, &shown);
	for (unsigned int i = 0; i < os->n; i++)
		if (os->rows[i]->totals)
			os->rows[i]->totals(os->self[i], ts, &shown);
}

bool outputs__tick(struct outputs *os, uint64_t ts, uint64_t *focus)
{
	bool more = true;

	for (unsigned int i = 0; i < os->n; i++)
		if (os->rows[i]->tick)
			more &= os->rows[i]->tick(os->self[i], ts, focus);
	return more;
}

void outputs__ending(struct outputs *os)
{
	os->ending = true;
}

bool outputs__counted(const struct outputs *os)
{
	return os->o->count && os->frames >= os->o->count;
}

bool outputs__done(const struct outputs *os)
{
	for (unsigned int i = 0; i < os->n; i++)
		if (os->rows[i]->done && os->rows[i]->done(os->self[i]))
			return true;
	return outputs__counted(os);
}

uint64_t outputs__frames(const struct outputs *os)
{
	return os->frames;
}

int outputs__close(struct outputs *os, uint64_t ts, const struct run_totals *t,
		   const struct diagnose *d)
{
	int err = 0;

	for (unsigned int i = 0; os && i < os->n; i++) {
		int failed = os->rows[i]->close(os->self[i], ts, t, d);

		err = err && err != -EPIPE ? err : failed ? failed : err;
	}
	free(os);
	return err;
}
