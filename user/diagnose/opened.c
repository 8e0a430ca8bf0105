// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "diagnose/opened.h"

static size_t path_len(const char *target)
{
	return strcspn(target, "?");
}

static bool same(const char *a, const char *b)
{
	size_t n = path_len(a);

	return n == path_len(b) && !memcmp(a, b, n);
}

static bool alike(const char *a, const char *b)
{
	size_t n = path_len(a), m = path_len(b);

	n -= n > 1 && a[n - 1] == '/';
	m -= m > 1 && b[m - 1] == '/';
	return n == m && !strncasecmp(a, b, n);
}

void opened__add(struct opened *o, const char *target)
{
	for (int i = 0; i < OPENED_MAX; i++) {
		if (!o->targets[i])
			o->targets[i] = strndup(target, path_len(target));
		if (!o->targets[i] || same(o->targets[i], target))
			return;
	}
}

const char *opened__like(const struct opened *o, const char *target)
{
	for (int i = 0; i < OPENED_MAX && o->targets[i]; i++)
		if (alike(o->targets[i], target) && !same(o->targets[i], target))
			return o->targets[i];
	return NULL;
}

void opened__free(struct opened *o)
{
	for (int i = 0; i < OPENED_MAX; i++)
		free(o->targets[i]);
}
