/* SPDX-License-Identifier: GPL-2.0-only */
/* -r: capture files instead of the kernel. */
#ifndef READ_H
#define READ_H

#include <signal.h>
#include "cli.h"

/* Reads o->files. Ends early once *stopped is not 0. Returns the exit status. */
int read_files(const struct options *o, const volatile sig_atomic_t *stopped);

#endif
