/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A time axis on which each long silence (break) has one fixed width. Elsewhere time runs evenly.
 */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include "report/trail.h"

#define AXIS_BREAKS 4
#define AXIS_BREAK_WIDTH 12.0 /* percent of the axis */

struct report_axis {
	uint64_t from, to; /* ns */
	uint32_t n;
	struct span_of_time breaks[AXIS_BREAKS]; /* by time, apart from each other */
};

/*
 * Makes an axis for the times `from` to `to`, ns. gaps: n silences between these, in the order of
 * time, without overlaps.
 */
void axis__build(struct report_axis *a, uint64_t from, uint64_t to, const struct span_of_time *gaps,
		 uint32_t n);

/* Returns the place of ts, ns, on the axis: 0 to 100. */
double axis__at(const struct report_axis *a, uint64_t ts);

/*
 * Puts the times that lie in spans of both a and b into `to`, which has room for max spans; all
 * three are in the order of time. Returns the number of spans.
 */
uint32_t spans__common(struct span_of_time *to, uint32_t max, const struct span_of_time *a,
		       uint32_t n_a, const struct span_of_time *b, uint32_t n_b);

#endif
