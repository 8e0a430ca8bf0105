// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "pcapng/flow_tcp.h"

#define LINKTYPE_ETHERNET 1

struct packets *packets__new(const struct pcapng_section *s)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (p)
		p->section = s;
	return p;
}

void packets__free(struct packets *p)
{
	struct iface *i, *next;

	if (!p)
		return;
	HASH_ITER(hh, p->ifaces, i, next)
	{
		HASH_DEL(p->ifaces, i);
		free(i->name);
		free(i->description);
		free(i);
	}
	free(p);
}

int packets__begin(struct packets *p, struct pcapng *to, uint64_t ts)
{
	p->to = to;
	p->gen++;
	p->started = ts;
	return pcapng__section(to, p->section);
}

int packets__end(struct packets *p, uint64_t ts)
{
	struct iface *i;
	int err = 0;

	for (i = p->ifaces; i && !err; i = i->hh.next) {
		struct pcapng_statistics s = { p->started, ts, i->received, i->dropped };

		if (i->gen != p->gen)
			continue;
		s.dropped += p->lost; /* after the last packet: any interface may have them, once */
		p->lost = 0;
		err = pcapng__statistics(p->to, i->number, &s);
	}
	return err;
}

bool packets__busy(const struct packets *p)
{
	return p->busy;
}

void packets__lost(struct packets *p, uint64_t events)
{
	p->lost += events;
}

int iface_get(struct packets *p, const struct flow_task *t, struct iface **out)
{
	struct iface *i;

	HASH_FIND_STR(p->ifaces, t->name, i);
	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return -ENOMEM;
		i->name = strdup(t->name);
		i->description = t->description ? strdup(t->description) : NULL;
		if (!i->name || (t->description && !i->description)) {
			free(i->name);
			free(i->description);
			free(i);
			return -ENOMEM;
		}
		HASH_ADD_KEYPTR(hh, p->ifaces, i->name, strlen(i->name), i);
	}
	*out = i;
	return 0;
}

int iface_ready(struct packets *p, struct iface *i)
{
	struct pcapng_interface block = { i->name, i->description, LINKTYPE_ETHERNET };
	int n;

	if (i->gen == p->gen)
		return 0;
	n = pcapng__interface(p->to, &block);
	if (n < 0)
		return n;
	i->number = n;
	i->gen = p->gen;
	i->received = i->dropped = 0;
	return 0;
}

/* An IPv6 socket that talks IPv4 has IPv4 on the wire. */
static uint16_t unmap(uint16_t family, const uint8_t **a, const uint8_t **b)
{
	static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (family != AF_INET6 || memcmp(*a, v4_mapped, 12) || memcmp(*b, v4_mapped, 12))
		return family;
	*a += 12;
	*b += 12;
	return AF_INET;
}

/* "192.0.2.1:9588": what the Host header of a request that nobody saw says. */
static char *host_text(uint16_t family, const uint8_t *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN + 9];

	if (!inet_ntop(family, addr, text, sizeof(text)))
		return NULL;
	snprintf(host, sizeof(host), family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
	return strdup(host);
}

static int flow_init(struct flow *f, const struct flow_info *i)
{
	const uint8_t *client = i->server ? i->remote : i->local;
	const uint8_t *server = i->server ? i->local : i->remote;
	uint16_t cport = i->server ? i->rport : i->lport, sport = i->server ? i->lport : i->rport;
	uint16_t family = unmap(i->family, &client, &server);

	f->server = i->server;
	f->midstream = i->midstream;
	f->attempt = i->attempt;
	path_init(&f->lane[FLOW_C2S].path, family, client, server, cport, sport);
	path_init(&f->lane[FLOW_S2C].path, family, server, client, sport, cport);
	for (int d = 0; d < FLOW_DIRS; d++)
		f->lane[d].next = i->first_seq[d];
	f->host = host_text(family, server, sport);
	f->comment = i->comment ? strdup(i->comment) : NULL;
	if (!f->host || (i->comment && !f->comment))
		return -ENOMEM;
	return iface_get(f->p, &i->task, &f->iface);
}

int flow__new(struct flow **out, struct packets *p, const struct flow_info *i)
{
	struct flow *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->p = p;
	err = flow_init(f, i);
	if (!err && !i->midstream)
		err = flow_open(f, i->ts, false);
	if (err) {
		flow__free(f);
		return err;
	}
	*out = f;
	return 0;
}

void flow__free(struct flow *f)
{
	if (!f)
		return;
	for (int d = 0; d < FLOW_DIRS; d++) {
		f->p->busy -= f->lane[d].state == LANE_STREAMING;
		buf_free(&f->lane[d].held);
	}
	buf_free(&f->note);
	free(f->comment);
	free(f->target);
	free(f->protocol);
	free(f->host);
	free(f);
}

int flow__set_task(struct flow *f, const struct flow_task *t)
{
	return iface_get(f->p, t, &f->iface);
}

void flow__lost(struct flow *f, uint64_t events)
{
	f->lost += events;
}
