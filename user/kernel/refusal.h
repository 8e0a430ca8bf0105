/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel did not take a backend: an errno, the reason behind it as libbpf or the verifier
 * gave it, and what may help. What they say is noted for the program as a whole, since libbpf's
 * messages belong to no object.
 */
#ifndef KERNEL_REFUSAL_H
#define KERNEL_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#define REFUSAL_WORDS 256 /* bytes, the 0 at the end among them */

struct refusal {
	int err; /* -errno; 0: it was taken */
	char words[REFUSAL_WORDS]; /* the reason, "" where none is known */
};

/* Once, first of all: notes what libbpf says from now on, and with verbose >= 2 prints it. */
void refusal__listen(int verbose);

/* Forgets what has been noted. */
void refusal__reset(void);

/* Notes a reason in place of the one before it. "": none, and libbpf's next one counts. */
void refusal__say(const char *why);

/* Fills in *r: what came of a backend, 0 or -errno, and the reason that has been noted. */
void refusal__take(struct refusal *r, int err);

/* An errno in words; err is negative. Not to be freed. */
const char *refusal__error(int err);

/* One line on stderr, indented. */
void refusal__print(const struct refusal *r, const char *backend);

/* On stderr what may help against n refusals, each piece of advice once. other_types: of --btf. */
void refusal__print_remedies(const struct refusal *refusals, size_t n, bool other_types);

#endif
