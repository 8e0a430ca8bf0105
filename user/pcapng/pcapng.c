// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pcapng/blocks.h"
#include "pcapng/pcapng.h"

#define BUF_SIZE (1024 * 1024)
/* bytes; more than a packet of PCAPNG_SNAPLEN bytes with a comment */
#define BLOCK_MAX (384 * 1024)
#define FLUSH_AT (256 * 1024)
#define TEXT_MAX 65535 /* bytes; an option's length has 16 bits */

struct shb {
	uint32_t type, len, magic;
	uint16_t major, minor;
	int64_t section_len;
} __attribute__((packed));

struct idb {
	uint32_t type, len;
	uint16_t linktype, reserved;
	uint32_t snaplen;
};

struct epb {
	uint32_t type, len, iface, ts_high, ts_low, caplen, origlen;
};

struct isb {
	uint32_t type, len, iface, ts_high, ts_low;
};

struct pcapng {
	struct nonblock to;
	int error; /* -errno of the first write that failed */
	bool regular;
	uint32_t ifaces;
	uint64_t base; /* offset in the file of the first byte written here */
	uint64_t written; /* bytes that write() took */
	uint8_t *block; /* start of the block that is being made */
	uint8_t *at; /* where its next byte goes */
	uint8_t *out; /* the first byte that is not written */
	uint32_t flush_at; /* bytes that gather before they are written */
	struct patience *patience;
	uint8_t buf[BUF_SIZE];
};

int pcapng__open(struct pcapng **out, int fd)
{
	struct pcapng *p = malloc(sizeof(*p));
	struct stat st;
	off_t at;

	if (!p || fstat(fd, &st)) {
		int err = p ? -errno : -ENOMEM;

		free(p);
		close(fd);
		return err;
	}
	memset(p, 0, offsetof(struct pcapng, buf));
	nonblock__init(&p->to, fd);
	p->at = p->out = p->buf;
	p->flush_at = FLUSH_AT;
	at = fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR);
	p->regular = S_ISREG(st.st_mode) && at >= 0;
	p->base = p->regular ? at : 0;
	*out = p;
	return 0;
}

void pcapng__set_patience(struct pcapng *p, struct patience *patience)
{
	p->patience = patience;
}

/* Returns how many of n bytes make up whole blocks. */
static size_t whole_blocks(const uint8_t *from, size_t n)
{
	size_t done = 0;
	uint32_t len;

	while (done + 8 <= n) {
		memcpy(&len, from + done + 4, sizeof(len));
		if (len > n - done)
			break;
		done += len;
	}
	return done;
}

/* Cuts the file behind its last whole block after a failed write, on a full disk say. */
static void cut_partial_block(struct pcapng *p, const uint8_t *from, size_t n)
{
	size_t keep = whole_blocks(from, n);
	uint64_t end = p->base + p->written;
	struct stat st;

	/* Leave a file alone that another process wrote to, or that was longer before. */
	if (keep == n || !p->regular || fstat(p->to.fd, &st) || st.st_size != end)
		return;
	if (ftruncate(p->to.fd, end - (n - keep)) == 0)
		p->written -= n - keep;
}

int pcapng__flush(struct pcapng *p)
{
	const uint8_t *from = p->out;

	while (!p->error && p->out < p->at) {
		ssize_t w = nonblock__write(&p->to, p->out, p->at - p->out);

		if (w >= 0) {
			p->out += w;
			p->written += w;
		} else if (errno == EAGAIN) { /* the pipe is full */
			p->flush_at = p->at - p->out + FLUSH_AT / 4;
			return 0;
		} else {
			p->error = -errno;
			cut_partial_block(p, from, p->out - from);
		}
	}
	p->at = p->out = p->buf;
	p->flush_at = FLUSH_AT;
	return p->error;
}

/* Writes until at most `most` bytes are left. */
static int drain(struct pcapng *p, size_t most)
{
	while (!pcapng__flush(p) && p->at - p->out > most)
		if (!nonblock__wait(&p->to) && p->patience && !patience__lasts(p->patience))
			p->error = -ETIMEDOUT;
	return p->error;
}

/* Makes sure that a block fits into the memory. */
static void make_room(struct pcapng *p)
{
	if (p->buf + BUF_SIZE - p->at >= BLOCK_MAX)
		return;
	drain(p, BUF_SIZE - BLOCK_MAX);
	memmove(p->buf, p->out, p->at - p->out);
	p->at -= p->out - p->buf;
	p->out = p->buf;
}

int pcapng__close(struct pcapng *p)
{
	int err;

	if (!p)
		return 0;
	err = drain(p, 0);
	/* Network file systems and quotas report a failed write only here. */
	if (close(p->to.fd) && !err && errno != EINTR)
		err = -errno;
	free(p);
	return err;
}

uint64_t pcapng__bytes(const struct pcapng *p)
{
	return p->written + (p->at - p->out);
}

static void put(struct pcapng *p, const void *data, size_t n)
{
	memcpy(p->at, data, n);
	p->at += n;
}

/* Fills up to the next multiple of 4. */
static void pad(struct pcapng *p, size_t n)
{
	memset(p->at, 0, 4);
	p->at += -n & 3;
}

static void put_option(struct pcapng *p, uint16_t code, const void *value, size_t n)
{
	uint16_t head[2] = { code, n };

	put(p, head, sizeof(head));
	put(p, value, n);
	pad(p, n);
}

/* Returns a text's length, at most TEXT_MAX. Cuts between two characters of UTF-8. */
static size_t text_len(const char *s)
{
	size_t n = strnlen(s, TEXT_MAX + 1);

	if (n <= TEXT_MAX)
		return n;
	n = TEXT_MAX;
	while (n && ((uint8_t)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void put_text(struct pcapng *p, uint16_t code, const char *s)
{
	if (s)
		put_option(p, code, s, text_len(s));
}

static void put_end(struct pcapng *p)
{
	uint32_t end = OPT_END;

	put(p, &end, sizeof(end));
}

static void block_start(struct pcapng *p, const void *head, size_t n)
{
	make_room(p);
	p->block = p->at;
	put(p, head, n);
}

static int block_end(struct pcapng *p)
{
	uint32_t len = p->at + sizeof(len) - p->block;

	memcpy(p->block + 4, &len, sizeof(len));
	put(p, &len, sizeof(len));
	if (p->at - p->out >= p->flush_at)
		return pcapng__flush(p);
	return p->error;
}

int pcapng__section(struct pcapng *p, const struct pcapng_section *s)
{
	/* A length of -1 is "not known": the file is valid at every moment. */
	struct shb h = { BLOCK_SHB, 0, BYTE_ORDER_MAGIC, 1, 0, -1 };

	if (p->error)
		return p->error;
	p->ifaces = 0;
	block_start(p, &h, sizeof(h));
	put_text(p, SHB_HARDWARE, s->hardware);
	put_text(p, SHB_OS, s->os);
	put_text(p, SHB_USERAPPL, s->application);
	put_text(p, OPT_COMMENT, s->comment);
	put_end(p);
	return block_end(p);
}

int pcapng__interface(struct pcapng *p, const struct pcapng_interface *i)
{
	struct idb h = { BLOCK_IDB, 0, i->linktype, 0, PCAPNG_SNAPLEN };
	uint8_t tsresol = 9;
	int err;

	if (p->error)
		return p->error;
	block_start(p, &h, sizeof(h));
	put_text(p, IF_NAME, i->name);
	put_text(p, IF_DESCRIPTION, i->description);
	put_option(p, IF_TSRESOL, &tsresol, 1);
	put_end(p);
	err = block_end(p);
	return err ? err : p->ifaces++;
}

int pcapng__packet(struct pcapng *p, const struct pcapng_packet *k)
{
	struct epb h = { BLOCK_EPB, 0, k->iface, k->ts >> 32, k->ts, 0, k->origlen };
	uint32_t flags = k->dir;
	size_t caplen = 0;

	for (unsigned int i = 0; i < k->iovs; i++)
		caplen += k->iov[i].iov_len;
	if (p->error)
		return p->error;
	if (caplen > PCAPNG_SNAPLEN || caplen > k->origlen || k->iface >= p->ifaces)
		return -EINVAL;
	h.caplen = caplen;
	block_start(p, &h, sizeof(h));
	for (unsigned int i = 0; i < k->iovs; i++)
		if (k->iov[i].iov_len)
			put(p, k->iov[i].iov_base, k->iov[i].iov_len);
	pad(p, caplen);
	put_text(p, OPT_COMMENT, k->comment);
	if (flags)
		put_option(p, EPB_FLAGS, &flags, sizeof(flags));
	if (k->dropped)
		put_option(p, EPB_DROPCOUNT, &k->dropped, sizeof(k->dropped));
	if (k->comment || flags || k->dropped)
		put_end(p);
	return block_end(p);
}

/* Adds a time: two halves, the high one first in either byte order. */
static void put_time(struct pcapng *p, uint16_t code, uint64_t ts)
{
	uint32_t halves[2] = { ts >> 32, ts };

	put_option(p, code, halves, sizeof(halves));
}

int pcapng__statistics(struct pcapng *p, uint32_t iface, const struct pcapng_statistics *s)
{
	struct isb h = { BLOCK_ISB, 0, iface, s->end >> 32, s->end };

	if (p->error)
		return p->error;
	if (iface >= p->ifaces)
		return -EINVAL;
	block_start(p, &h, sizeof(h));
	put_time(p, ISB_STARTTIME, s->start);
	put_time(p, ISB_ENDTIME, s->end);
	put_option(p, ISB_IFRECV, &s->received, sizeof(s->received));
	put_option(p, ISB_IFDROP, &s->dropped, sizeof(s->dropped));
	put_end(p);
	return block_end(p);
}
