/* SPDX-License-Identifier: GPL-2.0-only */
/* The texts of an interface: they describe the process that has a connection's socket. */
#ifndef PCAPNG_TASK_TEXT_H
#define PCAPNG_TASK_TEXT_H

#include "decode/conn.h"
#include "pcapng/flow.h"

struct task_text {
	struct buf name, description;
	struct flow_task task;
};

/* Fills in t for c's process. Returns 0 or -ENOMEM; task_text_free() is to be called either way. */
int task_text(struct task_text *t, const struct conn *c);
void task_text_free(struct task_text *t);

#endif
