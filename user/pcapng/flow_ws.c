// SPDX-License-Identifier: GPL-2.0-only
/* HTTP heads and WebSocket frames: what is put into a packet, and what is left out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "pcapng/flow_tcp.h"

#define RSV1 0x40 /* compressed (RFC 7692 section 6) */

static bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

/* Keeps a copy of what a later file's prologue is to repeat. */
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
	return m->response && !http_find(m, "content-length"); /* all until the end */
}

static void learn_request(struct flow *f, const struct http_msg *m)
{
	f->head_request = span_is(m->method, "HEAD");
	remember(&f->target, m->target);
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

/*
 * A body is not in the file. Were the head to stand alone in a packet that is complete, Wireshark
 * would wait for the body before it shows the head; so its first byte is said to be there, too.
 */
int flow__head(struct flow *f, const struct flow_head *h)
{
	struct http_msg *m = &f->p->msg;
	struct iovec iov = { (void *)h->bytes.p, h->bytes.n };
	uint64_t len = h->len;
	int err = lane_finish(f, h->dir);

	if (!err)
		err = flow_reach(f, h->dir, h->ts, h->seq, false);
	if (err)
		return err;
	if (!http_parse(m, h->bytes.p, h->bytes.n)) {
		if (!m->response)
			learn_request(f, m);
		else if (h->upgrade)
			learn_upgrade(f, m);
		len += has_body(f, m);
	}
	f->upgraded |= h->upgrade;
	if (iov.iov_len > SEGMENT_MAX)
		iov.iov_len = SEGMENT_MAX;
	f->lane[h->dir].seen = true;
	return flow_data(f, h->dir, h->ts, &iov, 1, len);
}

/* Returns the header's length, or 0 where it is not what hdr_len and len say. */
static uint32_t put_header(uint8_t *p, const struct flow_frame *fr)
{
	uint32_t n = fr->hdr_len - 4 * fr->masked, at = 2;

	if ((n == 2 && fr->len > 125) || (n == 4 && fr->len > 65535) ||
	    (n != 2 && n != 4 && n != 10) || fr->len >> 63)
		return 0;
	p[0] = fr->b0;
	p[1] = n == 2 ? fr->len : n == 4 ? 126 : 127;
	if (fr->masked)
		p[1] |= WS_MASKED;
	for (int shift = 8 * (n - 3); shift >= 0; shift -= 8)
		p[at++] = fr->len >> shift;
	if (fr->masked)
		memcpy(p + at, &fr->mask, 4);
	return fr->hdr_len;
}

void lane_lost(struct flow *f, uint8_t dir)
{
	struct lane *l = &f->lane[dir];

	l->msg_cut = true;
	l->context_lost |= !l->no_takeover;
}

/* Notes what a frame that is not there in full means for those after it. */
static void note_cut(struct lane *l, const struct flow_frame *fr)
{
	if (WS_IS_CONTROL(fr->b0))
		return;
	l->msg_cut = !(fr->b0 & WS_FIN);
	l->context_lost |= l->deflated && !l->no_takeover;
}

/*
 * How much of a frame to keep. Wireshark puts the fragments of a message together, and inflates
 * it: with one of them cut, or without what the compression context holds, it would report
 * errors that nobody made, so that these frames are shown by their headers alone.
 */
static uint64_t choose_keep(const struct flow *f, struct lane *l, const struct flow_frame *fr)
{
	uint64_t keep = fr->keep < fr->len ? fr->keep : fr->len;

	if (WS_IS_CONTROL(fr->b0))
		return keep;
	if (fr->b0 & WS_OPCODE) {
		l->msg_cut = false;
		l->deflated = f->deflate && fr->b0 & RSV1;
	}
	return l->msg_cut || (l->deflated && l->context_lost) ? 0 : keep;
}

static void go_idle(struct flow *f, struct lane *l)
{
	f->p->busy -= l->state == LANE_STREAMING;
	l->state = LANE_IDLE;
	l->held.len = 0;
	if (l->held.size > 4096) /* one of many connections, and the next frame may be small */
		buf_free(&l->held);
}

/* The first packet of a frame: the header, n bytes of payload; it stands for all of claim. */
static int write_first(struct flow *f, uint8_t dir, const void *p, size_t n, uint64_t claim)
{
	struct lane *l = &f->lane[dir];
	const struct flow_frame *fr = &l->frame;
	uint8_t header[WS_HDR_MAX];
	struct iovec iov[2] = { { header, put_header(header, fr) }, { (void *)p, n } };
	int err = flow_open(f, fr->ts, true);

	if (err)
		return err;
	if (n < claim)
		note_cut(l, fr);
	l->seen = true;
	if (claim > CLAIM_MAX) {
		claim = CLAIM_MAX;
		err = flow_notef(f, "its header says %llu bytes: most of them are left out",
				 (unsigned long long)fr->len);
		if (err)
			return err;
	}
	return flow_data(f, dir, fr->ts, iov, n ? 2 : 1, fr->hdr_len + claim);
}

int lane_repeat(struct flow *f, uint8_t dir)
{
	go_idle(f, &f->lane[dir]);
	return write_first(f, dir, NULL, 0, f->lane[dir].frame.len);
}

int lane_finish(struct flow *f, uint8_t dir)
{
	struct lane *l = &f->lane[dir];
	int err = 0;

	if (l->state == LANE_GATHERING)
		err = write_first(f, dir, l->held.data, l->held.len, l->frame.len);
	else if (l->state == LANE_STREAMING)
		lane_lost(f, dir); /* the hole shows when the next frame comes */
	go_idle(f, l);
	return err;
}

int flow__frame(struct flow *f, const struct flow_frame *fr)
{
	struct lane *l = &f->lane[fr->dir];
	uint8_t header[WS_HDR_MAX];
	int err;

	if (!put_header(header, fr))
		return -EINVAL;
	err = lane_finish(f, fr->dir);
	if (!err)
		err = flow_reach(f, fr->dir, fr->ts, fr->seq, true);
	if (err)
		return err;
	f->upgraded = true;
	l->frame = *fr;
	l->frame.keep = choose_keep(f, l, fr);
	l->got = 0;
	if (!l->frame.keep)
		return write_first(f, fr->dir, NULL, 0, fr->len);
	l->state = LANE_GATHERING;
	return 0;
}

/* How many bytes of payload the lane's next packet takes. */
static size_t next_size(const struct lane *l)
{
	uint64_t left = l->frame.keep - (l->got - l->held.len);
	size_t most = SEGMENT_MAX;

	if (l->state == LANE_GATHERING)
		most -= l->frame.hdr_len;
	return left < most ? left : most;
}

/* A packet's worth of payload is there: n bytes, all that next_size() asked for. */
static int write_piece(struct flow *f, uint8_t dir, uint64_t ts, const void *p, size_t n)
{
	struct lane *l = &f->lane[dir];
	struct iovec iov = { (void *)p, n };
	int err;

	if (l->state == LANE_GATHERING) {
		bool all = l->frame.keep == l->frame.len;

		err = write_first(f, dir, p, n, all ? n : l->frame.len);
		if (!all || n == l->frame.len) {
			go_idle(f, l);
		} else {
			l->state = LANE_STREAMING;
			f->p->busy++;
		}
		return err;
	}
	err = flow_open(f, ts, true);
	if (err || l->state == LANE_IDLE) /* the new file has the header, and that will do */
		return err;
	err = flow_data(f, dir, ts, &iov, 1, n);
	if (l->got == l->frame.len)
		go_idle(f, l);
	return err;
}

int flow__payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *data,
		  size_t n)
{
	struct lane *l = &f->lane[dir];
	const char *p = data;
	int err = 0;

	if (l->state != LANE_IDLE && pos != l->got)
		return lane_finish(f, dir);
	while (n && !err && l->state != LANE_IDLE) {
		size_t size = next_size(l), some = size - l->held.len;

		if (some > n)
			some = n;
		l->got += some;
		if (some == size) { /* nothing held: no need to copy */
			err = write_piece(f, dir, ts, p, some);
		} else {
			buf_add(&l->held, p, some);
			if (l->held.failed)
				return -ENOMEM;
			if (l->held.len == size) {
				err = write_piece(f, dir, ts, l->held.data, size);
				l->held.len = 0;
			}
		}
		p += some;
		n -= some;
	}
	return err;
}
