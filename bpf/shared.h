/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rest of the ABI: what both sides use in variables and maps, beside the records (wstrace.h).
 */
#ifndef SHARED_H
#define SHARED_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/*
 * How the user side looks for connections that are already open: three passes over all files of all
 * processes. Written to scan_pass.
 */
enum wst_scan {
	WST_SCAN_LISTENERS, /* ports that are listened on tell a server's end from a client's */
	WST_SCAN_CONNS,
	WST_SCAN_ANNOUNCE, /* now that both ends of local connections are known */
};

/* Sums of one CPU and one program, at the start of each value of the map calls. */
struct wst_totals {
	__u64 frames;
	__u64 bytes; /* payload */
};

_Static_assert(sizeof(struct wst_totals) == 16, "ABI");

#endif
