/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds a process's container in the paths of its cgroups. */
#ifndef LIB_CONTAINER_H
#define LIB_CONTAINER_H

#include <stdbool.h>

#define CONTAINER_LEN 65 /* bytes: 64 hexadecimal digits or a name, and the final 0 */

/*
 * Writes the id (Docker, containerd, CRI-O, Podman) or the name (LXC, systemd-nspawn) of the
 * innermost container in the path of a cgroup. Returns false where the path names none.
 */
bool container_find(const char *path, char id[CONTAINER_LEN]);

/* Returns how many characters to show: 12 of an id, as `docker ps` does, and all of a name. */
int container_short(const char *id);

#endif
