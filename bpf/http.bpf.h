/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HTTP_BPF_H
#define HTTP_BPF_H

#include "vmlinux.h"

/* Hands the start of a body on, and leaves it to be walked through. Returns as step_http(). */
int step_body(u32 at);

/* A step of the walk (walk.bpf.h) through HTTP bytes: hands heads on, skips bodies. */
int step_http(u32 at);

#endif
