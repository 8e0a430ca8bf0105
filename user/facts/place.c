// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "facts/endpoints.h"
#include "facts/place.h"
#include "lib/units.h"

#define LOCATION_MAX 80
#define NAME_MAX_LEN 32 /* of a segment that a person chose */

/* Returns whether a segment of a path was chosen by a person, and is safe to write as it is. */
static bool is_name(const char *p, size_t n)
{
	size_t digits = 0;

	if (!n || n > NAME_MAX_LEN || *p == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = p[i];

		if (c >= 0x80 || (!isalnum(c) && !strchr("_.~-", c)))
			return false;
		digits += isdigit(c) != 0;
	}
	return digits < n && !(n >= 16 && digits >= 4);
}

void place_location(struct buf *b, const char *target)
{
	const char *scheme, *p = target, *end;
	size_t n, keep = 1;

	if (!target)
		return;
	scheme = strstr(target, "://");
	if (*target != '/' && scheme)
		p = scheme + 3 + strcspn(scheme + 3, "/?#");
	if (*p != '/') {
		buf_char(b, '/');
		return;
	}
	end = p + strcspn(p, "?#");
	while (p + keep < end) {
		n = strcspn(p + keep, "/?#");
		if (!is_name(p + keep, n) || keep + n >= LOCATION_MAX)
			break;
		keep += n;
		if (p[keep] != '/')
			break;
		keep++;
	}
	buf_add(b, p, keep);
}

/* Returns the target that the proxy to be mended has got; NULL where no request was seen. */
static const char *target_of(const struct facts *f)
{
	const struct conn *client = endpoint_client(f);
	const struct facts *before = f->downstream;

	if (before && before->req.target && (!client || proxy_named(client->comm)))
		return before->req.target;
	return f->req.target ? f->req.target : before ? before->req.target : NULL;
}

void place_place(struct buf *b, const struct facts *f)
{
	if (target_of(f))
		place_location(b, target_of(f));
	else
		buf_str(b, "...");
}

void place_for_place(struct buf *b, const struct facts *f)
{
	if (!target_of(f))
		return;
	buf_str(b, " that takes ");
	place_location(b, target_of(f));
}

void place_matcher(struct buf *b, const struct facts *f)
{
	place_place(b, f);
	if (b->len && b->data[b->len - 1] == '/')
		buf_char(b, '*');
}

void place_backend(struct buf *b, const struct facts *f)
{
	const struct facts *behind = f->downstream ? f : f->upstream;

	buf_str(b, behind ? conn_server_addr(behind->conn) : "HOST:PORT");
}

void place_not_there(struct buf *b, const struct facts *f)
{
	buf_str(b, f->down.ts ? f->down.addr : f->down_before.addr);
}

/* Returns the silence that ended the connection, ns. */
static uint64_t limit(const struct facts *f)
{
	return f->end.client_silence > f->end.silence ? f->end.client_silence : f->end.silence;
}

/* Appends that time in seconds, whole ones where it is near. */
static void put_limit(struct buf *b, const struct facts *f)
{
	uint64_t ms = limit(f) / NS_PER_MS, s = (ms + 500) / 1000;

	if ((ms > s * 1000 ? ms - s * 1000 : s * 1000 - ms) * 10 < ms)
		buf_u64(b, s);
	else
		buf_printf(b, "%.3g", ms / 1e3);
}

void place_ping_fits(struct buf *b, const struct facts *f)
{
	uint64_t s = (limit(f) + NS_PER_SEC / 2) / NS_PER_SEC;
	struct hop who = f->end.by_client ? hop_client(f) : hop_server(f);

	if (s > 2)
		buf_printf(b, "ping every %llu s", (unsigned long long)(s - 1) / 2);
	else
		buf_printf(b, "ping every %.2g s", limit(f) * 0.4 / 1e9);
	buf_str(b, ", less than half of the ");
	put_limit(b, f);
	buf_str(b, " s that ");
	buf_str(b, who.comm ? who.comm : f->end.by_client ? "the other side" : "the server");
	buf_str(b, " waits");
}

void place_longer(struct buf *b, const struct facts *f)
{
	static const unsigned int steps[] = { 3600, 24 * 3600, 7 * 24 * 3600 };
	size_t i = 0;

	while (i < 2 && limit(f) >= steps[i] * NS_PER_SEC / 2)
		i++;
	buf_u64(b, steps[i]);
}

void place_shorten(struct buf *b, const struct facts *f)
{
	const char *longest = f->req.longest;

	if (!longest[0] || !strcasecmp(longest, "cookie"))
		buf_str(b, "remove cookies that are not needed");
	else if (longest[0] == '/')
		buf_str(b, "send less in the URL: a long token fits into the first message");
	else
		buf_printf(b, "shorten the header %s", longest);
}

static unsigned int head_kib(const struct facts *f)
{
	unsigned int kib = 16;

	while (kib < 1024 && kib * 1024 < f->req.len + f->req.len / 4)
		kib *= 2;
	return kib;
}

void place_head_kib(struct buf *b, const struct facts *f)
{
	buf_u64(b, head_kib(f));
}

void place_head_bytes(struct buf *b, const struct facts *f)
{
	buf_u64(b, head_kib(f) * 1024);
}
