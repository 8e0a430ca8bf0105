// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture/capture_task.h"

struct task {
	struct capture_task t; /* pid 0: not known */
	bool looked; /* the interface's description has been parsed */
	char *cgroup; /* NULL: not known */
};

/* Parses "pid=1234 comm=nginx cgroup=/system.slice", as pcapng/output.c writes it. */
static void parse_task(struct task *t, const char *description)
{
	const char *comm, *cgroup;
	unsigned int pid;
	int n = 0;

	if (sscanf(description, "pid=%10u comm=%n", &pid, &n) < 1 || !n || !pid)
		return;
	comm = description + n;
	cgroup = strstr(comm, " cgroup=/");
	t->t.pid = pid;
	snprintf(t->t.comm, sizeof(t->t.comm), "%.*s", cgroup ? (int)(cgroup - comm) : 15, comm);
	t->cgroup = cgroup ? strdup(cgroup + strlen(" cgroup=")) : NULL;
}

static bool add_task(struct capture_tasks *ts)
{
	struct task **grown = realloc(ts->all, (ts->n + 1) * sizeof(*grown));
	struct task *t = calloc(1, sizeof(*t));

	if (grown)
		ts->all = grown;
	if (!grown || !t) {
		free(t);
		return false;
	}
	t->t.cgroup = ts->n;
	ts->all[ts->n++] = t;
	return true;
}

const struct capture_task *capture_tasks_get(struct capture_tasks *ts, uint32_t iface,
					     const char *description)
{
	struct task *t;

	while (ts->n <= iface)
		if (!add_task(ts))
			return NULL;
	t = ts->all[iface];
	if (!t->looked && description)
		parse_task(t, description);
	t->looked = true;
	return t->t.pid ? &t->t : NULL;
}

const char *capture_tasks_cgroup(const struct capture_tasks *ts, uint64_t cgroup)
{
	return cgroup < ts->n ? ts->all[cgroup]->cgroup : NULL;
}

void capture_tasks_free(struct capture_tasks *ts)
{
	for (uint32_t i = 0; i < ts->n; i++) {
		free(ts->all[i]->cgroup);
		free(ts->all[i]);
	}
	free(ts->all);
}
