/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to this host about a process. */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where wstrace runs in a container's pid namespace, other processes' state is not known. */
enum process_state { PROCESS_UNKNOWN, PROCESS_LIVES, PROCESS_GONE };

/* Returns whether a process lives. pid: as the initial namespace counts; 0: not known. */
enum process_state process_state(uint32_t pid);

/* Files that a process has open, sockets included. */
struct process_files {
	uint32_t open, max; /* max: its soft limit; 0: not known */
};

/*
 * Counts the files of a process, or of that of its children which is nearest to its limit: workers
 * accept what their parent listens on. Asks once a second for each process at most.
 */
struct process_files process_files(uint32_t pid);

/* Puts a process's name into comm, of size bytes; empty: not known. */
void process_comm(uint32_t pid, char *comm, size_t size);

/* The cgroup and the container of a process. */
struct process_place {
	const char *cgroup; /* path in the cgroup v2 tree; NULL: not known */
	const char *container; /* id or name, as container_find(); NULL: none */
};

/*
 * Looks a process up in /proc. cgroup: the id of its cgroup; while pid and cgroup stay the same,
 * the last answer is used again. The result is valid until the next call.
 */
const struct process_place *process_place(uint32_t pid, uint64_t cgroup);

#endif
