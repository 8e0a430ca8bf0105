/* SPDX-License-Identifier: GPL-2.0-only */
/* A run: what is known of it once events flow, what it comes to, and what its outputs need. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>

struct lines;

struct run_info {
	const char *backend;
	char kernel[160], host[65];
	uint64_t started; /* CLOCK_REALTIME, ns */
	bool (*ending)(void *ctx); /* whether it is time to end, asked while an output is stuck */
	void *ctx;
	struct lines *lines; /* of standard output; the session's */
};

struct run_totals {
	uint64_t conns, frames, bytes;
	uint64_t lost; /* events that found the ring buffer full */
	uint64_t refused; /* connections not followed: the table was full */
	bool cut; /* -n ended the run: payload of the last frames may not have come */
};

/* What outputs need, a mask. */
enum needs {
	NEEDS_DATA_FRAMES = 1, /* all frames, whatever -q and --only say */
	NEEDS_HISTS = 2,
	NEEDS_LAST_STATS = 4, /* at the end, of the connections that stay open */
	NEEDS_LIVE = 8, /* a screen of its own, and no captures */
};

#endif
