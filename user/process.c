// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "process.h"

bool process_gone(uint32_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

/* As /proc/net/tcp writes it: each 32 bits in the host's order, in hexadecimal. */
static bool proc_addr(char *out, size_t size, const char *addr, bool v6)
{
	char host[64];
	uint32_t a[4] = { 0, 0, htonl(0xffff), 0 };
	const char *colon = strrchr(addr, ':');
	bool brackets = addr[0] == '[';
	int n;

	if (!colon || (brackets && !v6))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - addr) - 2 * brackets, addr + brackets);
	if (inet_pton(brackets ? AF_INET6 : AF_INET, host, brackets ? a : a + 3) != 1)
		return false;
	n = v6 ? snprintf(out, size, "%08X%08X%08X%08X", a[0], a[1], a[2], a[3]) :
		 snprintf(out, size, "%08X", a[3]);
	snprintf(out + n, size - n, ":%04X", atoi(colon + 1));
	return true;
}

/* The socket's inode in the process's network namespace; 0: there is none. */
static unsigned long find_inode(uint32_t pid, const char *local, const char *remote, bool v6)
{
	char path[40], want[2][48], line[512], l[48], r[48];
	unsigned long inode = 0, n;
	FILE *f;

	if (!proc_addr(want[0], sizeof(want[0]), local, v6) ||
	    !proc_addr(want[1], sizeof(want[1]), remote, v6))
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/net/tcp%s", pid, v6 ? "6" : "");
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (!inode && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*u: %47s %47s %*x %*s %*s %*s %*u %*u %lu", l, r, &n) == 3 &&
		    !strcmp(l, want[0]) && !strcmp(r, want[1]))
			inode = n;
	fclose(f);
	return inode;
}

bool process_has_socket(uint32_t pid, const char *local, const char *remote)
{
	char path[32], want[48], link[64];
	unsigned long inode = find_inode(pid, local, remote, false);
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (!inode)
		inode = find_inode(pid, local, remote, true);
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = inode ? opendir(path) : NULL;
	if (!dir)
		return false;
	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	while (!found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (n > 0) {
			link[n] = 0;
			found = !strcmp(link, want);
		}
	}
	closedir(dir);
	return found;
}
