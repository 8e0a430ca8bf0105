// SPDX-License-Identifier: GPL-2.0-only
/* Creates and closes flows, with their addresses and processes. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>
#include "lib/addr.h"
#include "pcapng/flow_state.h"

/*
 * Turns mapped addresses into IPv4 ones: an IPv6 socket that talks IPv4 sends IPv4. Returns the
 * family.
 */
static uint16_t unmap(uint16_t family, const uint8_t **a, const uint8_t **b)
{
	if (family != AF_INET6 || !addr_is_mapped(*a) || !addr_is_mapped(*b))
		return family;
	*a += ADDR_MAPPED;
	*b += ADDR_MAPPED;
	return AF_INET;
}

/* Returns "192.0.2.1:9588", for the Host header of a made-up request; NULL: out of memory. */
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
		f->lane[d].first = f->lane[d].next = i->first_seq[d];
	f->host = host_text(family, server, sport);
	f->comment = i->comment ? strdup(i->comment) : NULL;
	if (!f->host || (i->comment && !f->comment))
		return -ENOMEM;
	return flow_iface_get(f->flows, &i->task, &f->iface);
}

int flow__new(struct flow **out, struct flows *fs, const struct flow_info *i)
{
	struct flow *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->flows = fs;
	err = flow_init(f, i);
	if (!err && !i->midstream)
		err = flow_open(f, i->ts, MAKE_NOTHING);
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
		f->flows->busy -= f->lane[d].state == LANE_STREAMING;
		buf_free(&f->lane[d].held);
	}
	for (unsigned int i = 0; i < f->n_held; i++) {
		f->flows->kept_back -= f->held[i].bytes.len;
		buf_free(&f->held[i].bytes);
	}
	f->flows->kept_back -= f->early.len;
	buf_free(&f->early);
	if (f->answering) {
		f->flows->kept_back -= f->answer.bytes.len;
		DL_DELETE(f->flows->waiting, f);
	}
	buf_free(&f->answer.bytes);
	buf_free(&f->note);
	free(f->comment);
	free(f->target);
	free(f->protocol);
	free(f->host);
	free(f);
}

int flow__set_task(struct flow *f, const struct flow_task *t)
{
	return flow_iface_get(f->flows, t, &f->iface);
}
