// SPDX-License-Identifier: GPL-2.0-only
#include <byteswap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "capture/pcapng_read.h"
#include "lib/units.h"

#define SECTION_MAX 65536 /* bytes of a section header that are looked at */

struct pcapng_reader {
	FILE *f;
	bool swapped; /* the section has the other byte order */
	bool begun;
	bool own; /* wstrace has written the section */
	uint8_t *block; /* the body of the current one */
	uint32_t len, size; /* bytes of the body; bytes allocated */
	struct pcapng_source **sources; /* of all sections */
	uint32_t n_sources, first; /* index of the current section's first source */
	const char *error;
};

struct pcapng_reader *pcapng_reader__new(FILE *f)
{
	struct pcapng_reader *r = calloc(1, sizeof(*r));

	if (r)
		r->f = f;
	return r;
}

void pcapng_reader__free(struct pcapng_reader *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->n_sources; i++) {
		free(r->sources[i]->description);
		free(r->sources[i]);
	}
	free(r->sources);
	free(r->block);
	free(r);
}

static bool fail(struct pcapng_reader *r, const char *why)
{
	r->error = why;
	return false;
}

static uint16_t get16(const struct pcapng_reader *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? bswap_16(v) : v;
}

static uint32_t get32(const struct pcapng_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? bswap_32(v) : v;
}

static bool get(struct pcapng_reader *r, void *to, size_t n)
{
	return fread(to, 1, n, r->f) == n || fail(r, "truncated file");
}

static bool make_room(struct pcapng_reader *r, uint32_t n)
{
	uint8_t *block;

	if (n <= r->size)
		return true;
	block = realloc(r->block, n);
	if (!block)
		return fail(r, "out of memory");
	r->block = block;
	r->size = n;
	return true;
}

/* Skips n bytes, as many as a block to ignore may have. */
static bool skip(struct pcapng_reader *r, uint32_t n)
{
	uint8_t scrap[4096];

	for (uint32_t some; n; n -= some) {
		some = n < sizeof(scrap) ? n : sizeof(scrap);
		if (!get(r, scrap, some))
			return false;
	}
	return true;
}

/* Returns the value of the option at *at and moves *at behind it; NULL at the end. */
static const uint8_t *next_option(struct pcapng_reader *r, uint32_t *at, uint16_t *code,
				  uint16_t *n)
{
	const uint8_t *p = r->block + *at;

	if (*at > r->len || r->len - *at < 4)
		return NULL;
	*code = get16(r, p);
	*n = get16(r, p + 2);
	if (*code == OPT_END || *n > r->len - *at - 4)
		return NULL;
	*at += 4 + ((*n + 3) & ~3u);
	return p + 4;
}

/* Finds out from a section header's options whether wstrace has written the section. */
static void find_writer(struct pcapng_reader *r)
{
	static const char name[] = "wstrace ";
	uint32_t at = 12; /* behind the version and the section's length */
	const uint8_t *p;
	uint16_t code, n;

	while ((p = next_option(r, &at, &code, &n)))
		r->own |= code == SHB_USERAPPL && n >= sizeof(name) - 1 &&
			  !memcmp(p, name, sizeof(name) - 1);
}

/*
 * Reads a section header, and from its body the byte order. *len: the block's length, which is put
 * into this host's byte order.
 */
static bool start_section(struct pcapng_reader *r, uint32_t *len)
{
	uint32_t magic;

	if (!get(r, &magic, sizeof(magic)))
		return false;
	if (magic != BYTE_ORDER_MAGIC && magic != bswap_32(BYTE_ORDER_MAGIC))
		return fail(r, "a section of no known byte order");
	r->swapped = magic != BYTE_ORDER_MAGIC;
	r->first = r->n_sources;
	r->begun = true;
	if (r->swapped)
		*len = bswap_32(*len);
	if (*len < BLOCK_ENDS + 16 || *len % 4)
		return fail(r, "a section header of impossible length");
	r->len = *len - BLOCK_ENDS - sizeof(magic);
	r->own = false;
	if (r->len > SECTION_MAX)
		return skip(r, r->len + 4);
	if (!make_room(r, r->len + 4) || !get(r, r->block, r->len + 4))
		return false;
	find_writer(r);
	return true;
}

/*
 * Reads a block. Returns its type, or 0 for one to ignore. *more becomes false at the end or on
 * failure.
 */
static uint32_t next_block(struct pcapng_reader *r, bool *more)
{
	uint32_t head[2], tail;
	size_t n = fread(head, 1, sizeof(head), r->f);

	*more = false;
	if (n < sizeof(head)) {
		if (n)
			fail(r, "truncated file");
		return 0;
	}
	if (head[0] == BLOCK_SHB) {
		*more = start_section(r, &head[1]);
		return 0;
	}
	if (r->swapped) {
		head[0] = bswap_32(head[0]);
		head[1] = bswap_32(head[1]);
	}
	if (!r->begun || head[1] < BLOCK_ENDS || head[1] % 4) {
		fail(r, "a block of impossible length");
		return 0;
	}
	r->len = head[1] - BLOCK_ENDS;
	if (head[0] != BLOCK_IDB && head[0] != BLOCK_PB && head[0] != BLOCK_SPB &&
	    head[0] != BLOCK_EPB) {
		*more = skip(r, r->len + 4);
		return 0;
	}
	if (r->len > PCAPNG_BLOCK_MAX) {
		fail(r, "a block that is too long");
		return 0;
	}
	if (!make_room(r, r->len) || !get(r, r->block, r->len) || !get(r, &tail, sizeof(tail)))
		return 0;
	*more = (r->swapped ? bswap_32(tail) : tail) == head[1] ||
		fail(r, "a block whose two lengths differ");
	return head[0];
}

static bool add_source(struct pcapng_reader *r)
{
	struct pcapng_source **grown, *s;
	const uint8_t *p;
	uint32_t at = 8;
	uint64_t offset;
	uint16_t code, n;

	if (r->len < 8)
		return fail(r, "an interface without a link type");
	grown = realloc(r->sources, (r->n_sources + 1) * sizeof(*grown));
	if (!grown)
		return fail(r, "out of memory");
	r->sources = grown;
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail(r, "out of memory");
	s->number = r->n_sources;
	r->sources[r->n_sources++] = s;
	s->linktype = get16(r, r->block);
	s->snaplen = get32(r, r->block + 4);
	s->tsresol = 6;
	while ((p = next_option(r, &at, &code, &n))) {
		if (code == IF_DESCRIPTION && !s->description) {
			s->description = strndup((const char *)p, n);
		} else if (code == IF_TSRESOL && n >= 1) {
			s->tsresol = *p;
		} else if (code == IF_TSOFFSET && n >= 8) {
			memcpy(&offset, p, sizeof(offset));
			s->tsoffset = (int64_t)(r->swapped ? bswap_64(offset) : offset);
		}
	}
	return true;
}

static uint64_t to_ns(const struct pcapng_source *s, uint64_t ticks)
{
	unsigned int n = s->tsresol & 0x7f;
	uint64_t ns = ticks;

	if (s->tsresol & 0x80) {
		ns = n > 63 ? 0 :
			      (ticks >> n) * NS_PER_SEC +
				      (uint64_t)((unsigned __int128)(ticks & ((1ULL << n) - 1)) *
							 NS_PER_SEC >>
						 n);
	} else {
		for (; n < 9; n++)
			ns *= 10;
		for (; n > 9 && ns; n--)
			ns /= 10;
	}
	return ns + s->tsoffset * NS_PER_SEC;
}

/* Fills in k for a packet whose bytes start `head` bytes into the block. */
static bool put_packet(struct pcapng_reader *r, struct pcapng_got *k, uint32_t iface, uint32_t head)
{
	if (iface >= r->n_sources - r->first)
		return fail(r, "a packet of an interface that was not described");
	if (k->caplen > r->len - head)
		return fail(r, "a packet that is longer than its block");
	k->source = r->sources[r->first + iface];
	k->data = r->block + head;
	k->dir = PCAPNG_UNKNOWN;
	k->own = r->own;
	k->comment = NULL;
	k->comment_len = 0;
	return true;
}

static bool packet(struct pcapng_reader *r, uint32_t type, struct pcapng_got *k)
{
	const uint8_t *b = r->block, *p;
	uint32_t iface, at;
	uint16_t code, n;

	if (r->len < 20)
		return fail(r, "a packet without its lengths");
	iface = type == BLOCK_PB ? get16(r, b) : get32(r, b);
	k->caplen = get32(r, b + 12);
	k->origlen = get32(r, b + 16);
	if (!put_packet(r, k, iface, 20))
		return false;
	k->ts = to_ns(k->source, (uint64_t)get32(r, b + 4) << 32 | get32(r, b + 8));
	at = 20 + ((k->caplen + 3) & ~3u);
	while ((p = next_option(r, &at, &code, &n))) {
		if (code == EPB_FLAGS && n >= 4) {
			k->dir = get32(r, p) & 3;
		} else if (code == OPT_COMMENT && !k->comment) {
			k->comment = (const char *)p;
			k->comment_len = n;
		}
	}
	return true;
}

/* Takes a simple packet, which has no time and belongs to the first interface. */
static bool simple_packet(struct pcapng_reader *r, struct pcapng_got *k)
{
	uint32_t snaplen;

	if (r->len < 4 || r->first == r->n_sources)
		return fail(r, "a packet without its length");
	snaplen = r->sources[r->first]->snaplen;
	k->origlen = k->caplen = get32(r, r->block);
	if (snaplen && k->caplen > snaplen)
		k->caplen = snaplen;
	k->ts = 0;
	return put_packet(r, k, 0, 4);
}

int pcapng_reader__next(struct pcapng_reader *r, struct pcapng_got *k, const char **why)
{
	bool more = true, found = false;

	r->error = NULL;
	while (!found && more && !r->error) {
		switch (next_block(r, &more)) {
		case BLOCK_IDB:
			more = more && add_source(r);
			break;
		case BLOCK_EPB:
			found = more && packet(r, BLOCK_EPB, k);
			break;
		case BLOCK_PB:
			found = more && packet(r, BLOCK_PB, k);
			break;
		case BLOCK_SPB:
			found = more && simple_packet(r, k);
			break;
		}
	}
	*why = r->error;
	return r->error ? -1 : found;
}
