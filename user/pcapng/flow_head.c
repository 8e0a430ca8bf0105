// SPDX-License-Identifier: GPL-2.0-only
/* Writes HTTP heads, fills in what is missing of them, and makes up those that were not seen. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "decode/deflate.h"
#include "lib/escape.h"
#include "pcapng/filler.h"
#include "pcapng/flow_steps.h"
#include "pcapng/made_up.h"

/* Most bytes of one head that are filled in; no head that was followed is longer. */
#define FILL_MAX (1024 * 1024)

/* Most bytes of a head in one packet, if a body follows: they cannot be spread over two. */
#define ONE_PACKET (PCAPNG_SNAPLEN - 512)

#define LINE_SHOWN 200 /* bytes of a first line in a comment */

#define UPGRADE "Upgrade: websocket\r\n"
#define CUT "X-Wstrace-Cut:\r\n\r\n"

/* Heads that were not seen, without their end. The reader does not judge heads with such a mark. */
static const char made_request[] = "GET / HTTP/1.1\r\n" UPGRADE MADE_UP_HEADER;
static const char made_response[] = "HTTP/1.1 101 \r\n" UPGRADE MADE_UP_HEADER;

static bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

/* Keeps a copy of s in *at, for the handshake in a later file. */
static void remember(char **at, struct span s)
{
	free(*at);
	*at = s.n ? strndup(s.p, s.n) : NULL;
}

static bool has_body(struct flow *f, const struct http_msg *m)
{
	struct span length = http_value(m, "content-length");

	if (m->response &&
	    (m->status < 200 || m->status == 204 || m->status == 304 || f->head_request))
		return false;
	if (http_find(m, "transfer-encoding"))
		return true;
	for (size_t i = 0; i < length.n; i++)
		if (length.p[i] >= '1' && length.p[i] <= '9')
			return true;
	/* without a length, all until the end is body */
	return m->response && !http_find(m, "content-length");
}

static uint64_t body_size(const struct http_msg *m)
{
	struct span length = http_value(m, "content-length");
	uint64_t n = 0;

	if (http_find(m, "transfer-encoding"))
		return UNKNOWN_BODY;
	for (size_t i = 0; i < length.n && n < CHUNK; i++)
		if (length.p[i] >= '0' && length.p[i] <= '9')
			n = 10 * n + length.p[i] - '0';
	return n <= CHUNK ? n : UNKNOWN_BODY;
}

static void learn_request(struct flow *f, const struct http_msg *m)
{
	f->head_request = span_is(m->method, "HEAD");
	f->asked = f->flows->gen;
	f->unanswered++;
	f->body = body_size(m);
	if (!span_is(m->method, "CONNECT"))
		remember(&f->target, m->target);
}

static void learn_answer(struct flow *f, const struct http_msg *m)
{
	if (m->status >= 200 && f->unanswered && !--f->unanswered)
		f->asked = 0;
}

static void learn_upgrade(struct flow *f, const struct http_msg *m)
{
	struct deflate_params p;

	remember(&f->protocol, http_value(m, "sec-websocket-protocol"));
	deflate_parse(&p, m);
	f->deflate = p.agreed;
	for (int d = 0; d < FLOW_DIRS; d++)
		f->lane[d].no_takeover = p.no_takeover[d];
}

/* Whether the bytes end as a head does, with an empty line. */
static bool has_end(struct span s)
{
	return s.n > 3 && s.p[s.n - 1] == '\n' &&
	       (s.p[s.n - 2] == '\n' || (s.p[s.n - 2] == '\r' && s.p[s.n - 3] == '\n'));
}

/* Returns the header line that a head lacks whose rest is filled in; NULL: none. */
static const char *wanted_line(struct flow *f, const struct flow_head *h, const struct http_msg *m)
{
	if (h->upgrade && !http_has_token(m, "upgrade", "websocket"))
		return UPGRADE "Connection: Upgrade\r\n";
	/* else all that follows would be its body */
	if (m->response && has_body(f, m) && !http_find(m, "transfer-encoding") &&
	    !http_find(m, "content-length"))
		return "Content-Length: 0\r\n";
	return NULL;
}

static bool asks_upgrade(struct http_msg *m, const char *p, size_t n)
{
	return !http_parse(m, p, n) && http_has_token(m, "upgrade", "websocket");
}

static void drop_line(struct buf *b)
{
	if (b->len)
		b->len--;
	while (b->len && b->data[b->len - 1] != '\n')
		b->len--;
}

/*
 * Ends a 101 that the capture has cut, with the header that turns Wireshark to WebSocket. How long
 * the head was is not known: in the space of what was cut, as little as that may be, and of the
 * last lines.
 */
static void end_cut(const struct flow_head *h, struct http_msg *m, struct buf *b)
{
	size_t most = h->bytes.n + 2;
	bool upgrade;

	if (!asks_upgrade(m, h->bytes.p, h->bytes.n))
		most += sizeof(UPGRADE) - 1;
	if (b->len && b->data[b->len - 1] != '\n')
		drop_line(b);
	for (;;) {
		upgrade = asks_upgrade(m, b->data, b->len);
		if (b->len + (upgrade ? 0 : sizeof(UPGRADE) - 1) + sizeof(CUT) - 1 <= most ||
		    memchr(b->data, '\n', b->len) == b->data + b->len - 1 || !b->len)
			break;
		drop_line(b);
	}
	if (!b->len)
		buf_str(b, "HTTP/1.1 101 \r\n");
	if (!upgrade)
		buf_str(b, UPGRADE);
	buf_str(b, CUT);
}

/*
 * Puts text behind a whole head, in place of the start of its body. Returns as put_head() does. A
 * body shorter than the text has as much of it as fits.
 */
static uint64_t put_body(const struct flow_head *h, const struct http_msg *m, struct buf *b)
{
	uint64_t size = http_find(m, "content-length") ? body_size(m) : UNKNOWN_BODY;
	size_t n = size < h->body.n ? size : h->body.n;

	if (http_has_token(m, "transfer-encoding", "chunked"))
		buf_printf(b, "%zx\r\n", n);
	buf_add(b, h->body.p, n);
	return n < size;
}

/*
 * Puts the head into b, as far as packets shall have it. Returns how many bytes more it has on the
 * wire: at least one if it shall be dissected although there is more to come.
 */
static uint64_t put_head(struct flow *f, const struct flow_head *h, struct buf *b)
{
	struct http_msg *m = &f->flows->msg;
	uint64_t rest = h->len > h->bytes.n ? h->len - h->bytes.n : 0;
	const char *wanted;

	buf_add(b, h->bytes.p, h->bytes.n);
	if (h->preface || http_parse(m, h->bytes.p, h->bytes.n))
		return rest;
	wanted = rest ? wanted_line(f, h, m) : NULL;
	if (rest)
		filler_add(b, rest < FILL_MAX ? rest : FILL_MAX, wanted);
	else if (h->upgrade && !has_end(h->bytes))
		end_cut(h, m, b);
	rest -= rest < FILL_MAX ? rest : FILL_MAX;
	if (h->body.n && !rest && !wanted && has_body(f, m) && has_end(h->bytes))
		return put_body(h, m, b);
	/*
	 * Claim one byte more if a body follows, which is not in the file: after a complete packet
	 * Wireshark would wait for the body before it shows the head.
	 */
	return rest + (!has_end((struct span){ b->data, b->len }) || (!wanted && has_body(f, m)));
}

static void learn(struct flow *f, const struct flow_head *h)
{
	struct http_msg *m = &f->flows->msg;

	f->lane[h->dir].seen = true;
	if (h->preface || http_parse(m, h->bytes.p, h->bytes.n))
		return;
	if (!m->response) {
		learn_request(f, m);
		f->body_start = h->seq + h->len;
		return;
	}
	learn_answer(f, m);
	if (h->upgrade)
		learn_upgrade(f, m);
}

/* Writes a head of b's bytes, and `more` behind it. */
static int write_text(struct flow *f, const struct flow_head *h, const struct buf *b, uint64_t more)
{
	size_t size = more ? ONE_PACKET : FRAME_DATA_MAX;
	int err = 0;

	for (size_t at = 0; at < b->len && !err; at += size) {
		struct iovec iov = { b->data + at, b->len - at < size ? b->len - at : size };

		if (more)
			return flow_tcp_data(f, h->dir, h->ts, &iov, 1, b->len + more);
		err = flow_tcp_data(f, h->dir, h->ts, &iov, 1, iov.iov_len);
	}
	return err;
}

/* Writes what is left of the body of the request that asked for the WebSocket. */
static int write_body(struct flow *f, uint64_t ts)
{
	uint32_t left = f->body_start + (uint32_t)f->body - f->lane[FLOW_C2S].next;

	if (!f->body || f->body == UNKNOWN_BODY || left > f->body)
		return 0;
	return flow_tcp_data(f, FLOW_C2S, ts, NULL, 0, left);
}

int flow_head_write(struct flow *f, const struct flow_head *h)
{
	struct buf text = {};
	uint64_t more;
	int err = flow_lane_finish(f, h->dir);

	if (!err)
		err = flow_reach(f, h->dir, h->ts, h->seq, h->upgrade ? MAKE_REQUEST : 0);
	if (!err && h->upgrade)
		err = flow_head_make_request(f, h->ts, 0);
	if (!err && h->upgrade)
		err = write_body(f, h->ts);
	if (err)
		return err;
	more = put_head(f, h, &text);
	learn(f, h);
	f->upgraded |= h->upgrade;
	if (text.failed)
		err = -ENOMEM;
	if (!err && h->len > h->bytes.n)
		err = flow_notef(f,
				 "the last %llu bytes of this head are filled in: they were not "
				 "kept",
				 (unsigned long long)(h->len - h->bytes.n));
	if (!err)
		err = write_text(f, h, &text, more);
	buf_free(&text);
	return err;
}

int flow_head_leave_out(struct flow *f, const struct flow_head *h, const char *what)
{
	const char *end = memchr(h->bytes.p, '\r', h->bytes.n);
	size_t n = end ? (size_t)(end - h->bytes.p) : h->bytes.n;
	struct buf line = {};
	int err = flow_reach(f, h->dir, h->ts, h->seq, MAKE_NOTHING);

	buf_str(&line, what);
	buf_escaped(&line, h->bytes.p, n < LINE_SHOWN ? n : LINE_SHOWN);
	buf_char(&line, 0);
	if (!err)
		err = line.failed ? -ENOMEM : flow__note(f, line.data);
	f->lane[h->dir].seen = true;
	buf_free(&line);
	return err ? err : flow_tcp_data(f, h->dir, h->ts, NULL, 0, h->len);
}

/* Starts the flow anew, with a whole handshake below what comes next, as if joined midway. */
static int start_anew(struct flow *f)
{
	f->gen = 0;
	f->midstream = true;
	f->lane[FLOW_C2S].seen = f->lane[FLOW_S2C].seen = false;
	return flow_notef(f, "the handshake of WebSocket was not seen, and has no room here");
}

static int make_head(struct flow *f, uint8_t dir, uint64_t ts, uint32_t room)
{
	struct flow_head h = { .ts = ts, .dir = dir };
	struct buf text = {};
	int err = flow_notef(f, "synthetic: wstrace did not see this head");

	buf_str(&text, dir == FLOW_C2S ? made_request : made_response);
	filler_add(&text, room > text.len + 2 && room < FILL_MAX ? room - text.len : 2, NULL);
	if (text.failed)
		err = -ENOMEM;
	if (!err)
		err = write_text(f, &h, &text, 0);
	buf_free(&text);
	return err;
}

int flow_head_make_request(struct flow *f, uint64_t ts, uint32_t room)
{
	int err = flow_open(f, ts, MAKE_REQUEST);

	if (err || f->asked == f->flows->gen)
		return err;
	if (room && room < sizeof(made_request) + 1) {
		err = start_anew(f);
		return err ? err : flow_open(f, ts, MAKE_REQUEST);
	}
	f->asked = f->flows->gen;
	return make_head(f, FLOW_C2S, ts, room);
}

int flow_head_make_upgrade(struct flow *f, uint8_t dir, uint64_t ts, uint32_t start)
{
	uint32_t room = start - f->lane[dir].next, needs = sizeof(made_response) + 1;
	bool asked = f->asked == f->flows->gen;
	int err;

	if (f->upgraded || f->gen != f->flows->gen) /* else flow_open() will make it up */
		return 0;
	if (dir == FLOW_C2S)
		needs = asked ? 0 : sizeof(made_request) + 1;
	f->upgraded = true;
	if (room > CHUNK || room < needs) {
		f->lane[dir].next = start;
		return start_anew(f);
	}
	err = flow_head_make_request(f, ts, dir == FLOW_C2S ? room : 0);
	return err ? err : make_head(f, FLOW_S2C, ts, dir == FLOW_S2C ? room : 0);
}
