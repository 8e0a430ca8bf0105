/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts of the load generator use. */
#ifndef WSLOAD_H
#define WSLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

#define FRAME_MAX (16u << 20)

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

#endif
