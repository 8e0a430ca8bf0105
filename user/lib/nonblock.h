/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that somebody reads, or does not: to write to one never blocks, and to wait ends. */
#ifndef LIB_NONBLOCK_H
#define LIB_NONBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outlet {
	int fd; /* the caller's */
	enum { OUTLET_FILE, OUTLET_SOCKET, OUTLET_SHARED } kind;
};

/*
 * Returns a descriptor, the caller's, of what fd is, or -errno. A pipe or a terminal gets a file
 * description of our own: O_NONBLOCK on the one that we were given would be everybody's.
 */
int outlet_own(int fd);

void outlet__init(struct outlet *o, int fd);

/* As write(2), without blocking: -1 and EAGAIN where there is no room, EPIPE where nobody reads. */
ssize_t outlet__write(const struct outlet *o, const void *data, size_t n);

/* Waits for room, a tenth of a second at most. Returns whether there is some. */
bool outlet__wait(const struct outlet *o);

/* From now on messages to stderr wait a moment for a reader, and are left out then. */
void outlet__replace_stderr(void);

/* With whom we wait for a reader. */
struct patience {
	bool (*ending)(void *ctx); /* whether it is time to end */
	void *ctx;
	const char *name; /* what nobody reads, for a message after a second; NULL: none */
	unsigned int at_end; /* tenths of a second still to be waited once it is time to end */
	unsigned int waited; /* before that */
};

/* To be called after each wait in vain. Returns false to give up. */
bool patience__lasts(struct patience *p);

#endif
