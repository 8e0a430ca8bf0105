/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that --host asks for. net, bits: the network; bits of 0: any address. */
#ifndef DECODE_HOST_H
#define DECODE_HOST_H

#include "bpf/wstrace.h"
#include <stdbool.h>

/* Returns whether an address of a connection is in the network. */
bool host_takes(const struct wst_open *o, const uint8_t net[16], uint8_t bits);

/* Returns whether the address of "addr:port" is in it; not where it is empty. */
bool host_named(const char *addr, const uint8_t net[16], uint8_t bits);

#endif
