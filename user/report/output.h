/* SPDX-License-Identifier: GPL-2.0-only */
/* --report: whether its file can be, and could be, written. Both say on stderr what went wrong. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <stdbool.h>

/* Whether path can be written, before there is anything to write. Leaves nothing behind. */
bool out_report__usable(const char *path);

/* Whether the page could not be written at the end. */
bool out_report__failed(void);

#endif
