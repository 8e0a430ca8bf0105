/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071). Sums are in the host's order of bytes, which it allows. */
#ifndef LIB_CHECKSUM_H
#define LIB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds n bytes to a sum that started at 0. Only the last piece may have an odd length. */
uint64_t csum_add(uint64_t sum, const void *p, size_t n);

/* What belongs into the header's field, as it is in memory. */
uint16_t csum_fold(uint64_t sum);

#endif
