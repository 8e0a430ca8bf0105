// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>
#include <strings.h>

#include "handshake.h"

void accept_key(const char *key, char out[29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, strlen(key), (const uint8_t *)key);
	sha1_update(&sha, strlen(guid), (const uint8_t *)guid);
	sha1_digest(&sha, sizeof(digest), digest);
	base64_encode_raw(out, sizeof(digest), digest);
	out[28] = '\0';
}

const char *head_value(const char *head, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), len;
	const char *line = head;

	out[0] = '\0';
	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (strncasecmp(line, name, n) || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		len = strcspn(line, "\r\n");
		while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
			len--;
		if (len < size) {
			memcpy(out, line, len);
			out[len] = '\0';
		}
		break;
	}
	return out;
}

int conn_head(struct conn *c, char head[HEAD_MAX + 1])
{
	uint8_t *p = c->in.p + c->in.off, *end;
	size_t have = c->in.len - c->in.off, len;

	end = memmem(p, have, "\r\n\r\n", 4);
	len = end ? (size_t)(end - p) + 4 : have;
	if (len > HEAD_MAX || (!end && len == HEAD_MAX))
		return -1;
	if (!end)
		return 0;
	memcpy(head, p, len);
	head[len] = '\0';
	c->in.off += len;
	return 1;
}
