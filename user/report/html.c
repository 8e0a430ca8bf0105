// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <time.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "report/html.h"

void html_text(struct buf *b, const char *s)
{
	if (s)
		buf_html(b, s, strlen(s));
}

void html_bytes(struct buf *b, const char *p, size_t n, size_t max)
{
	size_t shown = n < max ? n : max;

	/* Not in the middle of a UTF-8 sequence. */
	while (shown && shown < n && (p[shown] & 0xc0) == 0x80)
		shown--;
	buf_html(b, p, shown);
	if (shown < n)
		buf_printf(b, "<span class=cut>&hellip; %zu bytes more</span>", n - shown);
}

void html_prose(struct buf *b, const char *s)
{
	for (; *s; s += !!*s) {
		size_t n = strcspn(s, "\n");

		buf_html(b, s, n);
		s += n;
		if (*s)
			buf_str(b, "<br>");
	}
}

void html_count(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		html_count(b, n / 1000);
		buf_printf(b, ",%03u", (unsigned int)(n % 1000));
	} else {
		buf_u64(b, n);
	}
}

void html_duration(struct buf *b, uint64_t ns)
{
	size_t from = b->len;

	buf_duration(b, ns);
	if (b->len > from + 3 && !memcmp(b->data + b->len - 3, " us", 3)) {
		b->len -= 2;
		buf_str(b, "µs");
	}
}

void html_since(struct buf *b, uint64_t from, uint64_t ts)
{
	buf_char(b, '+');
	html_duration(b, ts > from ? ts - from : 0);
}

static void add_local(struct buf *b, uint64_t ts, const char *format)
{
	time_t s = ts / 1000000000;
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), format, localtime_r(&s, &tm));
	buf_str(b, text);
}

void html_clock(struct buf *b, uint64_t ts)
{
	add_local(b, ts, "%H:%M:%S");
	buf_printf(b, ".%03u", (unsigned int)(ts / 1000000 % 1000));
}

void html_date(struct buf *b, uint64_t ts)
{
	add_local(b, ts, "%Y-%m-%d %H:%M:%S %z");
}

void html_process(struct buf *b, const char *comm, uint32_t pid)
{
	html_text(b, comm);
	buf_printf(b, "<span class=pid>[%u]</span>", pid);
}

void html_link(struct buf *b, const struct report_conn *c)
{
	if (c->shown)
		buf_printf(b, "<a href=\"#c%u\">#%u</a>", c->number, c->number);
	else
		buf_printf(b, "#%u", c->number);
}

void html_badge(struct buf *b, enum severity s)
{
	buf_printf(b, "<span class=\"badge %s\">%s</span>", severity_name(s), severity_name(s));
}

void html_end(struct buf *b, const struct report_conn *c)
{
	static const char *const hows[] = { [WST_FIN] = "FIN",
					    [WST_RST_SENT] = "RST",
					    [WST_RST_RECEIVED] = "RST",
					    [WST_TIMEOUT] = "timeout",
					    [WST_EXIT] = "process ended" };

	if (!c->closed) {
		buf_str(b, "still open at the end");
		return;
	}
	if (c->how == WST_REFUSED) {
		buf_str(b, "connection refused");
		return;
	}
	if (c->how == WST_UNSEEN) {
		buf_str(b, "closed; how and when was not seen");
		return;
	}
	if (!c->how) {
		buf_str(b, "replaced by a new connection; its end was not seen");
		return;
	}
	buf_printf(b, "closed by the %s (%s", c->by_client ? "client" : "server",
		   c->how < sizeof(hows) / sizeof(hows[0]) && hows[c->how] ? hows[c->how] : "?");
	if (c->code)
		buf_printf(b, ", %u", c->code);
	buf_str(b, c->midstream ? "), seen for " : ") after ");
	html_duration(b, c->closed > c->opened ? c->closed - c->opened : 0);
}

void html_who(struct buf *b, struct report_conn *const *legs, unsigned int n, unsigned int i,
	      const char *between)
{
	const struct report_conn *known = NULL;
	const char *addr = i ? report_server_addr(legs[i - 1]) : report_client_addr(legs[0]);

	if (i && legs[i - 1]->role == WST_SERVER)
		known = legs[i - 1];
	else if (i < n && legs[i]->role == WST_CLIENT)
		known = legs[i];
	if (known && known->pid)
		html_process(b, known->comm, known->pid);
	else
		buf_str(b, i == 0 ? "client" : i < n ? "proxy" : "server");
	buf_str(b, between);
	html_text(b, addr);
}
