/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to pipes and terminals that may have no reader: never blocks, and waiting has a limit. */
#ifndef LIB_NONBLOCK_H
#define LIB_NONBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct nonblock {
	int fd; /* the caller's */
	/* NONBLOCK_SHARED: a pipe or a terminal without O_NONBLOCK, see nonblock_own() */
	enum { NONBLOCK_FILE, NONBLOCK_SOCKET, NONBLOCK_SHARED } kind;
};

/*
 * Opens what fd refers to anew. Returns a descriptor, which is the caller's to close, or -errno. A
 * pipe or a terminal gets a file description of its own, since O_NONBLOCK on the inherited one
 * would change it for every process that shares it.
 */
int nonblock_own(int fd);

/* Fills in n; fd stays the caller's. */
void nonblock__init(struct nonblock *n, int fd);

/* Writes as write(2), without blocking: -1 and EAGAIN when full, EPIPE when nobody reads. */
ssize_t nonblock__write(const struct nonblock *n, const void *data, size_t size);

/* Waits for room, a tenth of a second at most. Returns whether there is some. */
bool nonblock__wait(const struct nonblock *n);

/* Replaces stderr by a stream whose messages wait a moment for a reader and are dropped then. */
void nonblock_stderr(void);

/* How long to wait for a reader. */
struct patience {
	bool (*ending)(void *ctx); /* whether the program is ending; NULL: never asked */
	void *ctx;
	const char *name; /* what nobody reads, for a message after a second; NULL: no message */
	unsigned int at_end; /* tenths of a second to wait once the program is ending */
	unsigned int waited; /* tenths of a second waited before that */
};

/* Counts a wait that was in vain. Returns false to give up. */
bool patience__lasts(struct patience *p);

#endif
