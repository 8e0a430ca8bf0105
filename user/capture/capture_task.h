/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes in a capture that wstrace wrote, which has an interface for each and describes it.
 */
#ifndef CAPTURE_CAPTURE_TASK_H
#define CAPTURE_CAPTURE_TASK_H

#include <stdint.h>

/* The process that has a segment's socket. */
struct capture_task {
	uint32_t pid;
	char comm[16];
	uint64_t cgroup; /* for capture__cgroup() */
};

struct task;

/* The processes of a capture, by interface. Starts as zeros. */
struct capture_tasks {
	struct task **all; /* by the number of the interface */
	uint32_t n;
};

/*
 * Returns the process that the description of an interface names, valid as long as ts; NULL where
 * description names none or is NULL, or when memory ran out.
 */
const struct capture_task *capture_tasks_get(struct capture_tasks *ts, uint32_t iface,
					     const char *description);

/* Returns the path of a cgroup, by struct capture_task's number for it; NULL: not known. */
const char *capture_tasks_cgroup(const struct capture_tasks *ts, uint64_t cgroup);

/* Frees all tasks; ts itself stays the caller's. */
void capture_tasks_free(struct capture_tasks *ts);

#endif
