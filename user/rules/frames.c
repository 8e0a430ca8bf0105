// SPDX-License-Identifier: GPL-2.0-only
/* Rules about frames that break RFC 6455. */
#include <string.h>
#include "facts/chain.h"
#include "facts/observe.h"
#include "rules/rules.h"
#include "rules/stream.h"

bool seen_whole(const struct facts *f)
{
	return f->res.websocket; /* then it is known where frames start, and whose they are */
}

static bool mask_c2s(const struct facts *f)
{
	return seen_whole(f) && f->dir == WST_C2S && !f->frame_masked;
}

static bool mask_s2c(const struct facts *f)
{
	return seen_whole(f) && f->dir == WST_S2C && f->frame_masked;
}

bool has_deflate(const struct facts *f)
{
	return f->res.extensions && strstr(f->res.extensions, "permessage-deflate");
}

static bool rsv_not_agreed(const struct facts *f)
{
	return seen_whole(f) && !f->res.cut && f->rsv && !(f->rsv == 4 && has_deflate(f)) &&
	       (!f->res.extensions ||
		has_deflate(f)); /* an extension we do not know may use them */
}

/* Returns whether RSV1 alone is set without an agreement, which marks a compressed message. */
static bool compressed(const struct facts *f)
{
	return rsv_not_agreed(f) && f->rsv == 4;
}

/* Returns whether the sender's own handshake agreed on compression, of which f's knows nothing. */
static bool agreed_elsewhere(const struct facts *f)
{
	const struct facts *source = chain_source(f, f->dir);

	return compressed(f) && source && source->res.websocket && has_deflate(source);
}

static bool agreement_lost(const struct facts *f)
{
	return agreed_elsewhere(f) &&
	       (f->dir == WST_C2S ? f->between : f->upstream->between) == BETWEEN_ONE;
}

static bool closed_before(const struct facts *f)
{
	return f->breach && f->breach->after_close;
}

static bool bad_frame(const struct facts *f)
{
	return f->breach && !closed_before(f) && !(f->conn->midstream && !f->s[f->dir].frames);
}

static bool bad_utf8(const struct facts *f)
{
	return f->text_bad;
}

static bool never_sent(uint16_t code)
{
	return code && (code < 1000 || (code >= 1004 && code <= 1006) || code == 1015 ||
			(code > 1015 && code < 3000) || code >= 5000);
}

static bool half_code(const struct facts *f)
{
	return f->s[f->dir].closed && f->s[f->dir].close_len == 1;
}

static bool bad_code(const struct facts *f)
{
	return f->s[f->dir].closed && never_sent(f->s[f->dir].code);
}

const struct rule rules_frame[] = {
	{ "mask-c2s", SEV_ERROR, CAUSE_STREAM, AT_FRAME, mask_c2s,
	  "{sender} sent a frame that is not masked: servers must end the connection", NULL,
	  "dir masked len" },
	{ "mask-s2c", SEV_ERROR, CAUSE_STREAM, AT_FRAME, mask_s2c,
	  "{sender} sent a masked frame: clients must end the connection", NULL, "dir masked len" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, agreement_lost,
	  "{passer} passes on compressed frames (RSV1), and agreed on compression on one side "
	  "only: {sender} did what its handshake says",
	  NULL, "dir rsv extensions_offered extensions_granted" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, agreed_elsewhere,
	  "compressed frames (RSV1) of {sender}, as its own handshake agreed, come from {passer}, "
	  "where that was not agreed: a hop between them, which is not seen, or one of the two "
	  "changed Sec-WebSocket-Extensions",
	  NULL, "dir rsv extensions_offered extensions_granted", .hop = "" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, compressed,
	  "{sender} sent a compressed frame (RSV1), and the handshake did not agree on "
	  "compression",
	  NULL, "dir rsv extensions_offered extensions_granted" },
	{ "rsv-not-agreed", SEV_ERROR, CAUSE_STREAM, AT_FRAME, rsv_not_agreed,
	  "{sender} sent a frame with {rsv_bits} set, and the handshake agreed on no extension "
	  "that uses that",
	  "correct the sender, or what alters frames on the way: without such an extension these "
	  "bits "
	  "are 0",
	  "dir rsv extensions_offered extensions_granted" },
	{ "bad-frame", SEV_ERROR, CAUSE_STREAM, AT_FRAME, bad_frame,
	  "{sender} sent a frame that breaks the framing rules: {breach}", "{breach_fix}",
	  "dir breach len" },
	{ "bad-utf8", SEV_ERROR, CAUSE_STREAM, AT_FRAME, bad_utf8,
	  "{sender} sent text that is not UTF-8", NULL, "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, closed_before,
	  "{sender} sent a frame after its Close frame", "{breach_fix}", "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, half_code,
	  "{sender} sent a Close frame of one byte: a code takes two", NULL, "dir len" },
	{ "bad-close", SEV_WARNING, CAUSE_STREAM, AT_FRAME, bad_code,
	  "{sender} sent a Close frame with the code {sent_code}, which may not be sent", NULL,
	  "dir code len" },
	{ 0 },
};
