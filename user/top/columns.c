// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include "lib/escape.h"
#include "lib/units.h"
#include "top/columns.h"
#include "top/screen.h"

static void scaled(struct buf *b, double v, double base, const char *units)
{
	int i = -1;

	if (v > 0 && v < 9.95 && v != (int)v) {
		buf_printf(b, "%.1f", v);
		return;
	}
	while (v >= (i < 0 ? 99999.5 : 999.5) && i < 4) {
		i++;
		v /= base;
	}
	if (i < 0)
		buf_printf(b, "%.0f", v);
	else
		buf_printf(b, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[i]);
}

void top_count(struct buf *b, double n)
{
	scaled(b, n, 1000, "kMGTP");
}

void top_bytes(struct buf *b, double bytes)
{
	scaled(b, bytes, 1024, "KMGTP");
}

static void top_micros(struct buf *b, double us)
{
	if (us < 0)
		buf_char(b, '-');
	else if (us < 1000)
		buf_printf(b, "%.0fus", us);
	else if (us < 9950)
		buf_printf(b, "%.1fms", us / 1e3);
	else if (us < 999500)
		buf_printf(b, "%.0fms", us / 1e3);
	else if (us < 99950000)
		buf_printf(b, "%.1fs", us / 1e6);
	else
		buf_printf(b, "%.0fs", us / 1e6);
}

static void add_age(struct buf *b, uint64_t ns)
{
	unsigned long long s = ns / NS_PER_SEC;

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

static uint64_t since(const struct top_row *r, uint64_t now, uint64_t then)
{
	uint64_t until = r->closed ? r->closed : now;

	return until > then ? until - then : 0;
}

static double idle(const struct top_row *r, uint64_t now)
{
	return since(r, now, r->active ? r->active : r->who->opened);
}

/* The oldest first, those that ended, too. */
static double opened(const struct top_row *r, uint64_t now)
{
	return (int64_t)(now - r->who->opened);
}

static double messages_rate(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->messages_rate;
}

static double bytes_rate(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->bytes_rate;
}

static double reply_p99(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->p99[WST_REPLY_TIME - WST_PING_RTT];
}

static double ping_p99(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->p99[0];
}

static double read_p99(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->p99[WST_READ_DELAY - WST_PING_RTT];
}

static double unsent(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->unsent;
}

static double unread(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->unread;
}

static double frames(const struct top_row *r, uint64_t now)
{
	(void)now;
	return r->frames;
}

static int compare_numbers(const struct top_row *a, const struct top_row *b)
{
	return (a->who->number > b->who->number) - (a->who->number < b->who->number);
}

static int compare_processes(const struct top_row *a, const struct top_row *b)
{
	int order = strncmp(a->who->comm, b->who->comm, WST_COMM_LEN);

	return order ? order : (a->who->pid > b->who->pid) - (a->who->pid < b->who->pid);
}

static int compare_peers(const struct top_row *a, const struct top_row *b)
{
	return strcmp(a->who->remote, b->who->remote);
}

static int compare_ports(const struct top_row *a, const struct top_row *b)
{
	return a->port - b->port;
}

static int compare_targets(const struct top_row *a, const struct top_row *b)
{
	return strcmp(a->target ? a->target : "", b->target ? b->target : "");
}

/* The mark gives way to a number that is as wide as the column; the row's colour stays. */
static void draw_number(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "!%u", r->who->number);

	(void)now;
	buf_str(b, top_row__marked(r) && n <= width ? text : text + 1);
}

/* The process's number is what tells workers apart: its name gives way. */
static void draw_process(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	struct buf name = {};
	char pid[16];
	int used, room;

	(void)now;
	if (!r->who->pid) {
		buf_char(b, '-');
		return;
	}
	room = width - snprintf(pid, sizeof(pid), "[%u]", r->who->pid);
	buf_escaped(&name, r->who->comm, strnlen(r->who->comm, WST_COMM_LEN));
	buf_add(b, name.data, screen_fit(name.data, name.len, room > 0 ? room : 0, &used));
	buf_str(b, pid);
	buf_free(&name);
}

/* The port is what tells clients on one host apart: an address that is too long gives way. */
static void draw_peer(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	const char *addr = r->who->remote;
	int n = strlen(addr), room = width - 1;

	(void)now;
	buf_char(b, r->who->role == WST_CLIENT ? '>' : '<');
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
		add_age(b, idle(r, now));
}

static void draw_age(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)width;
	add_age(b, since(r, now, r->who->opened));
}

static void draw_port(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	buf_printf(b, "%u", r->port);
}

static void draw_target(struct buf *b, const struct top_row *r, uint64_t now, int width)
{
	(void)now, (void)width;
	buf_str(b, r->target ? r->target : "-");
}

/* clang-format off */
/* What a sick connection shows by comes first: on 80 columns the rest is a key away. */
const struct top_column top_columns[] = {
	{ "#", 'N', 6, false, "number of the connection in this run; !: see above",
	  .compare = compare_numbers, .draw = draw_number },
	{ "PROCESS", 'P', 14, true, "name and number of the process that uses it",
	  .compare = compare_processes, .draw = draw_process },
	{ "PEER", 'A', 16, true, "the other end; < it connected to this host, > this host to it",
	  .compare = compare_peers, .draw = draw_peer },
	{ "IDLE", 'D', 5, false, "since bytes last passed; or the status of a failed handshake",
	  .value = idle, .draw = draw_idle },
	{ "MSG/S", 'M', 5, false, "messages a second, both directions",
	  .value = messages_rate, .format = top_count },
	{ "BYT/S", 'B', 5, false, "payload bytes a second, both directions",
	  .value = bytes_rate, .format = top_bytes },
	{ "REPLY", 'Y', 5, false, "p99 from a message of the client to the answer, recently",
	  .value = reply_p99, .format = top_micros },
	{ "PING", 'G', 5, false, "p99 from ping to pong, recently",
	  .value = ping_p99, .format = top_micros },
	{ "READ", 'W', 5, false, "p99 that data waited for the process to read it, recently",
	  .value = read_p99, .format = top_micros },
	{ "UNSNT", 'S', 5, false, "send queue: bytes that TCP has not sent yet",
	  .value = unsent, .format = top_bytes },
	{ "UNRD", 'U', 5, false, "bytes received that the process has not read",
	  .value = unread, .format = top_bytes },
	{ "AGE", 'E', 5, false, "since it opened, or since wstrace has known it",
	  .value = opened, .draw = draw_age },
	{ "FRAME", 'F', 5, false, "frames so far, both directions",
	  .value = frames, .format = top_count },
	{ "LPORT", 'L', 5, false, "port on this host",
	  .compare = compare_ports, .draw = draw_port },
	{ "TARGET", 'T', 12, true, "request target",
	  .compare = compare_targets, .draw = draw_target },
};
/* clang-format on */

const int top_n_columns = sizeof(top_columns) / sizeof(top_columns[0]);
