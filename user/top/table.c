// SPDX-License-Identifier: GPL-2.0-only
/* The table: what its columns are, and which of them have room. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/escape.h"
#include "top/top.h"

#define COLUMN(n) (&top_columns[n])

static void scaled(struct buf *b, double v, double base, const char *units)
{
	int i = -1;

	if (v > 0 && v < 9.95 && v != (int)v) {
		buf_printf(b, "%.1f", v);
		return;
	}
	while (v >= (i < 0 ? 99999.5 : 999.5) && i < 4) {
		if (i < 0)
			i = 0;
		else
			i++;
		v /= base;
	}
	if (i < 0)
		buf_printf(b, "%.0f", v);
	else
		buf_printf(b, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[i]);
}

void top_count(struct buf *b, double v)
{
	scaled(b, v, 1000, "kMGTP");
}

void top_bytes(struct buf *b, double v)
{
	scaled(b, v, 1024, "KMGTP");
}

void top_micros(struct buf *b, uint32_t us)
{
	if (us == TOP_NONE)
		buf_char(b, '-');
	else if (us < 1000)
		buf_printf(b, "%uus", us);
	else if (us < 9950)
		buf_printf(b, "%.1fms", us / 1e3);
	else if (us < 999500)
		buf_printf(b, "%.0fms", us / 1e3);
	else if (us < 99950000)
		buf_printf(b, "%.1fs", us / 1e6);
	else
		buf_printf(b, "%.0fs", us / 1e6);
}

void top_age(struct buf *b, uint64_t ns)
{
	unsigned long long s = ns / 1000000000;

	if (s < 100)
		buf_printf(b, "%llus", s);
	else if (s < 600)
		buf_printf(b, "%llum%02llus", s / 60, s % 60);
	else if (s < 6000)
		buf_printf(b, "%llum", s / 60);
	else if (s < 36000)
		buf_printf(b, "%lluh%02llum", s / 3600, s / 60 % 60);
	else if (s < 360000)
		buf_printf(b, "%lluh", s / 3600);
	else
		buf_printf(b, "%llud", s / 86400);
}

static uint64_t since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static uint64_t idle(const struct top_row *r, uint64_t now)
{
	return since(r->closed ? r->closed : now, r->active ? r->active : r->c->opened);
}

static uint64_t age(const struct top_row *r, uint64_t now)
{
	return since(r->closed ? r->closed : now, r->c->opened);
}

static uint64_t key_idle(const struct top_row *r, uint64_t now)
{
	return idle(r, now);
}

static uint64_t key_age(const struct top_row *r, uint64_t now)
{
	(void)now;
	return UINT64_MAX - r->c->opened;
}

static uint64_t key_messages(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->messages_rate * 1000;
}

static uint64_t key_bytes(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->bytes_rate * 1000;
}

static uint64_t key_frames(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->frames;
}

static uint64_t key_p99(uint32_t us)
{
	return us == TOP_NONE ? 0 : us + 1ULL;
}

static uint64_t key_ping(const struct top_row *r, uint64_t now)
{
	(void)now;
	return key_p99(r->p99[0]);
}

static uint64_t key_reply(const struct top_row *r, uint64_t now)
{
	(void)now;
	return key_p99(r->p99[1]);
}

static uint64_t key_read(const struct top_row *r, uint64_t now)
{
	(void)now;
	return key_p99(r->p99[2]);
}

static uint64_t key_unsent(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->unsent;
}

static uint64_t key_unread(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->unread;
}

static int compare_number(const struct top_row *a, const struct top_row *b)
{
	return (a->c->number > b->c->number) - (a->c->number < b->c->number);
}

static int compare_process(const struct top_row *a, const struct top_row *b)
{
	int order = strncmp(a->c->comm, b->c->comm, WST_COMM_LEN);

	return order ? order : (a->c->pid > b->c->pid) - (a->c->pid < b->c->pid);
}

static int compare_peer(const struct top_row *a, const struct top_row *b)
{
	return strcmp(a->c->remote, b->c->remote);
}

static int compare_port(const struct top_row *a, const struct top_row *b)
{
	return a->port - b->port;
}

static int compare_target(const struct top_row *a, const struct top_row *b)
{
	return strcmp(a->target ? a->target : "", b->target ? b->target : "");
}

/* The mark gives way to a number that is as wide as the column; the row's colour stays. */
static void draw_number(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "!%u", r->c->number);
	bool marked = top_row_marked(r) && n <= width;

	(void)now;
	buf_printf(b, "%*s", width, marked ? text : text + 1);
}

/* The process's number is what tells workers apart: its name gives way. */
static void draw_process(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	struct buf name = {};
	char pid[16];
	int used, room;

	(void)now;
	if (!r->c->pid) {
		buf_char(b, '-');
		return;
	}
	room = width - snprintf(pid, sizeof(pid), "[%u]", r->c->pid);
	buf_escaped(&name, r->c->comm, strnlen(r->c->comm, WST_COMM_LEN));
	buf_add(b, name.data, screen_fit(name.data, name.len, room > 0 ? room : 0, &used));
	buf_str(b, pid);
	buf_free(&name);
}

/* The port is what tells clients on one host apart: an address that is too long gives way. */
static void draw_peer(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	const char *addr = r->c->remote;
	int n = strlen(addr), room = width - 1;

	(void)now;
	buf_char(b, r->c->role == WST_CLIENT ? '>' : '<');
	if (n > room) {
		const char *port = strrchr(addr, ':');
		int tail = port ? strlen(port) : 0, head = room - tail - 1;

		if (head > 0) {
			buf_add(b, addr, head);
			buf_char(b, '~');
			addr = port;
		}
	}
	buf_str(b, addr);
}

static void draw_idle(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)width;
	if (r->refused)
		buf_printf(b, "%u", r->refused);
	else if (r->closed)
		buf_str(b, "ended");
	else
		top_age(b, idle(r, now));
}

static void draw_age(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)width;
	top_age(b, age(r, now));
}

static void draw_messages(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_count(b, r->messages_rate);
}

static void draw_bytes(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_bytes(b, r->bytes_rate);
}

static void draw_frames(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_count(b, r->frames);
}

static void draw_ping(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_micros(b, r->p99[0]);
}

static void draw_reply(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_micros(b, r->p99[1]);
}

static void draw_read(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_micros(b, r->p99[2]);
}

static void draw_unsent(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_bytes(b, r->unsent);
}

static void draw_unread(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	top_bytes(b, r->unread);
}

static void draw_port(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now;
	buf_printf(b, "%*u", width, r->port);
}

static void draw_target(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	buf_str(b, r->target ? r->target : "-");
}

/* What a sick connection shows by comes first: on 80 columns the rest is a key away. */
const struct top_column top_columns[] = {
	{ "#", 'N', 6, true, "number of the connection in this run; !: see above", NULL,
	  compare_number, draw_number },
	{ "PROCESS", 'P', 14, true, "name and number of the process that uses it", NULL,
	  compare_process, draw_process },
	{ "PEER", 'A', 16, true, "the other end; < it connected to this host, > this host to it",
	  NULL, compare_peer, draw_peer },
	{ "IDLE", 'D', 5, false, "since bytes last passed; or the status of a failed handshake",
	  key_idle, NULL, draw_idle },
	{ "MSG/S", 'M', 5, false, "messages a second, both directions", key_messages, NULL,
	  draw_messages },
	{ "BYT/S", 'B', 5, false, "payload bytes a second, both directions", key_bytes, NULL,
	  draw_bytes },
	{ "REPLY", 'Y', 5, false, "p99 from a message of the client to the answer, recently",
	  key_reply, NULL, draw_reply },
	{ "PING", 'G', 5, false, "p99 from ping to pong, recently", key_ping, NULL, draw_ping },
	{ "READ", 'W', 5, false, "p99 that data waited for the process to read it, recently",
	  key_read, NULL, draw_read },
	{ "UNSNT", 'S', 5, false, "send queue: bytes that TCP has not sent yet", key_unsent, NULL,
	  draw_unsent },
	{ "UNRD", 'U', 5, false, "bytes received that the process has not read", key_unread, NULL,
	  draw_unread },
	{ "AGE", 'E', 5, false, "since it opened, or since wstrace has known it", key_age, NULL,
	  draw_age },
	{ "FRAME", 'F', 5, false, "frames so far, both directions", key_frames, NULL, draw_frames },
	{ "LPORT", 'L', 5, true, "port on this host", NULL, compare_port, draw_port },
	{ "TARGET", 'T', 12, true, "request target", NULL, compare_target, draw_target },
};

const int top_n_columns = sizeof(top_columns) / sizeof(top_columns[0]);

struct layout {
	int n;
	int column[16], x[16], width[16];
};

static int take(struct layout *l, int column, int x)
{
	l->column[l->n] = column;
	l->x[l->n] = x;
	l->width[l->n++] = COLUMN(column)->width;
	return x + COLUMN(column)->width + 1;
}

/* Gives up to most of the spare columns to a column, where it is shown. */
static void widen(struct layout *l, int column, int most, int *spare)
{
	for (int i = 0; i < l->n; i++) {
		int more = most < *spare ? most : *spare;

		if (l->column[i] != column || more <= 0)
			continue;
		l->width[i] += more;
		*spare -= more;
		for (int k = i + 1; k < l->n; k++)
			l->x[k] += more;
	}
}

/* left: the first column behind those that stay. Returns whether column `must` has room. */
static bool arrange(struct layout *l, int left, int cols, int must)
{
	bool shown = must < TOP_FIXED;
	int x = 0, spare;

	l->n = 0;
	for (int i = 0; i < TOP_FIXED; i++)
		x = take(l, i, x);
	for (int i = left; i < top_n_columns && x + COLUMN(i)->width <= cols; i++) {
		shown |= i == must;
		x = take(l, i, x);
	}
	spare = cols - x + 1;
	widen(l, 1, 8, &spare);
	widen(l, 2, 6, &spare);
	widen(l, top_n_columns - 1, 40, &spare);
	widen(l, 2, 30, &spare);
	widen(l, top_n_columns - 1, 400, &spare);
	return shown;
}

/* Whether all columns from left on have room. */
static bool all_fit(int left, int cols)
{
	int x = -1;

	for (int i = 0; i < top_n_columns; i++)
		if (i < TOP_FIXED || i >= left)
			x += COLUMN(i)->width + 1;
	return x <= cols;
}

static void draw_titles(const struct layout *l, const struct top_view *v, int y)
{
	screen_str(y, 0, screen_cols(), LOOK_HEAD, "");
	for (int i = 0; i < l->n; i++) {
		const struct top_column *c = COLUMN(l->column[i]);
		enum look look = l->column[i] == v->column ? LOOK_BOLD : LOOK_HEAD;
		bool left = c->is_text && l->column[i] && c->draw != draw_port;
		int n = strlen(c->title), x = l->x[i];

		screen_str(y, left ? x : x + l->width[i] - n, n, look, c->title);
	}
}

static enum look row_look(const struct top_row *r)
{
	if (r->refused || (r->rule && r->rule->severity == SEV_ERROR))
		return LOOK_BAD;
	if (r->rule && r->rule->severity == SEV_WARNING)
		return LOOK_WARN;
	return r->closed ? LOOK_DIM : LOOK_PLAIN;
}

static void draw_row(const struct layout *l, const struct top_row *r, int y, bool selected,
		     uint64_t now)
{
	enum look look = selected ? LOOK_SELECTED : row_look(r);
	static struct buf b;

	screen_str(y, 0, screen_cols(), look, "");
	for (int i = 0; i < l->n; i++) {
		const struct top_column *c = COLUMN(l->column[i]);
		int width = l->width[i], used;

		b.len = 0;
		c->draw(&b, r, now, width);
		screen_fit(b.data ? b.data : "", b.len, width, &used);
		if (c->is_text)
			screen_put(y, l->x[i], width, look, b.data, b.len);
		else
			screen_put(y, l->x[i] + width - used, used, look, b.data, b.len);
	}
}

uint32_t top_list__draw(const struct top_view *v, int y, int height, uint32_t first,
			const struct top_row *selected, uint64_t now, int *left, int must)
{
	struct layout l;

	while (!arrange(&l, *left, screen_cols(), must) && *left != must)
		*left = must < *left ? must : *left + 1;
	while (*left > TOP_FIXED && all_fit(*left - 1, screen_cols()))
		--*left; /* the screen has grown: nothing is out of sight for no reason */
	arrange(&l, *left, screen_cols(), must);
	draw_titles(&l, v, y);
	for (int i = 0; i + 1 < height && first + i < v->n; i++)
		draw_row(&l, v->rows[first + i], y + 1 + i, v->rows[first + i] == selected, now);
	return height > 1 ? height - 1 : 0;
}
