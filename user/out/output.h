/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs: where events go. Each is a row of outputs[] in session.c; a new one is a file, its row
 * and its option.
 */
#ifndef OUT_OUTPUT_H
#define OUT_OUTPUT_H

#include "decode/event.h"
#include "diagnose/diagnose.h"
#include "options.h"
#include "run.h"

/*
 * One output. Functions get the self that open() made; those that may be NULL say so. Times are
 * CLOCK_REALTIME, ns.
 */
struct output {
	const char *name;
	unsigned int needs; /* enum needs */
	bool filtered; /* gets only what -q and --only let through */
	bool (*wanted)(const struct options *o);

	/*
	 * Asked before anything is loaded. Returns 0, or the exit status after having said why not.
	 * May be NULL.
	 */
	int (*usable)(const struct options *o);

	/* o and run stay. Returns 0, or -errno; what cannot be opened has been said on stderr. */
	int (*open)(void **self, const struct options *o, const struct run_info *run);

	void (*event)(void *self, const struct event *e);

	/* A record of c, once the decoder has taken it. May be NULL. */
	void (*record)(void *self, struct conn *c, const struct wst_hdr *h, uint64_t ts);

	/* So many events found the ring buffer full. May be NULL. */
	void (*lost)(void *self, uint64_t ts, uint64_t events);

	/* The sums so far, after EV_STATS have been asked for. May be NULL. */
	void (*totals)(void *self, uint64_t ts, const struct run_totals *t);

	/*
	 * Called several times a second: keys are read, what has gathered goes out. *focus: id of
	 * the connection whose data frames and histograms are looked at, 0: none. Returns false
	 * when the user is done. May be NULL.
	 */
	bool (*tick)(void *self, uint64_t ts, uint64_t *focus);

	/* Whether there is no more to do: it failed, or has all that was wished for. May be NULL.
	 */
	bool (*done)(const void *self);

	/*
	 * Writes the end and frees self. d: what was wrong. Returns 0, or -errno after having said
	 * it on stderr; -EPIPE, unsaid, where the reader has gone.
	 */
	int (*close)(void *self, uint64_t ts, const struct run_totals *t, const struct diagnose *d);
};

extern const struct output output_text, output_json, output_top, output_pcapng, output_report;

/* The outputs of a run, and what the options let through to them. */
struct outputs;

/* The needs of those of table, which ends with NULL, that o names. */
unsigned int outputs_needs(const struct output *const *table, const struct options *o);

/* Opens those of table that o names; o, run and table stay. Returns 0 or -errno. */
int outputs__new(struct outputs **os, const struct output *const *table, const struct options *o,
		 const struct run_info *run);

void outputs__event(struct outputs *os, const struct event *e);
void outputs__record(struct outputs *os, struct conn *c, const struct wst_hdr *h, uint64_t ts);
void outputs__lost(struct outputs *os, uint64_t ts, uint64_t events);
void outputs__totals(struct outputs *os, uint64_t ts, const struct run_totals *t);

/* Returns false when the user is done. */
bool outputs__tick(struct outputs *os, uint64_t ts, uint64_t *focus);

/* From now on EV_STATS are each connection's last word, for connections that stay open. */
void outputs__ending(struct outputs *os);

/* Whether -n frames have come, or an output is done. */
bool outputs__done(const struct outputs *os);

/* Whether -n frames have come. */
bool outputs__counted(const struct outputs *os);

/* Frames shown or written so far. */
uint64_t outputs__frames(const struct outputs *os);

/* With --path: sums of all connections become those of the ones that it lets through. */
void outputs__restrict(const struct outputs *os, struct run_totals *t);

/* Ends and frees all. Returns 0, or the first -errno of those. Accepts NULL. */
int outputs__close(struct outputs *os, uint64_t ts, const struct run_totals *t,
		   const struct diagnose *d);

/* Kinds of events that -q and --only let through; 0: for no output. */
uint32_t output_kind(const struct event *e);

#endif
