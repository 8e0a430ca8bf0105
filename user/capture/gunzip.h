/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacks gzip (RFC 1952) as it is read, member after member. */
#ifndef CAPTURE_GUNZIP_H
#define CAPTURE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gunzip;

/* Reads up to n packed bytes to p. Returns how many, 0 at the end, or -1. */
typedef ssize_t (*gunzip_read_fn)(void *ctx, char *p, size_t n);

/* Returns whether n bytes at p are the start of gzip. */
bool gunzip_starts(const char *p, size_t n);

/*
 * Creates an unpacker of what read() reads behind the first n bytes, a few, which are at p. Returns
 * NULL when memory ran out.
 */
struct gunzip *gunzip__new(gunzip_read_fn read, void *ctx, const char *p, size_t n);
void gunzip__free(struct gunzip *g); /* accepts NULL */

/*
 * Reads up to n unpacked bytes to p, n being above 0. Returns how many, 0 at the end or where the
 * rest cannot be unpacked, or -1 where read() failed.
 */
ssize_t gunzip__read(struct gunzip *g, char *p, size_t n);

/* Returns why g could not be unpacked to its end, a static text; NULL: it could, so far. */
const char *gunzip__error(const struct gunzip *g);

#endif
