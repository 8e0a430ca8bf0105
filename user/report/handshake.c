// SPDX-License-Identifier: GPL-2.0-only
/* Draws a handshake, from the first connection to the last answer, leg by leg. */
#include <stdlib.h>
#include <string.h>
#include "decode/names.h"
#include "report/page.h"

#define LEGS_DRAWN 4
#define TARGET_SHOWN 160 /* bytes */
#define NAME_SHOWN 128
#define VALUE_SHOWN 1024
#define WORTH_A_LINE 100000000ULL /* a silence, ns, that gets a row of its own */

enum step_kind { STEP_CONNECT, STEP_REQUEST, STEP_RESPONSE, STEP_END };

struct step {
	uint64_t ts;
	enum step_kind kind;
	unsigned int leg;
};

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	int legs = (int)x->leg - (int)y->leg;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind - y->kind;
	return x->kind >= STEP_RESPONSE ? -legs : legs; /* answers come from the last leg first */
}

static unsigned int find_steps(const struct report_case *c, unsigned int n, struct step *steps)
{
	unsigned int k = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct report_conn *leg = c->legs[i];

		if (!leg->midstream && !leg->placeholder)
			steps[k++] = (struct step){ leg->opened, STEP_CONNECT, i };
		if (leg->request_ts)
			steps[k++] = (struct step){ leg->request_ts, STEP_REQUEST, i };
		if (leg->response_ts)
			steps[k++] = (struct step){ leg->response_ts, STEP_RESPONSE, i };
		else if (leg->closed && (leg->wanted || leg->how == WST_REFUSED))
			steps[k++] = (struct step){ leg->closed, STEP_END, i };
	}
	qsort(steps, k, sizeof(*steps), by_time);
	return k;
}

static void draw_request(struct buf *b, const struct report_conn *c)
{
	bool bad = c->wanted && (!c->upgrade || c->http10);

	html(b, "<span class=w><b>%s ", c->method);
	if (c->target)
		html_bytes(b, c->target, strlen(c->target), TARGET_SHOWN);
	html(b, "</b></span><span><small%s>HTTP/%s, %s</small></span>", bad ? " class=bad" : "",
	     c->http10 ? "1.0" : "1.1",
	     c->upgrade ? "Upgrade: websocket" : "no Upgrade: websocket");
}

static void draw_response(struct buf *b, const struct report_conn *c)
{
	html(b, "<span><b>%u %s</b></span><span><small>after %s</small></span>", c->status,
	     c->reason, text_duration(report_latency(c)).s);
	if (c->accept_ok == 0)
		html(b, "<span><small class=bad>Sec-WebSocket-Accept is wrong</small></span>");
}

/* Draws the end of a connection that had no answer. */
static void draw_end(struct buf *b, const struct report_conn *c)
{
	const char *how = c->how == WST_FIN	? "FIN" :
			  c->how == WST_TIMEOUT ? "timeout" :
			  c->how == WST_EXIT	? "process ended" :
						  "RST";

	if (c->how == WST_REFUSED)
		html(b, "<span><b>RST</b></span><span><small>connection refused</small></span>");
	else
		html(b, "<span><b>%s</b></span><span><small>%s, without an answer</small></span>",
		     how, c->end.tcp_by_client ? "the client gave up" : "closed by the server");
}

static void draw_step(struct buf *b, const struct report_conn *c, enum step_kind kind)
{
	bool bad = report_failed(c) || c->accept_ok == 0, back = kind >= STEP_RESPONSE;

	if (kind == STEP_END && c->how != WST_REFUSED)
		back = !c->end.tcp_by_client;
	html(b, "<div class=\"leg %s%s%s\">", back ? "back" : "go",
	     kind == STEP_CONNECT ? " tcp" : "", kind >= STEP_RESPONSE && bad ? " bad" : "");
	if (kind == STEP_REQUEST)
		draw_request(b, c);
	else if (kind == STEP_RESPONSE)
		draw_response(b, c);
	else if (kind == STEP_CONNECT)
		html(b, "<span><small>TCP connect, #%u</small></span>", c->number);
	else
		draw_end(b, c);
	html(b, "<div class=arrow></div></div>");
}

/* Draws cells of n legs on which nothing happens in this row. */
static void empty_legs(struct buf *b, unsigned int n)
{
	while (n--)
		html(b, "<div class=leg></div>");
}

/* Draws a row for the time, ns, between two steps, below the leg of the first. */
static void draw_wait(struct buf *b, const struct step *before, uint64_t ns, unsigned int n)
{
	html(b, "<div class=\"row wait\"><span class=t></span>");
	empty_legs(b, before->leg);
	html(b, "<div class=leg>%s%s</div>", text_duration(ns).s,
	     before->kind <= STEP_REQUEST ? " without an answer" : " later");
	empty_legs(b, n - 1 - before->leg);
	html(b, "</div>");
}

static void draw_who(struct buf *b, const struct report_case *c, unsigned int n)
{
	html(b, "<div class=who>");
	for (unsigned int i = 0; i <= n; i++) {
		html(b, "<div>");
		html_who(b, c->legs, c->n, i);
		html(b, "<small class=w>%s</small></div>", point_addr(c->legs, i));
	}
	html(b, "</div>");
}

static void draw_no_handshake(struct buf *b, const struct report_conn *c)
{
	if (c->midstream)
		html(b,
		     "<p class=note>The handshake was before wstrace: its connection was already "
		     "open.</p>");
	else if (c->opaque)
		html(b, "<p class=note>No handshake could be read: %s.</p>",
		     c->opaque == WST_WHY_TLS	? "it is TLS" :
		     c->opaque == WST_WHY_HTTP2 ? "it is HTTP/2" :
						  why_name(c->opaque));
}

void page__sequence(struct page *p, const struct report_case *c)
{
	unsigned int n = c->n < LEGS_DRAWN ? c->n : LEGS_DRAWN, k;
	struct step steps[4 * LEGS_DRAWN];
	struct buf *b = p->b;

	if (!c->legs[0]->request_ts && !c->legs[n - 1]->request_ts) {
		draw_no_handshake(b, c->legs[0]);
		return;
	}
	k = find_steps(c, n, steps);
	html(b, "<h4>Handshake</h4><div class=\"seq n%u\">", n);
	draw_who(b, c, n);
	for (unsigned int i = 0; i < k; i++) {
		const struct step *s = &steps[i];

		if (i && s->ts - s[-1].ts >= WORTH_A_LINE)
			draw_wait(b, s - 1, s->ts - s[-1].ts, n);
		html(b, "<div class=row><span class=t>%s</span>", text_since(steps[0].ts, s->ts).s);
		empty_legs(b, s->leg);
		draw_step(b, c->legs[s->leg], s->kind);
		empty_legs(b, n - 1 - s->leg);
		html(b, "</div>\n");
	}
	html(b, "<div class=\"row end\"><span class=t></span>");
	empty_legs(b, n);
	html(b, "</div></div>");
	if (c->n > n)
		html(b, "<p class=note>%u more legs are not drawn.</p>", c->n - n);
}

static bool about_websocket(struct span name)
{
	static const char *const names[] = { "upgrade", "connection", "host", "origin" };

	if (name.n > 14 && !strncasecmp(name.p, "sec-websocket-", 14))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name.n == strlen(names[i]) && !strncasecmp(name.p, names[i], name.n))
			return true;
	return false;
}

static bool has_name(const struct report_pairs *p, struct span wanted)
{
	struct span name, value;
	size_t at = 0;

	while (pairs__next(p, &at, &name, &value))
		if (name.n == wanted.n && !strncasecmp(name.p, wanted.p, name.n))
			return true;
	return false;
}

/*
 * Draws the headers p of one side of a proxy. Headers about WebSocket that only the other side has
 * are added, struck out. other: that side's; NULL: there is none. cut: some headers of p are
 * missing, so that none is struck out.
 */
static void draw_headers(struct buf *b, const struct report_pairs *p,
			 const struct report_pairs *other, bool cut)
{
	struct span name, value;
	size_t at = 0;

	while (pairs__next(p, &at, &name, &value)) {
		bool bold = about_websocket(name);

		html(b, bold ? "<b>" : "<span class=n>");
		html_bytes(b, name.p, name.n, NAME_SHOWN);
		html(b, bold ? "</b>: " : "</span>: ");
		html_bytes(b, value.p, value.n, VALUE_SHOWN);
		html(b, "\n");
	}
	for (at = 0; other && !cut && pairs__next(other, &at, &name, &value);) {
		if (!about_websocket(name) || has_name(p, name))
			continue;
		html(b, "<del>");
		html_bytes(b, name.p, name.n, NAME_SHOWN);
		html(b, ": ");
		html_bytes(b, value.p, value.n, VALUE_SHOWN);
		html(b, "</del> removed on the way\n");
	}
	if (p->left_out)
		html(b, "<span class=cut>%u more headers are not kept</span>\n", p->left_out);
	if (cut)
		html(b, "<span class=cut>the head is incomplete</span>\n");
}

static void draw_request_head(struct buf *b, const struct report_case *c, unsigned int i)
{
	const struct report_detail *d = c->legs[i]->detail;
	const struct report_detail *down = i ? c->legs[i - 1]->detail : NULL;

	html(b, "<pre class=w>%s %s", c->legs[i]->method, c->legs[i]->target);
	if (c->legs[i]->target_cut)
		html(b, "&hellip;");
	html(b, " HTTP/%s\n", c->legs[i]->http10 ? "1.0" : "1.1");
	draw_headers(b, &d->request, down ? &down->request : NULL, d->request_cut);
	html(b, "</pre>");
}

static void draw_response_head(struct buf *b, const struct report_case *c, unsigned int i)
{
	const struct report_conn *leg = c->legs[i], *up = i + 1 < c->n ? c->legs[i + 1] : NULL;
	/*
	 * Compare only an answer that was passed on with the upstream's, not the proxy's own one.
	 */
	bool passed_on = up && up->detail && up->status == leg->status;

	html(b, "<pre class=w>%u %s\n", leg->status, leg->reason);
	draw_headers(b, &leg->detail->response, passed_on ? &up->detail->response : NULL,
		     leg->detail->response_cut);
	html(b, "</pre>");
}

void page__heads(struct page *p, const struct report_case *c)
{
	struct buf *b = p->b;
	bool any = false;

	for (unsigned int i = 0; i < c->n; i++)
		any |= c->legs[i]->detail && c->legs[i]->request_ts;
	if (!any)
		return;
	html(b, "<details class=\"more paper\"><summary>Headers</summary><div class=heads>");
	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_conn *leg = c->legs[i];

		if (!leg->detail || !leg->request_ts)
			continue;
		html(b, "<section><h4>#%u, ", leg->number);
		html_who(b, c->legs, c->n, i);
		html(b, " %s → ", point_addr(c->legs, i));
		html_who(b, c->legs, c->n, i + 1);
		html(b, " %s</h4>", point_addr(c->legs, i + 1));
		draw_request_head(b, c, i);
		if (leg->response_ts)
			draw_response_head(b, c, i);
		html(b, "</section>");
	}
	html(b, "</div></details>\n");
}
