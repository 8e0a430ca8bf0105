/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system says of a process. */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether it has ended. */
bool process_gone(uint32_t pid);

#endif
