// SPDX-License-Identifier: GPL-2.0-only
/*
 * One event a line; that of an ordinary frame takes no more than 79 columns, for terminals of 80:
 * TIME            CONN  PROCESS         DIR WHAT
 * The headers of a handshake follow it, indented. -> goes from the WebSocket client to the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "bpf/ws_frame.h"
#include "out/summary.h"
#include "out/text.h"
#include "decode/ws.h"

const struct options *text_options;
static bool colour;

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RESET "\033[0m"

static void paint(struct buf *b, const char *sequence)
{
	if (colour)
		buf_str(b, sequence);
}

/* Fills up with blanks to n columns behind from; bytes count as columns. */
static void pad(struct buf *b, size_t from, size_t n)
{
	while (b->len - from < n)
		buf_char(b, ' ');
}

static void add_time(struct buf *b, uint64_t ts)
{
	static time_t second = -1;
	static char text[16];
	time_t s = ts / 1000000000;
	uint32_t us = ts / 1000 % 1000000;
	char digits[6];

	if (s != second) {
		struct tm tm;

		strftime(text, sizeof(text), "%H:%M:%S.", localtime_r(&s, &tm));
		second = s;
	}
	for (int i = 5; i >= 0; i--, us /= 10)
		digits[i] = '0' + us % 10;
	buf_str(b, text);
	buf_add(b, digits, sizeof(digits));
}

struct buf *text_line(const struct event *e, const char *dir)
{
	static const char *const colours[] = { "\033[36m", "\033[35m", "\033[34m", "\033[32m",
					       "\033[33m", "\033[96m", "\033[95m", "\033[94m" };
	struct buf *b = line_start();
	const struct conn *c = e->conn;
	size_t from;

	add_time(b, e->ts);
	buf_char(b, ' ');
	paint(b, colours[c->number % 8]); /* lets the eye follow one connection */
	from = b->len;
	buf_char(b, '#');
	buf_u64(b, c->number);
	pad(b, from, 5);
	paint(b, RESET);
	buf_char(b, ' ');
	from = b->len;
	if (c->pid) {
		buf_escaped(b, c->comm, strnlen(c->comm, sizeof(c->comm)));
		buf_printf(b, "[%u]", c->pid);
	} else {
		buf_char(b, '-');
	}
	pad(b, from, 15);
	buf_char(b, ' ');
	buf_str(b, dir);
	buf_char(b, ' ');
	return b;
}

const char *text_arrow(uint8_t dir)
{
	return dir == WST_C2S ? "->" : "<-";
}

static void text_start(const struct options *o, const struct run_info *run)
{
	const char *term = getenv("TERM");

	(void)run;
	text_options = o;
	colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
}

static void add_target(struct buf *b, struct span target)
{
	struct buf redacted = {};

	if (text_options->show_secrets) {
		buf_escaped(b, target.p, target.n);
		return;
	}
	http_redact_target(&redacted, target);
	buf_escaped(b, redacted.data ? redacted.data : "", redacted.len);
	buf_free(&redacted);
}

static void add_headers(struct buf *b, const struct http_msg *m)
{
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		buf_str(b, TEXT_INDENT);
		paint(b, DIM);
		buf_escaped(b, h->name.p, h->name.n);
		buf_str(b, ": ");
		if (h->secret && !text_options->show_secrets)
			buf_str(b, HTTP_REDACTED);
		else
			buf_escaped(b, h->value.p, h->value.n);
		paint(b, RESET);
		buf_char(b, '\n');
	}
}

/* Plain HTTP on the same port is one line; a handshake shows its headers. */
static void text_head(const struct event *e)
{
	const struct head_event *h = &e->head;
	const struct http_msg *m = h->msg;
	bool response = e->type == EV_RESPONSE;
	struct buf *b = text_line(e, text_arrow(response ? WST_S2C : WST_C2S));

	if (response) {
		paint(b, m->status == 101 ? GREEN : m->status >= 400 ? RED : YELLOW);
		buf_printf(b, "%u ", m->status);
		buf_escaped(b, m->reason.p, m->reason.n);
		paint(b, RESET);
		if (h->latency_us) {
			buf_str(b, "  after ");
			buf_duration(b, h->latency_us * 1000);
		}
		if (h->accept_ok == 0) {
			paint(b, RED);
			buf_str(b, "  Sec-WebSocket-Accept is wrong");
			paint(b, RESET);
		}
	} else {
		paint(b, BOLD);
		buf_escaped(b, m->method.p, m->method.n);
		buf_char(b, ' ');
		add_target(b, m->target);
		paint(b, RESET);
		buf_str(b, " HTTP/");
		buf_escaped(b, m->version.p, m->version.n);
		if (h->upgrade)
			buf_str(b, "  upgrade");
	}
	if (h->cut)
		buf_str(b, "  (head incomplete)");
	buf_char(b, '\n');
	if (h->upgrade || text_options->verbose || e->conn->key[0])
		add_headers(b, m);
	line_end(false);
}

static void add_inflated(struct buf *b, const struct frame_event *f)
{
	if (f->inflated.n || !f->inflate_error) {
		buf_str(b, "  inflated ");
		buf_bytes(b, f->inflated.n);
		buf_str(b, " \"");
		buf_escaped(b, f->inflated.p, f->inflated.n);
		buf_char(b, '"');
	}
	if (f->inflate_error) {
		paint(b, YELLOW);
		buf_printf(b, "%s%s", f->inflated.n ? "... " : "  not inflated: ",
			   inflate_error_text(f->inflate_error));
		paint(b, RESET);
	}
}

static void add_payload(struct buf *b, const struct frame_event *f)
{
	if (f->opcode == WS_OP_CLOSE) {
		if (f->code) {
			const char *name = ws_close_name(f->code);

			buf_printf(b, "  %u", f->code);
			if (name)
				buf_printf(b, " %s", name);
			if (f->reason.n) {
				buf_str(b, ": \"");
				buf_escaped(b, f->reason.p, f->reason.n);
				buf_char(b, '"');
			}
		}
		return;
	}
	if (f->compressed) {
		add_inflated(b, f);
		return;
	}
	if (!f->has_payload || !f->payload.n)
		return;
	buf_str(b, "  \"");
	buf_escaped(b, f->payload.p, f->payload.n);
	buf_char(b, '"');
	if (f->payload.n < f->len)
		buf_str(b, "...");
}

/* To the right of 9 columns, the first of which is blank. */
static void add_length(struct buf *b, uint64_t len)
{
	static struct buf text;

	text.len = 0;
	buf_bytes(&text, len);
	for (size_t n = text.len; n < 8; n++)
		buf_char(b, ' ');
	buf_char(b, ' ');
	buf_add(b, text.data, text.len);
}

static void text_frame(const struct event *e)
{
	static const char *const rsv[] = { "-",	   "RSV3",  "RSV2",  "RSV23",
					   "RSV1", "RSV13", "RSV12", "RSV123" };
	const struct frame_event *f = &e->frame;
	struct buf *b = text_line(e, text_arrow(f->dir));
	size_t from = b->len;

	if (f->opcode & 8)
		paint(b, YELLOW);
	from = b->len;
	buf_str(b, ws_op_name(f->opcode));
	pad(b, from, 6);
	if (f->opcode & 8)
		paint(b, RESET);
	from = b->len;
	buf_str(b, f->fin ? " FIN " : " -   ");
	buf_str(b, rsv[f->rsv]);
	pad(b, from, 9);
	from = b->len;
	if (f->masked) {
		const uint8_t *key = (const uint8_t *)&f->mask;

		buf_printf(b, " mask %02x%02x%02x%02x", key[0], key[1], key[2], key[3]);
	} else {
		buf_str(b, " -");
	}
	pad(b, from, 14);
	add_length(b, f->len);
	if (f->rtt_us >= 0) {
		buf_str(b, "  rtt ");
		buf_duration(b, f->rtt_us * 1000);
	}
	if (text_options->verbose)
		buf_printf(b, "  seq %u offset %llu hdr %u", f->seq, (unsigned long long)f->offset,
			   f->hdr_len);
	if (text_options->verbose && f->pid != e->conn->pid)
		buf_printf(b, " pid %u", f->pid);
	add_payload(b, f);
	buf_char(b, '\n');
	line_end(true);
}

static void text_resync(const struct event *e)
{
	struct buf *b = text_line(e, text_arrow(e->resync->h.dir));

	buf_printf(b, "decoding again after %llu bytes not decoded (%s)\n",
		   (unsigned long long)e->resync->skipped, why_name(e->resync->why));
	line_end(false);
}

static void text_opaque(const struct event *e)
{
	static const char *const says[] = {
		[WST_WHY_TLS] = "TLS: its content is not visible here",
		[WST_WHY_HTTP2] = "HTTP/2: not decoded",
		[WST_WHY_NOT_HTTP] = "neither HTTP/1 nor WebSocket",
		[WST_WHY_OTHER_UPGRADE] = "upgraded to something that is not WebSocket",
		[WST_WHY_KTLS] = "TLS by the kernel: its content is not visible here",
		[WST_WHY_SOCKMAP] = "BPF moves its bytes (sockmap): they are not visible here",
		[WST_WHY_MPTCP] = "MPTCP: not decoded",
		[WST_WHY_UNSEEN] = "its bytes went where they cannot be read",
	};
	struct buf *b = text_line(e, text_arrow(e->opaque->h.dir));
	uint32_t why = e->opaque->why;

	buf_printf(b, "%s\n", why < sizeof(says) / sizeof(says[0]) && says[why] ? says[why] : "?");
	line_end(false);
}

/* The chain of a proxy's connections, from the client to the last server. */
static void text_leg(const struct event *e)
{
	const struct facts *f = e->leg->first;
	struct buf *b = text_line(e, "  ");

	buf_printf(b, "client %s", f->conn->role == WST_SERVER ? f->conn->remote : f->conn->local);
	for (; f; f = f->up) {
		const struct conn *server = server_of(f);
		const char *addr = f->conn->role == WST_SERVER ? f->conn->local : f->conn->remote;

		buf_str(b, " -> ");
		if (server) {
			buf_escaped(b, server->comm, strlen(server->comm));
			buf_printf(b, "[%u] ", server->pid);
		}
		buf_str(b, f->up && server ? strrchr(addr, ':') : addr);
	}
	if (strcmp(e->leg->by, "key"))
		buf_printf(b, "  (joined by %s)", e->leg->by);
	buf_char(b, '\n');
	line_end(false);
}

static const char *severity_colour(enum severity s)
{
	return s == SEV_ERROR ? RED : s == SEV_WARNING ? YELLOW : "";
}

static void text_verdict(const struct event *e)
{
	const struct verdict *v = e->verdict;
	struct buf *b;

	if (v->folded)
		return;
	b = text_line(e, "! ");
	paint(b, severity_colour(v->rule->severity));
	buf_printf(b, "%s: ", v->rule->id);
	paint(b, RESET);
	buf_escaped(b, v->text, strlen(v->text));
	if (v->again)
		buf_printf(b, " (again, %u times now)", v->again + 1);
	buf_char(b, '\n');
	if (!v->again) {
		buf_str(b, TEXT_INDENT "fix: ");
		buf_escaped(b, v->fix, strlen(v->fix));
		buf_char(b, '\n');
	}
	line_end(false);
}

static void draw_verdicts(struct buf *b, const struct diagnose *d)
{
	const struct diagnose_row *r;

	for (unsigned int i = 0; d && (r = diagnose__row(d, i)); i++) {
		if (!i)
			buf_str(b, "\nWhat was wrong, the worst first:\n");
		buf_printf(b, "%6llu x  ", (unsigned long long)r->count);
		paint(b, severity_colour(r->rule->severity));
		buf_str(b, r->rule->id);
		paint(b, RESET);
		buf_printf(b, "  port %u ", r->port);
		buf_escaped(b, r->path, strlen(r->path));
		buf_str(b, "\n          ");
		buf_escaped(b, r->text, strlen(r->text));
		buf_str(b, i ? "\n          fix: " : "\n          fix first: ");
		buf_escaped(b, r->fix, strlen(r->fix));
		buf_printf(b, "\n");
		if (i == 19 && diagnose__row(d, 20)) {
			buf_str(b, "          and more\n");
			break;
		}
	}
	if (d && diagnose__row(d, 0))
		buf_printf(b, "wstrace --explain %s says more\n", diagnose__row(d, 0)->rule->id);
}

static void text_event(const struct event *e)
{
	static void (*const shows[EV_TYPES])(const struct event *) = {
		[EV_OPEN] = text_open,	     [EV_REQUEST] = text_head,	[EV_RESPONSE] = text_head,
		[EV_FRAME] = text_frame,     [EV_RESYNC] = text_resync, [EV_OPAQUE] = text_opaque,
		[EV_STATS] = text_stats,     [EV_CLOSE] = text_close,	[EV_LEG] = text_leg,
		[EV_VERDICT] = text_verdict,
	};

	shows[e->type](e);
}

static void text_lost(uint64_t ts, uint64_t events)
{
	struct buf *b = line_start();

	add_time(b, ts);
	paint(b, RED);
	buf_printf(b, " %llu events lost: the event buffer was full (--ringbuf)",
		   (unsigned long long)events);
	paint(b, RESET);
	buf_char(b, '\n');
	line_end(false);
}

/* The closing line goes to stderr, and main() writes it for every output. */
static void text_end(uint64_t ts, const struct run_totals *t, const struct diagnose *d)
{
	(void)ts;
	(void)t;
	summary_draw(line_start(), text_options->show_secrets);
	if (text_options->kinds & KIND_VERDICT)
		draw_verdicts(line_start(), d);
	line_end(false);
}

const struct output_ops out_text = {
	.start = text_start,
	.event = text_event,
	.lost = text_lost,
	.end = text_end,
};
