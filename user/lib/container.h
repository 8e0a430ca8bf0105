/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds a process's container in the paths of its cgroups. */
#ifndef LIB_CONTAINER_H
#define LIB_CONTAINER_H

#include <stdbool.h>

#define CONTAINER_LEN 65 /* bytes: 64 hexadecimal digits or a name, and the final 0 */

/*
 * Writes the id (Docker, containerd, CRI-O, Podman) or the name (LXC, systemd-nspawn) of the
 * innermost container that the path of a cgroup names. Returns false where it names none.
 */
bool container_find(const char *path, char id[CONTAINER_LEN]);

/* Returns how many characters of an id to show: 12, as `docker ps` does; all of a name. */
int container_short(const char *id);

#endif
