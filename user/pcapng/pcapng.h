/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes pcapng (draft-ietf-opsawg-pcapng): blocks in, bytes out. Knows nothing of what packets
 * hold. Blocks gather in memory until pcapng__flush(), or until there are 256 KiB of them.
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

/* Texts may be NULL; they are UTF-8, and cut at 65535 bytes. */
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

/* Creates a writer. Takes over fd, and closes it even where this fails. */
int pcapng__open(struct pcapng **out, int fd);

/*
 * Limits how long a full pipe is waited for when there is no room in memory: -ETIMEDOUT after that.
 * Without patience the wait has no end. It stays the caller's.
 */
void pcapng__set_patience(struct pcapng *p, struct patience *patience);

/* Writes out what is left, waits for that, closes, and frees p. Accepts NULL. */
int pcapng__close(struct pcapng *p);

/* Starts a section. It has to come first in a file; interfaces are counted anew after it. */
int pcapng__section(struct pcapng *p, const struct pcapng_section *s);

/* Returns the interface's number in its section, counted from 0, or -errno. */
int pcapng__interface(struct pcapng *p, const struct pcapng_interface *i);

/* Returns -EINVAL for an unknown interface or more than PCAPNG_SNAPLEN captured bytes. */
int pcapng__packet(struct pcapng *p, const struct pcapng_packet *k);

int pcapng__statistics(struct pcapng *p, uint32_t iface, const struct pcapng_statistics *s);

/* Writes what a file or pipe takes without waiting. Call it once a second for live readers. */
int pcapng__flush(struct pcapng *p);

/* Returns the number of bytes so far, those in memory included. */
uint64_t pcapng__bytes(const struct pcapng *p);

#endif
