// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include "decode/host.h"
#include "lib/addr.h"

static bool in_net(const uint8_t *addr, bool v4, const uint8_t net[16], uint8_t bits)
{
	uint8_t a[16];

	addr_map(a, v4, addr);
	return addr_in(a, net, bits);
}

bool host_takes(const struct wst_open *o, const uint8_t net[16], uint8_t bits)
{
	bool v4 = o->family == AF_INET;

	return !bits || in_net(o->laddr, v4, net, bits) || in_net(o->raddr, v4, net, bits);
}

bool host_named(const char *addr, const uint8_t net[16], uint8_t bits)
{
	const char *colon = strrchr(addr, ':');
	bool v6 = addr[0] == '[';
	size_t n = colon ? colon - addr : 0;
	char host[INET6_ADDRSTRLEN];
	uint8_t a[16];

	n -= v6 && n > 1 ? 2 : 0;
	if (!n || n >= sizeof(host))
		return false;
	memcpy(host, addr + v6, n);
	host[n] = 0;
	return inet_pton(v6 ? AF_INET6 : AF_INET, host, a) == 1 && in_net(a, !v6, net, bits);
}
