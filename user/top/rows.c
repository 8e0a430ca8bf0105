// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "facts/endpoints.h"
#include "facts/ender.h"
#include "out/prose.h"
#include "top/rows.h"

#define CLOSED_FOR (5 * NS_PER_SEC) /* how long they stay on the screen */
#define CLOSED_MAX 1000 /* most that stay */
#define TARGET_MAX 512 /* bytes of a request target that are kept */
#define HEAD_MAX 8192 /* bytes of a head that are kept, about */

/* Takes r out. Its connection, where still open, is not touched. */
static void forget(struct top_rows *rows, struct top_row *r)
{
	rows->all[r->place] = rows->all[--rows->n];
	rows->all[r->place]->place = r->place;
	if (r->closed) {
		free(r->who);
		rows->n_closed--;
	}
	free(r->cgroup);
	free(r->container);
	free(r->target);
	free(r->request);
	free(r->response);
	free(r->verdicts);
	free(r->ender);
	free(r);
}

void top_rows__free(struct top_rows *rows)
{
	while (rows->n)
		forget(rows, rows->all[rows->n - 1]);
	free(rows->all);
	*rows = (struct top_rows){};
}

/* Makes room for one more. Returns whether there is. */
static bool grow(struct top_rows *rows)
{
	uint32_t size = rows->size ? rows->size * 2 : 256;
	struct top_row **all;

	if (rows->n < rows->size)
		return true;
	all = realloc(rows->all, size * sizeof(*all));
	if (!all)
		return false;
	rows->all = all;
	rows->size = size;
	return true;
}

static struct top_row *add(struct top_rows *rows, struct conn *c)
{
	struct top_row *r = grow(rows) ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return NULL;
	r->conn = c;
	r->who = &c->who;
	r->port = addr_port(c->local);
	for (int i = 0; i < WST_P99S; i++)
		r->p99[i] = -1;
	r->place = rows->n;
	rows->all[rows->n++] = r;
	c->row = r;
	return r;
}

/* A copy of b's text, no longer than needed; NULL when memory ran out. */
static char *keep(struct buf *b)
{
	char *text = b->failed ? NULL : strndup(b->data ? b->data : "", b->len);

	buf_free(b);
	return text;
}

static void add_target(struct buf *b, struct span target)
{
	buf_escaped(b, target.p, target.n < TARGET_MAX ? target.n : TARGET_MAX);
}

static char *head_text(const struct head_event *h)
{
	const struct http_msg *m = h->msg;
	struct buf b = {};

	if (m->response) {
		buf_printf(&b, "HTTP/%.*s %u ", (int)(m->version.n < 8 ? m->version.n : 8),
			   m->version.p, m->status);
		buf_escaped(&b, m->reason.p, m->reason.n);
		if (h->latency_us) {
			buf_str(&b, "   (after ");
			buf_duration(&b, h->latency_us * 1000);
			buf_char(&b, ')');
		}
		if (h->accept_ok == 0)
			buf_str(&b, "   (Sec-WebSocket-Accept is wrong)");
	} else {
		buf_escaped(&b, m->method.p, m->method.n);
		buf_char(&b, ' ');
		add_target(&b, m->shown_target);
		buf_str(&b, " HTTP/");
		buf_escaped(&b, m->version.p, m->version.n);
	}
	buf_char(&b, '\n');
	for (unsigned int i = 0; i < m->n_headers && b.len < HEAD_MAX; i++) {
		const struct http_header *f = &m->headers[i];

		buf_escaped(&b, f->name.p, f->name.n);
		buf_str(&b, ": ");
		buf_escaped(&b, f->shown.p, f->shown.n < HEAD_MAX ? f->shown.n : HEAD_MAX);
		buf_char(&b, '\n');
	}
	if (h->cut)
		buf_str(&b, "(incomplete)\n");
	return keep(&b);
}

/*
 * Plain HTTP on the connection leaves the first head; one that asks for WebSocket is what matters.
 */
static void on_request(struct top_row *r, const struct event *e)
{
	struct buf b = {};

	r->awaits_response = e->head.wanted || !r->request;
	if (!r->awaits_response)
		return;
	r->wanted = e->head.wanted;
	r->refused = 0;
	free(r->request);
	free(r->response);
	free(r->target);
	r->request = head_text(&e->head);
	r->response = NULL;
	add_target(&b, e->head.msg->shown_target);
	r->target = keep(&b);
}

static void on_response(struct top_row *r, const struct event *e)
{
	if (!e->head.final)
		return;
	if (r->request && !r->awaits_response)
		return;
	r->awaits_response = false;
	r->refused = r->wanted && e->head.msg->status != 101 ? e->head.msg->status : 0;
	free(r->response);
	r->response = head_text(&e->head);
}

static void on_opaque(struct top_row *r, const struct event *e)
{
	if (r->target)
		return;
	if (asprintf(&r->target, "(%s)", why_name(e->opaque->why)) < 0)
		r->target = NULL;
}

static void count_rates(struct top_row *r, const struct wst_stats *s)
{
	uint64_t messages = s->counts[WST_C2S].messages + s->counts[WST_S2C].messages;
	uint64_t from = r->sampled ? r->sampled : s->opened;
	double seconds = s->h.ts > from ? (s->h.ts - from) / 1e9 : 0;

	if (seconds < 0.5) /* too short a time to say anything */
		return;
	r->messages_rate = (messages - r->sample_messages) / seconds;
	r->bytes_rate = (r->bytes - r->sample_bytes) / seconds;
	r->sampled = s->h.ts;
	r->sample_messages = messages;
	r->sample_bytes = r->bytes;
}

static void on_stats(struct top_row *r, const struct event *e)
{
	const struct wst_stats *s = e->stats;

	r->frames = r->bytes = 0;
	for (int dir = 0; dir < WST_DIRS; dir++) {
		r->frames += counts_frames(&s->counts[dir]);
		r->bytes += s->counts[dir].bytes;
	}
	count_rates(r, s);
	if (s->last)
		r->active = s->h.ts > s->last ? e->ts - (s->h.ts - s->last) : e->ts;
	for (int i = 0; i < WST_P99S; i++)
		r->p99[i] = s->p99[i] < HIST_SLOTS ? hist_middle(s->p99[i], UINT32_MAX) : -1;
	r->unsent = s->unsent;
	r->unread = s->unread;
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* The connection is about to be freed: what is shown of it stays. */
static struct top_row *on_close(struct top_rows *rows, struct top_row *r, const struct event *e)
{
	struct conn_id *who = malloc(sizeof(*who));

	e->conn->row = NULL;
	if (!who) {
		forget(rows, r);
		return NULL;
	}
	if (e->stats->how != WST_UNSEEN)
		on_stats(r, e);
	*who = e->conn->who;
	r->who = who;
	r->cgroup = copy(e->conn->cgroup);
	r->container = copy(e->conn->container);
	r->conn = NULL;
	r->closed = e->ts;
	r->end = ending_of(e->conn, e->stats);
	r->ender = ender_words(e->conn->facts, &r->end);
	r->messages_rate = r->bytes_rate = 0;
	rows->n_closed++;
	if (rows->last_closed)
		rows->last_closed->next_closed = r;
	else
		rows->first_closed = r;
	rows->last_closed = r;
	return r;
}

struct top_row *top_rows__event(struct top_rows *rows, const struct event *e)
{
	bool frame = e->type == EV_FRAME || e->type == EV_RESYNC;
	struct top_row *r = e->conn->row;

	if (!r && !frame)
		r = add(rows, e->conn);
	if (!r)
		return NULL;
	r->close_code = e->conn->close_code;
	switch (e->type) {
	case EV_REQUEST:
		on_request(r, e);
		break;
	case EV_RESPONSE:
		on_response(r, e);
		break;
	case EV_OPAQUE:
		on_opaque(r, e);
		break;
	case EV_STATS:
		on_stats(r, e);
		break;
	case EV_CLOSE:
		return on_close(rows, r, e);
	default:
		break;
	}
	return r;
}

/* A verdict on an end comes a second after it. */
static struct top_row *find(const struct top_rows *rows, const struct conn *c)
{
	struct top_row *r = c->row;

	if (!r)
		for (r = rows->first_closed; r && r->who->number != c->number;)
			r = r->next_closed;
	return r;
}

void top_rows__verdict(struct top_rows *rows, const struct event *e)
{
	const struct verdict *v = e->verdict;
	struct top_row *r;
	struct buf b = {};

	if (v->folded && rows->n_closed > CLOSED_MAX) /* one of thousands that end at once */
		return;
	r = find(rows, e->conn);
	if (!r)
		return;
	if (!r->rule || r->rule->severity < v->rule->severity)
		r->rule = v->rule;
	if (r->verdicts)
		buf_printf(&b, "%s\n", r->verdicts);
	buf_printf(&b, "%s: ", v->rule->id);
	buf_escaped(&b, v->text, strlen(v->text));
	buf_char(&b, '\n');
	prose_fix(&b, v->fix, 0, 0);
	free(r->verdicts);
	r->verdicts = keep(&b);
}

void top_rows__forget(struct top_rows *rows, uint64_t now, const struct top_row *pinned)
{
	struct top_row **link = &rows->first_closed, *r, *last = NULL;

	while ((r = *link)) {
		if (r->closed + CLOSED_FOR >= now && rows->n_closed <= CLOSED_MAX)
			return; /* all behind it closed later */
		if (r == pinned) {
			last = r;
			link = &r->next_closed;
		} else {
			*link = r->next_closed;
			forget(rows, r);
		}
	}
	rows->last_closed = last;
}
