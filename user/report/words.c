// SPDX-License-Identifier: GPL-2.0-only
/* Writes words for a connection: its name, who is at its ends, how it ended. */
#include <string.h>
#include "decode/names.h"
#include "report/page.h"

void html_process(struct buf *b, const char *comm, uint32_t pid)
{
	html(b, "%s<span class=pid>[%u]</span>", comm, pid);
}

void html_link(struct buf *b, const struct report_conn *c)
{
	if (c->shown)
		html(b, "<a href=\"#c%u\">#%u</a>", c->number, c->number);
	else
		html(b, "#%u", c->number);
}

void html_badge(struct buf *b, enum severity s)
{
	html(b, "<span class=\"badge %s\">%s</span>", severity_name(s), severity_name(s));
}

/* Writes the lines for a configuration, each with its '\n' in front. */
static void html_config(struct buf *b, const char *lines)
{
	size_t n;

	if (!*lines)
		return;
	html(b, "<pre class=lines>");
	for (; *lines; lines += n) {
		n = strcspn(++lines, "\n");
		html(b, "%.*s", (int)n, lines);
		buf_char(b, '\n'); /* buf_html() would escape it */
	}
	html(b, "</pre>");
}

void html_fix(struct buf *b, const char *fix)
{
	html(b, "<p class=fix><b>Fix</b>%.*s</p>", (int)strcspn(fix, "\n"), fix);
	html_config(b, fix + strcspn(fix, "\n"));
}

void html_lines(struct buf *b, const char *fix)
{
	size_t n = strcspn(fix, "\n");

	html(b, "%.*s", (int)n, fix);
	html_config(b, fix + n);
}

void html_end(struct buf *b, const struct report_conn *c)
{
	uint64_t ns = c->closed > c->opened ? c->closed - c->opened : 0;

	if (!c->closed) {
		html(b, "still open at the end");
	} else if (c->how == WST_REFUSED) {
		html(b, "connection refused");
	} else if (c->how == WST_UNSEEN) {
		html(b, "closed; how and when was not seen");
	} else if (!c->how) {
		html(b, "replaced by a new connection; its end was not seen");
	} else {
		ending_sentence(b, &c->end, (struct span){});
		html(b, "%s %s", c->midstream ? ", seen for" : " after", text_duration(ns).s);
	}
}

const struct report_conn *point_conn(struct report_conn *const *legs, unsigned int n,
				     unsigned int i)
{
	if (i && legs[i - 1]->role == WST_SERVER)
		return legs[i - 1];
	return i < n && legs[i]->role == WST_CLIENT ? legs[i] : NULL;
}

const char *point_role(unsigned int n, unsigned int i)
{
	return i == 0 ? "client" : i < n ? "proxy" : "server";
}

const char *point_addr(struct report_conn *const *legs, unsigned int i)
{
	return i ? report_server_addr(legs[i - 1]) : report_client_addr(legs[0]);
}

void html_who(struct buf *b, struct report_conn *const *legs, unsigned int n, unsigned int i)
{
	const struct report_conn *c = point_conn(legs, n, i);

	if (c && c->pid)
		html_process(b, c->comm, c->pid);
	else
		html(b, "%s", point_role(n, i));
}
