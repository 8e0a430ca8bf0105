/* SPDX-License-Identifier: GPL-2.0-only */
/* Files to write captures to, one after the other: -w, -C, -G, -W, as tcpdump means them. */
#ifndef PCAPNG_SAVEFILE_H
#define PCAPNG_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "pcapng/pcapng.h"

struct savefile;

struct savefile_options {
	const char *path; /* "-": standard output; with seconds: for strftime(), local time */
	uint64_t megabytes; /* a new file above so many million bytes; 0: never */
	uint64_t seconds; /* a new file after so many; 0: never */
	unsigned int files; /* keep so many, or stop after them where only time counts; 0: all */
	struct patience *patience; /* with readers of pipes; has to stay */
};

/*
 * Opens the first file; o->path has to stay. now: CLOCK_REALTIME, ns. Returns 0, -EINVAL where
 * standard output is to be more than one file, -ENAMETOOLONG, or -errno of open().
 */
int savefile__new(struct savefile **out, const struct savefile_options *o, uint64_t now);

/* Accepts NULL. Closes what is open; returns 0 or -errno. */
int savefile__free(struct savefile *s);

/* Where to write to, until savefile__next(). NULL where that has failed, or said 1. */
struct pcapng *savefile__pcapng(struct savefile *s);

/* The current file's name; valid until savefile__next(). */
const char *savefile__name(const struct savefile *s);

/* Whether it is time for the next file. */
bool savefile__due(const struct savefile *s, uint64_t now);

/* Whether that should wait no longer for packets__busy(): twice the size or time is reached. */
bool savefile__overdue(const struct savefile *s, uint64_t now);

/* Whether savefile__next() would say that the capture is at its end. */
bool savefile__ending(const struct savefile *s, uint64_t now);

/*
 * Closes the file and opens the next one. Returns 0, 1 where there were as many as were wished
 * for (the capture is at its end), or -errno.
 */
int savefile__next(struct savefile *s, uint64_t now);

/* Writes out what has gathered. -ENOENT where the file has been removed meanwhile. */
int savefile__flush(struct savefile *s);

#endif
