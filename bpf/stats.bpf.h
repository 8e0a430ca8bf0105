/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef STATS_BPF_H
#define STATS_BPF_H

#include "conn.bpf.h"

/*
 * Sends c's WST_HISTS, where they are wanted, and its WST_STATS or, as type says, WST_CLOSE with
 * how it ended.
 */
void emit_stats(struct conn *c, struct sock *sk, u8 type, u8 how) __hidden;

#endif
