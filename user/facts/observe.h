/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns events into facts, without judging them: a function for each kind of event. */
#ifndef FACTS_OBSERVE_H
#define FACTS_OBSERVE_H

#include "decode/event.h"
#include "facts/facts.h"

/* A rule of framing that a frame breaks. */
struct breach {
	const char *says, *fix;
	bool after_close;
};

/*
 * Takes a request. Returns whether f->res is its answer already: a server may answer before it has
 * read all of a request.
 */
bool observe_request(struct facts *f, const struct event *e);
void observe_response(struct facts *f, const struct event *e);

/* Takes the body of an EV_RESPONSE, or of an EV_BODY. */
void observe_body(struct facts *f, const struct event *e);

/* Takes an EV_QUEUE. */
void observe_queue(struct facts *f, const struct event *e);

/* Takes a frame. Returns whether rules are to look at it (AT_FRAME). */
bool observe_frame(struct facts *f, const struct event *e);

void observe_resync(struct facts *f, const struct event *e);
void observe_stats(struct facts *f, const struct event *e);
void observe_held(struct facts *f, const struct event *e);
void observe_close(struct facts *f, const struct event *e);

/* Frees what the functions above have put into f; f stays the caller's. */
void observe_free(struct facts *f);

#endif
