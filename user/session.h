/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: decoder, diagnosis and outputs, for a trace and for captures alike. Records go in; the
 * outputs that the options name write what comes of them. Times are CLOCK_REALTIME, ns, where
 * nothing else is said.
 */
#ifndef SESSION_H
#define SESSION_H

#include "decode/decode.h"
#include "options.h"
#include "run.h"

struct session;

/* Whether the outputs can be had. Returns 0, or the exit status after having said why not. */
int session_usable(const struct options *o);

/* What the outputs that o names need: enum needs. */
unsigned int session_needs(const struct options *o);

/*
 * Opens the outputs; o and run stay, and run->lines is filled in. Returns 0, or -errno after having
 * said what cannot be written; -EPIPE, unsaid, where nobody reads.
 */
int session__new(struct session **s, const struct options *o, struct run_info *run);

/* Frees what session__close() left. Accepts NULL. */
void session__free(struct session *s);

/*
 * One record of size bytes. offset: what makes CLOCK_REALTIME of its time, ns. Returns 0, -ENOMEM,
 * -EPROTO for a record that is none, or -ECANCELED where the end has been reached.
 */
int session__record(struct session *s, const void *record, size_t size, int64_t offset);

/* For counting open connections and for cgroups; the session's. */
struct decoder *session__decoder(struct session *s);

/* The ring buffer had no room for so many events. */
void session__lost(struct session *s, uint64_t ts, uint64_t events);

/* Whether sockets in which data waits should be looked at. */
bool session__wants_look(const struct session *s);

/* look: the statistics that come from now on are for diagnosis alone. */
void session__set_look(struct session *s, bool look);

/* The sums so far, after statistics have come. */
void session__totals(struct session *s, uint64_t ts, const struct run_totals *t);

/* From now on statistics are each connection's last word, for connections that stay open. */
void session__ending(struct session *s);

/*
 * To be called often: judges what waits, reads keys, writes out. *focus: as struct output has it.
 * Returns 0, -ECANCELED where the user or an output is done, or -errno of standard output.
 */
int session__tick(struct session *s, uint64_t ts, uint64_t *focus);

/* Whether -n frames have come, or an output has all that was wished for. */
bool session__done(const struct session *s);

/* Writes out what has gathered for standard output. Returns 0 or -errno. */
int session__flush(struct session *s);

/*
 * Judges what waits, writes the ends, and says on stderr what could not be written. With --path, *t
 * becomes that of the connections that were shown. err: 0, or why the run ended, -errno; said
 * unless standard output has failed. Returns the exit status.
 */
int session__close(struct session *s, uint64_t ts, struct run_totals *t, int err);

/*
 * The closing line, on stderr: "wstrace: 1 connection, 4 frames (3 shown), 9 bytes, 0 lost", and
 * more behind it. Not where standard output's reader has gone.
 */
void session__say_totals(const struct session *s, const struct run_totals *t, const char *more);

#endif
