/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connects under way. */
#ifndef CONNECT_BPF_H
#define CONNECT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* A SYN is about to be sent; runs in the process that connects. */
void connect_start(struct sock *sk) __hidden;

/*
 * Nobody accepted: announces the attempt and closes it. A socket that was given up before there was
 * an answer has no error.
 */
void connect_failed(struct sock *sk) __hidden;

/* The attempt is over either way. Returns the process that made it; 0: not known. */
u32 connect_end(struct sock *sk) __hidden;

#endif
