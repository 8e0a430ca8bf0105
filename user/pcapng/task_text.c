// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include "lib/container.h"
#include "lib/escape.h"
#include "pcapng/task_text.h"

int task_text(struct task_text *t, const struct conn *c)
{
	size_t n = strnlen(c->comm, sizeof(c->comm));

	*t = (struct task_text){};
	if (c->pid) {
		buf_escaped(&t->name, c->comm, n);
		buf_printf(&t->name, "[%u]", c->pid);
		buf_printf(&t->description, "pid=%u comm=", c->pid);
		buf_escaped(&t->description, c->comm, n);
	} else {
		buf_str(&t->name, "unknown");
		buf_str(&t->description, "a process that is not known");
	}
	if (c->cgroup) {
		buf_str(&t->description, " cgroup=");
		buf_escaped(&t->description, c->cgroup, strlen(c->cgroup));
	}
	if (c->container) {
		buf_str(&t->description, " container=");
		buf_escaped(&t->description, c->container, container_short(c->container));
	}
	buf_char(&t->name, 0);
	buf_char(&t->description, 0);
	t->task = (struct flow_task){ t->name.data, t->description.data };
	return t->name.failed || t->description.failed ? -ENOMEM : 0;
}

void task_text_free(struct task_text *t)
{
	buf_free(&t->name);
	buf_free(&t->description);
}
