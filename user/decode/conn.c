// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "decode/conn.h"
#include "lib/addr.h"
#include "lib/container.h"
#include "lib/process.h"

/*
 * One multiplication: the look-up is done for each record, and uthash's own hash would take as long
 * as all the rest of it.
 */
static unsigned int hash(uint64_t id)
{
	return id * 0x9e3779b97f4a7c15 >> 32;
}

struct conn *conns__find(struct conns *cs, uint64_t id)
{
	unsigned int h = hash(id);
	struct conn **recent = &cs->recent[h % CONNS_RECENT], *c = *recent;

	if (c && c->id == id)
		return c;
	HASH_FIND_BYHASHVALUE(hh, cs->by_id, &id, sizeof(id), h, c);
	if (c)
		*recent = c;
	return c;
}

static void format_addr(char out[ADDR_LEN], uint16_t family, const uint8_t *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	if (family == AF_INET6 && addr_is_mapped(addr)) {
		family = AF_INET;
		addr += ADDR_MAPPED;
	}
	inet_ntop(family, addr, text, sizeof(text));
	snprintf(out, ADDR_LEN, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

/*
 * Sets the cgroup and the container, from the capture if there is one, else from this host's /proc.
 */
static void set_place(const struct conns *cs, struct conn *c, const struct wst_task *t)
{
	struct process_place none = {};
	const struct process_place *p =
		!cs->cgroup && t->pid ? process_place(t->pid, t->cgroup) : &none;
	const char *cgroup = cs->cgroup ? cs->cgroup(cs->ctx, t) : p->cgroup;
	char id[CONTAINER_LEN];

	if (cgroup)
		c->cgroup = strdup(cgroup);
	if (p->container)
		c->container = strdup(p->container);
	else if (cs->cgroup && cgroup && container_find(cgroup, id))
		c->container = strdup(id);
}

void conns__set_task(struct conns *cs, struct conn *c, const struct wst_task *t)
{
	c->pid = t->pid;
	memcpy(c->comm, t->comm, sizeof(c->comm));
	c->comm[sizeof(c->comm) - 1] = 0;
	free(c->cgroup);
	free(c->container);
	c->cgroup = c->container = NULL;
	set_place(cs, c, t);
}

void conn__set_hists(struct conn *c, const struct wst_hists *h)
{
	if (!c->hists)
		c->hists = malloc(sizeof(*c->hists));
	if (c->hists)
		*c->hists = *h;
}

struct conn *conns__add(struct conns *cs, uint64_t id, const struct wst_open *o)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->id = id;
	c->number = ++cs->count;
	c->shown = true;
	if (o) {
		c->role = o->role;
		c->midstream = o->t.h.flags & WST_MIDSTREAM;
		c->netns = o->netns;
		c->client_pid = o->client_pid;
		memcpy(c->first_seq, o->first_seq, sizeof(c->first_seq));
		format_addr(c->local, o->family, o->laddr, o->lport);
		format_addr(c->remote, o->family, o->raddr, o->rport);
		conns__set_task(cs, c, &o->t);
	} else {
		c->placeholder = true;
		strcpy(c->local, "?");
		strcpy(c->remote, "?");
	}
	HASH_ADD_BYHASHVALUE(hh, cs->by_id, id, sizeof(c->id), hash(id), c);
	return c;
}

static void free_head(struct whole_head *h)
{
	if (h)
		buf_free(&h->bytes);
	free(h);
}

void conns__remove(struct conns *cs, struct conn *c)
{
	struct conn **recent = &cs->recent[hash(c->id) % CONNS_RECENT];

	if (*recent == c)
		*recent = NULL;
	HASH_DEL(cs->by_id, c);
	for (struct whole_head *h = c->waiting, *next; h; h = next) {
		next = h->next;
		free_head(h);
	}
	free_head(c->early);
	for (int i = 0; i < WST_DIRS; i++) {
		buf_free(&c->head[i].bytes);
		buf_free(&c->frame[i].payload);
		inflater__free(c->inflate[i]);
	}
	buf_free(&c->body);
	free(c->cgroup);
	free(c->container);
	free(c->tunnel);
	free(c->target);
	free(c->shown_target);
	free(c->hists);
	free(c->closing);
	free(c);
}

void conns__free(struct conns *cs)
{
	struct conn *c, *next;

	HASH_ITER(hh, cs->by_id, c, next)
	conns__remove(cs, c);
}
