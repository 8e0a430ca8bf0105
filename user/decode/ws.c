// SPDX-License-Identifier: GPL-2.0-only
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>
#include "decode/ws.h"

const char *ws_op_name(uint8_t opcode)
{
	static const char *const names[16] = { "cont", "text", "binary", "op3",	 "op4",	 "op5",
					       "op6",  "op7",  "close",	 "ping", "pong", "op11",
					       "op12", "op13", "op14",	 "op15" };

	return names[opcode & 15];
}

const char *ws_close_name(uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 1000, "normal closure" },  { 1001, "going away" },
		{ 1002, "protocol error" },  { 1003, "unsupported data" },
		{ 1007, "invalid payload" }, { 1008, "policy violation" },
		{ 1009, "message too big" }, { 1010, "extension missing" },
		{ 1011, "internal error" },  { 1012, "service restart" },
		{ 1013, "try again later" }, { 1014, "bad gateway" },
		{ 3000, "unauthorized" },    { 3003, "forbidden" },
		{ 3008, "timeout" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

void ws_unmask(char *p, size_t n, uint32_t mask, uint64_t pos)
{
	char key[4];

	memcpy(key, &mask, sizeof(key));
	for (size_t i = 0; i < n; i++)
		p[i] ^= key[(pos + i) & 3];
}

bool ws_accept_ok(struct span key, struct span accept)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char expected[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)];
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, key.n, (const uint8_t *)key.p);
	sha1_update(&sha, sizeof(guid) - 1, (const uint8_t *)guid);
	sha1_digest(&sha, sizeof(digest), digest);
	base64_encode_raw(expected, sizeof(digest), digest);
	return accept.n == sizeof(expected) && !memcmp(accept.p, expected, sizeof(expected));
}
