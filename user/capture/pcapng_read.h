/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads pcapng (draft-ietf-opsawg-pcapng), including what libpcap drops: a packet's interface,
 * direction and comment, and several link types in one file.
 */
#ifndef CAPTURE_PCAPNG_READ_H
#define CAPTURE_PCAPNG_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "pcapng/blocks.h"

#define PCAPNG_MAGIC "\x0a\x0d\x0d\x0a" /* the first bytes of a file */
/* bytes; a longer block counts as damage, unless it is one to ignore */
#define PCAPNG_BLOCK_MAX (16U << 20)

struct pcapng_reader;

/* An interface of the file, valid as long as the reader. */
struct pcapng_source {
	uint32_t number; /* counted from 0, over all sections of the file */
	uint16_t linktype; /* LINKTYPE_... */
	char *description; /* NULL: none */
	uint8_t tsresol; /* a tick is 10^-tsresol or, with the top bit set, 2^-tsresol seconds */
	int64_t tsoffset; /* seconds */
	uint32_t snaplen; /* 0: no limit */
};

struct pcapng_got {
	const struct pcapng_source *source;
	uint64_t ts; /* CLOCK_REALTIME, ns; 0: the block has none */
	const uint8_t *data; /* valid until the next packet */
	uint32_t caplen, origlen;
	enum pcapng_dir dir;
	bool own; /* wstrace has written this section of the file */
	const char
		*comment; /* the first one, without a final 0, valid as long as data; NULL: none */
	uint32_t comment_len;
};

/* Creates a reader of f, which stays the caller's. Returns NULL when memory ran out. */
struct pcapng_reader *pcapng_reader__new(FILE *f);

/* Frees r; the file stays open. Accepts NULL. */
void pcapng_reader__free(struct pcapng_reader *r);

/* Reads the next packet into *k. Returns 1, 0 at the end, or -1 with *why set to a static text. */
int pcapng_reader__next(struct pcapng_reader *r, struct pcapng_got *k, const char **why);

#endif
