/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc says of a process. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdint.h>

bool process_gone(uint32_t pid);

/* Whether it holds the TCP socket with these two addresses, "addr:port" or "[v6]:port". */
bool process_has_socket(uint32_t pid, const char *local, const char *remote);

#endif
