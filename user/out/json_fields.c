// SPDX-License-Identifier: GPL-2.0-only
#include <nettle/base64.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/names.h"
#include "decode/ws.h"
#include "lib/escape.h"
#include "out/json_fields.h"

void value_str(struct buf *b, const char *p, size_t n)
{
	buf_char(b, '"');
	buf_json(b, p, n);
	buf_char(b, '"');
}

void field(struct buf *b, const char *name)
{
	buf_str(b, ",\"");
	buf_str(b, name);
	buf_str(b, "\":");
}

void field_str(struct buf *b, const char *name, const char *value)
{
	field(b, name);
	value_str(b, value, strlen(value));
}

void field_span(struct buf *b, const char *name, struct span value)
{
	field(b, name);
	value_str(b, value.p, value.n);
}

void field_u64(struct buf *b, const char *name, uint64_t value)
{
	field(b, name);
	buf_u64(b, value);
}

void field_bool(struct buf *b, const char *name, bool value)
{
	field(b, name);
	buf_str(b, value ? "true" : "false");
}

void field_headers(struct buf *b, const struct http_msg *m)
{
	field(b, "headers");
	buf_char(b, '[');
	for (unsigned int i = 0; i < m->n_headers; i++) {
		const struct http_header *h = &m->headers[i];

		buf_str(b, i ? ",[" : "[");
		value_str(b, h->name.p, h->name.n);
		buf_char(b, ',');
		value_str(b, h->shown.p, h->shown.n);
		buf_char(b, ']');
	}
	buf_char(b, ']');
}

static void field_base64(struct buf *b, const char *name, struct span p)
{
	size_t n = BASE64_ENCODE_RAW_LENGTH(p.n);
	char *room;

	field(b, name);
	buf_char(b, '"');
	room = buf_room(b, n);
	if (room) {
		base64_encode_raw(room, p.n, (const uint8_t *)p.p);
		b->len += n;
	}
	buf_char(b, '"');
}

void field_payload(struct buf *b, const struct frame_event *f)
{
	struct span p = f->payload;

	if (f->opcode == WS_OP_TEXT && !f->rsv && utf8_valid(p.p, p.n))
		field_span(b, "payload", p);
	else
		field_base64(b, "payload_b64", p);
	if (p.n < f->len)
		field_bool(b, "truncated", true);
}

void field_inflated(struct buf *b, const struct frame_event *f)
{
	struct span p = f->inflated;

	if (p.n || !f->inflate_error) {
		if (f->text && utf8_valid(p.p, p.n))
			field_span(b, "inflated", p);
		else
			field_base64(b, "inflated_b64", p);
	}
	if (f->inflate_error)
		field_str(b, "inflate_error", inflate_error_name(f->inflate_error));
}

void value_hist(struct buf *b, const struct wst_hist *h, const struct hist_kind *kind)
{
	struct hist_summary s;
	bool first = true;

	hist_summarise(h, &s);
	buf_str(b, "{\"unit\":\"");
	buf_str(b, kind->unit);
	buf_str(b, "\",\"count\":");
	buf_u64(b, s.count);
	field_u64(b, "sum", s.sum);
	field_u64(b, "max", s.max);
	field_u64(b, "p50", s.p50);
	field_u64(b, "p90", s.p90);
	field_u64(b, "p99", s.p99);
	field(b, "buckets");
	buf_char(b, '[');
	for (uint32_t i = 0; i < HIST_SLOTS; i++) {
		if (!h->slots[i])
			continue;
		buf_str(b, first ? "[" : ",[");
		buf_u64(b, hist_low(i));
		buf_char(b, ',');
		buf_u64(b, hist_low(i + 1) - 1);
		buf_char(b, ',');
		buf_u64(b, h->slots[i]);
		buf_char(b, ']');
		first = false;
	}
	buf_str(b, "]}");
}

void field_hists(struct buf *b, const struct wst_hists *hists, int dir)
{
	for (int i = 0; hists && i < WST_HIST_KINDS; i++) {
		if (hist_kinds[i].dir != dir)
			continue;
		field(b, hist_kinds[i].name);
		value_hist(b, &hists->hist[i], &hist_kinds[i]);
	}
}
