/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: decoder, diagnosis and outputs, for a live trace and for captures alike. The caller
 * hands in records; the outputs that the options name write what comes of them. Times are
 * CLOCK_REALTIME, ns, unless said otherwise.
 */
#ifndef SESSION_H
#define SESSION_H

#include "decode/decode.h"
#include "options.h"
#include "run.h"

struct session;

/*
 * Checks, before anything is loaded, whether the outputs can work. Returns 0, or the exit status
 * after a message on stderr.
 */
int session_usable(const struct options *o);

/* Returns the needs of the outputs that o names: a mask of enum needs. */
unsigned int session_needs(const struct options *o);

/*
 * Creates a session and opens its outputs. o and run have to stay; run->lines is filled in. Returns
 * 0, or -errno after a message on stderr; -EPIPE, without a message, where nobody reads.
 */
int session__new(struct session **s, const struct options *o, struct run_info *run);

/* Frees s. If session__close() was not called, the outputs end without events. Accepts NULL. */
void session__free(struct session *s);

/*
 * Takes one record of size bytes. offset: what to add to the record's time to get CLOCK_REALTIME,
 * ns. Returns 0, -ENOMEM, -EPROTO for bytes that are no record, or -ECANCELED once session__done().
 */
int session__record(struct session *s, const void *record, size_t size, int64_t offset);

/* Returns the session's decoder, for counting open connections and for looking up cgroups. */
struct decoder *session__decoder(struct session *s);

/* Notes that the ring buffer had no room for so many events. */
void session__lost(struct session *s, uint64_t ts, uint64_t events);

/*
 * Returns whether diagnosis wants statistics of the sockets in which data waits. unheard: there may
 * be some that it has not heard of.
 */
bool session__wants_look(const struct session *s, bool unheard);

/* Says whom the next statistics are for. look: for diagnosis alone, not for the outputs. */
void session__set_look(struct session *s, bool look);

/* Hands the sums so far to the outputs. To be called after statistics have come. */
void session__totals(struct session *s, uint64_t ts, const struct run_totals *t);

/* Says that the run ends: statistics from now on are the last event of each open connection. */
void session__ending(struct session *s);

/*
 * Judges what waits, reads keys and writes out. To be called several times a second. *focus: see
 * struct output. Returns 0, -ECANCELED where the user or an output is done, or standard output's
 * -errno.
 */
int session__tick(struct session *s, uint64_t ts, uint64_t *focus);

/* Returns whether -n frames have come, or an output is done. */
bool session__done(const struct session *s);

/* Writes gathered lines to standard output. Returns 0 or -errno. */
int session__flush(struct session *s);

/*
 * Judges what waits, lets the outputs write their ends and closes them. Completes *t; with --path
 * it becomes that of the connections that were shown. err: 0, or the -errno that ended the run.
 * Messages about errors go to stderr. Returns the exit status.
 */
int session__close(struct session *s, uint64_t ts, struct run_totals *t, int err);

/*
 * Prints the closing line on stderr: "wstrace: 1 connection, 4 frames (3 shown), 9 bytes, 0 lost",
 * and `more` behind it. Prints nothing where the reader of standard output has gone.
 */
void session__say_totals(const struct session *s, const struct run_totals *t, const char *more);

#endif
