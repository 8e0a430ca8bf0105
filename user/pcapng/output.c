// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>
#include "lib/container.h"
#include "pcapng/closed_flows.h"
#include "pcapng/output.h"
#include "pcapng/flow.h"
#include "pcapng/savefile.h"
#include "pcapng/wireshark_ports.h"

#define FLUSH_NS (200 * 1000000ULL)
#define PATIENCE_AT_END 20 /* tenths of a second */

/* A connection of which the file is to tell. */
struct member {
	struct flow *flow; /* NULL: --path, and no request has matched */
	struct wst_open open;
	struct member *prev, *next;
};

struct pair_key {
	struct ended_key key;
	uint32_t first_seq[WST_DIRS]; /* 0 where midstream: the ends may differ */
};

struct pair {
	struct pair_key key;
	UT_hash_handle hh;
};

struct out_pcapng {
	const struct options *o;
	struct savefile *file;
	struct packets *packets;
	struct pcapng_section section;
	struct buf os, comment; /* its texts */
	char hardware[65];
	struct member *members;
	struct pair *pairs; /* the oldest first */
	struct ended *ended;
	struct buf head; /* scratch */
	uint64_t flushed;
	struct patience patience;
	bool hinted; /* at what Wireshark needs for some ports */
	int status; /* 0; 1: as many files as were wished for; -errno */
};

/* Notes the first failure. Returns whether all is well. */
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

static void destroy(struct out_pcapng *k)
{
	struct member *m, *next;
	struct pair *p, *after;

	DL_FOREACH_SAFE(k->members, m, next)
	{
		flow__free(m->flow);
		free(m);
	}
	HASH_ITER(hh, k->pairs, p, after)
	{
		HASH_DEL(k->pairs, p);
		free(p);
	}
	ended__free(k->ended);
	packets__free(k->packets);
	buf_free(&k->os);
	buf_free(&k->comment);
	buf_free(&k->head);
	free(k);
}

int out_pcapng__new(struct out_pcapng **out, const struct options *o, const struct run_info *run)
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
	k->packets = packets__new(&k->section);
	k->ended = ended__new();
	if (k->packets && k->ended && !k->os.failed && !k->comment.failed)
		err = savefile__new(&k->file, &files, run->started);
	if (!err)
		err = packets__begin(k->packets, savefile__pcapng(k->file), run->started);
	if (!err)
		err = savefile__flush(k->file); /* a reader may wait for the first words */
	if (err) {
		savefile__free(k->file);
		destroy(k);
		return err;
	}
	*out = k;
	return 0;
}

/* The other end of this connection is in the file: to show its bytes twice would be wrong. */
static bool is_second_end(struct out_pcapng *k, const struct wst_open *o)
{
	struct pair_key key = {};
	struct pair *p;

	if (k->o->side != SIDE_BOTH)
		return false;
	ended_key(&key.key, o);
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

/* Texts of a task; to be freed. */
struct task_text {
	struct buf name, description;
	struct flow_task task;
};

static bool task_text(struct out_pcapng *k, struct task_text *t, const struct conn *c)
{
	size_t n = strnlen(c->comm, sizeof(c->comm));

	*t = (struct task_text){};
	if (c->pid) {
		buf_escaped(&t->name, c->comm, n);
		buf_printf(&t->name, "[%u]", c->pid);
		buf_printf(&t->description, "pid=%u comm=", c->pid);
		buf_escaped(&t->description, c->comm, n);
	} else {
		buf_str(&t->name, "unknown");
		buf_str(&t->description, "a process that is not known");
	}
	if (c->cgroup) {
		buf_str(&t->description, " cgroup=");
		buf_escaped(&t->description, c->cgroup, strlen(c->cgroup));
	}
	if (c->container) {
		buf_str(&t->description, " container=");
		buf_escaped(&t->description, c->container, container_short(c->container));
	}
	buf_char(&t->name, 0);
	buf_char(&t->description, 0);
	t->task = (struct flow_task){ t->name.data, t->description.data };
	return check(k, t->name.failed || t->description.failed ? -ENOMEM : 0);
}

static void task_text_free(struct task_text *t)
{
	buf_free(&t->name);
	buf_free(&t->description);
}

static void hint(struct out_pcapng *k, const struct wst_open *o)
{
	uint16_t port = port_is_taken(o->lport) ? o->lport : o->rport;

	if (k->hinted || !port_is_taken(port))
		return;
	k->hinted = true;
	fprintf(stderr,
		"wstrace: Wireshark takes port %u for another protocol's: read the file with "
		"-o tcp.try_heuristic_first:TRUE\n",
		port);
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
	struct ended_key key;
	struct task_text t;
	char comment[128];

	ended_key(&key, o);
	ended__replaced(k->ended, &key);
	hint(k, o);
	snprintf(comment, sizeof(comment), "wstrace #%u, seen from the %s, netns %u", c->number,
		 i.server ? "server" : "client", c->netns);
	i.comment = comment;
	if (task_text(k, &t, c)) {
		i.task = t.task;
		check(k, flow__new(&m->flow, k->packets, &i));
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

	if (task_text(k, &t, c))
		check(k, flow__set_task(m->flow, &t.task));
	task_text_free(&t);
}

static void on_frame(struct out_pcapng *k, struct member *m, const struct wst_frame *r, uint64_t ts)
{
	struct flow_frame f = {
		.ts = ts,
		.len = r->len,
		.keep = r->kept,
		.seq = r->h.seq,
		.mask = r->mask,
		.dir = r->h.dir,
		.b0 = r->b0,
		.hdr_len = r->hdr_len,
		.masked = r->masked,
	};

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
	struct ended_key key;

	if (r->how == WST_EXIT && r->unread) /* RFC 9293 section 3.6.1: data was not read */
		how = FLOW_END_RST;
	if (m->flow && r->how == WST_UNSEEN) {
		flow__free(m->flow);
	} else if (m->flow) {
		check(k, flow__close(m->flow, ts, how, r->h.flags & WST_FIRST_LOCAL));
		ended_key(&key, &m->open);
		check(k, ended__add(k->ended, m->flow, c->number, &key, ts));
	}
	DL_DELETE(k->members, m);
	free(m);
	c->capture = NULL;
}

/* To be called between two records. */
static void rotate(struct out_pcapng *k, uint64_t now)
{
	if (!savefile__due(k->file, now) ||
	    (packets__busy(k->packets) && !savefile__overdue(k->file, now)))
		return;
	if (check(k, packets__end(k->packets, now)) && check(k, savefile__next(k->file, now)))
		check(k, packets__begin(k->packets, savefile__pcapng(k->file), now));
}

/* Whether there will be a packet: of counters alone no file is begun. */
static bool writes(uint8_t type)
{
	return type != WST_STATS && type != WST_HISTS && type != WST_TASK;
}

void out_pcapng__record(struct out_pcapng *k, struct conn *c, const struct wst_hdr *h, uint64_t ts)
{
	const void *r = h;
	struct member *m;

	if (!k || k->status)
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
	else if (h->type == WST_FRAME)
		on_frame(k, m, r, ts);
	else if (h->type == WST_PAYLOAD)
		on_payload(k, m, r, ts);
	else if (h->type == WST_RESYNC)
		on_resync(k, m, r, ts);
}

static void on_verdict(struct out_pcapng *k, const struct event *e)
{
	const struct verdict *v = e->verdict;
	const struct member *m = e->conn->capture;
	struct buf text = {};
	int err;

	buf_printf(&text, "%s %s: %s", severity_name(v->rule->severity), v->rule->id, v->text);
	if (v->fix[0])
		buf_printf(&text, "\nfix: %s", v->fix);
	buf_char(&text, 0);
	if (text.failed)
		err = -ENOMEM;
	else if (m && m->flow)
		err = flow__note(m->flow, text.data);
	else
		err = ended__remark(k->ended, e->conn->number, e->ts, text.data);
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
	k->head.len = 0;
	buf_add(&k->head, h->raw.p, h->raw.n);
	if (!check(k, k->head.failed ? -ENOMEM : 0))
		return;
	if (!k->o->show_secrets)
		http_redact_head(k->head.data, k->head.len);
	head = (struct flow_head){
		.ts = e->ts,
		.len = h->len,
		.seq = h->seq,
		.dir = e->type == EV_REQUEST ? FLOW_C2S : FLOW_S2C,
		.upgrade = e->type == EV_RESPONSE && h->upgrade,
		.bytes = { k->head.data, k->head.len },
	};
	check(k, flow__head(m->flow, &head));
}

void out_pcapng__event(struct out_pcapng *k, const struct event *e)
{
	if (!k || k->status)
		return;
	if (e->type == EV_VERDICT)
		on_verdict(k, e);
	else if (e->type == EV_REQUEST || e->type == EV_RESPONSE)
		on_head(k, e);
}

void out_pcapng__lost(struct out_pcapng *k, uint64_t events)
{
	if (k)
		packets__lost(k->packets, events);
}

void out_pcapng__tick(struct out_pcapng *k, uint64_t now)
{
	if (!k || k->status)
		return;
	ended__expire(k->ended, now);
	if (savefile__ending(k->file, now)) /* else the next file waits for something to write */
		rotate(k, now);
	if (k->status || (now >= k->flushed && now - k->flushed < FLUSH_NS))
		return;
	k->flushed = now;
	check(k, savefile__flush(k->file));
}

bool out_pcapng__done(const struct out_pcapng *k)
{
	return k && k->status;
}

int out_pcapng__free(struct out_pcapng *k, uint64_t now, bool complete, char *name, size_t size)
{
	struct member *m;
	int err;

	if (!k)
		return 0;
	DL_FOREACH(k->members, m)
	if (complete && m->flow && !k->status)
		check(k, flow__close(m->flow, now, FLOW_END_NONE, false));
	if (!k->status)
		check(k, packets__end(k->packets, now));
	snprintf(name, size, "%s", savefile__name(k->file));
	err = savefile__free(k->file);
	if (k->status < 0)
		err = k->status;
	destroy(k);
	return err;
}

bool out_pcapng__say(const struct options *o, const char *name, int err)
{
	bool out = o->write && !strcmp(o->write, "-");

	if (!err || (out && err == -EPIPE))
		return true;
	fprintf(stderr, "wstrace: cannot write %s: %s\n", out ? "standard output" : name,
		err == -ETIMEDOUT ? "nobody reads it" : strerror(-err));
	return false;
}
