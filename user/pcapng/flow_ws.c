// SPDX-License-Identifier: GPL-2.0-only
/* Writes WebSocket frames: decides on their packets, and on what is left out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpf/ws_frame.h"
#include "decode/deflate.h"
#include "pcapng/flow_steps.h"

#define RSV1 0x40 /* compressed (RFC 7692 section 6) */

/* Writes a frame's header. Returns its length, or 0 where hdr_len cannot hold len. */
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

/* Notes that bytes are missing, so that frames which depend on them are not dissected. */
static void lane_lost(struct flow *f, uint8_t dir)
{
	struct lane *l = &f->lane[dir];

	l->msg_cut = true;
	l->context_lost |= !l->no_takeover;
}

/* Notes what an incomplete frame means for those after it. */
static void note_cut(struct lane *l, const struct flow_frame *fr)
{
	if (WS_IS_CONTROL(fr->b0))
		return;
	l->msg_cut = !(fr->b0 & WS_FIN);
	l->context_lost |= l->deflated && !l->no_takeover;
}

/*
 * Returns how many bytes of the payload to keep. Wireshark joins the fragments of a message and
 * inflates it. If a fragment is cut or the compression context is lost, Wireshark would report
 * errors that nobody made: such frames are written by their headers alone.
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
	f->flows->busy -= l->state == LANE_STREAMING;
	l->state = LANE_IDLE;
	l->held.len = 0;
	/* free the memory: there are many connections, and the next frame may be small */
	if (l->held.size > 4096)
		buf_free(&l->held);
}

/* Writes the first packet of a frame: the header and n bytes, which stand for claim bytes. */
static int write_first(struct flow *f, uint8_t dir, const void *p, size_t n, uint64_t claim)
{
	struct lane *l = &f->lane[dir];
	const struct flow_frame *fr = &l->frame;
	uint8_t header[WS_HDR_MAX];
	struct iovec iov[2] = { { header, put_header(header, fr) }, { (void *)p, n } };
	int err = flow_open(f, fr->ts, MAKE_BOTH);

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
	return flow_tcp_data(f, dir, fr->ts, iov, n ? 2 : 1, fr->hdr_len + claim);
}

/* Repeats the frame in the current file, by its header alone. */
static int lane_repeat(struct flow *f, uint8_t dir)
{
	go_idle(f, &f->lane[dir]);
	return write_first(f, dir, NULL, 0, f->lane[dir].frame.len);
}

int flow_lane_finish(struct flow *f, uint8_t dir)
{
	struct lane *l = &f->lane[dir];
	int err = 0;

	if (l->state == LANE_GATHERING)
		err = write_first(f, dir, l->held.data, l->held.len, l->frame.len);
	else if (l->state == LANE_STREAMING)
		lane_lost(f, dir); /* the next frame shows the hole */
	go_idle(f, l);
	return err;
}

int flow_open(struct flow *f, uint64_t ts, int make)
{
	int err;

	if (f->gen == f->flows->gen)
		return 0;
	f->gen = f->flows->gen;
	for (int d = 0; d < FLOW_DIRS; d++) {
		f->lane[d].unacked = f->lane[d].unacked_bytes = 0;
		if (f->lane[d].state == LANE_STREAMING)
			f->lane[d].next = f->lane[d].frame.seq;
	}
	/* Merging files by time must not put this before the packets of the last file. */
	if (f->begun && ts < f->flows->latest)
		ts = f->flows->latest;
	err = flow_tcp_open(f, ts, make);
	f->begun = true;
	for (int d = 0; d < FLOW_DIRS && !err; d++)
		if (f->lane[d].state == LANE_STREAMING)
			err = lane_repeat(f, d);
	return err;
}

/*
 * Starts the flow anew, with a handshake, where seq is before the lane's next or more than a window
 * after it.
 */
static int restart(struct flow *f, uint8_t dir, uint32_t seq)
{
	f->gen = 0;
	f->lane[dir].next = seq;
	lane_lost(f, dir);
	return flow_notef(f, "sequence numbers do not follow from what came before");
}

int flow_reach(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, int make)
{
	struct lane *l = &f->lane[dir];
	uint32_t step = seq - l->next;
	int err = 0;

	if (!f->begun && f->midstream)
		l->next = seq;
	else if (step > CHUNK)
		err = restart(f, dir, seq);
	if (!err)
		err = flow_open(f, ts, make);
	step = seq - l->next;
	if (err || !step)
		return err;
	/* The bytes are a body, or the end of a frame that began before. */
	if (!f->upgraded || (f->midstream && !l->seen))
		return flow_tcp_data(f, dir, ts, NULL, 0, step);
	if (!f->lost && !f->flows->lost)
		f->lost = 1;
	l->next = seq;
	lane_lost(f, dir);
	return flow_notef(f, "%u bytes before this are lost", step);
}

/*
 * Writes a packet without content for what lies before a direction's first frame: the body of the
 * request that asked for the WebSocket, or the end of a head that is cut.
 */
static int reach_first(struct flow *f, const struct flow_frame *fr)
{
	struct lane *l = &f->lane[fr->dir];
	uint32_t step = fr->seq - (uint32_t)fr->offset - l->next;

	if (l->framed)
		return 0;
	l->framed = true;
	if (f->gen != f->flows->gen || fr->offset > CHUNK || step > CHUNK)
		return 0;
	return flow_tcp_data(f, fr->dir, fr->ts, NULL, 0, step);
}

int flow_frame(struct flow *f, const struct flow_frame *fr)
{
	struct lane *l = &f->lane[fr->dir];
	uint8_t header[WS_HDR_MAX];
	int err;

	if (!put_header(header, fr))
		return -EINVAL;
	err = flow_lane_finish(f, fr->dir);
	if (!err)
		err = reach_first(f, fr);
	if (!err)
		err = flow_reach(f, fr->dir, fr->ts, fr->seq, MAKE_BOTH);
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

/* Returns how many bytes of payload the lane's next packet takes. */
static size_t next_size(const struct lane *l)
{
	uint64_t left = l->frame.keep - (l->got - l->held.len);
	size_t most = FRAME_DATA_MAX;

	if (l->state == LANE_GATHERING)
		most -= l->frame.hdr_len;
	return left < most ? left : most;
}

/* Writes the lane's next packet, with the n bytes that next_size() asked for. */
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
			f->flows->busy++;
		}
		return err;
	}
	err = flow_open(f, ts, MAKE_BOTH);
	if (err || l->state == LANE_IDLE) /* a new file has begun, and has the header alone */
		return err;
	err = flow_tcp_data(f, dir, ts, &iov, 1, n);
	if (l->got == l->frame.len)
		go_idle(f, l);
	return err;
}

int flow_payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *data, size_t n)
{
	struct lane *l = &f->lane[dir];
	const char *p = data;
	int err = 0;

	if (l->state != LANE_IDLE && pos != l->got)
		return flow_lane_finish(f, dir);
	while (n && !err && l->state != LANE_IDLE) {
		size_t size = next_size(l), some = size - l->held.len;

		if (some > n)
			some = n;
		l->got += some;
		if (some == size) { /* nothing is held: write without a copy */
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

int flow_skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text)
{
	struct lane *l = &f->lane[dir];
	int err;

	if (!f->begun && f->midstream)
		return 0;
	err = flow_lane_finish(f, dir);
	if (err || seq - l->next > CHUNK || seq == l->next)
		return err; /* flow_reach() will start the flow anew */
	err = flow_open(f, ts, f->upgraded ? MAKE_BOTH : MAKE_NOTHING);
	if (!err && text)
		err = flow__note(f, text);
	lane_lost(f, dir);
	return err ? err : flow_tcp_data(f, dir, ts, NULL, 0, seq - l->next);
}
