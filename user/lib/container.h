/* SPDX-License-Identifier: GPL-2.0-only */
/* Which container a process is in, as the paths of its cgroups tell. */
#ifndef LIB_CONTAINER_H
#define LIB_CONTAINER_H

#include <stdbool.h>

#define CONTAINER_LEN 65 /* 64 hexadecimal digits, or a name, and its end */

/*
 * Finds the innermost container that a cgroup's path names, and writes its id (Docker, containerd,
 * CRI-O, Podman) or its name (LXC, systemd-nspawn). Returns false where it names none.
 */
bool container_find(const char *path, char id[CONTAINER_LEN]);

/* How much of an id people are shown: 12 digits, as `docker ps` does; a name whole. */
int container_short(const char *id);

#endif
