/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes at the ends of a connection. */
#ifndef FACTS_ENDPOINTS_H
#define FACTS_ENDPOINTS_H

#include "facts/facts.h"

/* Proxies that rules and --explain know by name. */
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
 * Returns the watched end at the process that accepted f's connection: f's own, or the other one's.
 * NULL where that process is not known.
 */
const struct conn *endpoint_server(const struct facts *f);

/* Returns the watched end at the process that opened f's connection, in the same way. */
const struct conn *endpoint_client(const struct facts *f);

/*
 * Returns the proxy at an end of this connection: the one that opened it, else the one that
 * accepted it; else PROXY_NONE.
 */
enum proxy endpoint_proxy(const struct facts *f);

/*
 * A process that a connection goes through, as people find it again: by its name, what it listens
 * on, and its container. A pid changes at the next reload, and the port of a client's end with each
 * connection. NULL: not known.
 */
struct hop {
	const char *comm, *listen, *container;
	const char *what,
		*addr; /* in place of a name that is not known: "the client", its address */
};

/* Returns the process that accepted f's connection. */
struct hop hop_server(const struct facts *f);

/* Returns the process that opened f's connection; what it listens on is known of a joined leg. */
struct hop hop_client(const struct facts *f);

/* Returns the process at this end of f's connection. */
struct hop hop_here(const struct facts *f);

/* Returns the length of the address, without brackets, in "address:port"; *from: its start. */
size_t addr_host(const char *addr, const char **from);

/* Returns the port in "address:port", or 0 where there is none. */
uint16_t addr_port(const char *addr);

#endif
