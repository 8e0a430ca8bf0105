/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of a run, taken into the records of report/records.h, and summed up. */
#ifndef REPORT_GATHER_H
#define REPORT_GATHER_H

#include "report/records.h"

/* Returns NULL when memory ran out. To be freed by report__free(), which accepts NULL. */
struct report *report__new(void);
void report__free(struct report *r);

/* Takes an event; all of them, in order. */
void report__event(struct report *r, const struct event *e);

/* Ends the run at ts, CLOCK_REALTIME in ns: connections that are still open go into the sums. */
void report__finish(struct report *r, uint64_t ts);

#endif
