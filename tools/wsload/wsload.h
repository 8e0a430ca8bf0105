/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts of the load generator use. */
#ifndef WSLOAD_H
#define WSLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX (16u << 20)
#define SEC_NS 1000000000ull

enum mode { MODE_ECHO, MODE_SINK, MODE_SOURCE };

struct options {
	bool client, json, binary;
	enum mode mode;
	const char *host, *path;
	uint64_t port, threads, conns, size, count, rate, pipeline, ping_every, hold, timeout,
		rounds;
	size_t nheaders;
	char headers[4096];
};

extern struct options opt;
extern uint8_t *text; /* messages are windows of this: message n starts at n % 26 */

/* Fills opt in. Ends the process with status 2 on wrong usage. */
void options_parse(int argc, char **argv);

/* Return the process's exit status. */
int server_main(void);
int client_main(void);

/* Says "wsload: cannot ..." and ends the process with status 1. */
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

uint64_t clock_ns(void); /* CLOCK_MONOTONIC */
uint64_t cpu_us(void); /* of the whole process */
void *xrealloc(void *p, size_t size);

#endif
