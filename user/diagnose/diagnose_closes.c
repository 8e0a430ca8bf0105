// SPDX-License-Identifier: GPL-2.0-only
/* Close frames: judged once by the chain, when all its legs have had time to pass them on. */
#include "diagnose/diagnose_state.h"
#include "facts/chain.h"

void diagnose__closes(struct diagnose *d, struct facts *f, uint64_t ts)
{
	const struct facts *from;
	bool waits = false;
	uint8_t dir;

	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream) {
		waits |= leg->close_waits;
		leg->close_waits = false;
	}
	from = chain_close(f, &dir);
	if (!from)
		return;
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream)
		if (waits && leg == from && leg->conn)
			diagnose__weigh(d, leg, AT_CLOSE, ts);
	for (struct facts *leg = chain_first(f); leg; leg = leg->upstream)
		if (leg != from && leg->conn)
			diagnose__weigh(d, leg, AT_PASSED, ts);
}

void diagnose__close_came(struct diagnose *d, struct facts *f, uint64_t ts)
{
	f->close_waits = true;
	if (f->undecided || (!f->upstream && !f->downstream) ||
	    !undecided__add(&d->undecided, f, ts + UNDECIDED_NS + 2 * chain_rtt(f)))
		diagnose__closes(d, f, ts);
}
