// SPDX-License-Identifier: GPL-2.0-only
/* A handshake, from the first connection to the last answer, leg by leg. */
#include <stdlib.h>
#include <string.h>
#include "decode/names.h"
#include "decode/http.h"
#include "report/html.h"

#define LEGS_DRAWN 4
#define TARGET_SHOWN 160
#define VALUE_SHOWN 1024
#define WORTH_A_LINE 100000000ULL /* ns in which nothing happened */

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
	return x->kind >= STEP_RESPONSE ? -legs : legs; /* answers come from behind */
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
	buf_str(b, "<span class=w><b>");
	html_text(b, c->method);
	buf_char(b, ' ');
	if (c->target)
		html_bytes(b, c->target, strlen(c->target), TARGET_SHOWN);
	buf_str(b, "</b></span><span><small");
	if (c->wanted && (!c->upgrade || c->http10))
		buf_str(b, " class=bad");
	buf_printf(b, ">HTTP/%s, %s</small></span>", c->http10 ? "1.0" : "1.1",
		   c->upgrade ? "Upgrade: websocket" : "no Upgrade: websocket");
}

static void draw_response(struct buf *b, const struct report_conn *c)
{
	buf_printf(b, "<span><b>%u ", c->status);
	html_text(b, c->reason);
	buf_str(b, "</b></span><span><small>after ");
	html_duration(b, report_latency(c));
	buf_str(b, "</small></span>");
	if (c->accept_ok == 0)
		buf_str(b, "<span><small class=bad>Sec-WebSocket-Accept is wrong</small></span>");
}

static void draw_step(struct buf *b, const struct report_conn *c, enum step_kind kind)
{
	bool bad = report_failed(c) || c->accept_ok == 0, back = kind >= STEP_RESPONSE;

	if (kind == STEP_END && c->how != WST_REFUSED)
		back = !c->by_client;
	buf_printf(b, "<div class=\"leg %s%s%s\">", back ? "back" : "go",
		   kind == STEP_CONNECT ? " tcp" : "", kind >= STEP_RESPONSE && bad ? " bad" : "");
	if (kind == STEP_REQUEST) {
		draw_request(b, c);
	} else if (kind == STEP_RESPONSE) {
		draw_response(b, c);
	} else if (kind == STEP_CONNECT) {
		buf_printf(b, "<span><small>TCP connect, #%u</small></span>", c->number);
	} else if (c->how == WST_REFUSED) {
		buf_str(b, "<span><b>RST</b></span><span><small>connection refused</small></span>");
	} else {
		buf_printf(
			b,
			"<span><b>%s</b></span><span><small>%s, without an answer</small></span>",
			c->how == WST_FIN     ? "FIN" :
			c->how == WST_TIMEOUT ? "timeout" :
			c->how == WST_EXIT    ? "process ended" :
						"RST",
			c->by_client ? "the client gave up" : "closed by the server");
	}
	buf_str(b, "<div class=arrow></div></div>");
}

/* Cells of the legs around leg, which draw() fills. */
static void empty_legs(struct buf *b, unsigned int n)
{
	while (n--)
		buf_str(b, "<div class=leg></div>");
}

static void draw_wait(struct buf *b, const struct step *before, uint64_t ns, unsigned int n)
{
	buf_str(b, "<div class=\"row wait\"><span class=t></span>");
	for (unsigned int i = 0; i < n; i++) {
		buf_str(b, "<div class=leg>");
		if (i == before->leg) {
			html_duration(b, ns);
			buf_str(b, before->kind <= STEP_REQUEST ? " without an answer" : " later");
		}
		buf_str(b, "</div>");
	}
	buf_str(b, "</div>");
}

static void draw_who(struct page *p, const struct report_case *c, unsigned int n)
{
	buf_str(p->b, "<div class=who>");
	for (unsigned int i = 0; i <= n; i++) {
		buf_str(p->b, "<div>");
		html_who(p->b, c->legs, c->n, i, "<small class=w>");
		buf_str(p->b, "</small></div>");
	}
	buf_str(p->b, "</div>");
}

void page__sequence(struct page *p, const struct report_case *c)
{
	unsigned int n = c->n < LEGS_DRAWN ? c->n : LEGS_DRAWN, k;
	struct step steps[4 * LEGS_DRAWN];
	struct buf *b = p->b;

	k = find_steps(c, n, steps);
	if (!c->legs[0]->request_ts && !c->legs[n - 1]->request_ts) {
		if (c->legs[0]->midstream)
			buf_str(b, "<p class=note>The handshake was before wstrace: its connection "
				   "was already open.</p>");
		else if (c->legs[0]->opaque)
			buf_printf(
				b, "<p class=note>No handshake could be read: %s.</p>",
				c->legs[0]->opaque == WST_WHY_TLS   ? "it is TLS" :
				c->legs[0]->opaque == WST_WHY_HTTP2 ? "it is HTTP/2" :
								      why_name(c->legs[0]->opaque));
		return;
	}
	buf_printf(b, "<h4>Handshake</h4><div class=\"seq n%u\">", n);
	draw_who(p, c, n);
	for (unsigned int i = 0; i < k; i++) {
		if (i && steps[i].ts - steps[i - 1].ts >= WORTH_A_LINE)
			draw_wait(b, &steps[i - 1], steps[i].ts - steps[i - 1].ts, n);
		buf_str(b, "<div class=row><span class=t>");
		html_since(b, steps[0].ts, steps[i].ts);
		buf_str(b, "</span>");
		empty_legs(b, steps[i].leg);
		draw_step(b, c->legs[steps[i].leg], steps[i].kind);
		empty_legs(b, n - 1 - steps[i].leg);
		buf_str(b, "</div>\n");
	}
	buf_str(b, "<div class=\"row end\"><span class=t></span>");
	empty_legs(b, n);
	buf_str(b, "</div></div>");
	if (c->n > n)
		buf_printf(b, "<p class=note>%u more legs are not drawn.</p>", c->n - n);
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

/* The headers; those that tell of WebSocket and that the other side of the proxy had are struck
 * out. */
static void draw_headers(struct buf *b, const struct report_pairs *p,
			 const struct report_pairs *other, bool cut)
{
	struct span name, value;
	size_t at = 0;

	while (pairs__next(p, &at, &name, &value)) {
		bool bold = about_websocket(name);

		buf_str(b, bold ? "<b>" : "<span class=n>");
		html_bytes(b, name.p, name.n, 128);
		buf_str(b, bold ? "</b>: " : "</span>: ");
		html_bytes(b, value.p, value.n, VALUE_SHOWN);
		buf_char(b, '\n');
	}
	for (at = 0; other && !cut && pairs__next(other, &at, &name, &value);) {
		if (!about_websocket(name) || has_name(p, name))
			continue;
		buf_str(b, "<del>");
		html_bytes(b, name.p, name.n, 128);
		buf_str(b, ": ");
		html_bytes(b, value.p, value.n, VALUE_SHOWN);
		buf_str(b, "</del> removed on the way\n");
	}
	if (p->left_out)
		buf_printf(b, "<span class=cut>%u more headers are not kept</span>\n", p->left_out);
	if (cut)
		buf_str(b, "<span class=cut>the head is incomplete</span>\n");
}

static void draw_head(struct page *p, const struct report_case *c, unsigned int i, bool response)
{
	const struct report_conn *leg = c->legs[i];
	const struct report_conn *near =
		response ? (i + 1 < c->n ? c->legs[i + 1] : NULL) : (i ? c->legs[i - 1] : NULL);
	const struct report_pairs *other = NULL;
	struct buf *b = p->b;

	if (near && near->detail)
		other = response ? &near->detail->response : &near->detail->request;
	/* A proxy's own answer is not the upstream's with headers taken away. */
	if (response && near && near->status != leg->status)
		other = NULL;
	buf_str(b, "<pre class=w>");
	if (response) {
		buf_printf(b, "%u ", leg->status);
		html_text(b, leg->reason);
		buf_char(b, '\n');
		draw_headers(b, &leg->detail->response, other, leg->detail->response_cut);
	} else {
		html_text(b, leg->method);
		buf_char(b, ' ');
		html_text(b, leg->target);
		buf_printf(b, "%s HTTP/%s\n", leg->target_cut ? "&hellip;" : "",
			   leg->http10 ? "1.0" : "1.1");
		draw_headers(b, &leg->detail->request, other, leg->detail->request_cut);
	}
	buf_str(b, "</pre>");
}

void page__heads(struct page *p, const struct report_case *c)
{
	struct buf *b = p->b;
	bool any = false;

	for (unsigned int i = 0; i < c->n; i++)
		any |= c->legs[i]->detail && c->legs[i]->request_ts;
	if (!any)
		return;
	buf_str(b, "<details class=\"more paper\"><summary>Headers</summary><div class=heads>");
	for (unsigned int i = 0; i < c->n; i++) {
		const struct report_conn *leg = c->legs[i];

		if (!leg->detail || !leg->request_ts)
			continue;
		buf_printf(b, "<section><h4>#%u, ", leg->number);
		html_who(b, c->legs, c->n, i, " ");
		buf_str(b, " → ");
		html_who(b, c->legs, c->n, i + 1, " ");
		buf_str(b, "</h4>");
		draw_head(p, c, i, false);
		if (leg->response_ts)
			draw_head(p, c, i, true);
		buf_str(b, "</section>");
	}
	buf_str(b, "</div></details>\n");
}
