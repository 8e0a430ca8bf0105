/* SPDX-License-Identifier: GPL-2.0-only */
/* Gathers a run's events into the records of report/records.h, and sums them up. */
#ifndef REPORT_GATHER_H
#define REPORT_GATHER_H

#include "report/records.h"

/* Creates an empty report. Returns NULL when memory ran out. */
struct report *report__new(void);

/* Frees r with all its records. Accepts NULL. */
void report__free(struct report *r);

/* Takes an event. To be called for all events, in order. */
void report__event(struct report *r, const struct event *e);

/* Ends the run at ts, CLOCK_REALTIME, ns: adds the connections that are still open to the sums. */
void report__finish(struct report *r, uint64_t ts);

#endif
