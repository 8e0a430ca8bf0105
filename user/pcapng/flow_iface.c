// SPDX-License-Identifier: GPL-2.0-only
/* The set of flows and the file that they go to: one interface for each process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pcapng/flow_steps.h"

#define LINKTYPE_ETHERNET 1

struct flows *flows__new(const struct pcapng_section *s)
{
	struct flows *fs = calloc(1, sizeof(*fs));

	if (fs)
		fs->section = s;
	return fs;
}

void flows__free(struct flows *fs)
{
	struct iface *i, *next;

	if (!fs)
		return;
	HASH_ITER(hh, fs->ifaces, i, next)
	{
		HASH_DEL(fs->ifaces, i);
		free(i->name);
		free(i->description);
		free(i);
	}
	free(fs);
}

int flows__begin(struct flows *fs, struct pcapng *to, uint64_t ts)
{
	fs->to = to;
	fs->gen++;
	fs->started = ts;
	return pcapng__section(to, fs->section);
}

int flows__end(struct flows *fs, uint64_t ts)
{
	struct iface *i;
	int err = 0;

	for (i = fs->ifaces; i && !err; i = i->hh.next) {
		struct pcapng_statistics s = { fs->started, ts, i->received, i->dropped };

		if (i->gen != fs->gen)
			continue;
		/* events lost after the last packet may be of any interface */
		s.dropped += fs->lost;
		fs->lost = 0;
		err = pcapng__statistics(fs->to, i->number, &s);
	}
	return err;
}

bool flows__busy(const struct flows *fs)
{
	return fs->busy;
}

void flows__lost(struct flows *fs, uint64_t events)
{
	fs->lost += events;
}

int flow_iface_get(struct flows *fs, const struct flow_task *t, struct iface **out)
{
	struct iface *i;

	HASH_FIND_STR(fs->ifaces, t->name, i);
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
		HASH_ADD_KEYPTR(hh, fs->ifaces, i->name, strlen(i->name), i);
	}
	*out = i;
	return 0;
}

int flow_iface_ready(struct flows *fs, struct iface *i)
{
	struct pcapng_interface block = { i->name, i->description, LINKTYPE_ETHERNET };
	int n;

	if (i->gen == fs->gen)
		return 0;
	n = pcapng__interface(fs->to, &block);
	if (n < 0)
		return n;
	i->number = n;
	i->gen = fs->gen;
	i->received = i->dropped = 0;
	return 0;
}
