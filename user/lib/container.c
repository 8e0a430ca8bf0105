// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "lib/container.h"

#define ID_LEN 64 /* digits */
#define ID_SHOWN 12

static bool is_id(const char *p, size_t n)
{
	if (n != ID_LEN)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)p[i]) || isupper((unsigned char)p[i]))
			return false;
	return true;
}

static bool starts(const char *p, size_t n, const char *prefix)
{
	return n > strlen(prefix) && !memcmp(p, prefix, strlen(prefix));
}

static bool ends(const char *p, size_t n, const char *suffix)
{
	return n > strlen(suffix) && !memcmp(p + n - strlen(suffix), suffix, strlen(suffix));
}

/*
 * Copies a name out of a systemd unit's name, where \x2d is a hyphen. A name that is too long is
 * cut.
 */
static bool take_name(char *to, const char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len < CONTAINER_LEN - 1; i++) {
		unsigned int c;

		if (n - i >= 4 && p[i] == '\\' && p[i + 1] == 'x' &&
		    isxdigit((unsigned char)p[i + 2]) && isxdigit((unsigned char)p[i + 3]) &&
		    sscanf(p + i + 2, "%2x", &c) == 1 && c) {
			to[len++] = c;
			i += 3;
		} else {
			to[len++] = p[i];
		}
	}
	to[len] = 0;
	return len > 0;
}

/*
 * Copies the id out of one directory's name: "<id>" (cgroupfs driver, kubepods),
 * "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>.scope", "libpod-<id>.scope"; but not
 * of "libpod-conmon-<id>.scope", the process that supervises the container.
 */
static bool take_id(char *to, const char *p, size_t n)
{
	const char *id = p;

	if (ends(p, n, ".scope")) {
		n -= strlen(".scope");
		if (n <= ID_LEN || p[n - ID_LEN - 1] != '-' || ends(p, n - ID_LEN, "conmon-"))
			return false;
		id = p + n - ID_LEN;
		n = ID_LEN;
	}
	if (!is_id(id, n))
		return false;
	memcpy(to, id, ID_LEN);
	to[ID_LEN] = 0;
	return true;
}

static bool take_part(char *to, const char *p, size_t n, bool below_lxc)
{
	if (take_id(to, p, n))
		return true;
	if (starts(p, n, "lxc.payload."))
		return take_name(to, p + 12, n - 12);
	if (starts(p, n, "systemd-nspawn@") && ends(p, n, ".service"))
		return take_name(to, p + 15, n - 15 - 8);
	/* libvirt's machines are no containers: their process is qemu itself. */
	if (starts(p, n, "machine-") && ends(p, n, ".scope") && !starts(p, n, "machine-qemu\\x2d"))
		return take_name(to, p + 8, n - 8 - 6);
	return below_lxc && n && take_name(to, p, n); /* LXC before 4.0: /lxc/NAME */
}

bool container_find(const char *path, char id[CONTAINER_LEN])
{
	bool found = false, below_lxc = false;
	size_t n;

	for (const char *p = path; *p; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (take_part(id, p, n, below_lxc))
			found = true;
		below_lxc = n == 3 && !memcmp(p, "lxc", 3) && p == path + 1;
	}
	return found;
}

int container_short(const char *id)
{
	size_t n = strlen(id);

	return is_id(id, n) ? ID_SHOWN : n;
}
