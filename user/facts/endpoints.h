/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes at the ends of a connection. What is returned belongs to the facts. */
#ifndef FACTS_ENDPOINTS_H
#define FACTS_ENDPOINTS_H

#include "facts/facts.h"

/* The proxies that rules and their help know by name. */
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

/* Returns the proxy whose processes have this name, or PROXY_NONE. */
enum proxy proxy_named(const char *comm);

/*
 * Return the connection's end at the process that accepted it, or that opened it: f's own, or that
 * of the leg behind or in front. NULL where the process is not known.
 */
const struct conn *endpoint_server(const struct facts *f);
const struct conn *endpoint_client(const struct facts *f);

/* Returns which proxy this connection has: the one that opened it, else the one that accepted. */
enum proxy endpoint_proxy(const struct facts *f);

/* Returns the port in "address:port", or 0 where there is none. */
uint16_t addr_port(const char *addr);

#endif
