/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of -w, one after the other, with tcpdump's meaning of -C, -G and -W. */
#ifndef PCAPNG_SAVEFILE_H
#define PCAPNG_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "pcapng/pcapng.h"

struct savefile;

struct savefile_options {
	/* "-": standard output; with seconds: a format for strftime(), local time */
	const char *path;
	uint64_t megabytes; /* start a new file above so many million bytes; 0: never */
	uint64_t seconds; /* start a new file after so many; 0: never */
	/* keep so many files, or without megabytes stop after them; 0: no limit */
	unsigned int files;
	struct patience *patience; /* with readers of pipes; the caller's, has to stay */
};

/*
 * Opens the first file; o->path has to stay. now: CLOCK_REALTIME, ns. Returns 0, -EINVAL where
 * standard output would be more than one file, -ENAMETOOLONG, or -errno of open().
 */
int savefile__new(struct savefile **out, const struct savefile_options *o, uint64_t now);

/* Closes the current file and frees s. Returns 0 or -errno. Accepts NULL. */
int savefile__free(struct savefile *s);

/*
 * Returns the current file, valid until savefile__next(); NULL after that one failed or returned 1.
 */
struct pcapng *savefile__pcapng(struct savefile *s);

/* Returns the current file's name, valid until savefile__next(). */
const char *savefile__name(const struct savefile *s);

/* Returns whether it is time for the next file. now: CLOCK_REALTIME, ns, as in all that follow. */
bool savefile__due(const struct savefile *s, uint64_t now);

/* Returns whether twice the size or time is reached: too late to wait while flows__busy(). */
bool savefile__overdue(const struct savefile *s, uint64_t now);

/* Returns whether savefile__next() would return 1. */
bool savefile__ending(const struct savefile *s, uint64_t now);

/*
 * Closes the file and opens the next one. Returns 0, 1 if there have been as many files as wanted,
 * which ends the capture, or -errno.
 */
int savefile__next(struct savefile *s, uint64_t now);

/* Writes gathered blocks to the file. Returns 0 or -errno; -ENOENT if the file has been removed. */
int savefile__flush(struct savefile *s);

#endif
