/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is counted and told of a frame whose header is complete. */
#ifndef FRAME_BPF_H
#define FRAME_BPF_H

#include "walk.bpf.h"

static __always_inline void count_frame(struct walk *w, struct stream *s,
					const struct ws_frame *f)
{
	u32 op = f->b0 & WS_OPCODE;

	if (WS_IS_CONTROL(f->b0))
		op -= 8 - WST_CLOSE_OP;
	if ((f->b0 & WS_OPCODE & 7) > 2)
		op = WST_RESERVED;
	if (op < WST_OPS)
		s->n.frames[op]++;
	s->n.bytes += f->len;
	w->totals.frames++;
	w->totals.bytes += f->len;
	if (f->b0 & WS_FIN && !WS_IS_CONTROL(f->b0))
		s->n.messages++;
}

static __always_inline void emit_resync(struct walk *w, struct conn *c, struct stream *s, u8 hdr_len)
{
	struct wst_resync r = {};

	r.skipped = s->pos - hdr_len - s->lost_pos;
	r.why = s->why;
	record_start(&r.h, c, WST_RESYNC, w->dir, w->seq - hdr_len);
	emit(c, &r, sizeof(r));
}

static __always_inline void emit_frame(struct walk *w, struct conn *c, struct stream *s,
				       const struct ws_frame *f)
{
	struct wst_frame *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);

	if (!r) {
		lose_event(c);
		return;
	}
	record_start(&r->h, c, WST_FRAME, w->dir, w->seq - f->hdr_len);
	r->len = f->len;
	r->offset = s->pos - f->hdr_len;
	r->mask = f->mask;
	r->pid = w->pid;
	r->kept = s->keep;
	r->b0 = f->b0;
	r->hdr_len = f->hdr_len;
	r->masked = f->masked;
	r->pad = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/*
 * Whether f may break a rule of RFC 6455, or start or go on with a message in several frames, so
 * that it is handed on even where data frames are not wanted. RSV1 is on every message once
 * permessage-deflate is agreed: of that the first frames do. In arithmetic, since the verifier follows
 * each way through a chain of conditions to the end of the walk.
 */
static __always_inline bool remarkable(struct walk *w, struct stream *s, const struct ws_frame *f)
{
	u64 odd = (f->b0 & ~(WS_RSV1 | 3)) ^ WS_FIN;
	u32 form = f->hdr_len - 4 * f->masked; /* 2, 4 or 10: how the length is written */

	odd |= ~(f->b0 ^ f->b0 >> 1) & 1; /* neither text, 1, nor binary, 2 */
	odd |= f->masked ^ (w->dir == WST_C2S);
	odd |= (f->len - 126) >> 63 & form >> 2; /* 16 bits for what fits into 7 */
	odd |= (f->len - 0x10000) >> 63 & form >> 3; /* 64 for what fits into 16 */
	return odd || s->n.frames[WST_TEXT] + s->n.frames[WST_BINARY] <= 1;
}

/* A header is complete, and frames are known to start where the walk says. */
static __always_inline void on_frame(struct walk *w, struct conn *c, struct stream *s,
				     const struct ws_frame *f)
{
	bool control = WS_IS_CONTROL(f->b0);

	count_frame(w, s, f);
	s->last_b0 = f->b0;
	if (want_hists && control) {
		time_ping(w->at, f->b0 & WS_OPCODE);
	} else if (want_hists) {
		s->msg_bytes += f->len;
		s->starting = !!(f->b0 & WS_OPCODE);
		s->ending = !!(f->b0 & WS_FIN);
	}
	s->kept = 0;
	s->keep = 0;
	if (!control && !want_data_frames && c->open.t.h.conn != focus && !remarkable(w, s, f))
		return;
	s->keep = control ? 125 : snaplen; /* close codes and pings' payload are small: always */
	if (s->keep > f->len)
		s->keep = f->len;
	emit_frame(w, c, s, f);
}

#endif
