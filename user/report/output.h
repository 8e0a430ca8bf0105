/* SPDX-License-Identifier: GPL-2.0-only */
/* File of --report: whether it can be written. Both functions say on stderr what went wrong. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdbool.h>

/* Tells whether path can be written, before the run. Leaves nothing behind. */
bool out_report__usable(const char *path);

/* Tells whether writing the page failed, after the run. */
bool out_report__failed(void);

#endif
