/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts and hands on a frame whose header is complete; for core.bpf.c alone. */
#ifndef FRAME_BPF_H
#define FRAME_BPF_H

#include "hists.bpf.h"
#include "walk.bpf.h"

/* Frames are believed again from the one whose header, hdr_len bytes, has just passed. */
static __always_inline void emit_resync(struct call *k, struct conn *c, struct stream *s,
					u8 hdr_len)
{
	struct wst_resync *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);

	if (!r) {
		lose_event(c);
		return;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->skipped = s->pos - hdr_len - s->lost_pos;
	r->why = s->why;
	record_start(&r->h, c, WST_RESYNC, k->dir, k->seq - hdr_len);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

static __always_inline void emit_frame(struct call *k, struct conn *c, struct stream *s,
				       const struct ws_frame *f)
{
	struct wst_frame *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);

	if (!r) {
		lose_event(c);
		return;
	}
	record_start(&r->h, c, WST_FRAME, k->dir, k->seq - f->hdr_len);
	stream_frame(s, f, k->pid, r);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* Takes f, whose header is complete; frames are known to start where the walk says. */
static __always_inline void on_frame(struct call *k, struct conn *c, struct stream *s,
				     const struct ws_frame *f)
{
	u32 most = 125; /* close codes and pings' payload are small: always */

	stream_count(s, f);
	k->totals.frames++;
	k->totals.bytes += f->len;
	if (WS_IS_CONTROL(f->b0)) {
		if (want_hists)
			time_ping(k->at, f->b0 & WS_OPCODE);
	} else {
		/* One test: two would double the paths that the verifier follows. */
		bool wanted = (c->open.t.h.conn == focus) | stream_remarkable(s, f, k->dir);

		if (want_hists)
			stream_message(s, f);
		if (!want_data_frames && !wanted) {
			s->keep = 0;
			return;
		}
		most = snaplen;
	}
	stream_keep(s, f, most);
	emit_frame(k, c, s, f);
}

#endif
