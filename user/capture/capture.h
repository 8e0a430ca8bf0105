/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP segments out of capture files: pcap, through libpcap, and pcapng. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "capture/capture_task.h"
#include "lib/tcp_flags.h"

/* One TCP segment. data belongs to the capture and is valid until its next packet is read. */
struct segment {
	uint64_t ts; /* ns since 1970 */
	uint8_t addr[2][16]; /* source, destination, as on the wire; AF_INET: the first 4 bytes */
	uint16_t port[2];
	uint16_t family;
	uint8_t flags; /* TCP_* */
	uint8_t file; /* which capture it comes from */
	const struct capture_task *task; /* as long as the capture; NULL: not known */
	uint8_t task_end; /* which end is the task's socket: 0 the source, 1 the destination */
	bool made_up; /* a SYN that wstrace put in front of a connection that was there before */
	uint32_t seq, ack;
	const uint8_t *data;
	uint32_t have; /* bytes of the payload that were captured */
	uint32_t len; /* bytes of it that were sent */
};

struct capture;

/* Called when a read may have to wait, to write what is due. Returns true to end reading. */
typedef bool (*capture_idle_fn)(void *ctx);

/*
 * Opens a file, "-" is standard input. number: the `file` of its segments. idle may be NULL. On
 * failure prints why to stderr and returns NULL.
 */
struct capture *capture__open(const char *name, uint8_t number, capture_idle_fn idle, void *ctx);
void capture__free(struct capture *c); /* accepts NULL */

/*
 * capture__next() reads the next TCP segment, which is valid until it is called again.
 * capture__peek() returns the same one again. Both return NULL at the end.
 */
const struct segment *capture__next(struct capture *c);
const struct segment *capture__peek(const struct capture *c);

/* Returns why the file could not be read to its end, or NULL where it could. */
const char *capture__error(const struct capture *c);
const char *capture__name(const struct capture *c);

/* Number of packets so far, of all protocols, and of IP fragments, which are left out. */
uint64_t capture__packets(const struct capture *c);
uint64_t capture__fragments(const struct capture *c);

/* Returns a message about packets of unknown link types, which are left out; NULL: no such. */
const char *capture__strange(struct capture *c);

/* Returns the path of a task's cgroup, or NULL where it is not known. */
const char *capture__cgroup(const struct capture *c, uint64_t cgroup);

/*
 * Parses one packet, of which caplen bytes of len were captured. linktype: DLT_... of libpcap.
 * Fills in s and returns true for a TCP segment. Sets *fragment for a later IP fragment, whose
 * place in the stream is not known.
 */
bool capture_parse(int linktype, const uint8_t *p, size_t caplen, size_t len, struct segment *s,
		   bool *fragment);

/* Whether capture_parse() knows that link type. */
bool capture_link_known(int linktype);

#endif
