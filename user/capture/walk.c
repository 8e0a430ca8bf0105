// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk through segments. bpf/stream.h decides, as in bpf/core.bpf.c. Only this file knows
 * frames that are not believed yet, cut segments, and files that resume a connection.
 */
#include <stdlib.h>
#include <string.h>
#include "bpf/stream_http.h"
#include "capture/walk_state.h"

/* Bytes; a segment may be late or repeated, but one farther back belongs to another numbering. */
#define SEQ_OLD (1 << 26)

struct walker *walker__new(const struct walk_options *o, walk_fn fn, void *ctx)
{
	struct walker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->o = *o;
	w->fn = fn;
	w->ctx = ctx;
	return w;
}

void walker__free(struct walker *w)
{
	free(w);
}

uint64_t walker__packet(const struct walker *w)
{
	return w->packet;
}

struct walk_totals walker__totals(const struct walker *w)
{
	return w->totals;
}

/* Times a message that starts or ends with the bytes of the frame that have just passed. */
static void message_moved(struct call *k)
{
	uint32_t moved = k->w->o.hists ? stream_moved(k->s) : 0;

	if (moved)
		timing_message(k->c->hists, k->dir, moved & MESSAGE_STARTS,
			       stream_message_passed(k->s, moved), k->ts);
}

static void count_frame(struct walker *w, struct stream *s, const struct ws_frame *f)
{
	stream_count(s, f);
	w->totals.frames++;
	w->totals.bytes += f->len;
}

/* Returns whether a direction has had bytes since its last frame or head that were not decoded. */
static bool is_blind(const struct stream *s)
{
	return s->phase == PH_LOST && (s->n.stream || s->pos);
}

/* Fills in the record of f, whose header has just passed. */
static void fill_frame(const struct call *k, const struct ws_frame *f, struct wst_frame *r)
{
	const struct passing *passing = k->w->o.passing;

	record_start(&r->h, k->c, k->ts, WST_FRAME, k->dir, k->seq - f->hdr_len);
	if (is_blind(&k->c->s[!k->dir]) || (passing && passing->other_unseen))
		r->h.flags = WST_OTHER_BLIND;
	stream_frame(k->s, f, k->c->open.t.pid, r);
}

/* Takes f, whose header is complete, in a stream where it is known where frames start. */
static void on_frame(struct call *k, const struct ws_frame *f)
{
	struct walker *w = k->w;
	struct stream *s = k->s;
	bool control = WS_IS_CONTROL(f->b0);
	uint64_t packet = w->packet;
	struct wst_frame r;

	count_frame(w, s, f);
	if (w->o.hists && control)
		timing_ping(k->c->hists, k->dir, f->b0 & WS_OPCODE, k->ts);
	else if (w->o.hists)
		stream_message(s, f);
	s->keep = 0;
	if (!control && !w->o.data_frames && !stream_remarkable(s, f, k->dir))
		return;
	stream_keep(s, f, control ? 125 : w->o.snaplen);
	if (k->missing && s->keep > k->left)
		s->keep = k->left; /* the rest of the payload was not captured */
	fill_frame(k, f, &r);
	w->packet = call_dir(k)->packet;
	w->fn(w->ctx, &r, sizeof(r));
	w->packet = packet;
}

/* Ends the doubt: frames are believed from the one at offset on, and those held get records. */
static void believe(struct call *k, uint64_t offset, uint32_t seq)
{
	struct walker *w = k->w;
	struct stream *s = k->s;
	struct walk_dir *d = call_dir(k);
	struct wst_resync r = { .why = s->why };
	uint64_t packet = w->packet;

	if (d->n_held) {
		offset = d->held[0].offset;
		seq = d->held[0].h.seq;
	}
	k->c->ws = true;
	r.skipped = offset > s->lost_pos ? offset - s->lost_pos : 0;
	record_start(&r.h, k->c, d->n_held ? d->held[0].h.ts : k->ts, WST_RESYNC, k->dir, seq);
	if (r.skipped)
		w->fn(w->ctx, &r, sizeof(r));
	for (int i = 0; i < d->n_held; i++) {
		const struct wst_frame *h = &d->held[i];
		const struct ws_frame f = {
			.len = h->len, .b0 = h->b0, .hdr_len = h->hdr_len, .masked = h->masked
		};

		count_frame(w, s, &f);
		w->packet = d->held_packet[i];
		if (WS_IS_CONTROL(h->b0) || w->o.data_frames || stream_remarkable(s, &f, k->dir))
			w->fn(w->ctx, h, sizeof(*h));
	}
	d->n_held = 0;
	w->packet = packet;
}

/* Takes a header in a stream in doubt. Returns false if it cannot be one. */
static bool on_doubtful_frame(struct call *k, const struct ws_frame *f)
{
	struct stream *s = k->s;
	struct walk_dir *d = call_dir(k);
	int weight = -1;

	if (!stream_repeats(s, f, k->p, k->left))
		weight = stream_weigh(s, f, k->dir);
	if (weight == 0 && d->n_held == HELD_MAX)
		d->n_held = 0;
	if (weight == 0) {
		d->held_packet[d->n_held] = d->packet;
		fill_frame(k, f, &d->held[d->n_held++]);
	}
	if (weight > 0) {
		believe(k, s->pos - f->hdr_len, k->seq - f->hdr_len);
		on_frame(k, f);
	}
	return weight >= 0;
}

static void hand_payload_on(struct call *k)
{
	struct walker *w = k->w;
	struct stream *s = k->s;
	uint32_t n = k->left < s->keep ? k->left : s->keep;

	if (n > WST_CHUNK)
		n = WST_CHUNK;
	record_start(&w->out.h.h, k->c, k->ts, WST_PAYLOAD, k->dir, k->seq);
	w->out.h.n = n;
	w->out.h.pos = s->kept;
	memcpy(w->out.data, k->p, n);
	w->fn(w->ctx, &w->out, sizeof(w->out.h) + n);
	ws_skip(&s->ws, n);
	advance(k, n);
	s->keep -= n;
	s->kept += n;
}

/* Takes bytes in a stream in doubt, which may be a part of a header, or none. */
static void step_doubtful(struct call *k)
{
	struct stream *s = k->s;
	struct ws_frame f;
	int used;

	if (s->phase == PH_LOST && !s->trust && !s->ws.have && !k->c->ws &&
	    stream_starts_http(k->p, k->left)) {
		s->phase = PH_HTTP;
		http_first(&s->http);
		return;
	}
	if (!s->ws.have)
		call_dir(k)->packet = k->w->packet;
	used = ws_header(&s->ws, k->p, k->left, &f);
	if (used < 0) {
		lose_sync(k, WST_WHY_BAD);
		return;
	}
	advance(k, used);
	if (f.hdr_len && s->phase == PH_WS)
		on_frame(k, &f);
	else if (f.hdr_len && !on_doubtful_frame(k, &f))
		lose_sync(k, WST_WHY_GAP);
}

/* Something else than a frame is here, where one has to start. */
static void give_up(struct call *k, uint8_t why)
{
	struct wst_opaque r = {};

	record_start(&r.h, k->c, k->ts, WST_OPAQUE, k->dir, k->seq);
	stream_intrusion(k->s, why, k->p, k->left, &r);
	memcpy(r.first, k->p, r.n);
	k->c->opaque |= why == WST_WHY_TUNNEL_TLS;
	k->w->fn(k->w->ctx, &r, sizeof(r));
}

/* Returns the enum wst_why of what is here in place of a frame; 0: it may be one. */
static uint8_t find_intruder(const struct call *k)
{
	const struct stream *s = k->s;

	if (s->ws.have || s->ws.left)
		return 0;
	if (s->phase == PH_LOST)
		return s->why == WST_WHY_SOCKS && stream_is_tls(k->p, k->left) ?
			       WST_WHY_TUNNEL_TLS :
			       0;
	return stream_intruder(k->p, k->left, k->dir);
}

static void rejoin(struct call *k)
{
	if (stream_rejoin(k->s, k->p, k->left, k->left + k->missing, k->dir))
		call_dir(k)->n_held = 0;
}

/* Takes a frame's header and as much of its payload as there is, or the rest of a payload. */
static void step_ws(struct call *k)
{
	struct stream *s = k->s;
	struct ws_frame f;

	if (k->skip) {
		advance(k, k->left);
		return;
	}
	if (!s->ws.left) {
		uint8_t why = find_intruder(k);

		if (why) {
			give_up(k, why);
			return;
		}
		if (s->phase == PH_LOST || s->ws.have || k->left < 2 ||
		    k->left < ws_hdr_len(k->p[1]) || (k->p[1] & 0x7f) == 127) {
			step_doubtful(k);
		} else {
			ws_parse(k->p, &f);
			call_dir(k)->packet = k->w->packet;
			s->ws.left = f.len;
			advance(k, f.hdr_len);
			on_frame(k, &f);
		}
		if (k->skip || s->phase == PH_HTTP || s->ws.have)
			return;
	}
	while (s->keep && k->left)
		hand_payload_on(k);
	advance(k, ws_skip(&s->ws, k->left));
	message_moved(k);
}

static void count_gap(struct walk_conn *c, uint32_t n)
{
	c->gaps += n;
	c->w->totals.gaps += n;
}

/*
 * Skips n bytes that are not in the capture. In a payload or a body they are only counted;
 * elsewhere it is not known any more where frames start.
 */
static void pass_unseen(struct call *k, uint32_t n)
{
	struct stream *s = k->s;

	if (!stream_gap(s, n)) {
		lose_sync(k, WST_WHY_GAP);
		call_dir(k)->missed = true;
	} else {

		message_moved(k);
	}
	s->pos += n;
}

/* Returns whether these are bytes of a resumed file in which wstrace had found no frames. */
static bool before_frames(const struct call *k)
{
	const struct stream *s = k->s;

	return k->c->resumed && s->phase == PH_WS && !s->pos && !s->ws.left && !s->ws.have;
}

static void pass_before_frames(struct call *k)
{
	struct wst_resync r = { .why = WST_WHY_MIDSTREAM, .skipped = k->missing };

	record_start(&r.h, k->c, k->ts, WST_RESYNC, k->dir, k->seq + k->missing);
	k->w->fn(k->w->ctx, &r, sizeof(r));
	k->s->pos += k->missing;
}

/* Skips the bytes that the capture has cut off the segment. */
static void pass_cut_off(struct call *k)
{
	struct stream *s = k->s;

	if (s->phase == PH_HTTP && s->http.state < HTTP_CONTENT && s->http.head_len) {
		k->w->totals.cuts++;
		walk_cut_head(k);
	} else if (before_frames(k)) {
		pass_before_frames(k);
	} else {
		uint8_t phase = s->phase;

		pass_unseen(k, k->missing);
		k->w->totals.cuts += k->skip;
		if (s->phase == PH_LOST && phase != PH_LOST)
			count_gap(k->c, k->missing);
	}
	k->seq += k->missing;
}

/*
 * Returns whether a head is under way, or starts here. Captures do not keep the order of two
 * directions exactly: a request may come behind its 101.
 */
static bool in_head(const struct call *k)
{
	const struct stream *s = k->s;

	if (s->phase == PH_HTTP)
		return s->http.head_len || stream_starts_http(k->p, k->left);
	return !call_dir(k)->head_cut; /* after a cut head, frames are still to be found */
}

/* Switches from HTTP to frames, since the other direction has had its 101. */
static void join_ws(struct call *k)
{
	bool doubt = k->s->phase != PH_HTTP;

	stream_begin_ws(k->s);
	call_dir(k)->n_held = 0;
	if (doubt)
		lose_sync(k, WST_WHY_GAP);
	k->skip = false;
}

void walk__bytes(struct walk_conn *c, uint8_t dir, uint64_t ts, uint32_t seq, const uint8_t *p,
		 uint32_t have, uint32_t len)
{
	struct stream *s = &c->s[dir];
	struct walk_dir *d = &c->d[dir];
	struct call k = { .w = c->w,
			  .c = c,
			  .s = s,
			  .p = p,
			  .left = have,
			  .missing = len - have,
			  .seq = seq,
			  .ts = ts,
			  .dir = dir };
	int32_t gap = seq - s->next_seq;

	if (c->opaque) {
		s->n.stream += len;
		c->last = ts;
		return;
	}
	c->w->packet = c->w->o.passing ? c->w->o.passing->packet : 0;
	c->last = ts;
	if (c->upgraded && !s->upgraded && !in_head(&k))
		join_ws(&k);
	if (gap && (d->started || !len || !(c->open.t.h.flags & WST_MIDSTREAM))) {
		if (gap < 0 && gap > -SEQ_OLD)
			return;
		if (gap > 0)
			count_gap(c, gap);
		pass_unseen(&k, gap);
		k.skip = false;
	}
	d->started = true;
	s->n.stream += len;
	if (k.left && s->phase == PH_LOST && (s->ws.left || s->ws.have))
		rejoin(&k);
	while (k.left && !c->opaque) {
		if (s->phase == PH_WS || s->phase == PH_LOST)
			step_ws(&k);
		else if (s->phase == PH_HTTP || s->body)
			walk_http(&k);
		else
			advance(&k, k.left);
	}
	if (k.missing && !c->opaque)
		pass_cut_off(&k);
	if (len && !k.skip)
		stream_call_ends(s);
	s->next_seq = seq + len;
}

struct walk_conn *walk__open(struct walker *w, const struct wst_open *o)
{
	struct walk_conn *c = calloc(1, sizeof(*c));
	bool midstream = o->t.h.flags & WST_MIDSTREAM;

	if (c && w->o.hists)
		c->hists = calloc(1, sizeof(*c->hists));
	if (!c || (w->o.hists && !c->hists)) {
		free(c);
		return NULL;
	}
	c->w = w;
	c->open = *o;
	c->open.t.h.conn = ++w->conns;
	c->open.t.h.type = WST_OPEN;
	for (int i = 0; i < WST_DIRS; i++) {
		c->s[i].next_seq = o->first_seq[i];
		c->s[i].phase = midstream ? PH_LOST : PH_HTTP;
		c->s[i].why = WST_WHY_MIDSTREAM;
	}
	w->fn(w->ctx, &c->open, sizeof(c->open));
	return c;
}

void walk__task(struct walk_conn *c, uint64_t ts, const struct wst_task *t)
{
	struct wst_task r = *t;

	record_start(&r.h, c, ts, WST_TASK, 0, 0);
	c->open.t.pid = t->pid;
	c->w->fn(c->w->ctx, &r, sizeof(r));
}

static void report(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t, uint8_t type)
{
	struct wst_stats r = { .opened = c->open.t.h.ts,
			       .last = c->last,
			       .ended = t->ended,
			       .gaps = c->gaps,
			       .rtt_us = t->rtt_us,
			       .retrans = t->retrans,
			       .how = t->how };

	if (c->hists) {
		record_start(&c->hists->h.h, c, ts, WST_HISTS, 0, 0);
		c->w->fn(c->w->ctx, &c->hists->h, sizeof(c->hists->h));
	}
	record_start(&r.h, c, ts, type, 0, 0);
	r.h.flags = t->first | (is_blind(&c->s[WST_C2S]) ? WST_BLIND_C2S : 0) |
		    (is_blind(&c->s[WST_S2C]) ? WST_BLIND_S2C : 0);
	stream_stats(&r, c->s);
	c->w->fn(c->w->ctx, &r, sizeof(r));
}

void walk__stats(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t)
{
	report(c, ts, t, WST_STATS);
}

void walk__close(struct walk_conn *c, uint64_t ts, const struct walk_tcp *t)
{
	report(c, ts, t, WST_CLOSE);
	walk__free(c);
}

void walk__free(struct walk_conn *c)
{
	if (!c)
		return;
	free(c->hists);
	free(c);
}

int walk_guess_client(const uint8_t *p, uint32_t have, uint32_t len)
{
	struct ws_frame f;

	if (stream_starts_http(p, have))
		return memcmp(p, "HTTP/1", 6) != 0;
	if (have < 2 || have < ws_hdr_len(p[1]))
		return -1;
	ws_parse(p, &f);
	for (int client = 0; client < 2; client++)
		if (ws_plausible(&f, client) && f.hdr_len + f.len == len)
			return client;
	return -1;
}
