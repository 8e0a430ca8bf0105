/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Room for iterators that fill the ring buffer. */
#ifndef ITER_BPF_H
#define ITER_BPF_H

#include "maps.bpf.h"

/*
 * With tens of thousands of connections the records do not fit the ring buffer at once. An iterator
 * that returns 1 then makes read() fail with EAGAIN and resume at this element. With no_wait set it
 * goes on, and lost records are counted.
 */
static __always_inline bool no_room(void)
{
	if (!no_wait && bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >
				bpf_ringbuf_query(&events, BPF_RB_RING_SIZE) / 2)
		return true;
	iterated++;
	return false;
}

#endif
