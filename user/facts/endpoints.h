/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is at the ends of a connection. What is returned belongs to the facts. */
#ifndef FACTS_ENDPOINTS_H
#define FACTS_ENDPOINTS_H

#include "facts/facts.h"

/* Which program a conn's server or client is, as far as its name tells. */
enum proxy {
	PROXY_NONE,
	PROXY_NGINX,
	PROXY_HAPROXY,
	PROXY_APACHE,
	PROXY_CADDY,
	PROXY_ENVOY,
	PROXY_LIGHTTPD,
	PROXIES
};

enum proxy proxy_of(const char *comm);

/* The process that accepted this connection, or that opened it, where that is known; else NULL. */
const struct conn *server_of(const struct facts *f);
const struct conn *client_of(const struct facts *f);

/* The proxy that this connection's fault is about: the one in front, else one at either end. */
enum proxy facts_proxy(const struct facts *f);

/* The port in "address:port"; 0: there is none. */
uint16_t addr_port(const char *addr);

#endif
