// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps answers back that refuse something until what their bodies say is known: Wireshark shows
 * head and body together, where both are in one packet.
 */
#include <errno.h>
#include <string.h>
#include <utlist.h>
#include "lib/units.h"
#include "pcapng/flow_other.h"
#include "pcapng/flow_steps.h"

#define WAIT_NS (100 * NS_PER_MS) /* a body comes with its head, or just behind it */
#define WAITING_MAX (16 << 20) /* bytes kept back, of all flows */

/* Whether a body may come whose words tell why: of 300 and above, without an upgrade. */
static bool refuses(const struct flow_head *h)
{
	return h->dir == FLOW_S2C && !h->upgrade && h->len == h->bytes.n && h->bytes.n > 9 &&
	       h->bytes.p[9] >= '3' && h->bytes.p[9] <= '9';
}

int flow_answer_release(struct flow *f)
{
	struct buf bytes = f->answer.bytes;
	struct flow_head h = f->answer.head;
	size_t n = h.bytes.n;
	int err;

	if (!f->answering)
		return 0;
	f->answering = false;
	f->answer.bytes = (struct buf){};
	f->flows->kept_back -= bytes.len;
	DL_DELETE(f->flows->waiting, f);
	h.bytes = (struct span){ bytes.data, n };
	h.body = (struct span){ bytes.data + n, bytes.len - n };
	err = flow_hold_head(f, &h);
	buf_free(&bytes);
	return err;
}

int flow__head(struct flow *f, const struct flow_head *h)
{
	int err = flow_answer_release(f);

	if (err || !refuses(h) || f->upgraded || f->flows->kept_back > WAITING_MAX)
		return err ? err : flow_hold_head(f, h);
	f->answer.head = *h;
	buf_add(&f->answer.bytes, h->bytes.p, h->bytes.n);
	if (f->answer.bytes.failed)
		return -ENOMEM;
	f->flows->kept_back += h->bytes.n;
	f->answering = true;
	DL_APPEND(f->flows->waiting, f);
	return 0;
}

int flow__body(struct flow *f, const char *words)
{
	struct buf *b = &f->answer.bytes;

	if (!f->answering)
		return 0;
	for (const char *p = words; *p; p++)
		buf_char(b, *p == '*' ? ' ' : *p);
	if (b->failed)
		return -ENOMEM;
	f->flows->kept_back += strlen(words);
	return flow_answer_release(f);
}

int flows__tick(struct flows *fs, uint64_t now)
{
	int err = 0;

	while (!err && fs->waiting && now > fs->waiting->answer.head.ts + WAIT_NS)
		err = flow_answer_release(fs->waiting);
	return err;
}
