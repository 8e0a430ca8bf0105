/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes pcapng (draft-ietf-opsawg-pcapng): blocks in, bytes out. Knows nothing of what the
 * packets hold. Blocks gather in memory until pcapng__flush(), or until there are many.
 *
 * All functions that return int return 0 or -errno. The first error of a write is remembered and
 * returned from then on; a regular file ends behind its last whole block then.
 */
#ifndef PCAPNG_PCAPNG_H
#define PCAPNG_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "lib/nonblock.h"

#define PCAPNG_SNAPLEN 262144 /* most captured bytes of a packet */

struct pcapng;

/* Direction of a packet, as epb_flags has it. */
enum pcapng_dir { PCAPNG_UNKNOWN, PCAPNG_IN, PCAPNG_OUT };

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
	const struct iovec *iov; /* what was captured of it */
	unsigned int iovs;
	enum pcapng_dir dir;
	uint64_t dropped; /* packets lost since the one before; 0: none */
	const char *comment; /* NULL: none */
};

struct pcapng_statistics {
	uint64_t start, end; /* CLOCK_REALTIME, ns */
	uint64_t received, dropped; /* packets */
};

struct pcapng_name {
	uint16_t family; /* AF_INET, AF_INET6 */
	uint8_t addr[16]; /* as on the wire */
	const char *name;
};

/* Writes to fd, which is the writer's own from now on, also where this fails. */
int pcapng__open(struct pcapng **out, int fd);

/*
 * How long a pipe that takes nothing is waited for where there is no room for more; -ETIMEDOUT
 * after that. Without it that lasts as long as it lasts. The caller's.
 */
void pcapng__set_patience(struct pcapng *p, struct patience *patience);

/* Writes out what is left, waits for that, closes, and frees. Accepts NULL. */
int pcapng__close(struct pcapng *p);

/* A section starts each file: it comes first, and interfaces are counted anew. */
int pcapng__section(struct pcapng *p, const struct pcapng_section *s);

/* Returns the interface's number in its section, counted from 0, or -errno. */
int pcapng__interface(struct pcapng *p, const struct pcapng_interface *i);

/* -EINVAL where the interface does not exist, or more than PCAPNG_SNAPLEN bytes were captured. */
int pcapng__packet(struct pcapng *p, const struct pcapng_packet *k);

int pcapng__statistics(struct pcapng *p, uint32_t iface, const struct pcapng_statistics *s);
int pcapng__names(struct pcapng *p, const struct pcapng_name *names, unsigned int n);

/* To be called at least once a second, for readers that follow the file. Does not wait. */
int pcapng__flush(struct pcapng *p);

/* Bytes so far, those still in memory included. */
uint64_t pcapng__bytes(const struct pcapng *p);

#endif
