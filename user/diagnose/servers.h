/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been seen at each server address, by all connections to it, for the facts of the next
 * one. When memory runs out, or there are too many, a further one is as if nobody had used it
 * before.
 */
#ifndef DIAGNOSE_SERVERS_H
#define DIAGNOSE_SERVERS_H

#include "facts/facts.h"

struct site;

/* Starts as zeros. */
struct sites {
	struct site *by_addr;
};

/* f has had a request for a WebSocket: how many came in this second, and whether many had to go. */
void sites__asked(struct sites *all, struct facts *f);

/* f is behind f->down now: whether the proxy in between passes on other targets' Upgrade header. */
void sites__joined(struct sites *all, struct facts *f);

/* f has had a response: what others spoke here, and which targets that are alike were opened. */
void sites__answered(struct sites *all, struct facts *f);

/* The server of f speaks TLS. */
void sites__tls(struct sites *all, const struct facts *f);

/* f has ended; f->end is known. */
void sites__closed(struct sites *all, struct facts *f);

/* Sets f->end.equal, where f was cut: how many were after the same silence. To be called once. */
void sites__silence(struct sites *all, struct facts *f);

/* Strings that facts have from here, ->kept_elsewhere and ->similar, go with it. */
void sites__free(struct sites *all);

#endif
