/* SPDX-License-Identifier: GPL-2.0-only */
/* The targets at a server's address that got a 101, to compare those with that are not found. */
#ifndef DIAGNOSE_OPENED_H
#define DIAGNOSE_OPENED_H

#define OPENED_MAX 8

struct opened {
	char *targets[OPENED_MAX]; /* the first ones, without their queries */
};

void opened__add(struct opened *o, const char *target);

/* One that differs from target only in case or by a slash at its end; NULL: none. It stays. */
const char *opened__like(const struct opened *o, const char *target);

void opened__free(struct opened *o);

#endif
