/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071). Sums are in host byte order, which the RFC allows. */
#ifndef LIB_CHECKSUM_H
#define LIB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Adds n bytes to a sum, which starts as 0, and returns it. Only the last piece may have an odd
 * length.
 */
uint64_t csum_add(uint64_t sum, const void *p, size_t n);

/* Returns the value for a header's checksum field, in network byte order. */
uint16_t csum_fold(uint64_t sum);

#endif
