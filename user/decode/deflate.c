// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "bpf/ws_frame.h"
#include "decode/deflate.h"
#include "decode/extensions.h"

#define RSV1 0x40
#define STEP (16 * 1024) /* bytes of room that inflate() gets at a time */
#define WINDOW_MAX (32 * 1024)

struct inflater {
	z_stream z;
	bool ready; /* z is set up, and holds the context */
	bool whole; /* the context has all of the direction so far */
	bool no_takeover;
	uint8_t bits;
	uint64_t next; /* offset at which the next frame is expected */

	/* of the message that is under way */
	bool compressed, text;
	bool ended; /* its bytes so far end with a last block */
	bool begun; /* it has had a byte */
	enum inflate_error error;
	uint32_t len; /* bytes inflated so far */
};

/* Returns a window, bits; a value that is no window counts as the largest one. */
static uint8_t window_bits(struct span value)
{
	unsigned int bits = extension_window_bits(value);

	return bits ? bits : MAX_WBITS;
}

static void parse_params(struct deflate_params *to, struct span params)
{
	struct extension_param p;

	while (extension_param(&params, &p)) {
		if (extension_is(p.name, "client_no_context_takeover"))
			to->no_takeover[WST_C2S] = true;
		else if (extension_is(p.name, "server_no_context_takeover"))
			to->no_takeover[WST_S2C] = true;
		else if (extension_is(p.name, "client_max_window_bits"))
			to->window_bits[WST_C2S] = window_bits(p.value);
		else if (extension_is(p.name, "server_max_window_bits"))
			to->window_bits[WST_S2C] = window_bits(p.value);
	}
}

void deflate_parse(struct deflate_params *p, const struct http_msg *m)
{
	struct extension e;

	*p = (struct deflate_params){ .window_bits = { MAX_WBITS, MAX_WBITS } };
	for (unsigned int i = 0; i < m->n_headers; i++) {
		struct span list = m->headers[i].value;

		if (!extension_is(m->headers[i].name, "sec-websocket-extensions"))
			continue;
		while (!p->agreed && extension_next(&list, &e)) {
			p->agreed = extension_is(e.name, "permessage-deflate");
			if (p->agreed)
				parse_params(p, e.params);
		}
	}
}

const char *inflate_error_name(enum inflate_error e)
{
	static const char *const names[] = {
		[INFLATE_TRUNCATED] = "truncated",
		[INFLATE_CONTEXT] = "context-lost",
		[INFLATE_TOO_LONG] = "too-long",
		[INFLATE_INVALID] = "invalid",
	};

	return names[e];
}

const char *inflate_error_text(enum inflate_error e)
{
	static const char *const texts[] = {
		[INFLATE_TRUNCATED] = "not kept in full (-s full)",
		[INFLATE_CONTEXT] = "earlier payload not kept",
		[INFLATE_TOO_LONG] = "more than 16 MiB",
		[INFLATE_INVALID] = "not deflate data",
	};

	return texts[e];
}

struct inflater *inflater__new(const struct deflate_params *p, uint8_t dir)
{
	struct inflater *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->whole = p;
	in->no_takeover = p && p->no_takeover[dir];
	in->bits = p ? p->window_bits[dir] : MAX_WBITS;
	if (in->bits < 9) /* zlib's deflate uses 9 bits where 8 are asked for */
		in->bits = 9;
	return in;
}

/* Frees the context, up to 40 KiB: idle connections without takeover need none. */
static void drop_context(struct inflater *in)
{
	if (in->ready)
		inflateEnd(&in->z);
	in->ready = false;
}

void inflater__free(struct inflater *in)
{
	if (!in)
		return;
	drop_context(in);
	free(in);
}

void inflater__lost(struct inflater *in)
{
	drop_context(in);
	in->whole = false;
	if (!in->error || in->error == INFLATE_TRUNCATED)
		in->error = INFLATE_CONTEXT;
}

/* Continues behind a last block: more blocks may follow, with the same window (7.2.3.4). */
static bool go_on(struct inflater *in)
{
	uint8_t window[WINDOW_MAX];
	unsigned int n = 0;

	return inflateGetDictionary(&in->z, window, &n) == Z_OK && inflateReset(&in->z) == Z_OK &&
	       inflateSetDictionary(&in->z, window, n) == Z_OK;
}

static enum inflate_error add(struct inflater *in, const void *p, size_t n, struct buf *out)
{
	in->z.next_in = (void *)p;
	in->z.avail_in = n;
	do {
		uint32_t size = INFLATE_MAX - in->len < STEP ? INFLATE_MAX - in->len : STEP;
		char *room = buf_room(out, size);
		int got;

		if (!size)
			return INFLATE_TOO_LONG;
		if (!room)
			return INFLATE_CONTEXT;
		in->z.next_out = (void *)room;
		in->z.avail_out = size;
		got = inflate(&in->z, Z_SYNC_FLUSH);
		size -= in->z.avail_out;
		out->len += size;
		in->len += size;
		in->ended = got == Z_STREAM_END;
		if (got == Z_BUF_ERROR) /* all input is used, and all output is out */
			break;
		if (in->ended ? !go_on(in) : got != Z_OK)
			return in->whole ? INFLATE_INVALID : INFLATE_CONTEXT;
	} while (in->z.avail_in || !in->z.avail_out);
	return INFLATE_OK;
}

static void start_message(struct inflater *in, const struct inflate_frame *f)
{
	in->compressed = f->b0 & RSV1;
	in->text = (f->b0 & WS_OPCODE) == 1;
	in->error = INFLATE_OK;
	in->begun = in->ended = false;
	in->len = 0;
	if (!in->compressed)
		return;
	if (in->no_takeover) {
		drop_context(in);
		in->whole = true;
	}
	if (!in->ready) {
		memset(&in->z, 0, sizeof(in->z));
		in->ready = inflateInit2(&in->z, -in->bits) == Z_OK;
	}
	if (!in->ready)
		in->error = INFLATE_CONTEXT;
}

static enum inflate_error take(struct inflater *in, const struct inflate_frame *f, struct buf *out)
{
	enum inflate_error e = INFLATE_OK;

	if (f->payload.n)
		e = add(in, f->payload.p, f->payload.n, out);
	in->begun |= f->payload.n > 0;
	if (!e && f->payload.n < f->len)
		e = INFLATE_TRUNCATED;
	/* Append what the sender has removed (7.2.1). Behind a last block nothing was removed. */
	if (!e && f->b0 & WS_FIN && in->begun && !in->ended)
		e = add(in, "\x00\x00\xff\xff", 4, out);
	return e;
}

enum inflate_error inflater__frame(struct inflater *in, struct inflate_frame *f, struct buf *out)
{
	enum inflate_error e;

	f->compressed = f->text = false;
	if (f->offset != in->next)
		inflater__lost(in);
	in->next = f->offset + f->hdr_len + f->len;
	if (WS_IS_CONTROL(f->b0))
		return INFLATE_OK;
	if (f->b0 & WS_OPCODE)
		start_message(in, f);
	f->compressed = in->compressed;
	f->text = in->text;
	if (!in->compressed)
		return INFLATE_OK;
	e = in->error;
	if (!e)
		e = in->error = take(in, f, out);
	if (e) {
		drop_context(in);
		in->whole = false;
		if (e == INFLATE_TRUNCATED) /* the fragments that follow lack these bytes */
			in->error = INFLATE_CONTEXT;
	} else if (f->b0 & WS_FIN && in->no_takeover) {
		drop_context(in);
	}
	return e;
}
