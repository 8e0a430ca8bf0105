// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/container.h"
#include "lib/process.h"

#define INITIAL_PID_NS 0xEFFFFFFC /* inode; PROC_PID_INIT_INO of the kernel's proc_ns.h */

/*
 * Records have pids of the initial namespace. In another one, that of a container, the same numbers
 * are other processes, or none.
 */
static bool can_see(void)
{
	static int can = -1;
	struct stat s;

	if (can < 0)
		can = !stat("/proc/self/ns/pid", &s) && s.st_ino == INITIAL_PID_NS;
	return can;
}

enum process_state process_state(uint32_t pid)
{
	if (!pid || !can_see())
		return PROCESS_UNKNOWN;
	return kill(pid, 0) && errno == ESRCH ? PROCESS_GONE : PROCESS_LIVES;
}

void process_name(uint32_t pid, char *name, size_t n)
{
	char path[32];
	FILE *f;

	*name = 0;
	if (!pid || !can_see())
		return;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, n, f))
		name[strcspn(name, "\n")] = 0;
	if (f)
		fclose(f);
}

/*
 * Reads /proc/PID/cgroup, lines of "number:controllers:path". Version 2 is number 0; where both
 * versions are in use, only a path of version 1 may name the container.
 */
static void read_place(struct process_place *place, uint32_t pid)
{
	char path[32], line[4096], id[CONTAINER_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':'), *p = colon ? strchr(colon + 1, ':') : NULL;

		line[strcspn(line, "\n")] = 0;
		if (!p)
			continue;
		if (!strncmp(line, "0::", 3) && !place->cgroup)
			place->cgroup = strdup(p + 1);
		if (!place->container && container_find(p + 1, id))
			place->container = strdup(id);
	}
	if (f)
		fclose(f);
}

const struct process_place *process_place(uint32_t pid, uint64_t cgroup)
{
	/* Servers accept thousands of connections a second; /proc is read once for all of them. */
	static struct {
		uint32_t pid;
		uint64_t cgroup;
		struct process_place place;
	} known[64], *k;

	k = &known[pid % 64];
	if (k->pid == pid && k->cgroup == cgroup && k->place.cgroup)
		return &k->place;
	free((char *)k->place.cgroup);
	free((char *)k->place.container);
	k->pid = pid;
	k->cgroup = cgroup;
	k->place = (struct process_place){};
	if (can_see())
		read_place(&k->place, pid);
	return &k->place;
}
