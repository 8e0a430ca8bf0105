/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files behind flow.h do for each other; flow.c uses only what is in flow_state.h. */
#ifndef PCAPNG_FLOW_STEPS_H
#define PCAPNG_FLOW_STEPS_H

#include "pcapng/flow_state.h"

/* flow_iface.c */

/* Writes the interface if the current file does not have it. */
int flow_iface_ready(struct flows *fs, struct iface *i);

/* flow_tcp.c */

/* Adds formatted text to the comment of the next packet. Returns 0 or -ENOMEM. */
int flow_notef(struct flow *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes packets that stand for len bytes. data: the first of these bytes, in pieces. */
int flow_tcp_data(struct flow *f, uint8_t dir, uint64_t ts, const struct iovec *data,
		  unsigned int pieces, uint64_t len);

/* Writes the TCP handshake, and what is to be made up, just below each lane's next. */
int flow_tcp_open(struct flow *f, uint64_t ts, int make);

/* Writes the note, if there is one, in a packet without data. */
int flow_tcp_note(struct flow *f, uint64_t ts);

/* Writes the end as flow__close() says; how: anything but FLOW_END_NONE. */
int flow_tcp_close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local,
		   uint64_t ended);

/* flow_ws.c */

/* Ends the lane's frame: the rest of its payload will not come. */
int flow_lane_finish(struct flow *f, uint8_t dir);

/*
 * Makes sure that the current file has the handshake, as flow_open() does, and everything up to
 * seq, which then is the lane's next.
 */
int flow_reach(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, int make);

/* Do what flow__frame() and so on say, when nothing has to wait. */
int flow_frame(struct flow *f, const struct flow_frame *fr);
int flow_payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *p, size_t n);
int flow_skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text);

/* flow_hold.c */

/* Writes a head, or keeps it back, as flow__head() does; whether its body comes is settled. */
int flow_hold_head(struct flow *f, const struct flow_head *h);

/* Makes sure that bytes of direction dir at seq, which are no head, have their place. */
int flow_settle(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq);

/* flow_answer.c */

/* Writes the answer that waits, if there is one. */
int flow_answer_release(struct flow *f);

/* flow_head.c */

/* Writes a head. Of one that is not there as a whole, the rest is filled in. */
int flow_head_write(struct flow *f, const struct flow_head *h);

/* Writes a packet without content for a head, with its first line as a comment behind `what`. */
int flow_head_leave_out(struct flow *f, const struct flow_head *h, const char *what);

/*
 * Makes up the request, unless the current file has it. room: bytes that are known to be missing
 * there, or 0.
 */
int flow_head_make_request(struct flow *f, uint64_t ts, uint32_t room);

/*
 * Makes up what the current file has not of the request and the 101. start: where the frames of
 * direction dir start.
 */
int flow_head_make_upgrade(struct flow *f, uint8_t dir, uint64_t ts, uint32_t start);

#endif
