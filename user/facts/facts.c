// SPDX-License-Identifier: GPL-2.0-only
#include "facts/facts.h"

bool server_heard(const struct facts *f)
{
	/* A client that sends frames must have had its 101. */
	return f->res.seen || f->heard || f->answer_why || f->s[WST_S2C].frames ||
	       f->s[WST_C2S].frames || (f->open && f->conn->head[WST_S2C].bytes.len);
}
