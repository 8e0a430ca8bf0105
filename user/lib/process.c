// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include "lib/process.h"

bool process_gone(uint32_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}
