// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "frame.h"
#include "wsload.h"

void mask_copy(uint8_t *dst, const uint8_t *src, size_t len, const uint8_t key[4])
{
	uint64_t word, key8;
	size_t i = 0;

	memcpy(&key8, key, 4);
	memcpy((uint8_t *)&key8 + 4, key, 4);
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, src + i, 8);
		word ^= key8;
		memcpy(dst + i, &word, 8);
	}
	for (; i < len; i++)
		dst[i] = src[i] ^ key[i & 3];
}

size_t put_header(uint8_t *h, uint8_t b0, uint64_t len, const uint8_t *key)
{
	unsigned int n = 2, wide = len < 126 ? 0 : len < 65536 ? 2 : 8;

	h[0] = b0;
	h[1] = (wide == 8 ? 127 : wide ? 126 : len) | (key ? 0x80 : 0);
	while (wide)
		h[n++] = len >> 8 * --wide;
	if (key) {
		memcpy(h + n, key, 4);
		n += 4;
	}
	return n;
}

int conn_frame(struct conn *c, bool masked, struct frame *f)
{
	uint8_t *p = c->in.p + c->in.off;
	size_t have = c->in.len - c->in.off, head = 2, i, wide;
	uint64_t len;

	c->need = 0;
	if (have < 2)
		return 0;
	f->b0 = p[0];
	len = p[1] & 0x7f;
	wide = len < 126 ? 0 : len == 126 ? 2 : 8;
	if ((p[0] & 0x70) || (p[1] >> 7) != masked)
		return 1002;
	if ((p[0] & 8) && (wide || !(p[0] & FIN)))
		return 1002;
	if (have < head + wide + (masked ? 4 : 0))
		return 0;
	if (wide)
		for (len = 0, i = 0; i < wide; i++)
			len = len << 8 | p[head++];
	if (len > FRAME_MAX)
		return 1009;
	if (masked) {
		memcpy(f->key, p + head, 4);
		head += 4;
	}
	if (have < head + len) {
		c->need = head + len;
		return 0;
	}
	f->payload = p + head;
	f->len = len;
	c->in.off += head + len;
	return 1;
}
