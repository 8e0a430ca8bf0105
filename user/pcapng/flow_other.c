// SPDX-License-Identifier: GPL-2.0-only
/* Writes what is neither a head nor a frame, and leaves holes for what was not seen. */
#include "pcapng/flow_other.h"
#include "pcapng/flow_steps.h"

/* Makes room for the bytes: behind all that came before them. */
static int reach_other(struct flow *f, const struct flow_other *o)
{
	int err = o->synthetic ? flow__release(f, o->ts) : flow_settle(f, o->dir, o->ts, o->seq);

	if (!err)
		err = flow_lane_finish(f, o->dir);
	if (err)
		return err;
	if (o->synthetic)
		return flow_open(f, o->ts, f->upgraded ? MAKE_BOTH : MAKE_NOTHING);
	return flow_reach(f, o->dir, o->ts, o->seq, MAKE_BOTH);
}

int flow__other(struct flow *f, const struct flow_other *o)
{
	struct iovec iov = { (void *)o->bytes.p, o->bytes.n };
	int err;

	if (f->attempt || (o->synthetic && !f->begun && f->midstream))
		return 0;
	err = reach_other(f, o);
	if (!err)
		err = flow__note(f, o->note);
	if (err)
		return err;
	f->upgraded |= !o->synthetic;
	f->lane[o->dir].seen = true;
	return flow_tcp_data(f, o->dir, o->ts, &iov, o->bytes.n ? 1 : 0,
			     o->bytes.n ? o->bytes.n : 1);
}

int flow__pad(struct flow *f, uint8_t dir, uint64_t ts, uint64_t n)
{
	int err = flow__release(f, ts);
	uint64_t have = f->lane[dir].next - f->lane[dir].first;

	if (err || f->midstream || f->attempt || f->upgraded || n > CHUNK || have >= n)
		return err;
	err = flow_open(f, ts, MAKE_NOTHING);
	for (int d = 0; d < FLOW_DIRS; d++)
		if (ts < f->lane[d].latest)
			ts = f->lane[d].latest;
	return err ? err : flow_tcp_data(f, dir, ts, NULL, 0, n - have);
}

void flow__blind(struct flow *f, uint8_t dir, bool end)
{
	/* A reader takes one byte more than there is for a FIN that it has not seen. */
	if (f->lane[dir].framed)
		f->lane[dir].unseen = 2;
	f->lane[dir].blind |= end;
}
