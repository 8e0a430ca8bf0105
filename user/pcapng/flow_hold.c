// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes what is to be written, and keeps back what cannot be placed before it is known what
 * follows: CONNECT and its answers, a 101 before the end of its request, frames before the 101.
 */
#include <errno.h>
#include <string.h>
#include "pcapng/flow_steps.h"

#define HELD_MAX 32768 /* bytes of heads that are kept back */
#define EARLY_MAX 65536 /* bytes of early frames, with what is noted of each */
#define ALL_MAX (64 << 20) /* bytes of both, of all flows */

/* A frame, or a piece of its payload, that is kept back: n bytes follow. */
struct early {
	struct flow_frame frame; /* payload: ts alone */
	uint64_t pos;
	size_t n;
	bool payload;
};

static int add_early(struct flow *f, struct early *e, const void *p)
{
	size_t before = f->early.len;

	buf_add(&f->early, e, sizeof(*e));
	buf_add(&f->early, p, e->n);
	f->flows->kept_back += f->early.len - before;
	return f->early.failed ? -ENOMEM : 0;
}

/* Writes the frames that were kept back. */
static int write_early(struct flow *f)
{
	struct buf all = f->early;
	struct early e;
	int err = 0;

	f->early = (struct buf){};
	f->flows->kept_back -= all.len;
	for (size_t at = 0; at < all.len && !err; at += sizeof(e) + e.n) {
		memcpy(&e, all.data + at, sizeof(e));
		if (e.payload)
			err = flow_payload(f, FLOW_C2S, e.frame.ts, e.pos,
					   all.data + at + sizeof(e), e.n);
		else
			err = flow_frame(f, &e.frame);
	}
	buf_free(&all);
	return err;
}

/* Whether a client's frame has to wait for the 101, which it came before. */
static bool is_early(const struct flow *f, uint8_t dir)
{
	return dir == FLOW_C2S && !f->upgraded && !f->not_early && !f->n_held &&
	       f->asked == f->flows->gen && f->gen == f->flows->gen && f->early.len < EARLY_MAX &&
	       f->flows->kept_back < ALL_MAX;
}

/* Writes the heads that are kept back, or leaves them out where they opened a tunnel. */
static int release(struct flow *f, bool through_tunnel)
{
	unsigned int n = f->n_held;
	int err = 0;

	through_tunnel &= f->tunnel;
	f->n_held = 0;
	f->tunnel = false;
	for (unsigned int i = 0; i < n; i++) {
		struct flow_head *h = &f->held[i].head;

		h->bytes = (struct span){ f->held[i].bytes.data, f->held[i].bytes.len };
		f->flows->kept_back -= h->bytes.n;
		if (!err && through_tunnel)
			err = flow_head_leave_out(f, h,
						  "left out, since Wireshark does not look for "
						  "WebSocket behind it: ");
		else if (!err)
			err = flow_head_write(f, h);
		buf_free(&f->held[i].bytes);
	}
	return err;
}

static int hold(struct flow *f, const struct flow_head *h, bool opens_tunnel)
{
	struct held_head *to = &f->held[f->n_held];
	size_t bytes = h->bytes.n;

	for (unsigned int i = 0; i < f->n_held; i++)
		bytes += f->held[i].bytes.len;
	if (f->n_held == HELD_HEADS || bytes > HELD_MAX || f->flows->kept_back > ALL_MAX) {
		int err = release(f, false);

		return err ? err : flow_head_write(f, h);
	}
	*to = (struct held_head){ .head = *h };
	buf_add(&to->bytes, h->bytes.p, h->bytes.n);
	f->flows->kept_back += to->bytes.len;
	f->n_held++;
	f->tunnel = opens_tunnel;
	return to->bytes.failed ? -ENOMEM : 0;
}

static bool is_connect(const struct flow_head *h)
{
	static const char method[] = "CONNECT ";

	return h->dir == FLOW_C2S && h->bytes.n > sizeof(method) &&
	       !memcmp(h->bytes.p, method, sizeof(method) - 1);
}

/* Whether an answer opens a tunnel (RFC 9110 section 9.3.6): any 2xx. */
static bool opens_tunnel(const struct flow_head *h)
{
	return h->bytes.n > 9 && h->bytes.p[9] == '2';
}

/* Takes a head while others are kept back. Sets *done where nothing is left to do for it. */
static int head_behind_held(struct flow *f, const struct flow_head *h, bool *done)
{
	bool answer = f->held[0].head.dir == FLOW_S2C; /* a 101, before its request */
	int err;

	*done = true;
	if (!answer && !f->tunnel && h->dir == FLOW_S2C)
		return hold(f, h, opens_tunnel(h));
	if (!answer && !f->tunnel && is_connect(h))
		return hold(f, h, false);
	if (answer && h->dir == FLOW_C2S) {
		err = flow_head_write(f, h);
		return err ? err : release(f, false);
	}
	*done = false;
	return release(f, true);
}

/*
 * Makes sure that Wireshark takes what comes for frames. start: where those of direction dir start.
 */
static int settle(struct flow *f, uint8_t dir, uint64_t ts, uint32_t start)
{
	uint32_t room = start - f->lane[dir].next;
	int err = 0;

	if (f->n_held && f->held[0].head.dir == FLOW_S2C && dir == FLOW_C2S &&
	    f->gen == f->flows->gen && room <= CHUNK) {
		err = flow_head_make_request(f, ts, room);
		if (!err)
			err = flow_tcp_data(f, dir, ts, NULL, 0, start - f->lane[dir].next);
	}
	if (!err)
		err = release(f, true);
	if (!err)
		err = flow_head_make_upgrade(f, dir, ts, start);
	f->not_early = true;
	return err ? err : write_early(f);
}

/* Whether a 101 has to wait for its request, or for the end of the request's body. */
static bool is_early_answer(const struct flow *f, const struct flow_head *h)
{
	if (!h->upgrade || f->gen != f->flows->gen)
		return false;
	return f->asked != f->gen || (f->body == UNKNOWN_BODY && !f->early.len);
}

int flow_hold_head(struct flow *f, const struct flow_head *h)
{
	bool done = false;
	int err = 0;

	if (f->n_held)
		err = head_behind_held(f, h, &done);
	if (err || done)
		return err;
	if (f->early.len && h->dir == FLOW_C2S)
		err = settle(f, h->dir, h->ts, h->seq);
	if (err)
		return err;
	if ((is_connect(h) && !f->upgraded) || is_early_answer(f, h))
		return hold(f, h, false);
	err = flow_head_write(f, h);
	return err || !h->upgrade ? err : write_early(f);
}

int flow__frame(struct flow *f, const struct flow_frame *fr)
{
	struct early e = { .frame = *fr };
	uint32_t back = fr->offset < UINT32_MAX / 2 ? fr->offset : 0;
	int err = flow_answer_release(f);

	if (err)
		return err;
	if (is_early(f, fr->dir))
		return add_early(f, &e, NULL);
	if (!f->upgraded || f->n_held)
		err = settle(f, fr->dir, fr->ts, fr->seq - back);
	return err ? err : flow_frame(f, fr);
}

int flow__payload(struct flow *f, uint8_t dir, uint64_t ts, uint64_t pos, const void *p, size_t n)
{
	struct early e = { .frame.ts = ts, .pos = pos, .n = n, .payload = true };

	if (dir == FLOW_S2C || !f->early.len)
		return flow_payload(f, dir, ts, pos, p, n);
	return f->early.len < EARLY_MAX ? add_early(f, &e, p) : 0;
}

int flow_settle(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq)
{
	int err = flow_answer_release(f);

	if (err)
		return err;
	if (f->n_held || f->early.len || (!f->upgraded && f->gen == f->flows->gen))
		err = settle(f, dir, ts, seq);
	return err;
}

int flow__skip(struct flow *f, uint8_t dir, uint64_t ts, uint32_t seq, const char *text)
{
	int err = flow_settle(f, dir, ts, seq);

	return err ? err : flow_skip(f, dir, ts, seq, text);
}

int flow__release(struct flow *f, uint64_t ts)
{
	int err = flow_answer_release(f);

	if (!err)
		err = release(f, false);
	return err || !f->early.len ? err : settle(f, FLOW_C2S, ts, f->lane[FLOW_C2S].next);
}

int flow__close(struct flow *f, uint64_t ts, enum flow_end how, bool first_local, uint64_t ended)
{
	int err = flow__release(f, ts);

	for (int d = 0; d < FLOW_DIRS && !err; d++)
		err = flow_lane_finish(f, d);
	if (err || (!f->begun && f->midstream))
		return err;
	if (how == FLOW_END_NONE)
		return flow_tcp_note(f, ts);
	err = flow_open(f, ts, f->upgraded ? MAKE_BOTH : MAKE_NOTHING);
	for (int d = 0; d < FLOW_DIRS && !f->attempt; d++)
		f->lane[d].next += f->lane[d].blind; /* a hole before the FIN */
	return err ? err : flow_tcp_close(f, ts, how, first_local, ended);
}
