// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lib/units.h"
#include "pcapng/savefile.h"

struct savefile {
	struct savefile_options o;
	struct pcapng *out;
	uint64_t opened; /* start of the current period of o.seconds: CLOCK_REALTIME, ns */
	unsigned int periods; /* periods that have ended */
	unsigned int count; /* number in the current file's name */
	char name[PATH_MAX];
};

/* Returns how many digits a file's number needs so that names sort as numbers do; 0: no limit. */
static int digits(unsigned int files)
{
	int n = 0;

	for (files = files ? files - 1 : 0; files; files /= 10)
		n++;
	return n;
}

static int make_name(struct savefile *s)
{
	char name[PATH_MAX];
	time_t t = s->opened / NS_PER_SEC;
	int width = digits(s->o.files), n;
	struct tm tm;

	if (s->o.seconds) {
		if (!localtime_r(&t, &tm) || !strftime(name, sizeof(name), s->o.path, &tm))
			return -ENAMETOOLONG;
	} else if (snprintf(name, sizeof(name), "%s", s->o.path) >= sizeof(name)) {
		return -ENAMETOOLONG;
	}
	if (!s->o.megabytes || (!s->count && !width))
		n = snprintf(s->name, sizeof(s->name), "%s", name);
	else
		n = snprintf(s->name, sizeof(s->name), "%s%0*u", name, width, s->count);
	return n < sizeof(s->name) ? 0 : -ENAMETOOLONG;
}

static bool is_pipe(const char *name)
{
	struct stat st;

	return !stat(name, &st) && S_ISFIFO(st.st_mode);
}

/*
 * Opens the file by its name, and waits for the reader of a named pipe. Returns a descriptor or
 * -errno.
 */
static int open_by_name(const struct savefile *s)
{
	static const struct timespec tenth = { .tv_nsec = 100 * NS_PER_MS };
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd;

	if (!is_pipe(s->name))
		fd = open(s->name, flags, 0666);
	else
		while ((fd = open(s->name, flags | O_NONBLOCK)) < 0 && errno == ENXIO) {
			if (s->o.patience && !patience__lasts(s->o.patience))
				return -ETIMEDOUT;
			nanosleep(&tenth, NULL);
		}
	return fd < 0 ? -errno : fd;
}

static int open_file(struct savefile *s)
{
	int err = make_name(s), fd;

	if (err)
		return err;
	fd = strcmp(s->o.path, "-") ? open_by_name(s) : nonblock_own(STDOUT_FILENO);
	if (fd < 0)
		return fd;
	err = pcapng__open(&s->out, fd);
	if (!err)
		pcapng__set_patience(s->out, s->o.patience);
	return err;
}

int savefile__new(struct savefile **out, const struct savefile_options *o, uint64_t now)
{
	struct savefile *s;
	int err;

	if (!strcmp(o->path, "-") && (o->megabytes || o->seconds))
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->o = *o;
	s->opened = now;
	err = open_file(s);
	if (err) {
		free(s);
		return err;
	}
	*out = s;
	return 0;
}

int savefile__free(struct savefile *s)
{
	int err;

	if (!s)
		return 0;
	err = pcapng__close(s->out);
	free(s);
	return err;
}

struct pcapng *savefile__pcapng(struct savefile *s)
{
	return s->out;
}

const char *savefile__name(const struct savefile *s)
{
	return s->name;
}

static bool period_over(const struct savefile *s, uint64_t now)
{
	return s->o.seconds && now >= s->opened && (now - s->opened) / NS_PER_SEC >= s->o.seconds;
}

bool savefile__due(const struct savefile *s, uint64_t now)
{
	if (s->o.megabytes && pcapng__bytes(s->out) > s->o.megabytes * 1000000)
		return true;
	return period_over(s, now);
}

bool savefile__overdue(const struct savefile *s, uint64_t now)
{
	uint64_t most = s->o.megabytes ? s->o.megabytes : 64;

	return pcapng__bytes(s->out) > 2 * most * 1000000 ||
	       (period_over(s, now) && (now - s->opened) / NS_PER_SEC >= 2 * s->o.seconds);
}

bool savefile__ending(const struct savefile *s, uint64_t now)
{
	return period_over(s, now) && !s->o.megabytes && s->o.files && s->periods + 1 >= s->o.files;
}

int savefile__next(struct savefile *s, uint64_t now)
{
	int err = pcapng__close(s->out);

	s->out = NULL;
	if (err)
		return err;
	if (savefile__ending(s, now))
		return 1;
	if (period_over(s, now)) {
		s->opened = now;
		s->count = 0;
		s->periods++;
	} else {
		s->count++;
		if (s->o.files && s->count >= s->o.files)
			s->count = 0;
	}
	return open_file(s);
}

int savefile__flush(struct savefile *s)
{
	int err = pcapng__flush(s->out);
	struct stat st;

	/* A removed file takes writes for ever, and nobody can read it. */
	if (!err && strcmp(s->o.path, "-") && stat(s->name, &st))
		err = -errno;
	return err;
}
