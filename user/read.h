/* SPDX-License-Identifier: GPL-2.0-only */
/* The option -r: reads capture files instead of tracing the kernel. */
#ifndef READ_H
#define READ_H

#include <signal.h>
#include <stdio.h>
#include "options.h"

/* Reads o->files. Ends early once *stopped is not 0. Returns the exit status. */
#ifndef WITHOUT_PCAP
int read_files(const struct options *o, const volatile sig_atomic_t *stopped);
#else
static inline int read_files(const struct options *o, const volatile sig_atomic_t *stopped)
{
	(void)o;
	(void)stopped;
	fprintf(stderr, "wstrace: cannot read captures: built without libpcap (PCAP=no)\n");
	return 1;
}
#endif

#endif
