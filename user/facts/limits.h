/* SPDX-License-Identifier: GPL-2.0-only */
/* Default limits of known servers. */
#ifndef FACTS_LIMITS_H
#define FACTS_LIMITS_H

#include <stdint.h>

/*
 * Returns the largest default limit of messages, in words, that a program of this name may have and
 * that a message of len bytes is above, while one of taken bytes was not; NULL: none.
 */
const char *message_limit(const char *comm, uint64_t len, uint64_t taken);

#endif
