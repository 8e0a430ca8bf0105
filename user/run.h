/* SPDX-License-Identifier: GPL-2.0-only */
/* A run: its description, its sums, and the needs of its outputs. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>

struct lines;

struct run_info {
	const char *backend;
	char kernel[160], host[65];
	uint64_t started; /* CLOCK_REALTIME, ns */
	bool (*ending)(void *ctx); /* asked while an output is stuck: is it time to end? */
	void *ctx;
	struct lines *lines; /* of standard output; filled in by the session, which owns them */
};

struct run_totals {
	uint64_t conns, frames, bytes;
	uint64_t lost; /* events for which the ring buffer had no room */
	uint64_t refused; /* connections not followed: the table was full */
	bool cut; /* -n ended the run; payload of the last frames may be missing */
};

/* Needs of outputs, a mask. */
enum needs {
	NEEDS_DATA_FRAMES = 1, /* data frames, even if -q and --only let none through */
	NEEDS_HISTS = 2,
	NEEDS_LAST_STATS = 4, /* EV_STATS, at the end, of connections that stay open */
	NEEDS_LIVE = 8, /* a live trace, and the terminal for itself */
};

#endif
