// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fopencookie() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "capture/capture.h"
#include "capture/gunzip.h"
#include "capture/pcapng_read.h"
#include "capture/twice.h"
#include "lib/units.h"
#include "pcapng/made_up.h"

#define READ_SIZE (256 * 1024)
#define LINKTYPE_RAW 101
#define LOOK_EVERY 65536 /* packets of any kind between two checks whether to go on */

struct capture {
	pcap_t *pcap; /* reads pcap; NULL: the file is pcapng */
	struct pcapng_reader *pcapng;
	FILE *stream;
	struct gunzip *gunzip; /* NULL: the file is not packed */
	char peeked[4]; /* the first bytes, unpacked, read before stdio does */
	size_t n_peeked, peek_at;
	struct capture_tasks tasks; /* tasks of a pcapng file */
	char *name;
	int fd, linktype;
	bool ended, pipe, stopped;
	capture_idle_fn idle;
	void *ctx;
	struct segment s;
	struct twice *twice;
	uint64_t packets, fragments, doubles, cut;
	uint32_t snaplen; /* of those that were cut: bytes of the longest */
	uint64_t strange; /* packets of unknown link types */
	int strange_link; /* the last of these types */
	char strange_text[160];
	char error[PCAP_ERRBUF_SIZE];
};

/* Reads from the file. */
static ssize_t read_file(void *cookie, char *p, size_t n)
{
	struct capture *c = cookie;
	struct pollfd ready = { .fd = c->fd, .events = POLLIN };
	ssize_t got;

	for (;;) {
		if (c->idle && c->pipe && poll(&ready, 1, 0) == 0 && c->idle(c->ctx)) {
			c->stopped = true;
			return 0;
		}
		got = read(c->fd, p, n);
		if (got >= 0 || errno != EINTR)
			return got;
	}
}

/* Reads for stdio, whenever its buffer is empty. */
static ssize_t read_some(void *cookie, char *p, size_t n)
{
	struct capture *c = cookie;

	if (c->peek_at < c->n_peeked) {
		p[0] = c->peeked[c->peek_at++];
		return 1;
	}
	return c->gunzip ? gunzip__read(c->gunzip, p, n) : read_file(c, p, n);
}

static int close_fd(void *cookie)
{
	struct capture *c = cookie;

	return c->fd == STDIN_FILENO ? 0 : close(c->fd);
}

static struct capture *cannot_open(struct capture *c, const char *why)
{
	fprintf(stderr, "wstrace: cannot read %s: %s\n", capture__name(c), why);
	capture__free(c);
	return NULL;
}

/* Reads the first bytes, of what is in them if the file is packed. */
static void peek(struct capture *c)
{
	char first[sizeof(c->peeked)];
	size_t n = 0;
	ssize_t got;

	do {
		got = read_some(c, first + n, sizeof(first) - n);
		n += got > 0 ? got : 0;
	} while (got > 0 && n < sizeof(first));
	memcpy(c->peeked, first, n);
	c->n_peeked = n;
	c->peek_at = 0;
}

static const char *no_link(char *text, size_t size, int linktype)
{
	const char *link = pcap_datalink_val_to_name(linktype);

	snprintf(text, size,
		 "link type %s (%d) is not known; it must be Ethernet, Linux cooked, "
		 "raw IP or loopback",
		 link ? link : "?", linktype);
	return text;
}

/* Returns what to do about a compressed file, by its first bytes; NULL: it is not compressed. */
static const char *is_compressed(struct capture *c)
{
	static const struct {
		const char *magic, *name, *reader;
		size_t n;
	} known[] = {
		{ "\x1f\x8b", "gzip", "zcat", 2 },
		{ "\x28\xb5\x2f\xfd", "zstd", "zstdcat", 4 },
		{ "\xfd\x37zX", "xz", "xzcat", 4 },
		{ "BZh", "bzip2", "bzcat", 3 },
		{ "\x04\x22\x4d\x18", "lz4", "lz4cat", 4 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (c->n_peeked < known[i].n || memcmp(c->peeked, known[i].magic, known[i].n) != 0)
			continue;
		snprintf(c->error, sizeof(c->error),
			 "it is compressed by %s: %s FILE | wstrace -r -", known[i].name,
			 known[i].reader);
		return c->error;
	}
	return NULL;
}

/* Finds out what the file is. Returns NULL, or why it cannot be read. */
static const char *find_kind(struct capture *c, bool *pcapng)
{
	peek(c);
	if (gunzip_starts(c->peeked, c->n_peeked)) {
		c->gunzip = gunzip__new(read_file, c, c->peeked, c->n_peeked);
		if (!c->gunzip)
			return strerror(ENOMEM);
		c->n_peeked = 0;
		peek(c);
	}
	*pcapng = c->n_peeked == sizeof(c->peeked) &&
		  !memcmp(c->peeked, PCAPNG_MAGIC, sizeof(c->peeked));
	return is_compressed(c);
}

static const char *open_stream(struct capture *c)
{
	static const cookie_io_functions_t io = { .read = read_some, .close = close_fd };
	const char *why;
	bool pcapng = false;

	c->fd = STDIN_FILENO;
	if (strcmp(c->name, "-"))
		c->fd = open(c->name, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		return strerror(errno);
	c->pipe = lseek(c->fd, 0, SEEK_CUR) < 0;
	why = find_kind(c, &pcapng);
	if (why)
		return why;
	c->stream = fopencookie(c, "r", io);
	if (!c->stream)
		return strerror(errno);
	setvbuf(c->stream, NULL, _IOFBF, READ_SIZE);
	if (pcapng) {
		c->pcapng = pcapng_reader__new(c->stream);
		return c->pcapng ? NULL : strerror(ENOMEM);
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->stream, PCAP_TSTAMP_PRECISION_NANO,
							   c->error);
	if (!c->pcap)
		return c->error;
	c->linktype = pcap_datalink(c->pcap);
	if (capture_link_known(c->linktype))
		return NULL;
	return no_link(c->error, sizeof(c->error), c->linktype);
}

/* Returns why a packed file could not be unpacked; NULL: it could, so far, or it is none. */
static const char *packed_error(const struct capture *c)
{
	return c->gunzip ? gunzip__error(c->gunzip) : NULL;
}

struct capture *capture__open(const char *name, uint8_t number, capture_idle_fn idle, void *ctx)
{
	struct capture *c = calloc(1, sizeof(*c));
	const char *why;

	if (!c)
		return NULL;
	c->fd = -1;
	c->name = strdup(name);
	c->twice = twice__new();
	if (!c->name || !c->twice)
		return cannot_open(c, strerror(ENOMEM));
	c->s.file = number;
	c->idle = idle;
	c->ctx = ctx;
	why = open_stream(c);
	if (why)
		return cannot_open(c, packed_error(c) ? packed_error(c) : why);
	c->error[0] = 0;
	return c;
}

void capture__free(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap); /* closes the stream, too */
	else if (c->stream)
		fclose(c->stream);
	pcapng_reader__free(c->pcapng);
	twice__free(c->twice);
	gunzip__free(c->gunzip);
	capture_tasks_free(&c->tasks);
	free(c->name);
	free(c);
}

const char *capture__cgroup(const struct capture *c, uint64_t cgroup)
{
	return capture_tasks_cgroup(&c->tasks, cgroup);
}

/* A packet from either kind of file. */
struct packet {
	const uint8_t *p;
	uint32_t caplen, len;
	uint64_t ts;
	int linktype;
};

static bool end(struct capture *c, bool failed, const char *why)
{
	c->ended = true;
	if (packed_error(c)) {
		failed = true;
		why = packed_error(c);
	}
	if (failed && !c->stopped)
		snprintf(c->error, sizeof(c->error), "%s", why);
	return false;
}

static bool next_pcap(struct capture *c, struct packet *k)
{
	struct pcap_pkthdr *h;
	int got = pcap_next_ex(c->pcap, &h, &k->p);

	if (got <= 0)
		return end(c, got == PCAP_ERROR, got == PCAP_ERROR ? pcap_geterr(c->pcap) : "");
	k->caplen = h->caplen;
	k->len = h->len;
	k->ts = h->ts.tv_sec * NS_PER_SEC + h->ts.tv_usec;
	k->linktype = c->linktype;
	return true;
}

/*
 * Returns whether a SYN is made up. Its comment can be believed: comments may quote peers, but
 * before a SYN nobody has said anything.
 */
static bool is_made_up(const struct pcapng_got *g)
{
	return g->comment &&
	       memmem(g->comment, g->comment_len, MADE_UP_HANDSHAKE, strlen(MADE_UP_HANDSHAKE));
}

static bool next_pcapng(struct capture *c, struct packet *k)
{
	struct pcapng_got g;
	const char *why;
	int got = pcapng_reader__next(c->pcapng, &g, &why);

	if (!got && c->strange && c->strange == c->packets)
		no_link(c->error, sizeof(c->error), c->strange_link);
	if (got <= 0)
		return end(c, got < 0, why);
	k->p = g.data;
	k->caplen = g.caplen;
	k->len = g.origlen;
	k->ts = g.ts;
	/* Among those that are known, only LINKTYPE_RAW differs from its DLT_ number. */
	k->linktype = g.source->linktype == LINKTYPE_RAW ? DLT_RAW : g.source->linktype;
	c->s.task = g.dir ? capture_tasks_get(&c->tasks, g.source->number, g.source->description) :
			    NULL;
	c->s.task_end = g.dir == PCAPNG_IN;
	c->s.own = g.own;
	c->s.made_up = is_made_up(&g);
	return true;
}

static void count_cut(struct capture *c, const struct packet *k)
{
	if (c->s.have == c->s.len || c->s.own)
		return;
	c->cut++;
	if (c->snaplen < k->caplen)
		c->snaplen = k->caplen;
}

const struct segment *capture__next(struct capture *c)
{
	struct packet k;

	while (!c->ended) {
		bool fragment = false;

		if (!(c->pcapng ? next_pcapng(c, &k) : next_pcap(c, &k)))
			break;
		c->packets++;
		if (c->packets % LOOK_EVERY == 0 && c->idle && c->idle(c->ctx)) {
			c->stopped = c->ended = true;
			break;
		}
		if (!capture_link_known(k.linktype)) {
			c->strange++;
			c->strange_link = k.linktype;
			continue;
		}
		if (capture_parse(k.linktype, k.p, k.caplen, k.len, &c->s, &fragment)) {
			c->s.ts = k.ts;
			c->s.packet = PACKET_AT(c->s.file, c->packets);
			count_cut(c, &k);
			if (c->s.unreachable || !twice__seen(c->twice, &c->s))
				return &c->s;
			c->doubles++;
		}
		c->fragments += fragment;
	}
	return NULL;
}

const struct segment *capture__peek(const struct capture *c)
{
	return c->ended ? NULL : &c->s;
}

const char *capture__error(const struct capture *c)
{
	return c->error[0] ? c->error : NULL;
}

const char *capture__name(const struct capture *c)
{
	return c->name && strcmp(c->name, "-") ? c->name : "standard input";
}

uint64_t capture__packets(const struct capture *c)
{
	return c->packets;
}

uint64_t capture__fragments(const struct capture *c)
{
	return c->fragments;
}

uint64_t capture__cut(const struct capture *c, uint32_t *snaplen)
{
	*snaplen = c->snaplen;
	return c->cut;
}

uint64_t capture__twice(const struct capture *c)
{
	return c->doubles;
}

const char *capture__strange(struct capture *c)
{
	char link[128];

	if (!c->strange || c->error[0])
		return NULL;
	snprintf(c->strange_text, sizeof(c->strange_text), "%llu packets were left out: %s",
		 (unsigned long long)c->strange, no_link(link, sizeof(link), c->strange_link));
	return c->strange_text;
}
