// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "facts/endpoints.h"

enum proxy proxy_named(const char *comm)
{
	static const struct {
		const char *comm;
		enum proxy proxy;
	} names[] = {
		{ "nginx", PROXY_NGINX },	{ "openresty", PROXY_NGINX },
		{ "angie", PROXY_NGINX },	{ "haproxy", PROXY_HAPROXY },
		{ "apache2", PROXY_APACHE },	{ "httpd", PROXY_APACHE },
		{ "caddy", PROXY_CADDY },	{ "envoy", PROXY_ENVOY },
		{ "lighttpd", PROXY_LIGHTTPD },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(comm, names[i].comm))
			return names[i].proxy;
	return PROXY_NONE;
}

const struct conn *endpoint_server(const struct facts *f)
{
	if (f->conn->role == WST_SERVER && f->conn->pid)
		return f->conn;
	if (f->upstream && f->upstream->between == BETWEEN_ONE &&
	    f->upstream->conn->role == WST_CLIENT && f->upstream->conn->pid)
		return f->upstream->conn;
	return NULL;
}

const struct conn *endpoint_client(const struct facts *f)
{
	if (f->conn->role == WST_CLIENT && f->conn->pid)
		return f->conn;
	if (f->downstream && f->between == BETWEEN_ONE && f->downstream->conn->role == WST_SERVER &&
	    f->downstream->conn->pid)
		return f->downstream->conn;
	return NULL;
}

enum proxy endpoint_proxy(const struct facts *f)
{
	const struct conn *client = endpoint_client(f), *server = endpoint_server(f);
	enum proxy p = client ? proxy_named(client->comm) : PROXY_NONE;

	return p || !server ? p : proxy_named(server->comm);
}

struct hop hop_server(const struct facts *f)
{
	const struct conn *c = endpoint_server(f);
	const char *addr = conn_server_addr(f->conn);
	const char *listener = *f->wait.queue.comm ? f->wait.queue.comm : NULL;

	return (struct hop){ c && *c->comm ? c->comm : listener, addr, c ? c->container : NULL,
			     "the server", addr };
}

struct hop hop_client(const struct facts *f)
{
	const struct conn *c = endpoint_client(f);
	/* what the leg in front listens on is another's where something lies between */
	const struct conn *before =
		f->downstream && f->between == BETWEEN_ONE ? f->downstream->conn : NULL;
	const char *comm = c && *c->comm ? c->comm : *f->client_comm ? f->client_comm : NULL;
	const char *container = c ? c->container : NULL;

	if (!container && before && before->role == WST_SERVER)
		container = before->container;
	return (struct hop){ comm, before ? conn_server_addr(before) : NULL, container,
			     f->downstream ? "a program at" : "the client",
			     conn_client_addr(f->conn) };
}

struct hop hop_here(const struct facts *f)
{
	return f->conn->role == WST_SERVER ? hop_server(f) : hop_client(f);
}

size_t addr_host(const char *addr, const char **from)
{
	const char *colon = strrchr(addr, ':');
	size_t n = colon ? (size_t)(colon - addr) : strlen(addr);

	*from = addr;
	if (n < 2 || addr[0] != '[')
		return n;
	*from = addr + 1;
	return n - 2;
}

uint16_t addr_port(const char *addr)
{
	const char *colon = strrchr(addr, ':');

	return colon ? atoi(colon + 1) : 0;
}
