/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracing this host, until told to stop. */
#ifndef TRACE_H
#define TRACE_H

#include <signal.h>
#include "options.h"

/* *stopped becomes true when it is time to end. Returns the exit status. */
int trace(const struct options *o, const volatile sig_atomic_t *stopped);

#endif
