/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs, which get the events. Each is a row of outputs[] in session.c; a new one is a file, that
 * row, and an option.
 */
#ifndef OUT_OUTPUT_H
#define OUT_OUTPUT_H

#include "decode/event.h"
#include "diagnose/diagnose.h"
#include "options.h"
#include "run.h"

/* One output. Its functions get the self that open() made. Times are CLOCK_REALTIME, ns. */
struct output {
	const char *name;
	unsigned int needs; /* enum needs */
	bool filtered; /* gets only the events that -q and --only let through */
	bool (*wanted)(const struct options *o);

	/*
	 * Checks, before anything is loaded, whether the output can work. Returns 0, or the exit
	 * status after a message on stderr. May be NULL.
	 */
	int (*usable)(const struct options *o);

	/* Makes *self. o and run stay. Returns 0, or -errno after a message on stderr. */
	int (*open)(void **self, const struct options *o, const struct run_info *run);

	void (*event)(void *self, const struct event *e);

	/* Takes a record of c, after the decoder. May be NULL. */
	void (*record)(void *self, struct conn *c, const struct wst_hdr *h, uint64_t ts);

	/* Notes that the ring buffer had no room for so many events. May be NULL. */
	void (*lost)(void *self, uint64_t ts, uint64_t events);

	/* Takes the sums so far; the EV_STATS that belong to them have come. May be NULL. */
	void (*totals)(void *self, uint64_t ts, const struct run_totals *t);

	/*
	 * Reads keys and writes out; called several times a second. Sets *focus to the id of the
	 * connection whose data frames and histograms the user looks at; 0: none. Returns false
	 * when the user is done. May be NULL.
	 */
	bool (*tick)(void *self, uint64_t ts, uint64_t *focus);

	/* Returns whether the output has failed, or has all that it was to get. May be NULL. */
	bool (*done)(const void *self);

	/*
	 * Writes the end and frees self. d: the verdicts, or NULL. Returns 0, or -errno after a
	 * message on stderr; -EPIPE, without a message, where the reader has gone.
	 */
	int (*close)(void *self, uint64_t ts, const struct run_totals *t, const struct diagnose *d);
};

extern const struct output output_text, output_json, output_top, output_pcapng, output_report;

/* The open outputs of a run. */
struct outputs;

/* Returns the needs of those of table that o names: a mask of enum needs. table ends with NULL. */
unsigned int outputs_needs(const struct output *const *table, const struct options *o);

/*
 * Opens those of table that o names. o, run and table have to stay. Returns 0, or -errno after a
 * message on stderr.
 */
int outputs__new(struct outputs **os, const struct output *const *table, const struct options *o,
		 const struct run_info *run);

/* Passes an event on to the outputs that are to get it. */
void outputs__event(struct outputs *os, const struct event *e);

/* Call the functions of the same name in all outputs. */
void outputs__record(struct outputs *os, struct conn *c, const struct wst_hdr *h, uint64_t ts);
void outputs__lost(struct outputs *os, uint64_t ts, uint64_t events);
void outputs__totals(struct outputs *os, uint64_t ts, const struct run_totals *t);

bool outputs__tick(struct outputs *os, uint64_t ts, uint64_t *focus);

/* Says that the run ends: an EV_STATS from now on is the last event of its connection. */
void outputs__ending(struct outputs *os);

/* Returns whether -n frames have come, or an output is done. */
bool outputs__done(const struct outputs *os);

/* Returns whether -n frames have come. */
bool outputs__counted(const struct outputs *os);

/* Returns how many frames the outputs have got so far. */
uint64_t outputs__frames(const struct outputs *os);

/* Reduces *t, with --path, to the connections that it lets through. */
void outputs__restrict(const struct outputs *os, struct run_totals *t);

/*
 * Closes all outputs and frees os. Returns 0 or the first -errno that is not -EPIPE, else -EPIPE.
 * Accepts NULL.
 */
int outputs__close(struct outputs *os, uint64_t ts, const struct run_totals *t,
		   const struct diagnose *d);

#endif
