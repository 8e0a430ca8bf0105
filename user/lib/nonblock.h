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
 * Returns another descriptor for the same file, which the caller closes, or -errno. For a pipe or a
 * terminal that is a file description of its own, with O_NONBLOCK: setting that flag on the
 * inherited one would change it for every process that shares it.
 */
int nonblock_own(int fd);

/* Prepares n for writing to fd, which stays the caller's. */
void nonblock__init(struct nonblock *n, int fd);

/*
 * Writes as write(2) does, but never blocks: -1 with EAGAIN when full, with EPIPE when nobody
 * reads.
 */
ssize_t nonblock__write(const struct nonblock *n, const void *data, size_t size);

/* Waits until something can be written, for a tenth of a second at most. Returns whether it can. */
bool nonblock__wait(const struct nonblock *n);

/* Replaces stderr by a stream that drops a message which nobody reads within a moment. */
void nonblock_stderr(void);

/* How long to wait for a reader. */
struct patience {
	bool (*ending)(void *ctx); /* whether the program is ending; NULL: never asked */
	void *ctx;
	/* of the output, for a message after a second without a reader; NULL: no message */
	const char *name;
	unsigned int at_end; /* tenths of a second to wait once the program is ending */
	unsigned int waited; /* tenths of a second waited before that */
};

/* Counts one nonblock__wait() that returned false. Returns false when it is time to give up. */
bool patience__lasts(struct patience *p);

#endif
