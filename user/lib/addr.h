/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IP addresses as 16 bytes, for IPv4 and IPv6 alike: a.b.c.d is ::ffff:a.b.c.d (RFC 4291 section
 * 2.5.5.2). This header compiles for the kernel side, too.
 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#include <stdbool.h>
#include <sys/cdefs.h> /* __always_inline */
#endif

#define ADDR_MAPPED 12 /* bytes in front of the IPv4 address */

/*
 * Returns whether an IPv6 address stands for an IPv4 one. If so, that one is at addr + ADDR_MAPPED.
 */
static __always_inline bool addr_is_mapped(const __u8 *addr)
{
	for (int i = 0; i < ADDR_MAPPED; i++)
		if (addr[i] != (i < 10 ? 0 : 0xff))
			return false;
	return true;
}

/* Writes an address as 16 bytes of IPv6. v4: addr is IPv4, 4 bytes long. */
static __always_inline void addr_map(__u8 to[16], bool v4, const __u8 *addr)
{
	for (int i = 0; i < 16; i++)
		to[i] = !v4 ? addr[i] : i < 10 ? 0 : i < ADDR_MAPPED ? 0xff : addr[i - ADDR_MAPPED];
}

/* Returns whether the first `bits` bits of an IPv6 address are those of net. */
static __always_inline bool addr_in(const __u8 addr[16], const __u8 net[16], __u8 bits)
{
	for (int i = 0; i < 16; i++) {
		__u8 left = bits > i * 8 ? bits - i * 8 : 0;
		__u8 mask = left >= 8 ? 0xff : 0xff00 >> left;

		if ((addr[i] ^ net[i]) & mask)
			return false;
	}
	return true;
}

#endif
