/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NAGLE_BPF_H
#define NAGLE_BPF_H

#include "vmlinux.h"

/*
 * A send is over and TCP has not sent all of it: notes it where Nagle's algorithm is the reason,
 * and tells of the one before. at: the call's place in the map calls.
 */
int on_unsent(u32 at);

#endif
