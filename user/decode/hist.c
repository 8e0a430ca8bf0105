// SPDX-License-Identifier: GPL-2.0-only
#include "decode/hist.h"
#include "lib/units.h"

const struct hist_kind hist_kinds[WST_HIST_KINDS] = {
	[WST_MSG_SIZE_C2S] = { "msg_size", "message size ->", "bytes", WST_C2S },
	[WST_MSG_SIZE_S2C] = { "msg_size", "message size <-", "bytes", WST_S2C },
	[WST_MSG_GAP_C2S] = { "msg_gap", "gap between messages ->", "us", WST_C2S },
	[WST_MSG_GAP_S2C] = { "msg_gap", "gap between messages <-", "us", WST_S2C },
	[WST_PING_RTT] = { "ping_rtt", "ping to pong", "us", -1 },
	[WST_REPLY_TIME] = { "reply_time", "reply time, -> to <-", "us", -1 },
	[WST_READ_DELAY] = { "read_delay", "wait in the receive queue", "us", -1 },
};

uint64_t hist_middle(uint32_t slot, uint64_t max)
{
	uint64_t low = hist_low(slot), high = hist_low(slot + 1) - 1;
	uint64_t middle = low + (high - low) / 2;

	return middle < max ? middle : max;
}

static uint64_t percentile(const struct wst_hist *h, uint64_t count, unsigned int percent)
{
	uint64_t rank = (count * percent + 99) / 100, seen = 0;

	for (uint32_t i = 0; i < HIST_SLOTS; i++) {
		seen += h->slots[i];
		if (seen >= rank)
			return hist_middle(i, h->max);
	}
	return h->max;
}

void hist_summarise(const struct wst_hist *h, struct hist_summary *s)
{
	*s = (struct hist_summary){ .sum = h->sum, .max = h->max };
	for (uint32_t i = 0; i < HIST_SLOTS; i++)
		s->count += h->slots[i];
	if (!s->count)
		return;
	s->p50 = percentile(h, s->count, 50);
	s->p90 = percentile(h, s->count, 90);
	s->p99 = percentile(h, s->count, 99);
}

void hist_merge(struct wst_hist *to, const struct wst_hist *from)
{
	for (uint32_t i = 0; i < HIST_SLOTS; i++)
		to->slots[i] += from->slots[i];
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
}

void hist_rows(const struct wst_hist *h, struct hist_rows *rows)
{
	*rows = (struct hist_rows){ .first = -1, .last = -1 };
	for (uint32_t i = 0; i < HIST_SLOTS; i++) {
		int row = i < 2 ? 0 : i < 4 ? 1 : i / 4 + 1;

		if (!h->slots[i])
			continue;
		rows->n[row] += h->slots[i];
		if (rows->n[row] > rows->most)
			rows->most = rows->n[row];
		if (rows->first < 0)
			rows->first = row;
		rows->last = row;
	}
}

#define BAR 40

static void add_value(struct buf *b, const char *name, const struct hist_kind *kind, uint64_t value)
{
	buf_printf(b, ", %s ", name);
	if (*kind->unit == 'u')
		buf_duration(b, value * 1000);
	else
		buf_bytes(b, value);
}

void hist_draw(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind, int indent)
{
	struct hist_rows rows;
	struct hist_summary s;

	hist_summarise(h, &s);
	if (!s.count)
		return;
	hist_rows(h, &rows);
	buf_printf(b, "%*s%s: count %llu", indent, "", kind->title, (unsigned long long)s.count);
	add_value(b, "mean", kind, s.sum / s.count);
	add_value(b, "p50", kind, s.p50);
	add_value(b, "p90", kind, s.p90);
	add_value(b, "p99", kind, s.p99);
	add_value(b, "max", kind, s.max);
	buf_char(b, '\n');
	buf_printf(b, "%*s%21s : count     distribution\n", indent, "", kind->unit);
	for (int row = rows.first; row <= rows.last; row++) {
		int stars = rows.n[row] * BAR / rows.most;

		buf_printf(b, "%*s%10llu -> %-8llu: %-9llu |%.*s%*s|\n", indent, "",
			   (unsigned long long)hist_row_low(row),
			   (unsigned long long)hist_row_low(row + 1) - 1,
			   (unsigned long long)rows.n[row], stars,
			   "****************************************", BAR - stars, "");
	}
}
