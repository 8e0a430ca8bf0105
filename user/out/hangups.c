// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "decode/names.h"
#include "decode/ws.h"
#include "out/hangups.h"

/* Returns whether c was a WebSocket, or its leg of a chain. */
static bool was_websocket(const struct conn *c, const struct wst_stats *r)
{
	return c->upgraded || counts_frames(&r->counts[0]) || counts_frames(&r->counts[1]);
}

void hangups__add(struct hangups *h, const struct event *e)
{
	struct hangup *row = h->rows;
	struct ending end;
	struct hop hop;
	enum ender by;
	bool last;

	if (!was_websocket(e->conn, e->stats))
		return;
	end = ending_of(e->conn, e->stats);
	by = chain_ender(e->conn->facts, &end, &hop, &last);
	if (!last)
		return;
	if (by != ENDER_PROXY)
		by = end.by == END_BY_CLIENT ? ENDER_CLIENT :
		     end.by == END_BY_SERVER ? ENDER_SERVER :
					       ENDER_UNKNOWN;
	h->all++;
	while (row < h->rows + h->n &&
	       !(row->by == by && row->end.closed == end.closed &&
		 (end.closed ? row->end.code == end.code : row->end.how == end.how)))
		row++;
	if (row == h->rows + HANGUPS_MAX) {
		h->others++;
		return;
	}
	h->n += row == h->rows + h->n;
	row->count++;
	row->end = end;
	row->by = by;
}

uint64_t hangups__by(const struct hangups *h, enum ender by)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < h->n; i++)
		n += h->rows[i].by == by ? h->rows[i].count : 0;
	return n;
}

static int by_count(const void *a, const void *b)
{
	const struct hangup *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static void draw(struct buf *b, const struct hangup *row)
{
	static const char *const who[] = { "not known who", "client", "proxy", "server" };
	const char *name =
		row->end.closed ? ws_close_name(row->end.code) : end_name(row->end.how, END_TEXT);

	buf_printf(b, "%6llu x  %s ", (unsigned long long)row->count, who[row->by]);
	if (!row->end.closed)
		buf_printf(b, "ended TCP (%s)%s", name ? name : "not seen how",
			   row->end.no_close ? ", no Close frame" : "");
	else if (row->end.code)
		buf_printf(b, "closed (%u%s%s)", row->end.code, name ? " " : "", name ? name : "");
	else
		buf_str(b, "closed (no code)");
	buf_char(b, '\n');
}

void hangups__draw(struct hangups *h, struct buf *b)
{
	if (h->all < 2)
		return;
	qsort(h->rows, h->n, sizeof(*h->rows), by_count);
	buf_str(b, "\nWho hung up:\n");
	for (unsigned int i = 0; i < h->n; i++)
		draw(b, &h->rows[i]);
	if (h->others)
		buf_printf(b, "%6llu x  in other ways\n", (unsigned long long)h->others);
}
