/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns events into facts. Each function fits the event of its name; none judges. */
#ifndef FACTS_OBSERVE_H
#define FACTS_OBSERVE_H

#include "decode/event.h"
#include "facts/facts.h"

/* A rule of framing that a frame breaks. */
struct breach {
	const char *says, *fix;
	bool after_close;
};

void observe_request(struct facts *f, const struct event *e);
void observe_response(struct facts *f, const struct event *e);

/* Returns whether something is remarkable about the frame. */
bool observe_frame(struct facts *f, const struct event *e);

void observe_resync(struct facts *f, const struct event *e);
void observe_stats(struct facts *f, const struct event *e);
void observe_held(struct facts *f, const struct event *e);
void observe_close(struct facts *f, const struct event *e);

void observe_free(struct facts *f);

#endif
