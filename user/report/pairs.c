// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "report/pairs.h"

bool pairs__next(const struct report_pairs *p, size_t *at, struct span *name, struct span *value)
{
	uint16_t n[2];

	if (*at + sizeof(n) > p->bytes.len)
		return false;
	memcpy(n, p->bytes.data + *at, sizeof(n));
	*name = (struct span){ p->bytes.data + *at + sizeof(n), n[0] };
	*value = (struct span){ name->p + n[0], n[1] };
	*at += sizeof(n) + n[0] + n[1];
	return true;
}

void pairs__add(struct report_pairs *p, struct span name, struct span value)
{
	uint16_t n[2] = { name.n, value.n };

	if (p->bytes.len + sizeof(n) + name.n + value.n > PAIRS_BYTES_MAX) {
		p->left_out++;
		return;
	}
	buf_add(&p->bytes, n, sizeof(n));
	buf_add(&p->bytes, name.p, name.n);
	buf_add(&p->bytes, value.p, value.n);
	p->n++;
}
