// SPDX-License-Identifier: GPL-2.0-only
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* prlimit() */
#endif
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
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

/* Opens /proc/PID/NAME for reading. Returns NULL where that cannot be. */
static FILE *open_proc(uint32_t pid, const char *name)
{
	char path[80];

	if (!pid || !can_see())
		return NULL;
	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	return fopen(path, "re");
}

static uint32_t entries; /* counted by count_entry() */

/* Counts an entry of a directory, for scandir(), which is to keep none. */
static int count_entry(const struct dirent *e)
{
	entries += e->d_name[0] != '.';
	return 0;
}

static struct process_files count_files(uint32_t pid)
{
	struct process_files n = {};
	struct dirent **none;
	struct rlimit limit;
	char path[32];
	int err;

	entries = 0;
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	err = scandir(path, &none, count_entry, alphasort);
	if (err >= 0)
		free(none);
	n.open = entries;
	if (err >= 0 && !prlimit(pid, RLIMIT_NOFILE, NULL, &limit))
		n.max = limit.rlim_cur < UINT32_MAX ? limit.rlim_cur : UINT32_MAX;
	return n;
}

#define CHILDREN 64 /* looked at */

static struct process_files find_files(uint32_t pid)
{
	struct process_files worst = count_files(pid), n;
	unsigned int child;
	char name[48];
	FILE *f;

	snprintf(name, sizeof(name), "task/%u/children", pid);
	f = open_proc(pid, name);
	for (int i = 0; f && i < CHILDREN && fscanf(f, "%u", &child) == 1; i++) {
		n = count_files(child);
		if (n.max &&
		    (!worst.max || (uint64_t)n.open * worst.max > (uint64_t)worst.open * n.max))
			worst = n;
	}
	if (f)
		fclose(f);
	return worst;
}

struct process_files process_files(uint32_t pid)
{
	static struct {
		uint32_t pid;
		time_t at;
		struct process_files files;
	} known[16], *k;
	struct timespec now;

	if (!pid || !can_see())
		return (struct process_files){};
	clock_gettime(CLOCK_MONOTONIC, &now);
	k = &known[pid % 16];
	if (k->pid != pid || k->at != now.tv_sec) {
		k->files = find_files(pid);
		k->pid = pid;
		k->at = now.tv_sec;
	}
	return k->files;
}

void process_comm(uint32_t pid, char *comm, size_t size)
{
	FILE *f = open_proc(pid, "comm");

	comm[0] = 0;
	if (!f)
		return;
	if (fgets(comm, size, f))
		comm[strcspn(comm, "\n")] = 0;
	else
		comm[0] = 0;
	fclose(f);
}

/*
 * Reads /proc/PID/cgroup, lines of "number:controllers:path". Version 2 is number 0; where both
 * versions are in use, only a path of version 1 may name the container.
 */
static void read_place(struct process_place *place, uint32_t pid)
{
	char line[4096], id[CONTAINER_LEN];
	FILE *f = open_proc(pid, "cgroup");

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
	read_place(&k->place, pid);
	return &k->place;
}
