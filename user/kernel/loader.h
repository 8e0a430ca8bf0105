/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel side, loaded and attached. */
#ifndef KERNEL_LOADER_H
#define KERNEL_LOADER_H

#include "options.h"
#include "run.h"

struct loader;

/*
 * Loads and attaches the first backend that works, or the one that o names. Returns NULL after
 * having said why on stderr; *status is then the exit status, 3 or 4.
 */
struct loader *loader__new(const struct options *o, int *status);

/* Detaches everything. Accepts NULL. */
void loader__free(struct loader *l);

const char *loader__backend(const struct loader *l);

typedef int (*record_fn)(void *ctx, void *record, size_t size);

/*
 * Reads what is in the ring buffer, and of what comes meanwhile no more than it holds. Returns the
 * number of records, or a negative value that fn returned.
 */
int loader__read(struct loader *l, record_fn fn, void *ctx);

/*
 * Once, first of all: has the kernel side send a WST_OPEN for each connection that was open before.
 * fn and what is returned: as below.
 */
int loader__announce(struct loader *l, record_fn fn, void *ctx);

/*
 * Has the kernel side send a WST_STATS for each open connection; with waiting_only, for those in
 * which data waits, and without histograms. Where they are more than the ring buffer holds, fn gets
 * records already. Returns 0 or -errno, or a negative value that fn returned.
 */
int loader__ask_stats(struct loader *l, bool waiting_only, record_fn fn, void *ctx);

/* With --top: data frames and histograms of this connection cross from now on; 0: of none. */
void loader__set_focus(struct loader *l, uint64_t conn);

/* The kernel side's sums, over closed and open connections; t->conns is not touched. */
void loader__totals(struct loader *l, struct run_totals *t);

/* Gets the number, wst_hdr's conn, of a connection that is open. */
typedef void (*conn_fn)(void *ctx, uint64_t conn);

/* Calls fn for all connections that the kernel side follows. Returns 0 or -errno. */
int loader__census(struct loader *l, conn_fn fn, void *ctx);

/* Connections that were not followed so far, since there were --max-conns already. */
uint64_t loader__refused(const struct loader *l);

/* When a connection to a server was last opened, CLOCK_MONOTONIC, ns; 0: none was so far. */
uint64_t loader__last_opened(const struct loader *l);

/* Whether a connection had to do without histograms: before Linux 6.1 only so many have them. */
bool loader__hists_full(const struct loader *l);
uint32_t loader__max_hists(const struct loader *l);

/* Events lost so far. */
uint64_t loader__lost(const struct loader *l);

/* --check: prints what this kernel allows. Returns the exit status. */
int loader__check(const struct options *o);

/* libbpf's own messages to stderr, from level -vv on. */
void loader__set_verbosity(int verbose);

#endif
