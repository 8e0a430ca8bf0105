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
	if (f->upstream && f->upstream->conn->role == WST_CLIENT && f->upstream->conn->pid)
		return f->upstream->conn;
	return NULL;
}

const struct conn *endpoint_client(const struct facts *f)
{
	if (f->conn->role == WST_CLIENT && f->conn->pid)
		return f->conn;
	if (f->downstream && f->downstream->conn->role == WST_SERVER && f->downstream->conn->pid)
		return f->downstream->conn;
	return NULL;
}

enum proxy endpoint_proxy(const struct facts *f)
{
	const struct conn *client = endpoint_client(f), *server = endpoint_server(f);
	enum proxy p = client ? proxy_named(client->comm) : PROXY_NONE;

	return p || !server ? p : proxy_named(server->comm);
}

uint16_t addr_port(const char *addr)
{
	const char *colon = strrchr(addr, ':');

	return colon ? atoi(colon + 1) : 0;
}
