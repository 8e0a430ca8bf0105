/* SPDX-License-Identifier: GPL-2.0-only */
/* The live trace of this host. */
#ifndef TRACE_H
#define TRACE_H

#include <signal.h>
#include "options.h"

/* Traces until *stopped is not 0, or the options' limits are reached. Returns the exit status. */
int trace(const struct options *o, const volatile sig_atomic_t *stopped);

#endif
