/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes pcapng (draft-ietf-opsawg-pcapng), without knowing what packets hold. Blocks gather in
 * memory until pcapng__flush(), or until there are 256 KiB of them.
 *
 * Functions that return int return 0 or -errno. The first error of a write is kept and returned
 * from then on; a regular file then ends behind its last whole block.
 */
#ifndef PCAPNG_PCAPNG_H
#define PCAPNG_PCAPNG_H

#include <stdint.h>
#include <sys/uio.h>
#include "lib/nonblock.h"
#include "pcapng/blocks.h"

#define PCAPNG_SNAPLEN 262144 /* most captured bytes of a packet */

struct pcapng;

/* Texts of a section header: UTF-8, cut at 65535 bytes; NULL: none. */
struct pcapng_section {
	const char *hardware, *os, *application, *comment;
};

struct pcapng_interface {
	const char *name, *description;
	uint16_t linktype; /* LINKTYPE_..., 1 is Ethernet */
};

struct pcapng_packet {
	uint32_t iface; /* as pcapng__interface() numbered it */
	uint32_t origlen; /* length on the wire */
	uint64_t ts; /* CLOCK_REALTIME, ns */
	const struct iovec *iov; /* the bytes that were captured */
	unsigned int iovs;
	enum pcapng_dir dir;
	uint64_t dropped; /* packets lost since the last one of this interface; 0: none */
	const char *comment; /* NULL: none */
};

struct pcapng_statistics {
	uint64_t start, end; /* CLOCK_REALTIME, ns */
	uint64_t received, dropped; /* packets */
};

/* Creates a writer. Takes over fd, and closes it even on failure. */
int pcapng__open(struct pcapng **out, int fd);

/*
 * Limits the wait for a full pipe when there is no room in memory: functions return -ETIMEDOUT
 * after that. Without a limit the wait has no end. patience stays the caller's, and has to stay.
 */
void pcapng__set_patience(struct pcapng *p, struct patience *patience);

/* Writes what is left, waiting for room, closes the file and frees p. Accepts NULL. */
int pcapng__close(struct pcapng *p);

/* Starts a section, which has to come first in a file. Interfaces are counted from 0 in each. */
int pcapng__section(struct pcapng *p, const struct pcapng_section *s);

/* Writes an interface. Returns its number in the section, counted from 0, or -errno. */
int pcapng__interface(struct pcapng *p, const struct pcapng_interface *i);

/*
 * Writes a packet. Returns -EINVAL for an unknown interface or more than PCAPNG_SNAPLEN captured
 * bytes.
 */
int pcapng__packet(struct pcapng *p, const struct pcapng_packet *k);

/* Writes an interface's statistics. */
int pcapng__statistics(struct pcapng *p, uint32_t iface, const struct pcapng_statistics *s);

/*
 * Writes as much as the file or pipe takes without waiting. To be called every second or so, for
 * readers who watch.
 */
int pcapng__flush(struct pcapng *p);

/* Returns the size of the file so far, in bytes, including what is still in memory. */
uint64_t pcapng__bytes(const struct pcapng *p);

#endif
