// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output -w: turns records and events into packets (flow.h) and writes them to files
 * (savefile.h). After the first error nothing is written any more; the end prints the error.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>
#include "decode/names.h"
#include "facts/body.h"
#include "lib/escape.h"
#include "lib/units.h"
#include "out/output.h"
#include "pcapng/closed_flows.h"
#include "pcapng/flow_other.h"
#include "pcapng/opaque.h"
#include "pcapng/savefile.h"
#include "pcapng/task_text.h"
#include "pcapng/wireshark_ports.h"

#define FLUSH_NS (200 * NS_PER_MS)
#define PATIENCE_AT_END 20 /* tenths of a second */

/* A connection that the file is to have. */
struct member {
	struct flow *flow; /* NULL: no request has matched --path yet */
	struct wst_open open;
	struct buf preface; /* the start of a head, as long as it may be a PROXY header */
	uint32_t preface_seq;
	struct member *prev, *next;
};

struct pair_key {
	struct closed_key key;
	uint32_t first_seq[WST_DIRS]; /* 0 where midstream: both ends may report different ones */
};

struct pair {
	struct pair_key key;
	UT_hash_handle hh;
};

struct out_pcapng {
	const struct options *o;
	struct savefile *file;
	struct flows *flows;
	struct pcapng_section section;
	struct buf os, comment; /* texts of the section */
	char hardware[65];
	struct member *members;
	struct pair *pairs; /* the oldest first */
	struct closed_flows *closed;
	uint64_t flushed;
	struct patience patience;
	bool hinted; /* the user has been told about Wireshark's ports */
	int status; /* 0; 1: -W files are full; -errno */
};

/* Keeps the first failure. Returns whether there has been none. */
static bool check(struct out_pcapng *k, int err)
{
	if (!k->status)
		k->status = err;
	return !k->status;
}

static void describe(struct out_pcapng *k, const struct run_info *run)
{
	const char *space = strrchr(run->kernel, ' ');

	buf_printf(&k->os, "Linux %.*s", space ? (int)(space - run->kernel) : 160, run->kernel);
	buf_char(&k->os, 0);
	snprintf(k->hardware, sizeof(k->hardware), "%s", space ? space + 1 : "");
	if (k->o->n_files)
		buf_str(&k->comment, "Read from captures; ");
	else
		buf_printf(&k->comment, "Host %s, port %s, backend %s; ", run->host,
			   k->o->port_list, run->backend);
	if (k->o->snaplen == SNAPLEN_FULL)
		buf_str(&k->comment, "with all payload");
	else
		buf_printf(&k->comment, "%u bytes of payload of each data frame", k->o->snaplen);
	buf_str(&k->comment, ". The handshakes and acknowledgements of TCP are made up.");
	buf_char(&k->comment, 0);
	k->section = (struct pcapng_section){
		.hardware = k->hardware,
		.os = k->os.data,
		.application = "wstrace " WSTRACE_VERSION,
		.comment = k->comment.data,
	};
}

static void member_free(struct member *m)
{
	flow__free(m->flow);
	buf_free(&m->preface);
	free(m);
}

static void destroy(struct out_pcapng *k)
{
	struct member *m, *next;
	struct pair *p, *after;

	DL_FOREACH_SAFE(k->members, m, next)
	{
		member_free(m);
	}
	HASH_ITER(hh, k->pairs, p, after)
	{
		HASH_DEL(k->pairs, p);
		free(p);
	}
	closed_flows__free(k->closed);
	flows__free(k->flows);
	buf_free(&k->os);
	buf_free(&k->comment);
	free(k);
}

static int pcapng_new(struct out_pcapng **out, const struct options *o, const struct run_info *run)
{
	struct out_pcapng *k = calloc(1, sizeof(*k));
	struct savefile_options files = { o->write, o->file_mb, o->file_seconds, o->keep_files };
	int err = -ENOMEM;

	if (!k)
		return err;
	k->o = o;
	k->patience = (struct patience){
		.ending = run->ending,
		.ctx = run->ctx,
		.name = o->n_files	      ? NULL :
			strcmp(o->write, "-") ? o->write :
						"standard output",
		.at_end = PATIENCE_AT_END,
	};
	files.patience = &k->patience;
	describe(k, run);
	k->flows = flows__new(&k->section);
	k->closed = closed_flows__new();
	if (k->flows && k->closed && !k->os.failed && !k->comment.failed)
		err = savefile__new(&k->file, &files, run->started);
	if (!err)
		err = flows__begin(k->flows, savefile__pcapng(k->file), run->started);
	if (!err)
		err = savefile__flush(k->file); /* a reader may wait for the first bytes */
	if (err) {
		savefile__free(k->file);
		destroy(k);
		return err;
	}
	*out = k;
	return 0;
}

/* Returns whether the file has the connection's other end already: its bytes would come twice. */
static bool is_second_end(struct out_pcapng *k, const struct wst_open *o)
{
	struct pair_key key = {};
	struct pair *p;

	if (k->o->side != SIDE_BOTH)
		return false;
	closed_key(&key.key, o);
	if (!(o->t.h.flags & WST_MIDSTREAM))
		memcpy(key.first_seq, o->first_seq, sizeof(key.first_seq));
	HASH_FIND(hh, k->pairs, &key, sizeof(key), p);
	if (p)
		return true;
	if (HASH_COUNT(k->pairs) >= k->o->max_conns) {
		p = k->pairs;
		HASH_DEL(k->pairs, p);
		free(p);
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		check(k, -ENOMEM);
		return true;
	}
	p->key = key;
	HASH_ADD(hh, k->pairs, key, sizeof(p->key), p);
	return false;
}

static void open_flow(struct out_pcapng *k, struct member *m, const struct conn *c)
{
	const struct wst_open *o = &m->open;
	struct flow_info i = {
		.ts = c->opened,
		.family = o->family,
		.local = o->laddr,
		.remote = o->raddr,
		.lport = o->lport,
		.rport = o->rport,
		.server = o->role == WST_SERVER,
		.midstream = o->t.h.flags & WST_MIDSTREAM,
		.attempt = o->t.h.flags & WST_ATTEMPT,
		.first_seq = { [FLOW_C2S] = o->first_seq[WST_C2S],
			       [FLOW_S2C] = o->first_seq[WST_S2C] },
	};
	struct closed_key key;
	struct task_text t;
	char comment[128];

	closed_key(&key, o);
	closed_flows__replaced(k->closed, &key);
	if (!k->hinted)
		k->hinted = wireshark_hint(o->lport, o->rport);
	snprintf(comment, sizeof(comment), "wstrace #%u, seen from the %s, netns %u", c->number,
		 i.server ? "server" : "client", c->netns);
	i.comment = comment;
	if (check(k, task_text(&t, c))) {
		i.task = t.task;
		check(k, flow__new(&m->flow, k->flows, &i));
	}
	task_text_free(&t);
}

static void on_open(struct out_pcapng *k, struct conn *c, const struct wst_open *o)
{
	struct member *m;

	if (is_second_end(k, o))
		return;
	m = calloc(1, sizeof(*m));
	if (!m) {
		check(k, -ENOMEM);
		return;
	}
	m->open = *o;
	c->capture = m;
	DL_APPEND(k->members, m);
	if (c->shown)
		open_flow(k, m, c);
}

static void on_task(struct out_pcapng *k, struct member *m, const struct conn *c)
{
	struct task_text t;

	if (check(k, task_text(&t, c)))
		check(k, flow__set_task(m->flow, &t.task));
	task_text_free(&t);
}

static void on_frame(struct out_pcapng *k, struct member *m, const struct wst_frame *r, uint64_t ts)
{
	struct flow_frame f = {
		.ts = ts,
		.len = r->len,
		.keep = r->kept,
		.offset = r->offset,
		.seq = r->h.seq,
		.mask = r->mask,
		.dir = r->h.dir,
		.b0 = r->b0,
		.hdr_len = r->hdr_len,
		.masked = r->masked,
	};

	if (r->h.flags & WST_OTHER_BLIND)
		flow__blind(m->flow, !r->h.dir, false);
	check(k, flow__frame(m->flow, &f));
}

static void on_payload(struct out_pcapng *k, struct member *m, const struct wst_bytes *r,
		       uint64_t ts)
{
	check(k, flow__payload(m->flow, r->h.dir, ts, r->pos, r + 1, r->n));
}

static void on_resync(struct out_pcapng *k, struct member *m, const struct wst_resync *r,
		      uint64_t ts)
{
	char text[80];

	if (r->why == WST_WHY_MIDSTREAM)
		return;
	snprintf(text, sizeof(text), "%llu bytes not decoded: %s", (unsigned long long)r->skipped,
		 why_name(r->why));
	check(k, flow__skip(m->flow, r->h.dir, ts, r->h.seq, text));
}

static void on_close(struct out_pcapng *k, struct conn *c, const struct wst_stats *r, uint64_t ts)
{
	static const enum flow_end ends[] = {
		[WST_FIN] = FLOW_END_FIN,	   [WST_RST_SENT] = FLOW_END_RST,
		[WST_RST_RECEIVED] = FLOW_END_RST, [WST_TIMEOUT] = FLOW_END_TIMEOUT,
		[WST_EXIT] = FLOW_END_FIN,	   [WST_REFUSED] = FLOW_END_RST,
	};
	enum flow_end how = r->how < sizeof(ends) / sizeof(ends[0]) ? ends[r->how] : FLOW_END_FIN;
	struct member *m = c->capture;
	struct closed_key key;

	/* unread data makes a close a RST, RFC 9293 section 3.6.1 */
	if (r->how == WST_EXIT && r->unread)
		how = FLOW_END_RST;
	if (m->flow && r->how == WST_UNSEEN) {
		flow__free(m->flow);
	} else if (m->flow) {
		for (int dir = 0; dir < WST_DIRS; dir++) {
			check(k, flow__pad(m->flow, dir, r->last ? ts - (r->h.ts - r->last) : ts,
					   r->counts[dir].stream));
			if (stats_blind(r, dir))
				flow__blind(m->flow, dir, true);
		}
		check(k,
		      flow__close(m->flow, ts, how, r->h.flags & WST_FIRST_LOCAL,
				  r->ended && r->ended < r->h.ts ? ts - (r->h.ts - r->ended) : 0));
		closed_key(&key, &m->open);
		check(k, closed_flows__add(k->closed, m->flow, c->number, &key, ts));
	}
	DL_DELETE(k->members, m);
	m->flow = NULL;
	member_free(m);
	c->capture = NULL;
}

/* Changes to the next file if it is time to. To be called between two records. */
static void rotate(struct out_pcapng *k, uint64_t now)
{
	if (!savefile__due(k->file, now) ||
	    (flows__busy(k->flows) && !savefile__overdue(k->file, now)))
		return;
	if (check(k, flows__tick(k->flows, UINT64_MAX)) && check(k, flows__end(k->flows, now)) &&
	    check(k, savefile__next(k->file, now)))
		check(k, flows__begin(k->flows, savefile__pcapng(k->file), now));
}

/* Gathers the pieces of what may be a PROXY header, and writes it. */
static void on_head_piece(struct out_pcapng *k, struct member *m, const struct wst_bytes *r,
			  uint64_t ts)
{
	const char *bytes = (const char *)(r + 1);
	struct flow_head head = { .ts = ts, .dir = FLOW_C2S, .preface = true };

	if (r->h.flags & WST_HEAD_FIRST) {
		m->preface.len = 0;
		m->preface_seq = r->h.seq;
	}
	if (r->pos == m->preface.len && (r->pos || (r->n && strchr("P\r", *bytes))))
		buf_add(&m->preface, bytes, r->n);
	if (!(r->h.flags & WST_HEAD_LAST))
		return;
	if (r->h.flags & WST_HEAD_PROXY) {
		head.len = r->pos + r->n;
		head.seq = m->preface_seq;
		head.bytes = (struct span){ m->preface.data, m->preface.len };
		check(k, m->preface.failed ? -ENOMEM : flow__head(m->flow, &head));
	}
	buf_free(&m->preface);
}

/* Takes the event of bytes in place of a frame, where they are redacted, or a record of others. */
static void on_opaque(struct out_pcapng *k, const struct conn *c, const struct wst_opaque *r,
		      uint64_t ts)
{
	const struct member *m = c->capture;
	struct flow_other other;

	if (m && m->flow && opaque_bytes(r, ts, &other))
		check(k, flow__other(m->flow, &other));
}

/* Takes what an answer's body says, of which only known words are written. */
static void on_body(struct out_pcapng *k, const struct conn *c)
{
	const struct member *m = c->capture;
	struct span body = { c->body.data ? c->body.data : "", c->body.len };
	const struct body_words *said = m && m->flow && body.n ? body_find(body) : NULL;

	if (said)
		check(k, flow__body(m->flow, said->words));
}

/* Returns whether a record becomes a packet: for counters alone no file is begun. */
static bool writes(uint8_t type)
{
	return type != WST_STATS && type != WST_HISTS && type != WST_TASK;
}

static void pcapng_record(void *self, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	struct out_pcapng *k = self;
	const void *r = h;
	struct member *m;

	if (k->status)
		return;
	if (writes(h->type))
		rotate(k, ts);
	if (k->status)
		return;
	if (h->type == WST_OPEN)
		on_open(k, c, r);
	m = c->capture;
	if (!m)
		return;
	if (h->type == WST_CLOSE)
		on_close(k, c, r, ts);
	else if (!m->flow)
		return;
	else if (h->type == WST_TASK)
		on_task(k, m, c);
	else if (h->type == WST_HEAD && h->dir == WST_C2S)
		on_head_piece(k, m, r, ts);
	else if (h->type == WST_FRAME)
		on_frame(k, m, r, ts);
	else if (h->type == WST_PAYLOAD)
		on_payload(k, m, r, ts);
	else if (h->type == WST_RESYNC)
		on_resync(k, m, r, ts);
	else if (h->type == WST_BODY)
		on_body(k, c);
	else if (h->type == WST_OPAQUE && !((const struct wst_opaque *)r)->n)
		on_opaque(k, c, r, ts);
}

static void on_verdict(struct out_pcapng *k, const struct event *e)
{
	const struct verdict *v = e->verdict;
	const struct member *m = e->conn->capture;
	struct buf text = {};
	int err;

	/* texts hold what peers sent: the reason of a Close, a path */
	buf_printf(&text, "%s %s: ", severity_name(v->rule->severity), v->rule->id);
	buf_escaped(&text, v->text, strlen(v->text));
	if (v->fix[0]) {
		buf_str(&text, "\nfix: ");
		buf_escaped(&text, v->fix, strlen(v->fix));
	}
	buf_char(&text, 0);
	if (text.failed)
		err = -ENOMEM;
	else if (m && m->flow)
		err = flow__note(m->flow, text.data);
	else
		err = closed_flows__remark(k->closed, e->conn->number, e->ts, text.data);
	check(k, err);
	buf_free(&text);
}

static void on_head(struct out_pcapng *k, const struct event *e)
{
	const struct head_event *h = &e->head;
	struct conn *c = e->conn;
	struct member *m = c->capture;
	struct flow_head head;

	if (!m)
		return;
	if (!m->flow && c->shown)
		open_flow(k, m, c);
	if (!m->flow)
		return;
	head = (struct flow_head){
		.ts = e->ts,
		.len = h->len,
		.seq = h->seq,
		.dir = e->type == EV_REQUEST ? FLOW_C2S : FLOW_S2C,
		.upgrade = e->type == EV_RESPONSE && h->upgrade,
		.bytes = h->shown,
	};
	check(k, flow__head(m->flow, &head));
}

/* Takes heads, what has to be redacted, and verdicts. All else comes as records. */
static void pcapng_event(void *self, const struct event *e)
{
	struct out_pcapng *k = self;

	if (k->status)
		return;
	if (e->type == EV_VERDICT)
		on_verdict(k, e);
	else if (e->type == EV_REQUEST || e->type == EV_RESPONSE)
		on_head(k, e);
	if (e->type == EV_RESPONSE)
		on_body(k, e->conn);
	else if (e->type == EV_OPAQUE && e->opaque->n)
		on_opaque(k, e->conn, e->opaque, e->ts);
}

static void pcapng_lost(void *self, uint64_t ts, uint64_t events)
{
	struct out_pcapng *k = self;

	(void)ts;
	flows__lost(k->flows, events);
}

static bool pcapng_tick(void *self, uint64_t now, uint64_t *focus)
{
	struct out_pcapng *k = self;

	(void)focus;
	if (k->status)
		return true;
	closed_flows__expire(k->closed, now);
	check(k, flows__tick(k->flows, now));
	/* otherwise the next file is opened when there is something to write */
	if (savefile__ending(k->file, now))
		rotate(k, now);
	if (k->status || (now >= k->flushed && now - k->flushed < FLUSH_NS))
		return true;
	k->flushed = now;
	check(k, savefile__flush(k->file));
	return true;
}

static bool pcapng_done(const void *self)
{
	const struct out_pcapng *k = self;

	return k->status;
}

/* Prints err, unless the reader has gone. Returns err. */
static int say(const struct options *o, const char *name, int err)
{
	bool out = !strcmp(o->write, "-");

	if (err && !(out && err == -EPIPE))
		fprintf(stderr, "wstrace: cannot write %s: %s\n", out ? "standard output" : name,
			err == -ETIMEDOUT ? "nobody reads it" : strerror(-err));
	return err;
}

static bool pcapng_wanted(const struct options *o)
{
	return o->write;
}

static int pcapng_open(void **self, const struct options *o, const struct run_info *run)
{
	struct out_pcapng *k = NULL;
	int err = say(o, o->write, pcapng_new(&k, o, run));

	*self = k;
	return err;
}

static int pcapng_close(void *self, uint64_t now, const struct run_totals *t,
			const struct diagnose *d)
{
	struct out_pcapng *k = self;
	/*
	 * Frames that still wait for payload get no more: a capture has none, a whole run had it
	 * all.
	 */
	bool complete = k->o->n_files || !t->cut;
	char name[PATH_MAX];
	struct member *m;
	int err;

	(void)d;
	DL_FOREACH(k->members, m)
	if (m->flow && !k->status)
		check(k, complete ? flow__close(m->flow, now, FLOW_END_NONE, false, 0) :
				    flow__release(m->flow, now));
	if (!k->status)
		check(k, flows__end(k->flows, now));
	snprintf(name, sizeof(name), "%s", savefile__name(k->file));
	err = savefile__free(k->file);
	if (k->status < 0)
		err = k->status;
	err = say(k->o, name, err);
	destroy(k);
	return err;
}

const struct output output_pcapng = {
	.name = "pcapng",
	.needs = NEEDS_DATA_FRAMES,
	.wanted = pcapng_wanted,
	.open = pcapng_open,
	.event = pcapng_event,
	.record = pcapng_record,
	.lost = pcapng_lost,
	.tick = pcapng_tick,
	.done = pcapng_done,
	.close = pcapng_close,
};
