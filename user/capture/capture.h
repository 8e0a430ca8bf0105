/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads TCP segments from capture files: pcap, by libpcap, and pcapng. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "capture/segment.h"

struct capture;

/*
 * Is called before a read that may have to wait, to write what is due. Returns true to end reading.
 */
typedef bool (*capture_idle_fn)(void *ctx);

/*
 * Opens a file; "-" is standard input. number: becomes the `file` of its segments. idle: may be
 * NULL. Returns NULL on failure, after a message on stderr.
 */
struct capture *capture__open(const char *name, uint8_t number, capture_idle_fn idle, void *ctx);
void capture__free(struct capture *c); /* accepts NULL */

/* Reads the next TCP segment, which is valid until the next call. Returns NULL at the end. */
const struct segment *capture__next(struct capture *c);

/* Returns the segment that capture__next() returned last; NULL at the end. */
const struct segment *capture__peek(const struct capture *c);

/* Returns why the file could not be read to its end, or NULL if it could. */
const char *capture__error(const struct capture *c);

/* Returns the name that capture__open() got. */
const char *capture__name(const struct capture *c);

/* Returns the number of packets so far, of all protocols. */
uint64_t capture__packets(const struct capture *c);

/* Returns the number of IP fragments so far that were left out. */
uint64_t capture__fragments(const struct capture *c);

/*
 * Returns the number of segments so far that were cut when they were captured, and *snaplen: where.
 * Those in a file of wstrace's own do not count.
 */
uint64_t capture__cut(const struct capture *c, uint32_t *snaplen);

/* Returns the number of segments so far that were left out since they are in the file twice. */
uint64_t capture__twice(const struct capture *c);

/*
 * Returns a message about packets of unknown link types, which are left out; NULL: there are none.
 */
const char *capture__strange(struct capture *c);

/*
 * Returns the path of a cgroup, by struct capture_task's number for it, or NULL where it is not
 * known.
 */
const char *capture__cgroup(const struct capture *c, uint64_t cgroup);

/*
 * Parses one packet of len bytes, of which caplen were captured. linktype: DLT_... of libpcap.
 * Fills in s and returns true for a TCP segment. Sets *fragment for an IP fragment other than the
 * first, whose place in the stream is not known.
 */
bool capture_parse(int linktype, const uint8_t *p, size_t caplen, size_t len, struct segment *s,
		   bool *fragment);

/* Returns whether capture_parse() knows that link type. */
bool capture_link_known(int linktype);

#endif
