// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include "decode/ws.h"
#include "facts/observe.h"
#include "lib/escape.h"
#include "lib/units.h"

#define BIG (1 << 20) /* bytes of a message behind which a pong may wait long */
#define CLOSED_WINDOW 2048 /* bytes; a smaller window hardly lets anything through */
#define SEGMENT 1448 /* bytes of a full segment, mostly */
#define TINY 32
#define TINY_A_SECOND 1000
#define HELD_APART 4 /* one late acknowledgement in so many small writes makes a run */

static const struct breach
	reserved_opcode = { "its opcode is reserved",
			    "correct the sender: RFC 6455 knows the opcodes 0, 1, 2, 8, 9 and 10" },
	long_form = { "its length is not in the shortest form",
		      "correct the sender: one byte says a length up to 125, two more one up to "
		      "65535" },
	top_bit = { "the top bit of its 64-bit length is set",
		    "correct the sender, or what alters the stream: no frame is that long" },
	big_control = { "a control frame may carry 125 bytes at most",
			"correct the sender: send what is longer than 125 bytes as a message, not "
			"in a ping, pong or close" },
	split_control = { "a control frame may not be fragmented",
			  "correct the sender: send a ping, pong or close in one frame, with FIN" },
	orphan = { "it continues a message that was not begun",
		   "correct the sender: let only one thread at a time write a message" },
	marked = { "RSV1 marks the first frame of a compressed message, no other (RFC 7692, 6.1)",
		   "correct the sender: set RSV1 in the first frame of a message alone, in no "
		   "continuation and no control frame" },
	nested = { "it begins a message inside another one",
		   "correct the sender: let only one thread at a time write a message" },
	after_close = { "it comes after a Close frame",
			"correct the sender: send nothing behind a Close frame", true };

/*
 * Returns the rule of RFC 6455, section 5, that a frame breaks by its header or by its place; NULL:
 * none.
 */
static const struct breach *find_breach(struct stream_facts *s, const struct frame_event *fr)
{
	uint8_t minimal = 2 + 4 * fr->masked + (fr->len > 125 ? fr->len > 0xffff ? 8 : 2 : 0);
	bool start = fr->opcode == WS_OP_TEXT || fr->opcode == WS_OP_BINARY;

	if ((fr->opcode & 7) > 2)
		return &reserved_opcode;
	if (fr->hdr_len != minimal)
		return &long_form;
	if (fr->opcode & 8 && fr->len > 125)
		return &big_control;
	if (fr->opcode & 8 && !fr->fin)
		return &split_control;
	if (fr->opcode == WS_OP_CONT && s->message == MESSAGE_NONE)
		return &orphan;
	if (start && s->message == MESSAGE_OPEN)
		return &nested;
	return NULL;
}

static bool observe_control(struct facts *f, struct stream_facts *s, const struct event *e)
{
	const struct frame_event *fr = &e->frame;
	struct stream_facts *other = &f->s[!fr->dir];

	switch (fr->opcode) {
	case WS_OP_PING:
		if (s->ping_ts)
			s->ping_every = e->ts - s->ping_ts;
		s->ping_ts = e->ts;
		s->pings++;
		if (!s->asked_ts) {
			s->asked_ts = e->ts;
			s->asked = s->stray_pongs = 0;
		}
		s->asked++;
		return false;
	case WS_OP_PONG:
		f->rtt_us = fr->rtt_us;
		if (fr->rtt_us >= 0)
			other->asked_ts = 0;
		else if (other->asked_ts)
			other->stray_pongs++;
		return fr->rtt_us > 500000;
	case WS_OP_CLOSE:
		if (s->closed)
			return false;
		s->closed = true;
		s->close_ts = e->ts;
		s->close_len = fr->len;
		s->code = fr->code;
		s->reason_cut = fr->reason_cut;
		if (fr->code) {
			s->reason = strndup(fr->reason.p, fr->reason.n);
			f->text_bad = !fr->reason_cut && !utf8_valid(fr->reason.p, fr->reason.n);
		}
		return true;
	default:
		return true;
	}
}

/* Returns whether frames of a few bytes come at a rate that costs more than they carry. */
static bool observe_rate(struct stream_facts *s, const struct event *e)
{
	bool storm = false;

	if (e->ts - s->second >= NS_PER_SEC) {
		bool busy = s->tiny > TINY_A_SECOND && e->ts - s->second < 2 * NS_PER_SEC;

		s->busy_seconds = busy ? s->busy_seconds + 1 : 0;
		storm = s->busy_seconds == 3;
		if (!storm)
			s->tiny = 0;
		s->second = e->ts;
	}
	s->tiny += e->frame.len < TINY;
	return storm;
}

/* Adds a data frame to its message, and keeps the size of the largest one. */
static void observe_size(struct stream_facts *s, const struct frame_event *fr)
{
	if (fr->opcode != WS_OP_CONT) {
		s->msg_len = s->msg_frames = 0;
		s->msg_is_big = false;
	}
	s->msg_len = fr->len > UINT64_MAX - s->msg_len ? UINT64_MAX : s->msg_len + fr->len;
	s->msg_frames++;
	if (s->msg_len > s->big_len) {
		if (!s->msg_is_big)
			s->big_before = s->big_len;
		s->msg_is_big = true;
		s->big_len = s->msg_len;
		s->big_frames = s->msg_frames;
	}
}

/* Notes how long nothing had passed when this frame came. */
static void observe_quiet(struct facts *f, uint64_t ts)
{
	uint64_t last = f->res.ts;

	for (int dir = 0; dir < WST_DIRS; dir++)
		last = f->s[dir].last_ts > last ? f->s[dir].last_ts : last;
	if (last && ts > last && ts - last > f->quiet) {
		f->quiet = ts - last;
		f->quiet_ts = ts;
	}
}

bool observe_frame(struct facts *f, const struct event *e)
{
	const struct frame_event *fr = &e->frame;
	struct stream_facts *s = &f->s[fr->dir];
	bool remarkable, closed = s->closed;

	f->dir = fr->dir;
	f->len = fr->len;
	f->rsv = fr->rsv;
	f->other_blind = fr->other_blind;
	f->frame_masked = fr->masked;
	f->rtt_us = -1;
	f->text_bad = false;
	f->breach = find_breach(s, fr);
	s->frames++;
	if (fr->opcode != WS_OP_CLOSE)
		observe_quiet(f, e->ts);
	s->last_ts = e->ts;
	f->recent[f->n_recent++ % RECENT] = e->ts;
	remarkable = f->breach || fr->rsv || fr->masked != (fr->dir == WST_C2S) || closed;
	if (closed && !f->breach)
		f->breach = &after_close;
	if (!f->breach && fr->rsv & 4 && (fr->opcode == WS_OP_CONT || fr->opcode & 8))
		f->breach = &marked;
	if (fr->opcode & 8)
		return observe_control(f, s, e) || remarkable;
	observe_size(s, fr);
	s->message = fr->fin ? MESSAGE_NONE : MESSAGE_OPEN;
	if (fr->opcode != WS_OP_CONT) {
		s->compressed = fr->rsv == 4;
		s->compressed_frames += s->compressed;
	}
	if (fr->len > BIG || s->data_len <= BIG || e->ts - s->data_ts > NS_PER_SEC) {
		s->data_ts = e->ts;
		s->data_len = fr->len;
	}
	if (fr->opcode == WS_OP_TEXT && fr->fin && !fr->rsv && fr->has_payload &&
	    fr->payload.n == fr->len)
		f->text_bad = !utf8_valid(fr->payload.p, fr->payload.n);
	if (fr->opcode == WS_OP_TEXT && fr->fin && fr->compressed && !fr->inflate_error)
		f->text_bad = !utf8_valid(fr->inflated.p, fr->inflated.n);
	return observe_rate(s, e) || remarkable || f->text_bad;
}

void observe_resync(struct facts *f, const struct event *e)
{
	uint8_t dir = e->resync->h.dir;

	f->dir = dir;
	f->s[dir].message = MESSAGE_UNKNOWN;
	f->rsv = 0;
	f->frame_masked = dir == WST_C2S;
	f->breach = e->resync->why == WST_WHY_BAD ? &top_bit : NULL;
}

static void observe_socket(struct facts *f, const struct wst_stats *r)
{
	const struct wst_counts *out = &r->counts[f->conn->role == WST_SERVER ? WST_S2C : WST_C2S];
	struct waiting_facts *w = &f->wait;

	w->retrans = r->retrans;
	w->window = r->window;
	w->unread = r->unread;
	w->unsent = r->unsent;
	w->rtt = r->rtt_us * 1000ULL;
	w->segments = out->stream / SEGMENT + counts_frames(out);
}

/* Returns how long both sides have said goodbye, where neither has ended TCP, ns. */
static uint64_t closed_for(const struct facts *f, const struct event *e)
{
	uint64_t a = f->s[WST_C2S].close_ts, b = f->s[WST_S2C].close_ts, last = a > b ? a : b;

	return a && b && !e->stats->ended && e->ts > last ? e->ts - last : 0;
}

void observe_stats(struct facts *f, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	struct waiting_facts *w = &f->wait;
	bool server = f->conn->role == WST_SERVER;
	uint64_t received = r->counts[server ? WST_C2S : WST_S2C].stream;
	uint64_t sent = r->counts[server ? WST_S2C : WST_C2S].stream - r->unsent;

	observe_socket(f, r);
	if (!r->unread || received != w->received || !w->unread_since)
		w->unread_since = r->unread ? e->ts : 0;
	if (!r->unsent || r->window >= CLOSED_WINDOW || sent != w->sent || !w->unsent_since)
		w->unsent_since = r->unsent && r->window < CLOSED_WINDOW ? e->ts : 0;
	w->unread_for = w->unread_since ? e->ts - w->unread_since : 0;
	w->unsent_for = w->unsent_since ? e->ts - w->unsent_since : 0;
	w->closed_for = closed_for(f, e);
	w->received = received;
	w->sent = sent;
	/* Whoever still sends means to be only half closed. */
	w->unclosed_for = r->state == TCP_CLOSE_WAIT && r->ended && r->last <= r->ended &&
					  r->h.ts > r->ended ?
				  r->h.ts - r->ended :
				  0;
}

void observe_queue(struct facts *f, const struct event *e)
{
	const struct wst_queue *r = e->queue;
	struct queue_facts *q = &f->wait.queue;

	q->unaccepted = r->unaccepted;
	q->queued = r->queued;
	q->max = r->max;
	q->pid = r->pid;
}

void observe_held(struct facts *f, const struct event *e)
{
	const struct wst_held *r = e->held;
	struct held_facts *h = &f->held;

	if (r->holds - h->holds > HELD_APART)
		memset(h, 0, sizeof(*h));
	h->run++;
	h->holds = r->holds;
	h->rtt_us = r->rtt_us;
	h->us += r->wait_us;
	f->dir = r->h.dir;
}

/* Returns whether the stream was seen from its 101 on, each frame of it. */
static bool all_frames(const struct facts *f, const struct wst_stats *r)
{
	return f->res.websocket && !r->gaps && !r->lost &&
	       counts_frames(&r->counts[WST_C2S]) <= f->s[WST_C2S].frames &&
	       counts_frames(&r->counts[WST_S2C]) <= f->s[WST_S2C].frames;
}

/*
 * Returns how long the client had sent nothing when the connection ended, ns, where the server sent
 * something in that time; else 0, as where frames had no events.
 */
static uint64_t client_silence(const struct facts *f, const struct wst_stats *r, uint64_t ended)
{
	uint64_t since = f->s[WST_C2S].last_ts > f->res.ts ? f->s[WST_C2S].last_ts : f->res.ts;

	if (!all_frames(f, r) || f->s[WST_S2C].last_ts <= since || ended <= since)
		return 0;
	return ended - since;
}

/*
 * Returns the time without a frame before the first sign of the end, at ts, ns, where bytes passed
 * even after that: what was on its way then does not break the silence.
 */
static uint64_t silence_before(const struct facts *f, uint64_t ts)
{
	uint64_t since = 0;

	for (int i = 0; i < RECENT; i++)
		if (f->recent[i] <= ts && f->recent[i] > since)
			since = f->recent[i];
	return since ? ts - since : 0;
}

void observe_close(struct facts *f, const struct event *e)
{
	const struct wst_stats *r = e->stats;
	struct end_facts *end = &f->end;
	uint64_t ended = r->ended ? r->ended : r->h.ts;
	uint64_t since = r->last ? r->last : r->opened;

	end->seen = true;
	end->how = r->how;
	for (int dir = 0; dir < WST_DIRS; dir++)
		end->blind[dir] = stats_blind(r, dir);
	end->by_client = stats_by_client(f->conn, r);
	end->ts = e->ts - (r->h.ts > ended ? r->h.ts - ended : 0);
	end->silence = ended > since ? ended - since : silence_before(f, end->ts);
	if (f->res.websocket)
		end->lived = end->ts > f->res.ts ? end->ts - f->res.ts : 0;
	else
		end->lived = ended > r->opened ? ended - r->opened : 0;
	end->sent = r->counts[WST_C2S].stream;
	for (int dir = 0; dir < WST_DIRS; dir++)
		end->messages[dir] = r->counts[dir].messages;
	end->rtt = r->rtt_us * 1000ULL;
	observe_socket(f, r);
	f->missed |= r->gaps || r->lost;
	end->untouched =
		!r->counts[WST_C2S].stream && !r->counts[WST_S2C].stream && !r->gaps && !r->lost;
	f->heard |= r->gaps || r->lost || (!f->earlier && r->counts[WST_S2C].stream);
	end->client_silence = client_silence(f, r, end->ts);
	end->quiet = all_frames(f, r) && f->quiet_ts < end->ts ? f->quiet : 0;
	/* Data frames do not come as events with -q. */
	for (int dir = 0; dir < WST_DIRS; dir++)
		if (counts_frames(&r->counts[dir]) > f->s[dir].frames)
			f->s[dir].frames = counts_frames(&r->counts[dir]);
}
