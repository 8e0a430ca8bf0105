// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output "text": a line for each event, of at most 79 columns for an ordinary frame:
 *
 *   TIME            CONN  PROCESS         DIR WHAT
 *
 * A line with the date stands where that changes, and first where it is not today's. Headers follow
 * the line of their handshake, indented. -> goes from the WebSocket client to the server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "bpf/ws_frame.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "out/prose.h"
#include "out/summary.h"
#include "out/text.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RESET "\033[0m"

static void paint(const struct text *t, struct buf *b, const char *sequence)
{
	if (t->colour)
		buf_str(b, sequence);
}

/* Fills up with blanks until n bytes lie behind from; a byte counts as a column. */
static void pad(struct buf *b, size_t from, size_t n)
{
	while (b->len - from < n)
		buf_char(b, ' ');
}

/* Writes the date, where a line is of another day than the one before it, or the first not of
 * today. */
static void new_day(struct text *t, uint64_t ts)
{
	time_t seconds = ts / NS_PER_SEC;
	struct buf *b;
	struct tm tm;

	if (t->minute == ts / (60 * NS_PER_SEC) || !localtime_r(&seconds, &tm))
		return;
	t->minute = ts / (60 * NS_PER_SEC);
	if (tm.tm_year == t->year && tm.tm_yday == t->day)
		return;
	t->year = tm.tm_year;
	t->day = tm.tm_yday;
	b = lines__start(t->lines);
	buf_printf(b, "-- %04d-%02d-%02d --\n", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	lines__end(t->lines, false);
}

static void start_today(struct text *t)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return;
	t->year = tm.tm_year;
	t->day = tm.tm_yday;
}

struct buf *text_line(struct text *t, const struct event *e, const char *dir)
{
	static const char *const colours[] = { "\033[36m", "\033[35m", "\033[34m", "\033[32m",
					       "\033[33m", "\033[96m", "\033[95m", "\033[94m" };
	const struct conn *c = e->conn;
	struct buf *b;
	size_t from;

	new_day(t, e->ts);
	b = lines__start(t->lines);
	time_local(b, e->ts);
	buf_char(b, ' ');
	/* one colour for a connection lets the eye follow it */
	paint(t, b, colours[c->number % 8]);
	from = b->len;
	buf_char(b, '#');
	buf_u64(b, c->number);
	pad(b, from, 5);
	paint(t, b, RESET);
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

static bool text_wanted(const struct options *o)
{
	return !o->top && !o->json && !(o->write && !strcmp(o->write, "-"));
}

static int text_open_output(void **self, const struct options *o, const struct run_info *run)
{
	const char *term = getenv("TERM");
	struct text *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->o = o;
	t->lines = run->lines;
	start_today(t);
	t->colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
	t->summary = summary__new();
	if (!t->summary) {
		free(t);
		return -ENOMEM;
	}
	*self = t;
	return 0;
}

static void add_headers(const struct text *t, struct buf *b, const struct http_msg *m)
{
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		buf_str(b, TEXT_INDENT);
		paint(t, b, DIM);
		buf_escaped(b, h->name.p, h->name.n);
		buf_str(b, ": ");
		buf_escaped(b, h->shown.p, h->shown.n);
		paint(t, b, RESET);
		buf_char(b, '\n');
	}
}

/* Appends where the event begins in a file, for -v. */
static void add_packet(const struct text *t, struct buf *b, const struct event *e)
{
	uint64_t file = PACKET_FILE(e->packet);

	if (!t->o->verbose || !e->packet)
		return;
	buf_printf(b, "  packet %llu", (unsigned long long)PACKET_NUMBER(e->packet));
	if (t->o->n_files > 1 && file < t->o->n_files) {
		const char *name = t->o->files[file], *slash = strrchr(name, '/');

		buf_str(b, " of ");
		buf_escaped(b, slash ? slash + 1 : name, strlen(slash ? slash + 1 : name));
	}
}

/* Writes a head: a handshake with its headers, plain HTTP on the same port as one line. */
static void text_head(struct text *t, const struct event *e)
{
	const struct head_event *h = &e->head;
	const struct http_msg *m = h->msg;
	bool response = e->type == EV_RESPONSE;
	struct buf *b = text_line(t, e, dir_arrow(response ? WST_S2C : WST_C2S));

	if (response) {
		paint(t, b, m->status == 101 ? GREEN : m->status >= 400 ? RED : YELLOW);
		buf_printf(b, "%u ", m->status);
		buf_escaped(b, m->reason.p, m->reason.n);
		paint(t, b, RESET);
		if (h->latency_us) {
			buf_str(b, "  after ");
			buf_duration(b, h->latency_us * 1000);
		}
		if (h->accept_ok == 0) {
			paint(t, b, RED);
			buf_str(b, "  Sec-WebSocket-Accept is wrong");
			paint(t, b, RESET);
		}
	} else {
		paint(t, b, BOLD);
		buf_escaped(b, m->method.p, m->method.n);
		buf_char(b, ' ');
		buf_escaped(b, m->shown_target.p, m->shown_target.n);
		paint(t, b, RESET);
		if (m->version.n) {
			buf_str(b, " HTTP/");
			buf_escaped(b, m->version.p, m->version.n);
		}
		if (m->bad_line) {
			paint(t, b, RED);
			buf_printf(b, "  (not a request line: %s)", m->bad_line);
			paint(t, b, RESET);
		}
		if (h->upgrade)
			buf_str(b, "  upgrade");
	}
	if (h->cut)
		buf_str(b, "  (head incomplete)");
	add_packet(t, b, e);
	buf_char(b, '\n');
	if (h->upgrade || t->o->verbose || e->conn->key[0])
		add_headers(t, b, m);
	lines__end(t->lines, false);
}

static void add_inflated(const struct text *t, struct buf *b, const struct frame_event *f)
{
	if (f->inflated.n || !f->inflate_error) {
		buf_str(b, "  inflated ");
		buf_bytes(b, f->inflated.n);
		buf_str(b, " \"");
		buf_escaped(b, f->inflated.p, f->inflated.n);
		buf_char(b, '"');
	}
	if (f->inflate_error) {
		paint(t, b, YELLOW);
		buf_printf(b, "%s%s", f->inflated.n ? "... " : "  not inflated: ",
			   inflate_error_text(f->inflate_error));
		paint(t, b, RESET);
	}
}

static void add_payload(const struct text *t, struct buf *b, const struct frame_event *f)
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
		add_inflated(t, b, f);
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

/* Appends a length at the right of 9 columns, of which the first is blank. */
static void add_length(struct text *t, struct buf *b, uint64_t len)
{
	t->length.len = 0;
	buf_bytes(&t->length, len);
	for (size_t n = t->length.len; n < 8; n++)
		buf_char(b, ' ');
	buf_char(b, ' ');
	buf_add(b, t->length.data, t->length.len);
}

static void text_frame(struct text *t, const struct event *e)
{
	static const char *const rsv[] = { "-",	   "RSV3",  "RSV2",  "RSV23",
					   "RSV1", "RSV13", "RSV12", "RSV123" };
	const struct frame_event *f = &e->frame;
	struct buf *b = text_line(t, e, dir_arrow(f->dir));
	size_t from;

	if (f->opcode & 8)
		paint(t, b, YELLOW);
	from = b->len;
	buf_str(b, ws_op_name(f->opcode));
	pad(b, from, 6);
	if (f->opcode & 8)
		paint(t, b, RESET);
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
	add_length(t, b, f->len);
	if (f->rtt_us >= 0) {
		buf_str(b, "  rtt ");
		buf_duration(b, f->rtt_us * 1000);
	}
	if (t->o->verbose)
		buf_printf(b, "  seq %u offset %llu hdr %u", f->seq, (unsigned long long)f->offset,
			   f->hdr_len);
	if (t->o->verbose && f->pid != e->conn->pid)
		buf_printf(b, " pid %u", f->pid);
	add_packet(t, b, e);
	add_payload(t, b, f);
	buf_char(b, '\n');
	lines__end(t->lines, true);
}

static void text_resync(struct text *t, const struct event *e)
{
	struct buf *b = text_line(t, e, dir_arrow(e->resync->h.dir));

	resync_sentence(b, e->resync);
	buf_char(b, '\n');
	lines__end(t->lines, false);
}

static void text_opaque(struct text *t, const struct event *e)
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
		[WST_WHY_TUNNEL_TLS] = "TLS through a proxy: its content is not visible here",
		[WST_WHY_HTTP_IN_WS] = "HTTP in place of a frame: ",
		[WST_WHY_TLS_IN_WS] = "TLS in place of a frame: ",
		[WST_WHY_TEXT_IN_WS] = "text in place of a frame: ",
	};
	struct buf *b = text_line(t, e, dir_arrow(e->opaque->h.dir));
	uint32_t why = e->opaque->why;

	buf_str(b, why < sizeof(says) / sizeof(says[0]) && says[why] ? says[why] : "?");
	if (e->opaque->n) {
		buf_char(b, '"');
		buf_escaped(b, (const char *)e->opaque->first, e->opaque->n);
		buf_char(b, '"');
	}
	buf_char(b, '\n');
	lines__end(t->lines, false);
}

/* Writes the chain of connections that legs make up, from the client to the last server. */
static void text_leg(struct text *t, const struct event *e)
{
	const struct facts *f = e->leg->first;
	struct buf *b = text_line(t, e, "  ");

	buf_printf(b, "client %s", conn_client_addr(f->conn));
	for (; f; f = f->upstream) {
		const struct conn *server = endpoint_server(f);
		const char *addr = conn_server_addr(f->conn);

		buf_str(b, " -> ");
		if (server) {
			buf_escaped(b, server->comm, strlen(server->comm));
			buf_printf(b, "[%u] ", server->pid);
		}
		buf_str(b, f->upstream && server ? strrchr(addr, ':') : addr);
	}
	if (strcmp(e->leg->by, "key"))
		buf_printf(b, "  (joined by %s)", e->leg->by);
	buf_char(b, '\n');
	lines__end(t->lines, false);
}

static const char *severity_colour(enum severity s)
{
	return s == SEV_ERROR ? RED : s == SEV_WARNING ? YELLOW : "";
}

/* Returns the columns of the terminal that standard output is; 0: it is none. */
static size_t terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) ? w.ws_col : 0;
}

/* Returns how many columns what stands in b behind from takes, without colours. */
static size_t shown(const struct buf *b, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < b->len; i++) {
		if (b->data[i] == '\033')
			i += strcspn(b->data + i, "m");
		else
			n += (b->data[i] & 0xc0) != 0x80;
	}
	return n;
}

#define NARROW 100 /* columns; below that, TEXT_INDENT leaves too little */
#define NARROW_INDENT 8

static void text_verdict(struct text *t, const struct event *e)
{
	const struct verdict *v = e->verdict;
	size_t width = terminal_width(), from;
	size_t indent = width && width < NARROW ? NARROW_INDENT : strlen(TEXT_INDENT);
	struct buf *b;

	if (v->folded)
		return;
	from = lines__start(t->lines)->len;
	b = text_line(t, e, "! ");
	paint(t, b, severity_colour(v->rule->severity));
	buf_printf(b, "%s: ", v->rule->id);
	paint(t, b, RESET);
	prose(b, v->text, strlen(v->text), shown(b, from), indent, width);
	if (v->again)
		buf_printf(b, " (again, %u times now)", v->again + 1);
	buf_char(b, '\n');
	if (!v->again && v->fix[0])
		prose_fix(b, v->fix, indent, width);
	lines__end(t->lines, false);
}

/* Returns whether a row above i has the same fix: it is told once. */
static bool fix_told(const struct diagnose *d, unsigned int i)
{
	const char *fix = diagnose__verdict(d, i)->fix;

	while (i--)
		if (!strcmp(diagnose__verdict(d, i)->fix, fix))
			return true;
	return !*fix;
}

#define ROWS_SHOWN 20
#define ROW_INDENT 10

/* Writes a fault: how often, which, by whom, and on which path; below that, what and its fix. */
static void draw_row(const struct text *t, struct buf *b, const struct verdict_row *r)
{
	buf_printf(b, "%6llu x  ", (unsigned long long)r->count);
	paint(t, b, severity_colour(r->rule->severity));
	buf_str(b, r->rule->id);
	paint(t, b, RESET);
	buf_str(b, "  ");
	if (r->hop && *r->hop)
		buf_escaped(b, r->hop, strlen(r->hop));
	else
		buf_printf(b, "port %u", r->port);
	if (r->hops)
		buf_str(b, " and others");
	if (*r->path)
		buf_str(b, "  ");
	buf_escaped(b, r->path, strlen(r->path));
	buf_printf(b, "\n%*s", ROW_INDENT, "");
	prose(b, r->text, strlen(r->text), ROW_INDENT, ROW_INDENT, terminal_width());
	buf_char(b, '\n');
}

static void draw_verdicts(const struct text *t, struct buf *b, const struct diagnose *d)
{
	const struct verdict_row *r;

	if (!d || !diagnose__verdict(d, 0))
		return;
	buf_str(b, "\nWhat was wrong, the worst first:\n");
	for (unsigned int i = 0; (r = diagnose__verdict(d, i)); i++) {
		if (i == ROWS_SHOWN) {
			buf_printf(b, "%*sand more\n", ROW_INDENT, "");
			break;
		}
		draw_row(t, b, r);
		if (!fix_told(d, i))
			prose_fix(b, r->fix, ROW_INDENT, terminal_width());
	}
	buf_printf(b, "wstrace --explain %s says more\n", diagnose__verdict(d, 0)->rule->id);
}

static void text_event(void *self, const struct event *e)
{
	static void (*const shows[EV_TYPES])(struct text *, const struct event *) = {
		[EV_OPEN] = text_open,	     [EV_REQUEST] = text_head,	[EV_RESPONSE] = text_head,
		[EV_FRAME] = text_frame,     [EV_RESYNC] = text_resync, [EV_OPAQUE] = text_opaque,
		[EV_STATS] = text_stats,     [EV_CLOSE] = text_close,	[EV_LEG] = text_leg,
		[EV_VERDICT] = text_verdict,
	};

	shows[e->type](self, e);
}

static void text_lost(void *self, uint64_t ts, uint64_t events)
{
	struct text *t = self;
	struct buf *b;

	new_day(t, ts);
	b = lines__start(t->lines);
	time_local(b, ts);
	paint(t, b, RED);
	buf_printf(b, " %llu events lost: the event buffer was full (--ringbuf)",
		   (unsigned long long)events);
	paint(t, b, RESET);
	buf_char(b, '\n');
	lines__end(t->lines, false);
}

/* Ends the output. The closing line is not among this: the session prints it for every output. */
static int text_end(void *self, uint64_t ts, const struct run_totals *totals,
		    const struct diagnose *d)
{
	struct text *t = self;

	(void)ts;
	(void)totals;
	summary__draw(t->summary, lines__start(t->lines));
	hangups__draw(&t->hangups, lines__start(t->lines));
	if (t->o->kinds & KIND_VERDICT)
		draw_verdicts(t, lines__start(t->lines), d);
	lines__end(t->lines, false);
	summary__free(t->summary);
	buf_free(&t->length);
	free(t);
	return 0;
}

const struct output output_text = {
	.name = "text",
	.filtered = true,
	.wanted = text_wanted,
	.open = text_open_output,
	.event = text_event,
	.lost = text_lost,
	.close = text_end,
};
