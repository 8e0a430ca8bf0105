/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP segments out of capture files: pcap, through libpcap, and pcapng. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/tcp_flags.h"

/* The process whose socket it is, where wstrace wrote the capture and knew it. */
struct capture_task {
	uint32_t pid;
	char comm[16];
	uint64_t cgroup; /* for capture__cgroup() */
};

/* One TCP segment. data belongs to the capture and is valid until its next packet is read. */
struct segment {
	uint64_t ts; /* ns since 1970 */
	uint8_t addr[2][16]; /* source, destination; wire; the first 4 bytes where it is AF_INET */
	uint16_t port[2];
	uint16_t family;
	uint8_t flags; /* TCP_* */
	uint8_t file; /* which capture it comes from */
	const struct capture_task *task; /* as long as the capture; NULL: not known */
	uint8_t task_end; /* with task: 0 the source is its socket, 1 the destination */
	bool made_up; /* a SYN that wstrace put in front of a connection that was there before */
	uint32_t seq, ack;
	const uint8_t *data;
	uint32_t have; /* bytes of the payload that were captured */
	uint32_t len; /* bytes of it that were sent */
};

struct capture;

/*
 * Called when a read may have to wait: what is due can go out first. Returns true where reading is
 * to end.
 */
typedef bool (*capture_idle_fn)(void *ctx);

/*
 * Opens a file, "-" is standard input. Returns NULL after having said why on stderr. idle may be
 * NULL. number: what the segments carry as file.
 */
struct capture *capture__open(const char *name, uint8_t number, capture_idle_fn idle, void *ctx);
void capture__free(struct capture *c); /* accepts NULL */

/*
 * The next TCP segment, or NULL at the end; it stays until capture__next() is called. capture__peek
 * gives the same one again.
 */
const struct segment *capture__next(struct capture *c);
const struct segment *capture__peek(const struct capture *c);

/* Why the file could not be read to its end; NULL where it could. */
const char *capture__error(const struct capture *c);
const char *capture__name(const struct capture *c);

/* Packets so far, those that are not TCP included; and fragments, which are left out. */
uint64_t capture__packets(const struct capture *c);
uint64_t capture__fragments(const struct capture *c);

/* What to say of packets that were left out since their link type is not known; NULL: none were. */
const char *capture__strange(struct capture *c);

/* The path of the cgroup of a task of this capture; NULL where it is not known. */
const char *capture__cgroup(const struct capture *c, uint64_t cgroup);

/*
 * Takes one packet apart, of which caplen bytes of len are there; linktype: a LINKTYPE_ number as
 * libpcap's DLT_. Returns false where it is no TCP segment. *fragment: set where it is a later
 * fragment, whose bytes nothing can place.
 */
bool capture_parse(int linktype, const uint8_t *p, size_t caplen, size_t len, struct segment *s,
		   bool *fragment);

/* Whether capture_parse() knows that link type. */
bool capture_link_known(int linktype);

#endif
