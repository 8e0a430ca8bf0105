// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "conn.h"

/* Each record is looked up: one multiplication, where uthash's own would take as long as the rest. */
static unsigned int hash(uint64_t id)
{
	return id * 0x9e3779b97f4a7c15 >> 32;
}

struct conn *conns__find(struct conns *cs, uint64_t id)
{
	struct conn *c;

	HASH_FIND_BYHASHVALUE(hh, cs->by_id, &id, sizeof(id), hash(id), c);
	return c;
}

static void format_addr(char out[ADDR_LEN], uint16_t family, const uint8_t *addr, uint16_t port)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (family == AF_INET6 && !memcmp(addr, v4_mapped, sizeof(v4_mapped))) {
		family = AF_INET;
		addr += sizeof(v4_mapped);
	}
	inet_ntop(family, addr, text, sizeof(text));
	snprintf(out, ADDR_LEN, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* The path behind "0::" in /proc/PID/cgroup; for the caller to free. */
static char *read_cgroup(uint32_t pid)
{
	char path[32], line[4096], *found = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "0::", 3))
			found = strdup(line + 3);
	}
	fclose(f);
	return found;
}

static char *cgroup_of(const struct conns *cs, const struct wst_task *t)
{
	const char *path;

	if (!cs->cgroup)
		return t->pid ? read_cgroup(t->pid) : NULL;
	path = cs->cgroup(cs->ctx, t);
	return path ? strdup(path) : NULL;
}

void conns__set_task(struct conns *cs, struct conn *c, const struct wst_task *t)
{
	c->pid = t->pid;
	memcpy(c->comm, t->comm, sizeof(c->comm));
	c->comm[sizeof(c->comm) - 1] = 0;
	free(c->cgroup);
	c->cgroup = cgroup_of(cs, t);
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

void conns__remove(struct conns *cs, struct conn *c)
{
	HASH_DEL(cs->by_id, c);
	for (int i = 0; i < WST_DIRS; i++) {
		buf_free(&c->head[i].bytes);
		buf_free(&c->frame[i].payload);
		inflater__free(c->inflate[i]);
	}
	free(c->cgroup);
	free(c->target);
	free(c->hists);
	free(c);
}

void conns__free(struct conns *cs)
{
	struct conn *c, *next;

	HASH_ITER(hh, cs->by_id, c, next)
		conns__remove(cs, c);
}
