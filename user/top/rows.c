// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* strcasestr(), qsort_r() */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "decode/hist.h"
#include "decode/names.h"
#include "top/top.h"
#include "lib/units.h"

#define CLOSED_FOR (5 * NS_PER_SEC) /* that long they stay on the screen */
#define CLOSED_MAX 1000 /* and no more than so many */
#define TARGET_MAX 512
#define HEAD_MAX 8192

static struct top_row **rows;
static uint32_t n_rows, rows_size, n_closed;
static struct top_row *first_closed, *last_closed; /* in the order they closed */
static void copy_free(struct conn *c)
{
	if (c) {
		free(c->cgroup);
		free(c->container);
		free(c->hists);
	}
	free(c);
}

/* Takes r out. Its connection, where still open, is not touched. */
static void forget(struct top_row *r)
{
	rows[r->place] = rows[--n_rows];
	rows[r->place]->place = r->place;
	if (r->closed) {
		copy_free(r->c);
		n_closed--;
	}
	free(r->target);
	free(r->request);
	free(r->response);
	free(r->verdicts);
	free(r);
}

void top_rows__free(void)
{
	while (n_rows)
		forget(rows[n_rows - 1]);
	free(rows);
	rows = NULL;
	rows_size = 0;
	first_closed = last_closed = NULL;
}

static struct top_row *add(struct conn *c)
{
	struct top_row *r = calloc(1, sizeof(*r));
	const char *colon = strrchr(c->local, ':');

	if (!r)
		return NULL;
	if (n_rows == rows_size) {
		uint32_t size = rows_size ? rows_size * 2 : 256;
		struct top_row **more = realloc(rows, size * sizeof(*rows));

		if (!more) {
			free(r);
			return NULL;
		}
		rows = more;
		rows_size = size;
	}
	r->c = c;
	r->place = n_rows;
	r->port = colon ? atoi(colon + 1) : 0;
	for (int i = 0; i < WST_P99S; i++)
		r->p99[i] = TOP_NONE;
	rows[n_rows++] = r;
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

	bool wanted = e->head.upgrade || http_find(e->head.msg, "sec-websocket-key");

	r->awaits_response = wanted || !r->request;
	if (!r->awaits_response)
		return;
	r->wanted = wanted;
	r->refused = 0;
	free(r->request);
	free(r->response);
	free(r->target);
	r->request = head_text(&e->head);
	r->response = NULL;
	add_target(&b, e->head.msg->target);
	r->target = keep(&b);
}

static void on_response(struct top_row *r, const struct event *e)
{
	if (e->head.msg->status < 200 && e->head.msg->status != 101)
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
		r->p99[i] =
			s->p99[i] < HIST_SLOTS ? hist_middle(s->p99[i], TOP_NONE - 1) : TOP_NONE;
	r->unsent = s->unsent;
	r->unread = s->unread;
}

/* The connection is about to be freed: what is shown of it stays. */
static struct top_row *on_close(struct top_row *r, const struct event *e)
{
	struct conn *c = malloc(sizeof(*c));

	if (!c) {
		forget(r);
		return NULL;
	}
	if (e->stats->how != WST_UNSEEN)
		on_stats(r, e);
	*c = *r->c;
	memset(c->head, 0, sizeof(c->head));
	memset(c->frame, 0, sizeof(c->frame));
	c->target = NULL;
	c->hists = NULL;
	c->cgroup = c->cgroup ? strdup(c->cgroup) : NULL;
	c->container = c->container ? strdup(c->container) : NULL;
	r->c = c;
	r->closed = e->ts;
	r->how = e->stats->how;
	r->flags = e->stats->h.flags;
	r->messages_rate = r->bytes_rate = 0;
	n_closed++;
	if (last_closed)
		last_closed->next_closed = r;
	else
		first_closed = r;
	last_closed = r;
	return r;
}

struct top_row *top_rows__event(const struct event *e)
{
	struct top_row *r = e->conn->row ? e->conn->row : add(e->conn);

	if (!r)
		return NULL;
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
		e->conn->row = NULL;
		return on_close(r, e);
	default:
		break;
	}
	return r;
}

/* A verdict on an end comes a second after it. */
static struct top_row *find(const struct conn *c)
{
	struct top_row *r = c->row;

	if (!r)
		for (r = first_closed; r && r->c->number != c->number;)
			r = r->next_closed;
	return r;
}

void top_rows__verdict(const struct event *e)
{
	const struct verdict *v = e->verdict;
	struct top_row *r;
	struct buf b = {};

	if (v->folded && n_closed > CLOSED_MAX) /* one of thousands that end at once */
		return;
	r = find(e->conn);
	if (!r)
		return;
	if (!r->rule || r->rule->severity < v->rule->severity)
		r->rule = v->rule;
	if (r->verdicts)
		buf_printf(&b, "%s\n", r->verdicts);
	buf_printf(&b, "%s: ", v->rule->id);
	buf_escaped(&b, v->text, strlen(v->text));
	buf_str(&b, "\nfix: ");
	buf_escaped(&b, v->fix, strlen(v->fix));
	buf_char(&b, '\n');
	free(r->verdicts);
	r->verdicts = keep(&b);
}

uint32_t top_rows__open(void)
{
	return n_rows - n_closed;
}

uint32_t top_rows__closed(void)
{
	return n_closed;
}

static void purge(uint64_t now, const struct top_row *pinned)
{
	struct top_row **link = &first_closed, *r, *last = NULL;

	while ((r = *link)) {
		bool old = r->closed + CLOSED_FOR < now || n_closed > CLOSED_MAX;

		if (old && r != pinned) {
			*link = r->next_closed;
			forget(r);
			continue;
		}
		if (!old)
			break; /* all behind it closed later */
		last = r;
		link = &r->next_closed;
	}
	while (r) {
		last = r;
		r = r->next_closed;
	}
	last_closed = last;
}

static bool holds(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool passes(const struct top_row *r, const char *filter)
{
	char process[WST_COMM_LEN + 16];

	if (!*filter)
		return true;
	if (!strcmp(filter, "!"))
		return top_row_marked(r);
	snprintf(process, sizeof(process), "%s[%u]", r->c->comm, r->c->pid);
	return holds(process, filter) || holds(r->c->container, filter) ||
	       holds(r->c->remote, filter) || holds(r->c->local, filter) ||
	       holds(r->target, filter);
}

static int compare(const void *pa, const void *pb, void *ctx)
{
	const struct top_row *a = *(struct top_row *const *)pa, *b = *(struct top_row *const *)pb;
	const struct top_view *v = ctx;
	const struct top_column *column = &top_columns[v->column];
	int order;

	if (column->compare)
		order = column->compare(a, b);
	else
		order = (a->key < b->key) - (a->key > b->key); /* numbers: downwards */
	if (v->reverse)
		order = -order;
	if (!order) /* or rows that are equal would change places all the time */
		order = (a->c->number > b->c->number) - (a->c->number < b->c->number);
	return order;
}

void top_rows__arrange(struct top_view *v, uint64_t now, bool forgets, const struct top_row *pinned)
{
	const struct top_column *column = &top_columns[v->column];
	struct top_row **view;

	if (forgets)
		purge(now, pinned);
	view = realloc(v->rows, (n_rows + 1) * sizeof(*view));
	v->n = 0;
	if (!view)
		return;
	v->rows = view;
	for (uint32_t i = 0; i < n_rows; i++) {
		struct top_row *r = rows[i];

		r->line = UINT32_MAX;
		if (!passes(r, v->filter))
			continue;
		if (column->key)
			r->key = column->key(r, now);
		view[v->n++] = r;
	}
	qsort_r(view, v->n, sizeof(*view), compare, v);
	for (uint32_t i = 0; i < v->n; i++)
		view[i]->line = i;
}
