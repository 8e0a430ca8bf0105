/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of -w, one after the other: -C, -G, -W, with the meaning they have in tcpdump. */
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
	unsigned int files; /* keep so many, or stop after them where megabytes is 0; 0: no limit */
	struct patience *patience; /* with readers of pipes; has to stay */
};

/*
 * Opens the first file; o->path has to stay. now: CLOCK_REALTIME, ns. Returns 0, -EINVAL where
 * standard output would be more than one file, -ENAMETOOLONG, or -errno of open().
 */
int savefile__new(struct savefile **out, const struct savefile_options *o, uint64_t now);

/* Closes the current file and frees s. Returns 0 or -errno. Accepts NULL. */
int savefile__free(struct savefile *s);

/*
 * Returns what to write to until savefile__next(). NULL after that failed or returned 1.
 */
struct pcapng *savefile__pcapng(struct savefile *s);

/* Returns the current file's name, valid until savefile__next(). */
const char *savefile__name(const struct savefile *s);

/* Whether it is time for the next file. */
bool savefile__due(const struct savefile *s, uint64_t now);

/* Whether it is too late to wait for flows__busy(): twice the size or time is reached. */
bool savefile__overdue(const struct savefile *s, uint64_t now);

/* Whether savefile__next() would return 1. */
bool savefile__ending(const struct savefile *s, uint64_t now);

/*
 * Closes the file and opens the next one. Returns 0, 1 where there have been as many
 * files as wanted and the capture is at its end, or -errno.
 */
int savefile__next(struct savefile *s, uint64_t now);

/* Writes out what has gathered. Returns -ENOENT where the file has been removed. */
int savefile__flush(struct savefile *s);

#endif
