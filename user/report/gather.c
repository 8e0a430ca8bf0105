// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "facts/fact_text.h"
#include "report/gather.h"

#define TARGET_MAX 512 /* most bytes of a request target that are kept */
#define HANDSHAKES_PINNED 20 /* most failed and slow handshakes without a verdict that are kept */

const enum wst_hist_kind report_ranked[] = { WST_READ_DELAY, WST_REPLY_TIME, WST_PING_RTT };

struct report *report__new(void)
{
	return calloc(1, sizeof(struct report));
}

void report__free(struct report *r)
{
	if (!r)
		return;
	report__drop_all(r);
	free(r);
}

static char *copy(struct report *r, struct span s, size_t max)
{
	char *p = strndup(s.p ? s.p : "", s.n < max ? s.n : max);

	r->out_of_memory |= !p;
	return p;
}

/* Returns whether any leg of c's chain has had a verdict. */
static bool judged(const struct report *r, struct report_conn *c)
{
	for (c = report__first(r, c); c; c = report__up(r, c))
		if (c->rule)
			return true;
	return false;
}

/* Pins a handshake that failed or was slow, with all its legs, to be shown in detail. */
static void look_at_handshake(struct report *r, struct report_conn *c)
{
	bool slow = c->wanted && report_latency(c) >= REPORT_SLOW_NS;

	if ((!report_failed(c) && !slow) || c->pins & PIN_HANDSHAKE)
		return;
	if (r->handshakes_pinned == HANDSHAKES_PINNED || judged(r, c))
		return;
	r->handshakes_pinned++;
	report__pin(r, c, PIN_HANDSHAKE);
	report__pin_chain(r, c);
}

static void keep_headers(struct report *r, struct report_pairs *to, const struct http_msg *m)
{
	to->bytes.len = to->n = to->left_out = 0;
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		pairs__add(to, h->name, h->shown);
	}
	r->out_of_memory |= to->bytes.failed;
}

static void keep_target(struct report *r, struct report_conn *c, struct span target)
{
	free(c->target);
	c->target = copy(r, target, TARGET_MAX);
	c->target_cut = target.n > TARGET_MAX;
}

static void on_request(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct http_msg *m = e->head.msg;
	bool wanted = e->head.wanted;

	if (c->wanted && !wanted)
		return;
	c->wanted = wanted;
	c->upgrade = e->head.upgrade;
	c->http10 = m->version.n == 3 && !memcmp(m->version.p, "1.0", 3);
	c->request_ts = e->ts;
	c->response_ts = 0;
	c->status = 0;
	free(c->method);
	c->method = copy(r, m->method, 32);
	keep_target(r, c, m->shown_target);
	if (!c->detail)
		return;
	trail__moment(&c->detail->trail, e->ts);
	c->detail->request_cut = e->head.cut;
	keep_headers(r, &c->detail->request, m);
}

static void on_response(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct http_msg *m = e->head.msg;

	if (!e->head.final || (c->wanted && c->response_ts))
		return;
	c->response_ts = e->ts;
	c->status = m->status;
	c->websocket = e->head.upgrade;
	c->accept_ok = e->head.accept_ok;
	free(c->reason);
	c->reason = copy(r, m->reason, 128);
	if (c->detail) {
		trail__moment(&c->detail->trail, e->ts);
		c->detail->response_cut = e->head.cut;
		keep_headers(r, &c->detail->response, m);
	}
	look_at_handshake(r, c);
}

static void on_frame(struct report *r, struct report_conn *c, const struct event *e)
{
	uint8_t dir = e->frame.dir;

	bins__add(&r->activity, e->ts, dir, 1);
	if (!c)
		return;
	c->frames[dir]++;
	c->bytes[dir] += e->frame.len;
	if (e->frame.code && !c->code)
		c->code = e->frame.code;
	if (c->detail)
		trail__frame(&c->detail->trail, e);
}

static void rank(struct report *r, struct report_conn *c, int k)
{
	uint32_t *list = r->worst[k];
	struct report_conn *other;
	int i = REPORT_WORST;

	while (i > 0 && (!(other = report__find(r, list[i - 1])) ||
			 other->p99[report_ranked[k]] < c->p99[report_ranked[k]]))
		i--;
	if (i == REPORT_WORST)
		return;
	other = report__find(r, list[REPORT_WORST - 1]);
	if (other)
		report__unpin(r, other, PIN_WORST << k);
	memmove(&list[i + 1], &list[i], (REPORT_WORST - 1 - i) * sizeof(*list));
	list[i] = c->number;
	report__pin(r, c, PIN_WORST << k);
}

static void take_hists(struct report *r, struct report_conn *c, const struct conn *from)
{
	struct hist_summary s;
	struct report_detail *d = c ? c->detail : NULL;

	for (int i = 0; from->hists && i < WST_HIST_KINDS; i++) {
		hist_merge(&r->hists[i], &from->hists->hist[i]);
		hist_summarise(&from->hists->hist[i], &s);
		if (c)
			c->p99[i] = s.count ? s.p99 : 0;
	}
	for (int dir = 0; from->proxy_delay && dir < WST_DIRS; dir++)
		hist_merge(&r->delay[dir], &from->proxy_delay[dir]);
	if (d && from->hists && !d->hists && (d->hists = malloc(sizeof(*d->hists))))
		*d->hists = *from->hists;
	if (d && from->proxy_delay && !d->delay && (d->delay = calloc(WST_DIRS, sizeof(*d->delay))))
		memcpy(d->delay, from->proxy_delay, WST_DIRS * sizeof(*d->delay));
	for (int k = 0; c && k < REPORT_RANKED; k++)
		if (c->p99[report_ranked[k]])
			rank(r, c, k);
}

static void on_stats(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct wst_stats *s = e->stats;

	take_hists(r, c, e->conn);
	if (!c)
		return;
	c->rtt_us = s->rtt_us;
	c->retrans = s->retrans;
	c->lost = s->lost;
	c->undecoded = 0;
	for (int dir = 0; dir < WST_DIRS; dir++) {
		c->undecoded += stats_undecoded(e->conn, s, dir);
		c->bytes[dir] = s->counts[dir].bytes;
		c->frames[dir] = counts_frames(&s->counts[dir]);
	}
}

static void on_close(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct wst_stats *s = e->stats;

	hangups__add(&r->hangups, e);
	if (s->how != WST_UNSEEN) /* a close that was not seen has no counters */
		on_stats(r, c, e);
	if (!c)
		return;
	c->closed = e->ts;
	c->how = s->how;
	c->end = ending_of(e->conn, s);
	free(c->ender);
	c->ender = ender_words(e->conn->facts, &c->end);
	if (c->detail)
		trail__moment(&c->detail->trail, e->ts);
	look_at_handshake(r, c);
	report__count(r, c);
	report__settle(r, c);
}

static void on_leg(struct report *r, const struct event *e)
{
	struct report_conn *down = report__find(r, e->leg->downstream->number);
	struct report_conn *up = report__find(r, e->leg->upstream->number), *old;

	if (!down || !up)
		return;
	if (down->up && down->up != up->number && (old = report__find(r, down->up)))
		old->down = 0;
	down->up = up->number;
	up->down = down->number;
	up->by_time = !strcmp(e->leg->by, "pid-time");
	if ((down->pins | up->pins) & (PIN_VERDICT | PIN_HANDSHAKE | PIN_FIRST | PIN_CHAIN))
		report__pin_chain(r, down);
}

static void keep_evidence(void *ctx, const struct fact_text *name, struct span value)
{
	pairs__add(ctx, (struct span){ name->name, strlen(name->name) }, value);
}

/* Keeps the verdict's words, and the connections of its chain. */
static void keep_verdict(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct verdict *v = e->verdict;
	struct report_verdict *kept = calloc(1, sizeof(*kept)), **end = &c->verdicts;

	if (!kept)
		return;
	kept->rule = v->rule;
	kept->again = v->again;
	kept->text = strdup(v->text);
	kept->fix = strdup(v->fix);
	verdict_evidence(v, keep_evidence, &kept->evidence);
	while (*end)
		end = &(*end)->next;
	*end = kept;
	report__pin(r, c, PIN_VERDICT);
	report__pin_chain(r, c);
}

/* Gives up the chain's place among HANDSHAKES_PINNED: a verdict like its own is shown already. */
static void forget_handshake(struct report *r, struct report_conn *c)
{
	for (struct report_conn *leg = report__first(r, c); leg; leg = report__up(r, leg))
		r->handshakes_pinned -= !!(leg->pins & PIN_HANDSHAKE);
	report__unpin_chain(r, c, PIN_HANDSHAKE);
}

static void on_verdict(struct report *r, struct report_conn *c, const struct event *e)
{
	const struct verdict *v = e->verdict;

	r->n_verdicts[v->rule->severity]++;
	bins__add(&r->verdicts, e->ts, v->rule->severity != SEV_ERROR, 1);
	if (!c)
		c = report__add(r, e->conn, e->ts);
	if (!c)
		return;
	if (!c->rule || c->rule->severity < v->rule->severity) {
		c->rule = v->rule;
		c->verdict_ts = e->ts;
	}
	report__count_verdict(r, c, v->rule);
	if (v->again < REPORT_ALIKE && r->n_pinned < REPORT_PINS_MAX)
		keep_verdict(r, c, e);
	else
		forget_handshake(r, c);
}

void report__event(struct report *r, const struct event *e)
{
	struct report_conn *c = report__find(r, e->conn->number);

	if (!r->first_ts || e->ts < r->first_ts)
		r->first_ts = e->ts;
	if (e->ts > r->last_ts)
		r->last_ts = e->ts;
	if (e->type == EV_OPEN && !c) {
		c = report__add(r, e->conn, e->ts);
		r->conns_dropped += !c;
	}
	if (e->type == EV_FRAME)
		on_frame(r, c, e);
	else if (e->type == EV_VERDICT)
		on_verdict(r, c, e);
	else if (e->type == EV_LEG)
		on_leg(r, e);
	else if (e->type == EV_CLOSE)
		on_close(r, c, e);
	else if (e->type == EV_STATS)
		on_stats(r, c, e);
	if (!c)
		return;
	if (e->conn->pid && c->pid != e->conn->pid) { /* another process has the socket now */
		c->pid = e->conn->pid;
		memcpy(c->comm, e->conn->comm, sizeof(c->comm));
	}
	if (e->type == EV_REQUEST)
		on_request(r, c, e);
	else if (e->type == EV_RESPONSE)
		on_response(r, c, e);
	else if (e->type == EV_OPAQUE)
		c->opaque = e->opaque->why;
	else if (e->type == EV_OPEN && c->detail)
		trail__moment(&c->detail->trail, e->ts);
}

void report__finish(struct report *r, uint64_t ts)
{
	struct report_conn *c, *next;

	if (ts > r->last_ts)
		r->last_ts = ts;
	HASH_ITER(hh, r->conns, c, next)
	{
		if (c->closed)
			continue;
		r->n_open++;
		report__count(r, c);
	}
}
