// SPDX-License-Identifier: GPL-2.0-only
/* The output --report: gathers records of the run, and writes a page of them at the end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "out/output.h"
#include "report/gather.h"
#include "report/page.h"

struct report_output {
	const struct options *o;
	const struct run_info *run;
	struct report *report;
};

/* The file that is written: one beside the wanted one, which it replaces at the end. */
struct target {
	char path[PATH_MAX]; /* the wanted file, at the end of symbolic links */
	char name[PATH_MAX + 32]; /* the file that is written */
	bool direct; /* a device or a pipe, which is written directly */
	int fd;
};

static int target_open(struct target *t, const char *path)
{
	struct stat st;

	if (!realpath(path, t->path)) {
		if (errno != ENOENT || strlen(path) >= sizeof(t->path))
			return -errno;
		strcpy(t->path, path);
	}
	t->direct = !stat(t->path, &st) && !S_ISREG(st.st_mode);
	if (t->direct) {
		strcpy(t->name, t->path);
		t->fd = open(t->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		snprintf(t->name, sizeof(t->name), "%s.%d.tmp", t->path, getpid());
		t->fd = open(t->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	}
	return t->fd < 0 ? -errno : 0;
}

/*
 * Closes the file. keep: it is complete, and replaces the wanted one. Returns err or, if that is 0,
 * the first -errno from here.
 */
static int target_close(struct target *t, int err, bool keep)
{
	/* Some file systems report a full disk only here. Devices do not support it. */
	if (!err && keep && fsync(t->fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(t->fd) && !err)
		err = -errno;
	if (t->direct)
		return err;
	if (!err && keep && rename(t->name, t->path))
		err = -errno;
	if (err || !keep)
		unlink(t->name);
	return err;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	return 0;
}

static bool say(const char *path, int err)
{
	if (err)
		fprintf(stderr, "wstrace: cannot write %s: %s\n", path, strerror(-err));
	return !err;
}

static bool report_wanted(const struct options *o)
{
	return o->report;
}

static int report_usable(const struct options *o)
{
	struct target t;
	int err = target_open(&t, o->report);

	return !say(o->report, err ? err : target_close(&t, 0, false));
}

static int report_open(void **self, const struct options *o, const struct run_info *run)
{
	struct report_output *r = calloc(1, sizeof(*r));

	if (r)
		r->report = report__new();
	if (!r || !r->report) {
		free(r);
		return -ENOMEM;
	}
	r->o = o;
	r->run = run;
	*self = r;
	return 0;
}

static void report_event(void *self, const struct event *e)
{
	struct report_output *r = self;

	/* Counters in between are not needed: those at the end have all. */
	if (e->type != EV_STATS || e->last)
		report__event(r->report, e);
}

static int report_close(void *self, uint64_t ts, const struct run_totals *t,
			const struct diagnose *d)
{
	struct report_output *r = self;
	struct target target;
	struct buf page = {};
	int err;

	report__finish(r->report, ts);
	err = page__write(&page, r->report, r->o, r->run, t, d);
	if (!err)
		err = target_open(&target, r->o->report);
	if (!err)
		err = target_close(&target, write_all(target.fd, &page), true);
	say(r->o->report, err);
	buf_free(&page);
	report__free(r->report);
	free(r);
	return err == -EPIPE ? -EIO : err;
}

const struct output output_report = {
	.name = "report",
	.needs = NEEDS_DATA_FRAMES | NEEDS_HISTS | NEEDS_LAST_STATS,
	.wanted = report_wanted,
	.usable = report_usable,
	.open = report_open,
	.event = report_event,
	.close = report_close,
};
